// Moving elements between a tensor that is addressed through indices and one that is addressed directly. All index kernels are
// this one loop: they differ in the dimensions they run over and in the strides the three tensors have there.
#pragma once
#include "strided.h"

namespace fb::FB_ISA {
namespace {

/// Element (i…) is paired with address i·a + index[i·c] * index_stride in the indexed tensor, and i·b in the direct one.
struct Indexed {
  int n = 0;
  int64_t dims[FB_MAX_DIMS + 2], a[FB_MAX_DIMS + 2], b[FB_MAX_DIMS + 2], c[FB_MAX_DIMS + 2];
  uint32_t disjoint = 0;  // dimensions along which no two elements share an address in the indexed tensor
  const int64_t *index = nullptr;
  int64_t index_stride = 1;

  void push(int64_t dim, int64_t sa, int64_t sb, int64_t sc, bool is_disjoint) {
    dims[n] = dim, a[n] = sa, b[n] = sb, c[n] = sc;
    disjoint |= static_cast<uint32_t>(is_disjoint) << n;
    n++;
  }
};

typedef void (*Line)(const void *context, int64_t a, int64_t b, const int64_t *index, const Run &run);

/// One loop for all ops and types, because lines are long.
__attribute__((noinline)) inline void run_lines(const Indexed &m, uint32_t splittable, Line line, const void *context) {
  int64_t total = 1;
  int split = -1;
  for (int d = 0; d < m.n; d++) {
    total *= m.dims[d];
    if (splittable >> d & 1 && (split < 0 || m.dims[d] > m.dims[split])) split = d;
  }
  if (total == 0) return;
  const int64_t size = split < 0 ? 1 : m.dims[split];
  int64_t grain = rows_per_chunk(total / size);
  if (split == m.n - 1 && grain < 64) grain = 64;  // whole cache lines
  parallel_for(size, grain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    Walk walk;
    for (int d = 0; d < m.n; d++) walk.push(d == split ? end - begin : m.dims[d], m.a[d], m.b[d], m.c[d]);
    const Run run(walk);
    const int64_t a = split < 0 ? 0 : begin * m.a[split], b = split < 0 ? 0 : begin * m.b[split], c = split < 0 ? 0 : begin * m.c[split];
    walk.seek(0);
    for (int64_t i = 0, n = walk.size(); i < n; i++, walk.next()) line(context, a + walk.a, b + walk.b, m.index + c + walk.c, run);
  });
}

/// Runs body(indexed offset, direct offset, first index, run) over all lines, in parallel along one dimension of `splittable`.
/// Lines that may share addresses are run by one thread, in order.
template <class Body>
inline void for_lines(const Indexed &m, uint32_t splittable, const Body &body) {
  run_lines(
      m, splittable,
      [](const void *context, int64_t a, int64_t b, const int64_t *index, const Run &run) { (*static_cast<const Body *>(context))(a, b, index, run); },
      &body);
}

/// direct = indexed[index], by element size.
template <class T>
__attribute__((noinline)) void take(const Indexed &m, T *direct, const T *indexed) {
  for_lines(m, ~0u, [&](int64_t a, int64_t b, const int64_t *index, const Run &run) {
    const int64_t step = m.index_stride;
    if (run.n == 1) {
      direct[b] = indexed[a + *index * step];
    } else if (run.c == 0) {
      const T *const from = indexed + a + *index * step;
      // memmove, because GCC makes memcpy `rep movsb` where size goes first, which is slow to start
      if (run.a == 1 && run.b == 1) memmove(static_cast<void *>(direct + b), from, static_cast<size_t>(run.n) * sizeof(T));
      else copy_elements(direct + b, run.b, from, run.a, run.n);
    } else {
      for (int64_t i = 0; i < run.n; i++) direct[b + i * run.b] = indexed[a + i * run.a + index[i * run.c] * step];
    }
  });
}
inline int32_t take(const Indexed &m, int32_t dtype, void *direct, const void *indexed) {
  return for_size(dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    take<T>(m, static_cast<T *>(direct), static_cast<const T *>(indexed));
    return int32_t{FB_OK};
  });
}

/// indexed[index] = direct; of several elements for one address the last one stays.
template <class T>
__attribute__((noinline)) void put(const Indexed &m, T *indexed, const T *direct) {
  for_lines(m, m.disjoint, [&](int64_t a, int64_t b, const int64_t *index, const Run &run) {
    const int64_t step = m.index_stride;
    if (run.c == 0 && run.n > 1) copy_elements(indexed + a + *index * step, run.a, direct + b, run.b, run.n);
    else
      for (int64_t i = 0; i < run.n; i++) indexed[a + i * run.a + index[i * run.c] * step] = direct[b + i * run.b];
  });
}
inline int32_t put(const Indexed &m, int32_t dtype, void *indexed, const void *direct) {
  return for_size(dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    put<T>(m, static_cast<T *>(indexed), static_cast<const T *>(direct));
    return int32_t{FB_OK};
  });
}

