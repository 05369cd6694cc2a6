// Discrete Fourier transforms of lines that lie side by side (V is a vector, a lane for each line) or alone (V is a number). Real and
// imaginary parts are arrays of their own.
#pragma once
#include "fft_plan.h"

namespace fb::FB_ISA {
namespace {

template <class V>
struct Signal {
  V *re, *im;
  Signal from(int64_t i) const { return {re + i, im + i}; }
  Signal swapped() const { return {im, re}; }
};

/// One step of Stockham's algorithm: sums over R values `m * s` apart, times roots of order m * R; results of one p lie together.
template <int R, class V, class T>
void stockham_step(int64_t m, int64_t s, int64_t unit, const Factors<T> &f, Signal<V> in, Signal<V> out) {
  T cosine[R], sine[R];
  for (int k = 0; k < R; k++) cosine[k] = f.re[f.n / R * k], sine[k] = f.im[f.n / R * k];
  for (int64_t p = 0; p < m; p++) {
    T w_re[R], w_im[R];
    for (int k = 1; k < R; k++) w_re[k] = f.re[p * k * unit], w_im[k] = f.im[p * k * unit];
    for (int64_t q = 0; q < s; q++) {
      V x_re[R], x_im[R], y_re[R], y_im[R];
#pragma GCC unroll 8
      for (int j = 0; j < R; j++) x_re[j] = in.re[q + s * (p + m * j)], x_im[j] = in.im[q + s * (p + m * j)];
      if constexpr (R == 2) {
        y_re[0] = x_re[0] + x_re[1], y_im[0] = x_im[0] + x_im[1];
        y_re[1] = x_re[0] - x_re[1], y_im[1] = x_im[0] - x_im[1];
      } else if constexpr (R == 4) {
        const V a_re = x_re[0] + x_re[2], a_im = x_im[0] + x_im[2], b_re = x_re[0] - x_re[2], b_im = x_im[0] - x_im[2];
        const V c_re = x_re[1] + x_re[3], c_im = x_im[1] + x_im[3], d_re = x_re[1] - x_re[3], d_im = x_im[1] - x_im[3];
        y_re[0] = a_re + c_re, y_im[0] = a_im + c_im, y_re[2] = a_re - c_re, y_im[2] = a_im - c_im;
        y_re[1] = b_re + d_im, y_im[1] = b_im - d_re, y_re[3] = b_re - d_im, y_im[3] = b_im + d_re;
      } else {
        // Values j and R - j together: their sums meet the cosines, their differences the sines.
        V sum_re = x_re[0], sum_im = x_im[0];
#pragma GCC unroll 4
        for (int j = 1; j <= R / 2; j++) {
          const V a_re = x_re[j], a_im = x_im[j], b_re = x_re[R - j], b_im = x_im[R - j];
          x_re[j] = a_re + b_re, x_im[j] = a_im + b_im, x_re[R - j] = a_re - b_re, x_im[R - j] = a_im - b_im;
          sum_re += x_re[j], sum_im += x_im[j];
        }
        y_re[0] = sum_re, y_im[0] = sum_im;
#pragma GCC unroll 4
        for (int k = 1; k <= R / 2; k++) {
          V even_re = x_re[0], even_im = x_im[0], odd_re = x_re[0] - x_re[0], odd_im = odd_re;
#pragma GCC unroll 4
          for (int j = 1; j <= R / 2; j++) {
            const int at = j * k % R;
            even_re += cosine[at] * x_re[j], even_im += cosine[at] * x_im[j];
            odd_re -= sine[at] * x_im[R - j], odd_im += sine[at] * x_re[R - j];
          }
          y_re[k] = even_re + odd_re, y_im[k] = even_im + odd_im, y_re[R - k] = even_re - odd_re, y_im[R - k] = even_im - odd_im;
        }
      }
      const int64_t at = q + s * R * p;
      out.re[at] = y_re[0], out.im[at] = y_im[0];
#pragma GCC unroll 8
      for (int k = 1; k < R; k++) {
        out.re[at + s * k] = y_re[k] * w_re[k] - y_im[k] * w_im[k];
        out.im[at + s * k] = y_re[k] * w_im[k] + y_im[k] * w_re[k];
      }
    }
  }
}

/// The same for any factor.
template <class V, class T>
void stockham_step(int64_t r, int64_t m, int64_t s, int64_t unit, const Factors<T> &f, Signal<V> in, Signal<V> out) {
  for (int64_t p = 0; p < m; p++)
    for (int64_t k = 0; k < r; k++) {
      const T w_re = f.re[p * k * unit], w_im = f.im[p * k * unit];
      for (int64_t q = 0; q < s; q++) {
        V re = in.re[q + s * p], im = in.im[q + s * p];
        for (int64_t j = 1; j < r; j++) {
          const T c = f.re[f.n / r * (j * k % r)], d = f.im[f.n / r * (j * k % r)];
          const V x = in.re[q + s * (p + m * j)], y = in.im[q + s * (p + m * j)];
          re += c * x - d * y, im += d * x + c * y;
        }
        out.re[q + s * (r * p + k)] = re * w_re - im * w_im;
        out.im[q + s * (r * p + k)] = re * w_im + im * w_re;
      }
    }
}

/// Transforms f.n values where they stand; `work` holds as many.
template <class V, class T>
void transform(const Factors<T> &f, Signal<V> signal, Signal<V> work) {
  Signal<V> in = signal, out = work;
  int64_t m = f.n, s = 1;
  for (int i = 0; i < f.count; i++) {
    const int64_t r = f.factors[i], unit = f.n / m;
    m /= r;
    switch (r) {
      case 2: stockham_step<2>(m, s, unit, f, in, out); break;
      case 3: stockham_step<3>(m, s, unit, f, in, out); break;
      case 4: stockham_step<4>(m, s, unit, f, in, out); break;
      case 5: stockham_step<5>(m, s, unit, f, in, out); break;
      default: stockham_step(r, m, s, unit, f, in, out);
    }
    s *= r;
    const Signal<V> other = in;
    in = out, out = other;
  }
  if (in.re != signal.re)
    for (int64_t i = 0; i < f.n; i++) signal.re[i] = in.re[i], signal.im[i] = in.im[i];
}

/// Groups of lines that one chunk takes, so that it has enough to do.
inline int64_t lines_grain(int64_t values) { return 32768 / values + 1; }

/// One line of rows.n * columns.n values, as a matrix: transforms of its columns, a turn of each value, transforms of its rows. Vectors
/// take neighbouring columns, then neighbouring rows. `work` holds as many values. False if the system has no memory left.
template <class T>
bool transform_matrix(const Plan<T> &plan, Signal<T> signal, Signal<T> work) {
  constexpr int64_t L = kLanes<T>;
  const int64_t height = plan.columns.n, width = plan.rows.n;
  bool failed = false;
  const int64_t grain = lines_grain((height > width ? height : width) * L);
  parallel_for((width + L - 1) / L, grain, [&](int64_t begin, int64_t end) {
    Array<Vec<T>> memory;
    if (!memory.allocate(4 * height)) return __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    const Signal<Vec<T>> lines = {memory.data, memory.data + height}, spare = lines.from(2 * height);
    for (int64_t j = begin * L; j < width && j < end * L; j += L) {
      const int64_t count = width - j < L ? width - j : L;
      for (int64_t i = 0; i < height; i++) lines.re[i] = load_part(signal.re + i * width + j, count), lines.im[i] = load_part(signal.im + i * width + j, count);
      transform(plan.columns, lines, spare);
      for (int64_t i = 0; i < height; i++)
        for (int64_t l = 0; l < count; l++) {
          const T c = plan.whole.re[i * (j + l)], d = plan.whole.im[i * (j + l)], x = lines.re[i][l], y = lines.im[i][l];
          work.re[(j + l) * height + i] = x * c - y * d, work.im[(j + l) * height + i] = x * d + y * c;
        }
    }
  });
  if (failed) return false;
  parallel_for((height + L - 1) / L, grain, [&](int64_t begin, int64_t end) {
    Array<Vec<T>> memory;
    if (!memory.allocate(4 * width)) return __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    const Signal<Vec<T>> lines = {memory.data, memory.data + width}, spare = lines.from(2 * width);
    for (int64_t i = begin * L; i < height && i < end * L; i += L) {
      const int64_t count = height - i < L ? height - i : L;
      for (int64_t j = 0; j < width; j++) lines.re[j] = load_part(work.re + j * height + i, count), lines.im[j] = load_part(work.im + j * height + i, count);
      transform(plan.rows, lines, spare);
      for (int64_t j = 0; j < width; j++) store_part(signal.re + j * height + i, lines.re[j], count), store_part(signal.im + j * height + i, lines.im[j], count);
    }
  });
  return !failed;
}

template <class V, class T>
bool transform_smooth(const Plan<T> &plan, Signal<V> signal, Signal<V> work) {
  if constexpr (sizeof(V) == sizeof(T))
    if (plan.rows.n > 1) return transform_matrix(plan, signal, work);
  transform(plan.whole, signal, work);
  return true;
}

/// The chirp of a length, and the spectrum of the convolution with it.
template <class T>
bool prepare_chirp(Plan<T> &plan) {
  if (!plan.chirped) return true;
  const int64_t n = plan.n, size = plan.whole.n;
  Array<T> work;
  if (!plan.chirp_re.allocate(n) || !plan.chirp_im.allocate(n) || !plan.spectrum_re.allocate(size) || !plan.spectrum_im.allocate(size) ||
      !work.allocate(2 * size))
    return false;
  for (int64_t k = 0; k < size; k++) plan.spectrum_re[k] = plan.spectrum_im[k] = 0;
  for (int64_t k = 0; k < n; k++) {
    // k^2 modulo 2n without overflow; the angle repeats after 2n
    const double angle = M_PI * static_cast<double>(static_cast<int64_t>(static_cast<__int128>(k) * k % (2 * n))) / static_cast<double>(n);
    plan.chirp_re[k] = static_cast<T>(cos(angle)), plan.chirp_im[k] = static_cast<T>(sin(angle));
    const int64_t mirrored = k ? size - k : 0;
    plan.spectrum_re[k] = plan.spectrum_re[mirrored] = plan.chirp_re[k];
    plan.spectrum_im[k] = plan.spectrum_im[mirrored] = plan.chirp_im[k];
  }
  return transform_smooth(plan, Signal<T>{plan.spectrum_re.data, plan.spectrum_im.data}, Signal<T>{work.data, work.data + size});
}

/// Values that a transform works on beside its n: the convolution and its spare copy, or the spare copy alone.
template <class T>
int64_t work_size(const Plan<T> &plan) {
  return plan.chirped ? 2 * plan.whole.n : plan.n;
}

/// The forward transform of n values where they stand. False if the system has no memory left.
template <class V, class T>
bool forward_transform(const Plan<T> &plan, Signal<V> x, Signal<V> work) {
  if (!plan.chirped) return transform_smooth(plan, x, work);
  const int64_t n = plan.n, size = plan.whole.n;
  const Signal<V> y = work, spare = work.from(size);
  for (int64_t k = 0; k < size; k++) {
    if (k >= n) {
      y.re[k] = y.im[k] = V{};
      continue;
    }
    const T c = plan.chirp_re[k], d = plan.chirp_im[k];
    y.re[k] = x.re[k] * c + x.im[k] * d, y.im[k] = x.im[k] * c - x.re[k] * d;
  }
  if (!transform_smooth(plan, y, spare)) return false;
  for (int64_t k = 0; k < size; k++) {
    const V re = y.re[k], im = y.im[k];
    y.re[k] = re * plan.spectrum_re[k] - im * plan.spectrum_im[k], y.im[k] = re * plan.spectrum_im[k] + im * plan.spectrum_re[k];
  }
  if (!transform_smooth(plan, y.swapped(), spare)) return false;  // back
  const T scale = T(1) / static_cast<T>(size);
  for (int64_t k = 0; k < n; k++) {
    const T c = plan.chirp_re[k] * scale, d = plan.chirp_im[k] * scale;
    x.re[k] = y.re[k] * c + y.im[k] * d, x.im[k] = y.im[k] * c - y.re[k] * d;
  }
  return true;
}

}  // namespace
}  // namespace fb::FB_ISA
