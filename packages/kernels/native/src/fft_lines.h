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
    if (!aligned()) return group * kLanes<T>;
    const int64_t each = (inner + kLanes<T> - 1) / kLanes<T>;
    return group / each * inner + group % each * kLanes<T>;
  }
};

/// Lines `first` and following of a tensor, at most as many as a vector has lanes.
template <class T>
struct LineGroup {
  static constexpr int64_t L = kLanes<T>;
  const Lines<T> &lines;
  const bool aligned;
  int64_t place, count;  // where `first` stands among those side by side; lines
  T *data;  // of the first
  int64_t pitch, left;  // from line to line, if they follow one another; numbers from `data` to the tensor's end

  LineGroup(const Lines<T> &lines, int64_t first) : lines(lines), aligned(lines.aligned()), pitch(lines.n * lines.width), left((lines.count - first) * pitch) {
    const int64_t outer = lines.inner == 1 ? first : first / lines.inner;  // divisions are slow
    place = first - outer * lines.inner;
    count = min(L, aligned ? lines.inner - place : lines.count - first);
    data = lines.data + outer * pitch * lines.inner + place * lines.width;
  }

  /// Numbers [row, row + height) of each line between the tensor and `part`, which has L of each.
  template <bool Store>
  void copy(int64_t row, int64_t height, T *part) const {
    int64_t at = place;
    T *line = data;
    for (int64_t l = 0; l < count; l++, part += L) {
      if (lines.inner == 1) {
        line = data + l * pitch + row;
        // Whole short lines are stored in order: what goes past the end of one, the next one replaces.
        if (Store && height == pitch && (count - l) * pitch >= L) store(line, load(part));
        else memcpy(Store ? line : part, Store ? part : line, static_cast<size_t>(height) * sizeof(T));
        continue;
      }
      for (int64_t i = 0; i < height; i++) {
        T &number = line[lines.place(row + i)];
        if constexpr (Store) number = part[i];
        else part[i] = number;
      }
      line += lines.width;
      if (++at == lines.inner) at = 0, line += lines.inner * (pitch - lines.width);
    }
  }
};

/// The first `rows` numbers of each line of a group to to[0], to[step], …, a lane for each line; if `exchange`, each two of them in the
/// opposite order.
template <class T>
__attribute__((noinline)) void gather(const LineGroup<T> &group, int64_t rows, Vec<T> *to, int64_t step, bool exchange) {
  constexpr int64_t L = kLanes<T>;
  const int64_t inner = group.lines.inner, count = group.count;
  if (group.aligned) {
    const T *at = group.data;
    if (group.lines.width == 2)
      for (int64_t r = 0; r < rows; r += 2, at += 2 * inner) {
        // The next rows may be far away; past the end nothing is read.
        __builtin_prefetch(at + 16 * inner), __builtin_prefetch(at + 16 * inner + kLanes<T>);
        load_pairs(at, count, to[r + exchange], to[r + !exchange]);
      }
    else
      for (int64_t r = 0; r < rows; r++, at += inner) to[r * step] = count == L ? load(at) : load_part(at, count);
    return;
  }
  for (int64_t r = 0; r < rows; r += L) {
    const int64_t height = min(L, rows - r);
    T part[L * L];
    const T *from = group.data + r;
    int64_t pitch = group.pitch;
    if (inner != 1 || count < L || r + (L - 1) * pitch + L > group.left) {
      if (count < L) memset(part, 0, sizeof part);  // what idle lanes compute with should not be slow
      group.template copy<false>(r, height, part), from = part, pitch = L;
    }
    Vec<T> v[L];
#pragma GCC unroll 16
    for (int64_t l = 0; l < L; l++) v[l] = load(from), from += pitch;
    transpose<T>(v);
    if (height == L && step == 1) {
      Vec<T> *const even = to + r + exchange, *const odd = to + r - exchange;
#pragma GCC unroll 16
      for (int64_t i = 0; i < L; i += 2) even[i] = v[i], odd[i + 1] = v[i + 1];
    } else {
      for (int64_t i = 0; i < height; i++) to[((r + i) ^ exchange) * step] = v[i];
    }
  }
}

/// The opposite, times `scale`.
template <class T>
__attribute__((noinline)) void scatter(const LineGroup<T> &group, int64_t rows, const Vec<T> *from, int64_t step, bool exchange, T scale) {
  constexpr int64_t L = kLanes<T>;
  const int64_t inner = group.lines.inner, count = group.count;
  if (group.aligned) {
    T *at = group.data;
    if (group.lines.width == 2)
      for (int64_t r = 0; r < rows; r += 2, at += 2 * inner) store_pairs<T>(at, count, from[r + exchange] * scale, from[r + !exchange] * scale);
    else
      for (int64_t r = 0; r < rows; r++, at += inner) store_part<T>(at, from[(r ^ exchange) * step] * scale, count);
    return;
  }
  const int64_t height = min(L, rows);
  for (int64_t r = 0; r < rows; r += L) {
    const int64_t start = min(r, rows - height);  // a last short block overlaps the one before
    T part[L * L];
    Vec<T> v[L];
    const Vec<T> *const even = from + start * step + exchange, *const odd = from + start * step - exchange;
#pragma GCC unroll 16
    for (int64_t i = 0; i < L; i++) v[i] = (i % 2 ? odd : even)[(i < height ? i : i % 2) * step] * scale;
    transpose<T>(v);
    const bool whole = inner == 1 && count == L && height == L;
    T *to = whole ? group.data + start : part;
    const int64_t pitch = whole ? group.pitch : L;
#pragma GCC unroll 16
    for (int64_t l = 0; l < L; l++) store(to, v[l]), to += pitch;
    if (!whole) group.template copy<true>(start, height, part);
  }
}

/// Groups of lines that one chunk takes, so that it has enough to do.
inline int64_t groups_grain(int64_t values) { return 32768 / values + 1; }

/// Calls `body(first, data, work)` for each group of lines, with room for `size` complex values of each in both.
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
    gather<T>({columns, first}, 2 * height, data, 1, !forward);
    V *const x = transform(plan.columns, data, spare);
    for (int64_t i = 0; i < height; i++) {
      const Number w = plan.turns.at(i * first);
      V c = broadcast(static_cast<T>(w.re)), d = broadcast(static_cast<T>(w.im));
      const T *const lanes = plan.lanes.data + 2 * kLanes<T> * i;
      turn(c, d, load(lanes), load(lanes + kLanes<T>));
      turn(x[2 * i], x[2 * i + 1], c, d);
    }
    scatter<T>({turned, first}, 2 * height, x, 1, false, 1);
  });
  if (status != FB_OK) return status;
  return each_group(rows, width, [&](int64_t first, V *data, V *spare) {
    gather<T>({rows, first}, 2 * width, data, 1, false);
    scatter<T>({out, first}, 2 * width, transform(plan.rows, data, spare), 1, !forward, scale);
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
