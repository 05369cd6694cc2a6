// Discrete Fourier transforms of lines that lie side by side, a lane of vectors for each. Real and imaginary parts take turns: value k
// is v[2 * k] + i v[2 * k + 1]. An inverse transform is a forward one with the parts exchanged before and after.
#pragma once
#include "fft_plan.h"

namespace fb::FB_ISA {
namespace {

/// x *= c + i d
template <class V>
inline __attribute__((always_inline)) void turn(V &x, V &y, V c, V d) {
  const V re = x;
  x = fma(re, c, -(y * d)), y = fma(re, d, y * c);
}

/// The four sums of values `stride` apart with their roots of order 4.
template <class V>
inline __attribute__((always_inline)) void fourth(const V *x_re, const V *x_im, V *y_re, V *y_im, int stride) {
  const V a_re = x_re[0] + x_re[2], a_im = x_im[0] + x_im[2], b_re = x_re[0] - x_re[2], b_im = x_im[0] - x_im[2];
  const V c_re = x_re[1] + x_re[3], c_im = x_im[1] + x_im[3], d_re = x_re[1] - x_re[3], d_im = x_im[1] - x_im[3];
  y_re[0] = a_re + c_re, y_im[0] = a_im + c_im, y_re[2 * stride] = a_re - c_re, y_im[2 * stride] = a_im - c_im;
  y_re[stride] = b_re + d_im, y_im[stride] = b_im - d_re, y_re[3 * stride] = b_re - d_im, y_im[3 * stride] = b_im + d_re;
}


/// Of a small radix, all in registers.
template <int R, class T>
void stockham_step(const Step<T> &step, const Vec<T> *in, Vec<T> *out) {
  typedef Vec<T> V;
  constexpr int r = R;
  const int64_t s = step.s, across = 2 * s * step.m;
  const T *turns = step.turns;
  for (int64_t p = 0; p < step.m; p++) {
    for (int64_t q = 0; q < s; q++, in += 2, out += 2) {
      V x_re[R], x_im[R], y_re[R], y_im[R];
#pragma GCC unroll 8
      for (int j = 0; j < r; j++) x_re[j] = in[across * j], x_im[j] = in[across * j + 1];
      if constexpr (R == 2) {
        y_re[0] = x_re[0] + x_re[1], y_im[0] = x_im[0] + x_im[1];
        y_re[1] = x_re[0] - x_re[1], y_im[1] = x_im[0] - x_im[1];
      } else if constexpr (R == 4) {
        fourth(x_re, x_im, y_re, y_im, 1);
      } else if constexpr (R == 8) {
        V a_re[4], a_im[4], b_re[4], b_im[4];
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
          a_re[j] = x_re[j] + x_re[j + 4], a_im[j] = x_im[j] + x_im[j + 4];
          b_re[j] = x_re[j] - x_re[j + 4], b_im[j] = x_im[j] - x_im[j + 4];
        }
        fourth(a_re, a_im, y_re, y_im, 2);
        const T h = static_cast<T>(M_SQRT1_2);
        const V b1 = b_re[1], b2 = b_re[2], b3 = b_re[3];
        b_re[1] = (b1 + b_im[1]) * h, b_im[1] = (b_im[1] - b1) * h;
        b_re[2] = b_im[2], b_im[2] = -b2;
        b_re[3] = (b_im[3] - b3) * h, b_im[3] = (b_im[3] + b3) * -h;
        fourth(b_re, b_im, y_re + 1, y_im + 1, 2);
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
            const V c = broadcast(step.unit[2 * at]), d = broadcast(step.unit[2 * at + 1]);
            even_re = fma(c, x_re[j], even_re), even_im = fma(c, x_im[j], even_im);
            odd_re = fma(d, x_im[r - j], odd_re), odd_im = fma(d, x_re[r - j], odd_im);
          }
          y_re[k] = even_re - odd_re, y_im[k] = even_im + odd_im, y_re[r - k] = even_re + odd_re, y_im[r - k] = even_im - odd_im;
        }
      }
      out[0] = y_re[0], out[1] = y_im[0];
#pragma GCC unroll 8
      for (int k = 1; k < r; k++) {
        if (turns) turn(y_re[k], y_im[k], broadcast(turns[2 * k - 2]), broadcast(turns[2 * k - 1]));
        out[2 * s * k] = y_re[k], out[2 * s * k + 1] = y_im[k];
      }
    }
    out += 2 * s * (r - 1);
    if (turns) turns += 2 * (r - 1);
  }
}

