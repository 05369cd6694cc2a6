// Products of small matrices that lie in the cache, with A read where it stands: its values are broadcast one by one, so any strides will
// do and nothing is packed. Rows of B and C are whole vectors.
#pragma once
#include "gemm_kernel.h"

namespace fb::FB_ISA {
namespace {

// With three vectors of columns a tile fills the register file, and 32, 64, 128 rows are whole tiles (unlike kTileRows).
constexpr int kStridedRows = kTileRows >= 12 ? 8 : 4;

/// c[kStridedRows x Vectors * kLanes] = A B, or += if `add`. A's value (i, p) is rows[i][p * step].
template <class T, int Vectors>
__attribute__((noinline)) void strided_tile(int64_t k, const T *const *rows, int64_t step, const T *b, int64_t ldb, T *c, int64_t ldc, bool add) {
  constexpr int64_t L = kLanes<T>;
  constexpr int R = kStridedRows;
  const T *a[R];
  Vec<T> sums[R][Vectors];
#pragma GCC unroll 8
  for (int i = 0; i < R; i++) {
    a[i] = rows[i];
#pragma GCC unroll 3
    for (int j = 0; j < Vectors; j++) sums[i][j] = add ? load(c + i * ldc + j * L) : Vec<T>{};
  }
  asm("" : "+r"(c));  // not a value known before: C's addresses are to wait, the loop needs the registers
#pragma GCC unroll 1
  for (int64_t at = 0; k > 0; k--, at += step) {
    Vec<T> row[Vectors];
#pragma GCC unroll 3
    for (int j = 0; j < Vectors; j++) row[j] = load(b + j * L);
    b += ldb;
#pragma GCC unroll 8
    for (int i = 0; i < R; i++) {
      const Vec<T> x = broadcast(a[i][at]);
#pragma GCC unroll 3
      for (int j = 0; j < Vectors; j++) sums[i][j] = fma(x, row[j], sums[i][j]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < R; i++)
#pragma GCC unroll 3
    for (int j = 0; j < Vectors; j++) store(c + i * ldc + j * L, sums[i][j]);
}

/// A matrix where it stands: element (i, p) is data[i * row + p * step].
template <class T>
struct Strided {
  const T *data;
  int64_t row, step;
};

/// c[rows x columns] = A B, or += if `add`; columns are whole vectors. C has room for whole tiles of rows; those past `rows` get values
/// without a meaning.
template <class T>
void strided_product(int64_t rows, int64_t columns, int64_t depth, const Strided<T> &a, const T *b, int64_t ldb, T *c, int64_t ldc, bool add) {
  constexpr int64_t L = kLanes<T>;
  for (int64_t j = 0, vectors; j < columns; j += vectors * L) {
    const int64_t left = (columns - j) / L;
    vectors = left == 4 || left == 2 ? 2 : left < 3 ? left : 3;  // no narrow tile at the end where two of middle width will do
    const auto tile = vectors == 3 ? strided_tile<T, 3> : vectors == 2 ? strided_tile<T, 2> : strided_tile<T, 1>;
    for (int64_t i = 0; i < rows; i += kStridedRows) {
      const T *pointers[kStridedRows];
      for (int64_t r = 0; r < kStridedRows; r++) pointers[r] = a.data + (i + r < rows ? i + r : rows - 1) * a.row;
      tile(depth, pointers, a.step, b + j, ldb, c + i * ldc + j, ldc, add);
    }
  }
}

}  // namespace
}  // namespace fb::FB_ISA
