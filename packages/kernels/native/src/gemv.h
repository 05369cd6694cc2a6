// Products of one row (or a few) with a matrix: each element of the matrix is used once, so nothing is packed and the matrix is
// streamed in the order in which it lies in memory.
#pragma once
#include "product.h"

namespace fb::FB_ISA {
namespace {

/// c[j] += the sum of a[p] * b[p * b_row + j] over `Rows` rows of b, for j < n.
template <int Rows, class T, class S>
__attribute__((noinline)) void add_rows(int64_t n, const T *a, const S *b, int64_t b_row, T *c) {
  constexpr int64_t L = kLanes<T>;
  Vec<T> x[Rows];
#pragma GCC unroll 8
  for (int p = 0; p < Rows; p++) x[p] = broadcast(a[p]);
  int64_t j = 0;
  for (; j + L <= n; j += L) {
    Vec<T> sum = load(c + j), other{};
#pragma GCC unroll 8
    for (int p = 0; p < Rows; p++) {
      Vec<T> &part = p % 2 ? other : sum;
      part = fma(x[p], load_as<T>(b + p * b_row + j), part);
    }
    store(c + j, Rows > 1 ? sum + other : sum);
  }
  for (; j < n; j++)
#pragma GCC unroll 1
    for (int p = 0; p < Rows; p++) c[j] += a[p] * widen(b[p * b_row + j]);
}

/// c[j] = sum over p of a[p] * b[p * b_row + j] for j < n, eight rows of b at a time.
template <class T, class S>
void row_times_rows(int64_t n, int64_t k, const T *a, const S *b, int64_t b_row, T *c) {
  memset(c, 0, static_cast<size_t>(n) * sizeof(T));
  int64_t p = 0;
  for (; p + 8 <= k; p += 8) add_rows<8>(n, a + p, b + p * b_row, b_row, c);
  for (; p < k; p++) add_rows<1>(n, a + p, b + p * b_row, b_row, c);
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
  // A task's part of the matrix: 256 columns or more where they lie one after the other; else some whole rows, or 2048 of their elements,
  // because a narrower strip would begin a new page of memory with every row.
  const bool rows = q.b_row != 1;
  const int64_t columns = min(q.n, rows ? 2048 : max(256, round_up(65536 / q.k, 256))), across = divide_up(q.n, columns);
  const int64_t depth = rows ? min(q.k, max(64, round_up((1 << 17) / columns, 8))) : q.k, slices = divide_up(q.k, depth);
  T *partial = nullptr;
  if (slices > 1) {
    const int64_t bytes = q.batch * slices * q.n * static_cast<int64_t>(sizeof(T));
    partial = static_cast<T *>(thread_memory(MemoryFor::kCall, bytes));
    if (!partial) return out_of_memory(bytes);
  }
  const int64_t bytes = (depth + columns) * static_cast<int64_t>(sizeof(T));
  const double work = static_cast<double>(q.m * columns) * static_cast<double>(depth);
  const auto finish = [&](T *c, int64_t x, int64_t i, int64_t j, int64_t n) {
    finish_rows(q, c, n, 0, 1, j, n);
    narrow_rows(q.out + (x * q.m + i) * q.n + j, n, c, n, 1, n);
  };
  const int32_t status =
      parallel_with_memory(q.batch * slices * across, max(1, static_cast<int64_t>(65536 / work)), bytes, [&](int64_t begin, int64_t end, void *memory) {
        T *const row = static_cast<T *>(memory);
        for (int64_t task = begin; task < end; task++) {
          const int64_t x = task / (slices * across), slice = task / across % slices, j = task % across * columns, n = min(columns, q.n - j);
          const int64_t k = min(depth, q.k - slice * depth);
          const S *const b = q.b + x * q.b_batch + slice * depth * q.b_row + j * q.b_column;
          T *const c = partial ? partial + (x * slices + slice) * q.n + j : row + depth;
          for (int64_t i = 0; i < q.m; i++) {
            const S *const a = q.a + x * q.a_batch + i * q.a_row + slice * depth * q.a_column;
            if (q.a_column == 1) store_row<T>(row, a, k);
            else
              for (int64_t p = 0; p < k; p++) row[p] = widen(a[p * q.a_column]);
            if (rows) row_times_rows(n, k, row, b, q.b_row, c);
            else row_times_columns(n, k, row, b, q.b_column, c);
            if (!partial) finish(c, x, i, j, n);
          }
        }
      });
  if (status != FB_OK || !partial) return status;
  parallel_for(q.batch * across, 4, [&](int64_t begin, int64_t end) {  // slices in order
    for (int64_t task = begin; task < end; task++) {
      const int64_t x = task / across, j = task % across * columns, n = min(columns, q.n - j);
      T *const c = partial + x * slices * q.n + j;
      for (int64_t slice = 1; slice < slices; slice++)
        for (int64_t i = 0; i < n; i++) c[i] += c[slice * q.n + i];
      finish(c, x, 0, j, n);
    }
  });
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