// Sums of half-precision elements are kept as float (T) until they are complete.
template <class T, class S>
__attribute__((noinline)) void add_line(T *to, const S *from, int64_t n, Compute<S> alpha) {
  typedef Compute<S> C;
  constexpr int64_t L = kLanes<C>;
  for (int64_t i = 0; i < n; i += L) {
    const int64_t w = n - i < L ? n - i : L;
    store_as(to + i, load_as<C>(to + i, w) + load_as<C>(from + i, w) * alpha, w);
  }
}

/// indexed[index] += alpha * direct, in the order of the elements.
template <class T, class S>
__attribute__((noinline)) void accumulate(const Indexed &m, T *indexed, const S *direct, T alpha) {
  for_lines(m, m.disjoint, [&](int64_t a, int64_t b, const int64_t *index, const Run &run) {
    const int64_t step = m.index_stride;
    if (run.c == 0 && run.a == 1 && run.b == 1 && run.n > 1) return add_line(indexed + a + *index * step, direct + b, run.n, alpha);
    for (int64_t i = 0; i < run.n; i++) {
      T &to = indexed[a + i * run.a + index[i * run.c] * step];
      to = static_cast<T>(to + widen(direct[b + i * run.b]) * alpha);
    }
  });
}
/// The same by the dtype of `direct`, which `indexed` has, too, unless that is a half-precision one: then `indexed` has floats.
inline int32_t accumulate(const Indexed &m, void *indexed, const void *direct, int32_t dtype, double alpha) {
  if (is_complex(dtype)) {  // as pairs of real numbers
    Indexed real = m;
    for (int d = 0; d < m.n; d++) real.a[d] *= 2, real.b[d] *= 2;
    real.index_stride *= 2;
    real.push(2, 1, 1, 0, true);
    return accumulate(real, indexed, direct, dtype == FB_COMPLEX64 ? FB_FLOAT32 : FB_FLOAT64, alpha);
  }
  return for_arithmetic(dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    typedef Compute<S> T;
    T factor;
    if constexpr (kSame<T, float> || kSame<T, double>) factor = static_cast<T>(alpha);
    else factor = static_cast<T>(static_cast<int64_t>(alpha));
    accumulate<T, S>(m, static_cast<T *>(indexed), static_cast<const S *>(direct), factor);
    return int32_t{FB_OK};
  });
}

template <class To, class From>
inline void convert_walk(To *to, const From *from, const Walk &walk) {
  parallel_for(walk.size(), 32768, [&](int64_t begin, int64_t end) {
    Walk at = walk;
    at.seek(begin);
    for (int64_t i = begin; i < end; i++, at.next()) {
      if constexpr (kSame<To, float>) to[at.b] = widen(from[at.a]);
      else to[at.a] = narrow<To>(from[at.b]);
    }
  });
}

/// update(t) for a tensor that is updated step by step; one of half precision as a float copy, so that it is rounded once.
template <class Update>
inline int32_t in_float(const fb_tensor *t, const Update &update) {
  if (t->dtype != FB_FLOAT16 && t->dtype != FB_BFLOAT16) return update(t);
  const Scratch memory(numel(t) * 4);
  if (!memory.data) return out_of_memory(numel(t) * 4);
  fb_tensor wide = contiguous_at(t, memory.data);
  wide.dtype = FB_FLOAT32;
  Walk walk;
  for (int d = 0; d < t->ndim; d++) walk.push(t->dims[d], t->strides[d], wide.strides[d]);
  float *const floats = memory.as<float>();
  if (t->dtype == FB_FLOAT16) convert_walk(floats, static_cast<const Half *>(t->data), walk);
  else convert_walk(floats, static_cast<const BFloat16 *>(t->data), walk);
  const int32_t status = update(&wide);
  if (status != FB_OK) return status;
  if (t->dtype == FB_FLOAT16) convert_walk(static_cast<Half *>(t->data), floats, walk);
  else convert_walk(static_cast<BFloat16 *>(t->data), floats, walk);
  return FB_OK;
}

/// Fails on the first index of a tensor outside [low, size).
inline int32_t check_indices(const fb_tensor *index, int64_t low, int64_t size) {
  Walk walk;
  for (int d = 0; d < index->ndim; d++) walk.push(index->dims[d], index->strides[d]);
  const int64_t n = walk.size();
  if (n == 0) return FB_OK;
  const Run run(walk);
  walk.seek(0);
  for (int64_t i = 0; i < n / run.n; i++, walk.next()) {
    const int64_t *const p = static_cast<const int64_t *>(index->data) + walk.a;
    bool bad = false;
    for (int64_t k = 0; k < run.n; k++) bad |= p[k * run.a] < low || p[k * run.a] >= size;
    if (!bad) continue;
    for (int64_t k = 0; k < run.n; k++)
      if (p[k * run.a] < low || p[k * run.a] >= size) return index_out_of_range(p[k * run.a], size, i * run.n + k);
  }
  return FB_OK;
}

/// An index tensor with negative values counted from the end, contiguous.
struct Wrapped {
  Scratch memory;
  explicit Wrapped(const fb_tensor *index, int64_t size) : memory(numel(index) * 8) {
    if (!memory.data) return;
    int64_t *const p = memory.as<int64_t>();
    pack(index, p);
    for (int64_t i = 0, n = numel(index); i < n; i++) p[i] += p[i] < 0 ? size : 0;
  }
};

}  // namespace
}  // namespace fb::FB_ISA
