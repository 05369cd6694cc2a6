// Lines of a tensor on their way to vectors and back, and transforms of lines on their own.
#pragma once
#include "fft_core.h"
#include "packing.h"
#include "thread_memory.h"

namespace fb::FB_ISA {
namespace {

inline int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }

/// The two vectors with the elements of a and b in turn, and back.
template <class T>
inline void interleave(Vec<T> &a, Vec<T> &b) {
  constexpr int L = static_cast<int>(kLanes<T>);
  typename LaneIndex<sizeof(T)>::type low, high;
  for (int i = 0; i < L; i++) low[i] = i / 2 + i % 2 * L, high[i] = L / 2 + i / 2 + i % 2 * L;
  const Vec<T> x = a;
  a = __builtin_shuffle(x, b, low), b = __builtin_shuffle(x, b, high);
}
template <class T>
inline void deinterleave(Vec<T> &a, Vec<T> &b) {
  constexpr int L = static_cast<int>(kLanes<T>);
  typename LaneIndex<sizeof(T)>::type even, odd;
  for (int i = 0; i < L; i++) even[i] = 2 * i, odd[i] = 2 * i + 1;
  const Vec<T> x = a;
  a = __builtin_shuffle(x, b, even), b = __builtin_shuffle(x, b, odd);
}
/// `count` complex numbers, at most as many as a vector has lanes.
template <class T>
inline void load_pairs(const T *at, int64_t count, Vec<T> &re, Vec<T> &im) {
  constexpr int64_t L = kLanes<T>;
  if (count == L) {
    re = load(at), im = load(at + L);
  } else {
    T part[2 * L] = {};
    memcpy(part, at, static_cast<size_t>(2 * count) * sizeof(T));
    re = load(part), im = load(part + L);
  }
  deinterleave<T>(re, im);
}
template <class T>
inline void store_pairs(T *at, int64_t count, Vec<T> re, Vec<T> im) {
  constexpr int64_t L = kLanes<T>;
  interleave<T>(re, im);
  T part[2 * L];
  T *const to = count == L ? at : part;
  store(to, re), store(to + L, im);
  if (count != L) memcpy(at, part, static_cast<size_t>(2 * count) * sizeof(T));
}

/// The lines along a dimension of a contiguous tensor: `inner` of them side by side, of n elements of `width` numbers each.
template <class T>
struct Lines {
  T *data;
  int64_t count, n, inner, width;

  /// Of complex numbers.
  Lines(T *data, int64_t count, int64_t n, int64_t inner) : data(data), count(count), n(n), inner(inner), width(2) {}
  Lines(const fb_tensor *t, int64_t dim) : data(static_cast<T *>(t->data)), n(t->dims[dim]), inner(1), width(t->dtype >= FB_COMPLEX64 ? 2 : 1) {
    for (int d = static_cast<int>(dim) + 1; d < t->ndim; d++) inner *= t->dims[d];
    count = n ? numel(t) / n : 0;
  }
  T *start(int64_t i) const { return data + (i / inner * n * inner + i % inner) * width; }
  /// How far number r of a line lies from its start.
  int64_t place(int64_t r) const { return width == 1 ? r * inner : r / 2 * 2 * inner + r % 2; }

