// Discrete Fourier transforms of lines that lie side by side, a lane of vectors for each. Real and imaginary parts take turns: value k
// is v[2 * k] + i v[2 * k + 1]. An inverse transform is a forward one with the parts' roles exchanged.
#pragma once
#include "fft_plan.h"

namespace fb::FB_ISA {
namespace {

/// Values, by their real and imaginary parts.
template <class V>
struct Signal {
  V *re, *im;
  Signal(V *data, bool forward) : re(data + !forward), im(data + forward) {}
};

/// x *= c + i d
template <class V>
inline __attribute__((always_inline)) void turn(V &x, V &y, V c, V d) {
  const V re = x;
  x = fma(re, c, -(y * d)), y = fma(re, d, y * c);
}

/// One step of Stockham's algorithm: sums over r values `m * s` apart, times roots of order m * r; results of one p lie together.
/// R: r, or 0 for any odd number.
template <int R, class T>
void stockham_step(int radix, int64_t m, int64_t s, const Factors<T> &f, Signal<Vec<T>> in, Signal<Vec<T>> out) {
  typedef Vec<T> V;
  constexpr int kMost = R ? R : kLargestFactor;
  const int r = R ? R : radix;
  const int64_t unit = f.n / (m * r);
  T cosine[kMost], sine[kMost];
  for (int k = 0; k < r; k++) cosine[k] = f.roots[f.n / r * k * 2], sine[k] = f.roots[f.n / r * k * 2 + 1];
  for (int64_t p = 0; p < m; p++) {
    T w_re[kMost], w_im[kMost];
    for (int k = 1; k < r; k++) w_re[k] = f.roots[p * k * unit * 2], w_im[k] = f.roots[p * k * unit * 2 + 1];
    for (int64_t q = 0; q < s; q++) {
      V x_re[kMost], x_im[kMost], y_re[kMost], y_im[kMost];
      x_re[0] = in.re[2 * (q + s * p)], x_im[0] = in.im[2 * (q + s * p)];
#pragma GCC unroll 8
      for (int j = 1; j < r; j++) x_re[j] = in.re[2 * (q + s * (p + m * j))], x_im[j] = in.im[2 * (q + s * (p + m * j))];
      if constexpr (R == 2) {
        y_re[0] = x_re[0] + x_re[1], y_im[0] = x_im[0] + x_im[1];
        y_re[1] = x_re[0] - x_re[1], y_im[1] = x_im[0] - x_im[1];
      } else if constexpr (R == 4) {
        const V a_re = x_re[0] + x_re[2], a_im = x_im[0] + x_im[2], b_re = x_re[0] - x_re[2], b_im = x_im[0] - x_im[2];
        const V c_re = x_re[1] + x_re[3], c_im = x_im[1] + x_im[3], d_re = x_re[1] - x_re[3], d_im = x_im[1] - x_im[3];
        y_re[0] = a_re + c_re, y_im[0] = a_im + c_im, y_re[2] = a_re - c_re, y_im[2] = a_im - c_im;
        y_re[1] = b_re + d_im, y_im[1] = b_im - d_re, y_re[3] = b_re - d_im, y_im[3] = b_im + d_re;
      } else {
        // Values j and r - j together: their sums meet the cosines, their differences the sines.
        y_re[0] = x_re[0], y_im[0] = x_im[0];
#pragma GCC unroll 4
        for (int j = 1; j <= r / 2; j++) {
          const V a_re = x_re[j], a_im = x_im[j], b_re = x_re[r - j], b_im = x_im[r - j];
          x_re[j] = a_re + b_re, x_im[j] = a_im + b_im, x_re[r - j] = a_re - b_re, x_im[r - j] = a_im - b_im;
          y_re[0] += x_re[j], y_im[0] += x_im[j];
        }
#pragma GCC unroll 4
        for (int k = 1; k <= r / 2; k++) {
          V even_re = x_re[0], even_im = x_im[0], odd_re = V{}, odd_im = V{};
          int at = 0;
#pragma GCC unroll 4
          for (int j = 1; j <= r / 2; j++) {
            at = at + k < r ? at + k : at + k - r;
            const V c = broadcast(cosine[at]), d = broadcast(sine[at]);
            even_re = fma(c, x_re[j], even_re), even_im = fma(c, x_im[j], even_im);
            odd_re = fma(-d, x_im[r - j], odd_re), odd_im = fma(d, x_re[r - j], odd_im);
          }
          y_re[k] = even_re + odd_re, y_im[k] = even_im + odd_im, y_re[r - k] = even_re - odd_re, y_im[r - k] = even_im - odd_im;
        }
      }
      if (p > 0) {
#pragma GCC unroll 8
        for (int k = 1; k < r; k++) turn(y_re[k], y_im[k], broadcast(w_re[k]), broadcast(w_im[k]));
      }
      const int64_t at = q + s * r * p;
      out.re[2 * at] = y_re[0], out.im[2 * at] = y_im[0];
#pragma GCC unroll 8
      for (int k = 1; k < r; k++) out.re[2 * (at + s * k)] = y_re[k], out.im[2 * (at + s * k)] = y_im[k];
    }
  }
}

/// Transforms f.n values of `data`; `work` has room for as many. Returns where the result stands, which is one of the two.
template <class T>
__attribute__((noinline)) Vec<T> *transform(const Factors<T> &f, Vec<T> *data, Vec<T> *work, bool forward) {
  int64_t m = f.n, s = 1;
  for (int i = 0; i < f.count; i++) {
    const int r = f.factors[i];
    m /= r;
    const auto step = r == 2 ? stockham_step<2, T> : r == 3 ? stockham_step<3, T> : r == 4 ? stockham_step<4, T> : r == 5 ? stockham_step<5, T> : stockham_step<0, T>;
    step(r, m, s, f, Signal<Vec<T>>(data, forward), Signal<Vec<T>>(work, forward));
    s *= r;
    Vec<T> *const result = work;
    work = data, data = result;
  }
  return data;
}

/// Transforms plan.n values of `data`, which has room for plan.length, as has `work`. Returns where the result stands.
template <class T>
Vec<T> *transform_group(const Plan<T> &plan, Vec<T> *data, Vec<T> *work, bool forward) {
  typedef Vec<T> V;
  if (!plan.chirped) return transform(plan.whole, data, work, forward);
  const Signal<V> x(data, forward);
  const auto each = [&](Signal<V> y, const T *factors, int64_t count, T sign, T scale) {
    for (int64_t k = 0; k < count; k++) turn(y.re[2 * k], y.im[2 * k], broadcast(factors[2 * k] * scale), broadcast(factors[2 * k + 1] * sign * scale));
  };
  each(x, plan.chirp.data, plan.n, -1, 1);
  for (int64_t k = 2 * plan.n; k < 2 * plan.length; k++) data[k] = V{};
  V *const spectrum = transform(plan.whole, data, work, forward);
  each(Signal<V>(spectrum, forward), plan.spectrum.data, plan.length, 1, 1);
  V *const result = transform(plan.whole, spectrum, spectrum == data ? work : data, !forward);  // back
  each(Signal<V>(result, forward), plan.chirp.data, plan.n, -1, T(1) / static_cast<T>(plan.length));
  return result;
}

}  // namespace
}  // namespace fb::FB_ISA
