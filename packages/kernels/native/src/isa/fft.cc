// Discrete Fourier transforms along one dimension of contiguous tensors: complex to complex, real to half of the complex spectrum, and
// back. Lines are transformed as many at a time as a vector has lanes.
#include "../element.h"
#include "../fft_core.h"

namespace fb::FB_ISA {
namespace {

/// The lines of a tensor along a dimension of `n` elements of `Width` numbers each.
template <class T>
struct Lines {
  T *data;
  int64_t n, inner, width;

  Lines(const fb_tensor *t, int64_t dim, int64_t width) : data(static_cast<T *>(t->data)), n(t->dims[dim]), inner(1), width(width) {
    for (int d = static_cast<int>(dim) + 1; d < t->ndim; d++) inner *= t->dims[d];
  }
  T *line(int64_t i) const { return data + (i / inner * n * inner + i % inner) * width; }
  int64_t step() const { return inner * width; }
};

// A lane of a vector, or the number itself.
template <class V, class T>
inline void set_lane(V &v, int64_t lane, T x) {
  if constexpr (sizeof(V) == sizeof(T)) v = x;
  else v[lane] = x;
}
template <class T, class V>
inline T get_lane(const V &v, int64_t lane) {
  if constexpr (sizeof(V) == sizeof(T)) return v;
  else return v[lane];
}

/// Calls `body(first line, lines, signal, work)` for all lines in groups of a vector's lanes, or one by one if there are few long ones.
template <class T, class Body>
int32_t each_group(const Plan<T> &plan, int64_t lines, bool single, const Body &body) {
  const int64_t L = single ? 1 : kLanes<T>, size = (plan.n + 1) + work_size(plan);
  const int64_t bytes = 2 * size * L * static_cast<int64_t>(sizeof(T));
  bool failed = false;
  parallel_for((lines + L - 1) / L, lines_grain(plan.n * L), [&](int64_t begin, int64_t end) {
    const Scratch memory(bytes);
    if (!memory.data) return __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    const auto run = [&](auto *start) {
      typedef __typeof__(*start + *start) V;
      const Signal<V> signal = {start, start + plan.n + 1}, work = {start + 2 * (plan.n + 1), start + 2 * (plan.n + 1) + work_size(plan)};
      for (int64_t group = begin; group < end; group++) {
        const int64_t count = lines - group * L < L ? lines - group * L : L;
        if (!body(group * L, count, signal, work)) __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
      }
    };
    if (single)
      run(memory.as<T>());
    else
      run(memory.as<Vec<T>>());
  });
  return failed ? out_of_memory(bytes) : int32_t{FB_OK};
}

/// Few lines are transformed one by one, each with vectors along itself.
template <class T>
bool one_by_one(const Plan<T> &plan, int64_t lines) {
  return lines * 2 <= kLanes<T> && plan.rows.n > 1;
}

/// Calls `f(k, l, place)` for the places k * step, k < n, of `count` lines: line after line in blocks that stay in the cache on both
/// sides, or, where lines lie side by side, across them.
template <class T, class F>
void each_place(const Lines<T> &lines, int64_t first, int64_t count, int64_t n, int64_t step, const F &f) {
  const int64_t block = lines.inner > 1 ? 1 : 32;
  T *start[kLanes<T>];
  for (int64_t l = 0; l < count; l++) start[l] = lines.line(first + l);
  for (int64_t begin = 0; begin < n; begin += block) {
    const int64_t end = n < begin + block ? n : begin + block;
    for (int64_t l = 0; l < count; l++)
      for (int64_t k = begin; k < end; k++) f(k, l, start[l] + k * step);
  }
}

template <class T>
int32_t complex_transform(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, T scale) {
  const Lines<T> from(self, dim, 2), to(out, dim, 2);
  const int64_t n = to.n, lines = n ? numel(out) / n : 0;
  if (lines == 0) return FB_OK;
  Plan<T> plan(n);
  if (!plan.prepare(lines * 2 <= kLanes<T>) || !prepare_chirp(plan)) return out_of_memory(n * static_cast<int64_t>(sizeof(T)));
  return each_group(plan, lines, one_by_one(plan, lines), [&](int64_t first, int64_t count, auto signal, auto work) {
    each_place(from, first, count, n, from.step(), [&](int64_t k, int64_t l, const T *at) { set_lane(signal.re[k], l, at[0]), set_lane(signal.im[k], l, at[1]); });
    if (!(forward ? forward_transform(plan, signal, work) : forward_transform(plan, signal.swapped(), work))) return false;
    each_place(to, first, count, n, to.step(), [&](int64_t k, int64_t l, T *at) {
      at[0] = scale * get_lane<T>(signal.re[k], l), at[1] = scale * get_lane<T>(signal.im[k], l);
    });
    return true;
  });
}

/// What a transform of n real values needs: they go as n / 2 complex ones (n odd: as n), in pairs z(j) = x(2j) + i x(2j + 1).
template <class T>
struct RealPlan : Plan<T> {
  Array<T> turn_re, turn_im;  // exp(-2 pi i k / n)
  explicit RealPlan(int64_t n) : Plan<T>(n % 2 ? n : n / 2) {}
  bool prepare(int64_t n, bool single) {
    return Plan<T>::prepare(single) && prepare_chirp(*this) && turn_re.allocate(n) && turn_im.allocate(n) && roots_of_unity(n, turn_re.data, turn_im.data);
  }
};

/// X(k) = E(k) + w^k O(k) with E, O from Z(k) and conj Z(n/2 - k).
template <class T>
int32_t real_transform(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, T scale) {
  const Lines<T> from(self, dim, 1), to(out, dim, 2);
  const int64_t n = from.n, half = n % 2 ? n : n / 2, lines = n ? numel(self) / n : 0;
  if (lines == 0) return FB_OK;
  RealPlan<T> plan(n);
  if (!plan.prepare(n, lines * 2 <= kLanes<T>)) return out_of_memory(n * static_cast<int64_t>(sizeof(T)));
  const T sign = forward ? scale : -scale;
  return each_group(plan, lines, one_by_one(plan, lines), [&](int64_t first, int64_t count, auto signal, auto work) {
    const int64_t step = from.step();
    each_place(from, first, count, half, n % 2 ? step : 2 * step, [&](int64_t k, int64_t l, const T *at) {
      set_lane(signal.re[k], l, at[0]), set_lane(signal.im[k], l, n % 2 ? T(0) : at[step]);
    });
    if (!forward_transform(plan, signal, work)) return false;
    T *start[kLanes<T>];
    for (int64_t l = 0; l < count; l++) start[l] = to.line(first + l);
    for (int64_t k = 0; k < to.n; k++) {
      const int64_t other = k == 0 || n % 2 ? 0 : half - k, at = k == half ? 0 : k;
      auto re = signal.re[at], im = signal.im[at];
      if (n % 2 == 0) {
        const auto a = signal.re[other], b = signal.im[other];
        const auto even_re = (re + a) * T(0.5), even_im = (im - b) * T(0.5), odd_re = (im + b) * T(0.5), odd_im = (a - re) * T(0.5);
        re = even_re + (odd_re * plan.turn_re[k] - odd_im * plan.turn_im[k]), im = even_im + (odd_re * plan.turn_im[k] + odd_im * plan.turn_re[k]);
      }
      re = re * scale, im = im * sign;
      for (int64_t l = 0; l < count; l++) {
        T *const place = start[l] + k * to.step();
        place[0] = get_lane<T>(re, l), place[1] = get_lane<T>(im, l);
      }
    }
    return true;
  });
}

/// Half a spectrum to n real values; the imaginary parts of its ends do not count. 2 Z(k) = X(k) + conj X(n/2 - k) + i w^-k (X(k) - conj X(n/2 - k)).
template <class T>
int32_t real_back_transform(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, T scale) {
  const Lines<T> from(self, dim, 2), to(out, dim, 1);
  const int64_t n = to.n, half = n % 2 ? n : n / 2, lines = n ? numel(out) / n : 0;
  if (lines == 0) return FB_OK;
  RealPlan<T> plan(n);
  if (!plan.prepare(n, lines * 2 <= kLanes<T>)) return out_of_memory(n * static_cast<int64_t>(sizeof(T)));
  const T sign = forward ? T(-1) : T(1);  // the result is real: forward is back of the conjugate
  return each_group(plan, lines, one_by_one(plan, lines), [&](int64_t first, int64_t count, auto signal, auto work) {
    each_place(from, first, count, n / 2 + 1, from.step(), [&](int64_t k, int64_t l, const T *at) {
      set_lane(signal.re[k], l, at[0]), set_lane(signal.im[k], l, k == 0 || 2 * k == n ? T(0) : sign * at[1]);
    });
    if (n % 2)
      for (int64_t k = n / 2 + 1; k < n; k++) signal.re[k] = signal.re[n - k], signal.im[k] = -signal.im[n - k];
    else
      for (int64_t k = 0; 2 * k <= half; k++) {
        const auto a_re = signal.re[k], a_im = signal.im[k], b_re = signal.re[half - k], b_im = signal.im[half - k];
        const auto pair = [&](int64_t at, auto p_re, auto p_im, auto q_re, auto q_im) {
          const auto re = p_re - q_re, im = p_im + q_im;  // P - conj Q
          const T c = plan.turn_re[at], s = plan.turn_im[at];
          signal.re[at] = p_re + q_re - (im * c - re * s), signal.im[at] = p_im - q_im + (re * c + im * s);
        };
        pair(k, a_re, a_im, b_re, b_im);
        pair(half - k, b_re, b_im, a_re, a_im);
      }
    if (!forward_transform(plan, signal.swapped(), work)) return false;
    const int64_t step = to.step();
    each_place(to, first, count, half, n % 2 ? step : 2 * step, [&](int64_t k, int64_t l, T *at) {
      at[0] = scale * get_lane<T>(signal.re[k], l);
      if (n % 2 == 0) at[step] = scale * get_lane<T>(signal.im[k], l);
    });
    return true;
  });
}

template <class F>
int32_t for_precision(int32_t dtype, const F &f) {
  switch (dtype) {
    case FB_FLOAT32: case FB_COMPLEX64: return f(float());
    case FB_FLOAT64: case FB_COMPLEX128: return f(double());
    default: return unsupported_dtype(dtype);
  }
}

/// out = scale * sum over j of self(j) exp(-+ 2 pi i j k / n), - for `forward`.
int32_t fft_complex(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, double scale) {
  return for_precision(out->dtype, [&](auto t) { return complex_transform(out, self, dim, forward, static_cast<__typeof__(t)>(scale)); });
}
/// The first n / 2 + 1 values of the transform of n real ones.
int32_t fft_real(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, double scale) {
  return for_precision(out->dtype, [&](auto t) { return real_transform(out, self, dim, forward, static_cast<__typeof__(t)>(scale)); });
}
/// The real transform of n values of which the first n / 2 + 1 are given and the others are their conjugates.
int32_t fft_real_back(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, double scale) {
  return for_precision(out->dtype, [&](auto t) { return real_back_transform(out, self, dim, forward, static_cast<__typeof__(t)>(scale)); });
}

}  // namespace

FB_GROUP(fft, FB_ENTRY("fft_complex", fft_complex), FB_ENTRY("fft_real", fft_real), FB_ENTRY("fft_real_back", fft_real_back))

}  // namespace fb::FB_ISA