  // Groups of lines that fill a vector. Where enough lie side by side, a group stays among them.
  bool aligned() const { return inner >= kLanes<T> || (inner > 1 && inner == count); }
  int64_t block() const { return aligned() ? inner : count; }
  int64_t groups() const { return count / block() * ((block() + kLanes<T> - 1) / kLanes<T>); }
  int64_t first(int64_t group) const {
    const int64_t each = (block() + kLanes<T> - 1) / kLanes<T>;
    return group / each * block() + group % each * kLanes<T>;
  }
  int64_t lanes(int64_t first) const { return min(kLanes<T>, block() - first % block()); }
};

/// Number r < `rows` of each line of a group to to[r * step], a lane for each line.
template <class T>
__attribute__((noinline)) void gather(const Lines<T> &lines, int64_t first, int64_t rows, Vec<T> *to, int64_t step) {
  constexpr int64_t L = kLanes<T>;
  const int64_t count = lines.lanes(first);
  if (lines.aligned() && lines.width == 2) {
    const T *at = lines.start(first);
    for (int64_t r = 0; r < rows; r += 2, at += 2 * lines.inner) load_pairs(at, count, to[r], to[r + 1]);
  } else if (lines.aligned()) {
    const T *at = lines.start(first);
    for (int64_t r = 0; r < rows; r++, at += lines.inner) to[r * step] = count == L ? load(at) : load_part(at, count);
  } else {
    const T *start[L];
    for (int64_t l = 0; l < L; l++) start[l] = lines.start(first + (l < count ? l : 0));
    for (int64_t r = 0; r < rows; r += L) {
      const int64_t height = min(L, rows - r);
      T part[L * L];
      Vec<T> v[L];
      const bool whole = lines.inner == 1 && height == L;
      if (!whole)
        for (int64_t l = 0; l < count; l++)
          for (int64_t i = 0; i < height; i++) part[l * L + i] = start[l][lines.place(r + i)];
#pragma GCC unroll 16
      for (int64_t l = 0; l < L; l++) v[l] = load(whole ? start[l] + r : part + l * L);
      transpose<T>(v);
#pragma GCC unroll 16
      for (int64_t i = 0; i < L; i++)
        if (i < height) to[(r + i) * step] = v[i];
    }
  }
}

/// The opposite, times `scale`.
template <class T>
__attribute__((noinline)) void scatter(const Lines<T> &lines, int64_t first, int64_t rows, const Vec<T> *from, int64_t step, T scale) {
  constexpr int64_t L = kLanes<T>;
  const int64_t count = lines.lanes(first);
  if (lines.aligned() && lines.width == 2) {
    T *at = lines.start(first);
    for (int64_t r = 0; r < rows; r += 2, at += 2 * lines.inner) store_pairs<T>(at, count, from[r] * scale, from[r + 1] * scale);
  } else if (lines.aligned()) {
    T *at = lines.start(first);
    for (int64_t r = 0; r < rows; r++, at += lines.inner) store_part<T>(at, from[r * step] * scale, count);
  } else {
    T *start[L];
    for (int64_t l = 0; l < count; l++) start[l] = lines.start(first + l);
    for (int64_t r = 0; r < rows; r += L) {
      const int64_t height = min(L, rows - r);
      T part[L * L];
      Vec<T> v[L];
      const bool whole = lines.inner == 1 && height == L;
#pragma GCC unroll 16
      for (int64_t i = 0; i < L; i++) v[i] = from[(r + (i < height ? i : 0)) * step] * scale;
      transpose<T>(v);
#pragma GCC unroll 16
      for (int64_t l = 0; l < L; l++) {
        if (l >= count) break;
        store(whole ? start[l] + r : part + l * L, v[l]);
      }
      if (!whole)
        for (int64_t l = 0; l < count; l++)
          for (int64_t i = 0; i < height; i++) start[l][lines.place(r + i)] = part[l * L + i];
    }
  }
}

/// Groups of lines that one chunk takes, so that it has enough to do.
inline int64_t groups_grain(int64_t values) { return 32768 / values + 1; }

/// Calls `body(first, data, work)` for each group of lines, with room for `size` complex values in both.
template <class T, class Body>
int32_t each_group(const Lines<T> &lines, int64_t size, const Body &body) {
  const int64_t half = 2 * size * static_cast<int64_t>(sizeof(Vec<T>));
  return parallel_with_memory(lines.groups(), groups_grain(size * kLanes<T>), 2 * half, [&](int64_t begin, int64_t end, void *memory) {
    Vec<T> *const data = static_cast<Vec<T> *>(memory);
    for (int64_t group = begin; group < end; group++) body(lines.first(group), data, data + 2 * size);
  });
}

/// Transforms one line of plan.length complex numbers as a matrix: its columns, which lie side by side; then, turned, its rows. `to` may
/// be `from`; `work` has room for as many.
template <class T>
__attribute__((noinline)) int32_t transform_matrix(const Plan<T> &plan, T *from, T *to, T *work, bool forward, T scale) {
  typedef Vec<T> V;
  const int64_t height = plan.columns.n, width = plan.rows.n;
  const Lines<T> columns(from, width, height, width), turned(work, width, height, 1), rows(work, height, width, height), out(to, height, width, height);
  const int32_t status = each_group(columns, height, [&](int64_t first, V *data, V *spare) {
    gather(columns, first, 2 * height, data, 1);
    V *const result = transform(plan.columns, data, spare, forward);
    const Signal<V> x(result, forward);
    for (int64_t i = 0; i < height; i++) {
      const Number w = plan.turns.at(i * first);
      V c = broadcast(static_cast<T>(w.re)), d = broadcast(static_cast<T>(w.im));
      const T *const lanes = plan.lanes.data + 2 * kLanes<T> * i;
      turn(c, d, load(lanes), load(lanes + kLanes<T>));
      turn(x.re[2 * i], x.im[2 * i], c, d);
    }
    scatter(turned, first, 2 * height, result, 1, T(1));
  });
  if (status != FB_OK) return status;
  return each_group(rows, width, [&](int64_t first, V *data, V *spare) {
    gather(rows, first, 2 * width, data, 1);
    scatter(out, first, 2 * width, transform(plan.rows, data, spare, forward), 1, scale);
  });
}

/// to = from times the factors, or times their conjugates, times `scale`. `to` may be `from`.
template <class T>
__attribute__((noinline)) void multiply_pairs(T *to, const T *from, const T *factors, int64_t n, bool conjugate, T scale) {
  constexpr int64_t L = kLanes<T>;
  parallel_for(n, 16384, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; k += L) {
      const int64_t count = min(L, end - k);
      Vec<T> re, im, c, d;
      load_pairs(from + 2 * k, count, re, im);
      load_pairs(factors + 2 * k, count, c, d);
      turn(re, im, c * scale, d * (conjugate ? -scale : scale));
      store_pairs(to + 2 * k, count, re, im);
    }
  });
}

