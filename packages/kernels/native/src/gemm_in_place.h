// Products of matrices that lie in the L2 cache as they are: nothing is packed (strided_product.h).
#pragma once
#include "product.h"
#include "strided_product.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kInPlaceBytes = 512 << 10;  // of A and of B, at most

/// Whether A lies row by row, rows of B and of the result are whole vectors, and A has enough rows for tiles.
template <class S>
bool is_in_place(const Product<S> &q) {
  constexpr int64_t size = static_cast<int64_t>(sizeof(S));
  return q.a_column == 1 && q.b_column == 1 && q.n % kLanes<S> == 0 && q.m >= 2 * kStridedRows && q.add == 0 && !q.row_bias &&
         q.k <= 2 * kBlockK<S> && q.k * q.n * size <= kInPlaceBytes && q.m * q.k * size <= kInPlaceBytes;
}

template <class S>
int32_t in_place_product(const Product<S> &q) {
  const double row_work = static_cast<double>(q.n) * static_cast<double>(q.k);
  const int64_t rows = min(q.m, round_up(static_cast<int64_t>(kChunkWork / row_work) + 1, kStridedRows)), tasks = q.m / rows;  // the last takes the rest
  parallel_for(q.batch * tasks, max(1, static_cast<int64_t>(kChunkWork / 2 / (row_work * static_cast<double>(rows)))), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; task++) {
      const int64_t x = task / tasks, i = task % tasks * rows, height = task % tasks == tasks - 1 ? q.m - i : rows, whole = height / kStridedRows * kStridedRows;
      S *const c = q.out + (x * q.m + i) * q.n;
      const S *const b = q.b + x * q.b_batch;
      const Strided<S> a = {q.a + x * q.a_batch + i * q.a_row, q.a_row, q.a_column};
      strided_product(whole, q.n, q.k, a, b, q.b_row, c, q.n, false);
      if (whole < height)  // a tile that ends with the last row: its first rows are computed again
        strided_product(kStridedRows, q.n, q.k, {a.data + (height - kStridedRows) * q.a_row, a.row, a.step}, b, q.b_row, c + (height - kStridedRows) * q.n, q.n, false);
      finish_rows(q, c, q.n, i, height, 0, q.n);
    }
  });
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