/// Of any odd radix.
template <class T>
void odd_step(const Step<T> &step, const Vec<T> *in, Vec<T> *out) {
  typedef Vec<T> V;
  const int r = step.radix;
  const int64_t s = step.s, across = 2 * s * step.m;
  const T *turns = step.turns;
  for (int64_t p = 0; p < step.m; p++) {
    for (int64_t q = 0; q < s; q++, in += 2, out += 2) {
      V x_re[kLargestFactor], x_im[kLargestFactor], sum_re = in[0], sum_im = in[1];
      for (int j = 1; j <= r / 2; j++) {
        const V *const a = in + across * j, *const b = in + across * (r - j);
        x_re[j] = a[0] + b[0], x_im[j] = a[1] + b[1], x_re[r - j] = a[0] - b[0], x_im[r - j] = a[1] - b[1];
        sum_re += x_re[j], sum_im += x_im[j];
      }
      for (int k = 1; k <= r / 2; k++) {
        V even_re = in[0], even_im = in[1], odd_re = V{}, odd_im = V{};
        int at = 0;
        for (int j = 1; j <= r / 2; j++) {
          at = at + k < r ? at + k : at + k - r;
          const V c = broadcast(step.unit[2 * at]), d = broadcast(step.unit[2 * at + 1]);
          even_re = fma(c, x_re[j], even_re), even_im = fma(c, x_im[j], even_im);
          odd_re = fma(d, x_im[r - j], odd_re), odd_im = fma(d, x_re[r - j], odd_im);
        }
        V low_re = even_re - odd_re, low_im = even_im + odd_im, high_re = even_re + odd_re, high_im = even_im - odd_im;
        if (turns) {
          const T *const w = turns + 2 * k - 2, *const v = turns + 2 * (r - k) - 2;
          turn(low_re, low_im, broadcast(w[0]), broadcast(w[1])), turn(high_re, high_im, broadcast(v[0]), broadcast(v[1]));
        }
        V *const a = out + 2 * s * k, *const b = out + 2 * s * (r - k);
        a[0] = low_re, a[1] = low_im, b[0] = high_re, b[1] = high_im;
      }
      out[0] = sum_re, out[1] = sum_im;
    }
    out += 2 * s * (r - 1);
    if (turns) turns += 2 * (r - 1);
  }
}

/// Transforms f.n values of `data`; `work` has room for as many. Returns where the result stands, which is one of the two.
template <class T>
__attribute__((noinline)) Vec<T> *transform(const Factors<T> &f, Vec<T> *data, Vec<T> *work) {
  for (int i = 0; i < f.count; i++) {
    const int r = f.steps[i].radix;
    const auto step = r == 2 ? stockham_step<2, T> : r == 3 ? stockham_step<3, T> : r == 4 ? stockham_step<4, T> : r == 5 ? stockham_step<5, T> : r == 8 ? stockham_step<8, T> : odd_step<T>;
    step(f.steps[i], data, work);
    Vec<T> *const result = work;
    work = data, data = result;
  }
  return data;
}

/// Transforms plan.n values of `data`, which has room for plan.length, as has `work`. Returns where the result stands.
template <class T>
Vec<T> *transform_group(const Plan<T> &plan, Vec<T> *data, Vec<T> *work) {
  typedef Vec<T> V;
  if (!plan.chirped) return transform(plan.whole, data, work);
  const auto each = [](V *x, const T *factors, int64_t count, T sign, T scale, bool exchanged, bool exchange) {
    for (int64_t k = 0; k < count; k++, x += 2) {
      V re = x[exchanged], im = x[!exchanged];
      turn(re, im, broadcast(factors[2 * k] * scale), broadcast(factors[2 * k + 1] * sign * scale));
      x[exchange] = re, x[!exchange] = im;
    }
  };
  each(data, plan.chirp.data, plan.n, -1, 1, false, false);
  for (int64_t k = 2 * plan.n; k < 2 * plan.length; k++) data[k] = V{};
  V *const spectrum = transform(plan.whole, data, work);
  each(spectrum, plan.spectrum.data, plan.length, 1, 1, false, true);
  V *const result = transform(plan.whole, spectrum, spectrum == data ? work : data);  // back
  each(result, plan.chirp.data, plan.n, -1, T(1) / static_cast<T>(plan.length), true, false);
  return result;
}

}  // namespace
}  // namespace fb::FB_ISA