/// Numbers of working memory that transform_line needs.
template <class T>
int64_t line_memory(const Plan<T> &plan) { return plan.chirped ? 4 * plan.length : 2 * plan.n; }

/// Transforms one line of plan.n complex numbers. `to` may be `from`.
template <class T>
int32_t transform_line(const Plan<T> &plan, T *from, T *to, T *memory, bool forward, T scale) {
  if (!plan.chirped) return transform_matrix(plan, from, to, memory, forward, scale);
  T *const data = memory, *const work = memory + 2 * plan.length;
  multiply_pairs(data, from, plan.chirp.data, plan.n, forward, T(1));
  memset(data + 2 * plan.n, 0, static_cast<size_t>(2 * (plan.length - plan.n)) * sizeof(T));
  int32_t status = transform_matrix(plan, data, data, work, forward, T(1));
  if (status != FB_OK) return status;
  multiply_pairs(data, data, plan.spectrum.data, plan.length, !forward, T(1));
  status = transform_matrix(plan, data, data, work, !forward, T(1) / static_cast<T>(plan.length));
  multiply_pairs(to, data, plan.chirp.data, plan.n, forward, scale);
  return status;
}

/// The chirp of a length, and the spectrum of the convolution with it.
template <class T>
bool prepare_chirp(Plan<T> &plan) {
  if (!plan.chirped) return true;
  const int64_t n = plan.n, size = plan.length;
  Roots roots;
  Array<T> work;
  if (!roots.prepare(2 * n) || !plan.chirp.allocate(2 * n) || !plan.spectrum.allocate(2 * size) || !work.allocate(2 * size)) return false;
  memset(plan.spectrum.data, 0, static_cast<size_t>(2 * size) * sizeof(T));
  for (int64_t k = 0; k < n; k++) {
    const Number w = roots.at(static_cast<int64_t>(static_cast<__int128>(k) * k % (2 * n)));  // the angle repeats after 2n
    const int64_t mirrored = k ? size - k : 0;
    plan.chirp[2 * k] = plan.spectrum[2 * k] = plan.spectrum[2 * mirrored] = static_cast<T>(w.re);
    plan.chirp[2 * k + 1] = plan.spectrum[2 * k + 1] = plan.spectrum[2 * mirrored + 1] = static_cast<T>(-w.im);
  }
  return transform_matrix(plan, plan.spectrum.data, plan.spectrum.data, work.data, true, T(1)) == FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
