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
  const char *data = nullptr;  // of the indexed tensor, and its element size: for prefetching
  int64_t item = 1;

  template <class T>
  Indexed of(const T *indexed) const {
    Indexed m = *this;
    m.data = reinterpret_cast<const char *>(indexed), m.item = sizeof(T);
    return m;
  }
  void push(int64_t dim, int64_t sa, int64_t sb, int64_t sc, bool is_disjoint) {
    dims[n] = dim, a[n] = sa, b[n] = sb, c[n] = sc;
    disjoint |= static_cast<uint32_t>(is_disjoint) << n;
    n++;
  }
};

typedef void (*Line)(const void *context, int64_t a, int64_t b, const int64_t *index, const Run &run);

/// Whole rows that go to places named by a 1-D index: each thread does all those of some places, in order.
__attribute__((noinline)) inline void run_rows(const Indexed &m, Line line, const void *context) {
  constexpr int64_t kAhead = 16, kLine = 64;
  int64_t parts = 1;
  while (parts < num_threads()) parts *= 2;
  if (parts > 1) parts *= 2;
  Walk walk;
  walk.push(m.dims[1], m.a[1], m.b[1], 0);
  const Run run(walk);
  const int64_t bytes = run.n * run.a * m.item;
  // Neighbours in one cache line stay together; the places of rows may be multiples of anything, so they are mixed.
  const bool stay_together = m.index_stride == 1 && bytes <= kLine;
  parallel_for(parts, 1, [&](int64_t part, int64_t) __attribute__((noinline)) {
    const auto is_mine = [&](int64_t place) {
      const uint64_t which = static_cast<uint64_t>(place), mixed = stay_together ? which >> 4 : which * 0x9E3779B97F4A7C15u >> 40;
      return static_cast<int64_t>(mixed & static_cast<uint64_t>(parts - 1)) == part;
    };
    for (int64_t i = 0; i < m.dims[0]; i++) {
      const int64_t *const index = m.index + i * m.c[0];
      if (i + kAhead < m.dims[0]) {
        const int64_t place = index[kAhead * m.c[0]];
        if (is_mine(place))  // the CPU cannot know where the next ones are
          for (int64_t at = 0; at < bytes && at < 8 * kLine; at += kLine) __builtin_prefetch(m.data + place * m.index_stride * m.item + at);
      }
      if (is_mine(*index)) line(context, 0, i * m.b[0], index, run);
    }
  });
}

