// What a discrete Fourier transform of one length needs: its factors, roots of unity, and how a long single line is cut.
#pragma once
#include <math.h>
#include <string.h>

#include "simd.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kLargestFactor = 31;  // a length with a larger prime factor goes through a convolution (Bluestein)

/// Memory of a plan; freed with it.
template <class T>
struct Array {
  T *data = nullptr;
  Array() = default;
  Array(const Array &) = delete;
  bool allocate(int64_t n) {
    data = static_cast<T *>(aligned_alloc(64, static_cast<size_t>((n * static_cast<int64_t>(sizeof(T)) + 127) / 64 * 64)));
    return data != nullptr;
  }
  ~Array() { free(data); }
  T &operator[](int64_t i) const { return data[i]; }
};

inline bool is_smooth(int64_t n) {
  for (int64_t f = 2; f <= kLargestFactor; f++)
    while (n % f == 0) n /= f;
  return n == 1;
}

/// exp(-2 pi i k / n) for k < n: products of two tables of about sqrt(n) entries, in double.
template <class T>
bool roots_of_unity(int64_t n, T *re, T *im) {
  int64_t low = 1;
  while (low * low < n) low *= 2;
  const int64_t high = (n + low - 1) / low;
  Array<double> table;
  if (!table.allocate(2 * (low + high))) return false;
  double *const low_re = table.data, *const low_im = low_re + low, *const high_re = low_im + low, *const high_im = high_re + high;
  const double step = -2 * M_PI / static_cast<double>(n);
  for (int64_t i = 0; i < low; i++) low_re[i] = cos(step * static_cast<double>(i)), low_im[i] = sin(step * static_cast<double>(i));
  for (int64_t i = 0; i < high; i++) {
    const double angle = step * static_cast<double>(i * low);
    high_re[i] = cos(angle), high_im[i] = sin(angle);
  }
  for (int64_t k = 0; k < n; k++) {
    const double a = low_re[k % low], b = low_im[k % low], c = high_re[k / low], d = high_im[k / low];
    re[k] = static_cast<T>(a * c - b * d), im[k] = static_cast<T>(a * d + b * c);
  }
  return true;
}

/// A length without large prime factors.
template <class T>
struct Factors {
  int64_t n = 1;
  int count = 0;
  int64_t factors[64];
  Array<T> re, im;  // its roots of unity

  /// False if the system has no memory left.
  bool prepare(int64_t length) {
    n = length;
    int64_t rest = n;
    for (int64_t f = 4; rest > 1; f = f == 4 ? 2 : f == 2 ? 3 : f + 2)
      while (rest % f == 0) factors[count++] = f, rest /= f;
    return re.allocate(n) && im.allocate(n) && roots_of_unity(n, re.data, im.data);
  }
};

template <class T>
struct Plan {
  int64_t n;
  Factors<T> whole;  // of n, or of the convolution that stands for it
  Factors<T> columns, rows;  // a single line as a matrix of rows.n columns: its columns first, then its rows
  // Bluestein: a cyclic convolution with the chirp exp(pi i k^2 / n), whose spectrum is kept.
  bool chirped;
  Array<T> chirp_re, chirp_im, spectrum_re, spectrum_im;

  explicit Plan(int64_t n) : n(n), chirped(!is_smooth(n)) {}

  /// `single`: for lines on their own, too. False if the system has no memory left.
  bool prepare(bool single) {
    int64_t length = n;
    if (chirped)
      for (length = 1; length < 2 * n - 1;) length *= 2;
    if (!whole.prepare(length)) return false;
    if (!single) return true;
    int64_t d = 1;
    for (int64_t i = 1; i * i <= length; i++)
      if (length % i == 0) d = i;
    return d < kLanes<T> || (columns.prepare(d) && rows.prepare(length / d));
  }
};

}  // namespace
}  // namespace fb::FB_ISA
