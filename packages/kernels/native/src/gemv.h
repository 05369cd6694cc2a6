// Products of one row (or a few) with a matrix: each element of the matrix is used once, so nothing is packed and the matrix is
// streamed in the order in which it lies in memory.
#pragma once
#include "product.h"

namespace fb::FB_ISA {
namespace {

/// c[j] = sum over p of a[p] * b[p * b_row + j] for j < n, four rows of b at a time.
template <class T, class S>
void row_times_rows(int64_t n, int64_t k, const T *a, const S *b, int64_t b_row, T *c) {
  constexpr int64_t L = kLanes<T>;
  for (int64_t j = 0; j < n; j++) c[j] = 0;
  int64_t p = 0;
  for (; p + 4 <= k; p += 4, b += 4 * b_row) {
    const Vec<T> a0 = broadcast(a[p]), a1 = broadcast(a[p + 1]), a2 = broadcast(a[p + 2]), a3 = broadcast(a[p + 3]);
    const auto step = [&](int64_t j, int64_t width) {
      const Vec<T> low = fma(a1, load_as<T>(b + b_row + j, width), a0 * load_as<T>(b + j, width));
      const Vec<T> high = fma(a3, load_as<T>(b + 3 * b_row + j, width), a2 * load_as<T>(b + 2 * b_row + j, width));
      return low + high;
    };
    int64_t j = 0;
    for (; j + L <= n; j += L) store(c + j, load(c + j) + step(j, L));
    if (j < n) store_part(c + j, load_part(c + j, n - j) + step(j, n - j), n - j);
  }
  for (; p < k; p++, b += b_row)
    for (int64_t j = 0; j < n; j++) c[j] += a[p] * widen(b[j]);
}

/// c[j] = sum over p of a[p] * b[j * b_column + p] for j < n, four dot products at a time, in blocks of k.
template <class T, class S>
void row_times_columns(int64_t n, int64_t k, const T *a, const S *b, int64_t b_column, T *c) {
  constexpr int64_t L = kLanes<T>, kBlock = 4096, J = 4;
  for (int64_t j = 0; j < n; j += J) {
    const S *column[J];
    for (int64_t i = 0; i < J; i++) column[i] = b + min(j + i, n - 1) * b_column;
    T totals[J] = {};
    for (int64_t start = 0; start < k; start += kBlock) {
      const int64_t end = min(k, start + kBlock);
      Vec<T> sums[J][2] = {};
      int64_t p = start;
      for (; p + 2 * L <= end; p += 2 * L)
#pragma GCC unroll 4
        for (int i = 0; i < J; i++) {
          sums[i][0] = fma(load(a + p), load_as<T>(column[i] + p), sums[i][0]);
          sums[i][1] = fma(load(a + p + L), load_as<T>(column[i] + p + L), sums[i][1]);
        }
      for (; p < end; p += L)
        for (int i = 0; i < J; i++) sums[i][0] = fma(load_as<T>(a + p, min(L, end - p)), load_as<T>(column[i] + p, min(L, end - p)), sums[i][0]);
      for (int i = 0; i < J; i++) totals[i] += hsum<T>(sums[i][0] + sums[i][1]);
    }
    for (int64_t i = 0; i < min(J, n - j); i++) c[j + i] = totals[i];
  }
}

constexpr int64_t kFewRows = 4;

/// Products of few rows, and of one column, which is the same with the operands exchanged.
template <class S>
bool is_row_product(const Product<S> &q) {
  return q.m <= (q.b_row == 1 ? kFewRows : 1) && (q.b_row == 1 || q.b_column == 1) && q.n >= 32;
}

template <class S>
Product<S> exchanged(const Product<S> &q) {
  return {q.batch, q.n, q.m, q.k, q.b, q.b_batch, q.b_column, q.b_row, q.a, q.a_batch, q.a_column, q.a_row, q.out, q.bias, 0, q.activation, q.out_row, 0};
}

template <class S>
int32_t row_product(const Product<S> &q) {
  typedef Compute<S> T;
  constexpr int64_t kColumns = 256;  // of one chunk, at least
  const int64_t columns = min(q.n, max(kColumns, round_up(65536 / q.k, kColumns))), across = divide_up(q.n, columns);
  const int64_t bytes = (q.k + columns) * static_cast<int64_t>(sizeof(T));
  const double work = static_cast<double>(q.m * columns) * static_cast<double>(q.k);
  return parallel_with_memory(q.batch * across, max(1, static_cast<int64_t>(65536 / work)), bytes, [&](int64_t begin, int64_t end, void *memory) {
    T *const row = static_cast<T *>(memory), *const c = row + q.k;
    for (int64_t task = begin; task < end; task++) {
      const int64_t x = task / across, j = task % across * columns, n = min(columns, q.n - j);
      const S *const b = q.b + x * q.b_batch + j * q.b_column;
      for (int64_t i = 0; i < q.m; i++) {
        const S *const a = q.a + x * q.a_batch + i * q.a_row;
        for (int64_t p = 0; p < q.k; p++) row[p] = widen(a[p * q.a_column]);
        if (q.b_row == 1)
          row_times_columns(n, q.k, row, b, q.b_column, c);
        else
          row_times_rows(n, q.k, row, b, q.b_row, c);
        finish_rows(q, c, n, 0, 1, j, n);
        narrow_rows(q.out + (x * q.m + i) * q.n + j, n, c, n, 1, n);
      }
    }
  });
}

}  // namespace
}  // namespace fb::FB_ISA
