// The innermost loops of convolution, over planes (see planes.h).
#pragma once
#include "gemm_kernel.h"

namespace fb::FB_ISA {
namespace {

/// C[Rows x Vectors] (+)= A[Rows x k] B[k x Vectors] where row p of B starts at b + offsets[p] and the values of A for one p are lda from those for the
/// next; C's rows are ldc apart.
template <class T>
using WindowKernel = void (*)(int64_t k, const T *a, int64_t lda, const T *b, const int64_t *offsets, T *c, int64_t ldc, bool accumulate);

template <class T, int Rows, int Vectors>
void window_kernel(int64_t k, const T *a, int64_t lda, const T *b, const int64_t *offsets, T *c, int64_t ldc, bool accumulate) {
  constexpr int64_t L = kLanes<T>;
  Vec<T> sums[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; j++) sums[i][j] = Vec<T>{};
#pragma GCC unroll 1
  for (int64_t p = 0; p < k; p++) {
    const T *at = b + offsets[p];
    Vec<T> row[Vectors];
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; j++) row[j] = load(at + j * L);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
      const Vec<T> x = broadcast(a[i]);
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; j++) sums[i][j] = fma(x, row[j], sums[i][j]);
    }
    a += lda;
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; j++) {
      T *to = c + i * ldc + j * L;
      store(to, accumulate ? load(to) + sums[i][j] : sums[i][j]);
    }
}

/// Tiles have an even number of rows and all their vectors; what is beyond the real ones is not stored.
constexpr int64_t kRowStep = 2;
template <class T, int Rows = kTileRows>
inline WindowKernel<T> find_window_kernel(int64_t rows) {
  if constexpr (Rows > kRowStep)
    if (rows <= Rows - kRowStep) return find_window_kernel<T, Rows - kRowStep>(rows);
  return window_kernel<T, Rows, kTileVectors>;
}

// Rows of a tile whose values are read through a pointer each.
#if defined(__AVX512F__)
constexpr int64_t kPointerRows = 12;
#elif defined(__aarch64__)
constexpr int64_t kPointerRows = 8;
#else
constexpr int64_t kPointerRows = 5;
#endif

/// c[i][...] (+)= sum over p < k of a[i][offsets[p]] * b[p][...], whose rows have `Vectors` vectors.
template <class T>
using PixelKernel = void (*)(int64_t k, const T *const *a, const int64_t *offsets, const T *b, T *const *c, bool add);

template <class T, int Rows, int Vectors>
void pixel_kernel(int64_t k, const T *const *a, const int64_t *offsets, const T *b, T *const *c, bool add) {
  constexpr int64_t L = kLanes<T>;
  Vec<T> sums[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; j++) sums[i][j] = Vec<T>{};
#pragma GCC unroll 1
  for (int64_t p = 0; p < k; p++) {
    const int64_t at = offsets[p];
    Vec<T> row[Vectors];
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; j++) row[j] = load(b + j * L);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
      const Vec<T> x = broadcast(a[i][at]);
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; j++) sums[i][j] = fma(x, row[j], sums[i][j]);
    }
    b += Vectors * L;
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; j++) {
      T *to = c[i] + j * L;
      store(to, add ? load(to) + sums[i][j] : sums[i][j]);
    }
}

/// The kernel of the most rows, but not more than `rows`; `rows` becomes how many it has.
template <class T, int Rows = kPointerRows>
inline PixelKernel<T> find_pixel_kernel(int64_t &rows, int64_t vectors) {
  if constexpr (Rows > 1)
    if (rows < Rows) return find_pixel_kernel<T, (Rows > 6 ? Rows - 4 : Rows - 1)>(rows, vectors);
  rows = Rows;
  return vectors == 1 ? pixel_kernel<T, Rows, 1> : pixel_kernel<T, Rows, 2>;
}

}  // namespace
}  // namespace fb::FB_ISA