/// One loop for all ops and types, because lines are long.
__attribute__((noinline)) inline void run_lines(const Indexed &m, uint32_t splittable, Line line, const void *context) {
  constexpr int64_t kLine = 64, kEnough = 16;
  int64_t total = 1;
  int split = -1;
  for (int d = 0; d < m.n; d++) {
    total *= m.dims[d];
    // the outermost one of which there is enough, so that a thread stays in its part of the tensors
    if (splittable >> d & 1 && (split < 0 || (m.dims[split] < kEnough && m.dims[d] > m.dims[split]))) split = d;
  }
  if (total == 0) return;
  const int64_t size = split < 0 ? 1 : m.dims[split];
  int64_t grain = rows_per_chunk(total / size);
  if (split == m.n - 1) {  // parts of all lines: whole cache lines, long ones. Who moves an element makes no difference to it.
    if (m.n == 2 && m.c[1] == 0 && m.a[0] == 0 && size * m.item >= 4 * kLine && total > 32768 && m.dims[0] >= 16 * num_threads())
      return run_rows(m, line, context);
    const int64_t per_line = kLine / m.item, longest = (size / num_threads() + per_line - 1) / per_line * per_line;
    if (grain < longest) grain = longest;
  }
  parallel_for(size, grain, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    Walk walk;
    for (int d = 0; d < m.n; d++) walk.push(d == split ? end - begin : m.dims[d], m.a[d], m.b[d], m.c[d]);
    const Run run(walk);
    const int64_t a = split < 0 ? 0 : begin * m.a[split], b = split < 0 ? 0 : begin * m.b[split], c = split < 0 ? 0 : begin * m.c[split];
    const int64_t n = walk.size();
    if (walk.n == 1 && run.c == 0) {  // rows in any order: the CPU cannot know where the next ones are
      constexpr int64_t kAhead = 8;
      const int64_t bytes = run.n * run.a * m.item;
      for (int64_t i = 0; i < n; i++) {
        const int64_t *const index = m.index + c + i * walk.stride_c[0];
        if (i + kAhead < n) {
          const char *const row = m.data + (a + (i + kAhead) * walk.stride_a[0] + index[kAhead * walk.stride_c[0]] * m.index_stride) * m.item;
          for (int64_t at = 0; at < bytes && at < 4 * kLine; at += kLine) __builtin_prefetch(row + at);
        }
        line(context, a + i * walk.stride_a[0], b + i * walk.stride_b[0], index, run);
      }
      return;
    }
    walk.seek(0);
    for (int64_t i = 0; i < n; i++, walk.next()) line(context, a + walk.a, b + walk.b, m.index + c + walk.c, run);
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
  for_lines(m.of(indexed), ~0u, [&](int64_t a, int64_t b, const int64_t *index, const Run &run) {
    const int64_t step = m.index_stride;
    if (run.n == 1) {
      direct[b] = indexed[a + *index * step];
    } else if (run.c == 0) {
      const T *const from = indexed + a + *index * step;
      // memmove, because GCC makes memcpy `rep movsb` where size goes first, which is slow to start
      if (run.a == 1 && run.b == 1) memmove(static_cast<void *>(direct + b), from, static_cast<size_t>(run.n) * sizeof(T));
      else copy_elements(direct + b, run.b, from, run.a, run.n);
    } else {
      T *to = direct + b;
      const T *from = indexed + a;
      for (int64_t n = run.n; n > 0; n--, to += run.b, from += run.a, index += run.c) *to = from[*index * step];
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
  for_lines(m.of(indexed), m.disjoint, [&](int64_t a, int64_t b, const int64_t *index, const Run &run) {
    const int64_t step = m.index_stride;
    T *to = indexed + a;
    const T *from = direct + b;
    if (run.c == 0 && run.n > 1) return copy_elements(to + *index * step, run.a, from, run.b, run.n);
    for (int64_t n = run.n; n > 0; n--, to += run.a, from += run.b, index += run.c) to[*index * step] = *from;
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
  int64_t i = 0;
#pragma GCC unroll 4
  for (; i + L <= n; i += L) store(to + i, load(to + i) + load_as<C>(from + i) * alpha);
  for (; i < n; i++) to[i] = static_cast<T>(to[i] + widen(from[i]) * alpha);
}

/// indexed[index] += alpha * direct, in the order of the elements.
template <class T, class S>
__attribute__((noinline)) void accumulate(const Indexed &m, T *indexed, const S *direct, T alpha) {
  for_lines(m.of(indexed), m.disjoint, [&](int64_t a, int64_t b, const int64_t *index, const Run &run) {
    const int64_t step = m.index_stride;
    T *to = indexed + a;
    const S *from = direct + b;
    if (run.c == 0 && run.a == 1 && run.b == 1 && run.n > 1) return add_line(to + *index * step, from, run.n, alpha);
    for (int64_t n = run.n; n > 0; n--, to += run.a, from += run.b, index += run.c) {
      T &sum = to[*index * step];
      sum = static_cast<T>(sum + widen(*from) * alpha);
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

/// Fails on the first index of a tensor outside [low, size). `negative` tells whether there are any below zero.
inline int32_t check_indices(const fb_tensor *index, int64_t low, int64_t size, bool *negative = nullptr) {
  Walk walk;
  for (int d = 0; d < index->ndim; d++) walk.push(index->dims[d], index->strides[d]);
  const int64_t total = walk.size();
  if (total == 0) return FB_OK;
  const Run run(walk);
  const int64_t *const data = static_cast<const int64_t *>(index->data);
  constexpr int64_t kSegment = 32768, L = kLanes<int64_t>;  // of a run
  const int64_t segments = (run.n + kSegment - 1) / kSegment, runs = total / run.n;
  bool bad = false, below_zero = false;
  parallel_for(runs * segments, rows_per_chunk(run.n), [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    Walk at = walk;
    at.seek(begin / segments);
    int64_t lowest = 0, highest = 0;
    for (int64_t i = begin; i < end; i++) {
      const int64_t first = i % segments * kSegment, n = first + kSegment < run.n ? kSegment : run.n - first;
      const int64_t *const p = data + at.a + first * run.a;
      int64_t k = 0;
      if (run.a == 1 && n >= L) {
        VecL least_lanes = {}, greatest_lanes = {};
        for (; k + L <= n; k += L) {
          const VecL v = load(p + k);
          least_lanes = v < least_lanes ? v : least_lanes, greatest_lanes = v > greatest_lanes ? v : greatest_lanes;
        }
        for (int64_t lane = 0; lane < L; lane++) {
          if (least_lanes[lane] < lowest) lowest = least_lanes[lane];
          if (greatest_lanes[lane] > highest) highest = greatest_lanes[lane];
        }
      }
      for (; k < n; k++) {
        const int64_t x = p[k * run.a];
        if (x < lowest) lowest = x;
        if (x > highest) highest = x;
      }
      if (first + n == run.n) at.next();
    }
    if (lowest < 0) __atomic_store_n(&below_zero, true, __ATOMIC_RELAXED);
    if (lowest < low || highest >= size) __atomic_store_n(&bad, true, __ATOMIC_RELAXED);
  });
  if (negative) *negative = below_zero;
  if (!bad) return FB_OK;
  walk.seek(0);
  for (int64_t i = 0;; i++) {
    const int64_t x = data[walk.a + i % run.n * run.a];
    if (x < low || x >= size) return index_out_of_range(x, size, i);
    if (i % run.n == run.n - 1) walk.next();
  }
}

/// The values of a 1-D index tensor; if some are negative, a copy in which those are counted from the end.
struct Wrapped {
  Scratch memory;
  const int64_t *data;  // null if there is no memory for the copy
  int64_t stride = 1;
  Wrapped(const fb_tensor *index, int64_t size, bool negative) : memory(negative ? numel(index) * 8 : 0) {
    data = static_cast<const int64_t *>(negative ? memory.data : index->data);
    if (!negative && index->ndim) stride = index->strides[0];
    if (!negative || !data) return;
    int64_t *const p = memory.as<int64_t>();
    pack(index, p);
    for (int64_t i = 0, n = numel(index); i < n; i++) p[i] += p[i] < 0 ? size : 0;
  }
};

}  // namespace
}  // namespace fb::FB_ISA
