// The innermost loop of matrix multiplication: C[mr x nr] = A[mr x k] B[k x nr], or C += add * A B, with all of C's tile in registers. A is packed
// so that the mr values of one k lie together, B so that a row of `Vectors` vectors does.
#pragma once
#include "simd.h"

namespace fb::FB_ISA {
namespace {

// Rows of a tile: as many as the register file holds with two vectors of columns (32 registers: 14 x 2 accumulators + 2 of B).
#if defined(__AVX512F__)
constexpr int64_t kTileRows = 14;
#elif defined(__aarch64__)
constexpr int64_t kTileRows = 12;
#else
constexpr int64_t kTileRows = 6;
#endif
constexpr int64_t kTileVectors = 2;
template <class T>
constexpr int64_t kTileColumns = kTileVectors * kLanes<T>;

/// B's row p starts at b + p * ldb; A's value (i, p) stands at a[p * Rows + i]; C's rows are ldc apart. `add`: 0 to overwrite C, else the
/// factor of what is added to it.
template <class T>
using MicroKernel = void (*)(int64_t k, const T *a, const T *b, int64_t ldb, T *c, int64_t ldc, T add);

/// sum += *a * row, where the multiplication reads A's value itself: one instruction less than a broadcast before it, but a load more.
template <class T>
inline __attribute__((always_inline)) void fma_from_memory(Vec<T> &sum, const T *a, Vec<T> row) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    asm("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(row), "m"(*a));
  else
    asm("vfmadd231pd %2%{1to8%}, %1, %0" : "+v"(sum) : "v"(row), "m"(*a));
#else
  sum = fma(broadcast(*a), row, sum);
#endif
}

template <class T, int Rows, int Vectors>
void micro_kernel(int64_t k, const T *a, const T *b, int64_t ldb, T *c, int64_t ldc, T add) {
  constexpr int64_t L = kLanes<T>;
  Vec<T> sums[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; j++) sums[i][j] = Vec<T>{};
#pragma GCC unroll 1
  for (int64_t p = 0; p < k; p++) {
    Vec<T> row[Vectors];
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; j++) row[j] = load(b + j * L);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
      // Every other row this way keeps the loads below two a multiplication's time, and leaves room for a neighbour on the same core.
      if (i % 2) {
#pragma GCC unroll 4
        for (int j = 0; j < Vectors; j++) fma_from_memory<T>(sums[i][j], a + i, row[j]);
        continue;
      }
      const Vec<T> x = broadcast(a[i]);
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; j++) sums[i][j] = fma(x, row[j], sums[i][j]);
    }
    a += Rows;
    b += ldb;
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; j++) {
      T *at = c + i * ldc + j * L;
      store(at, add != 0 ? fma(broadcast(add), sums[i][j], load(at)) : sums[i][j]);
    }
}

/// The kernel for a tile of 1..kTileRows rows and 1..kTileVectors vectors of columns.
template <class T, int Rows = kTileRows>
inline MicroKernel<T> find_micro_kernel(int64_t rows, int64_t vectors) {
  if constexpr (Rows > 1)
    if (rows < Rows) return find_micro_kernel<T, Rows - 1>(rows, vectors);
  return vectors == 1 ? micro_kernel<T, Rows, 1> : micro_kernel<T, Rows, 2>;
}

}  // namespace
}  // namespace fb::FB_ISA
