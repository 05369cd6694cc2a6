// Many small matrix products, or one of few rows and columns but large k: a task is a whole matrix, or a slice of its k; it packs for
// itself.
#pragma once
#include "product.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kSmall = 512;  // most rows and columns

/// Slices of k, by shape alone: only if the batch gives too few tasks and the matrix too few tiles.
template <class S>
int64_t small_slices(const Product<S> &q) {
  typedef Compute<S> T;
  const int64_t tiles = q.batch * divide_up(q.m, kTileRows) * divide_up(q.n, kTileColumns<T>);
  return tiles >= 8 || q.add != 0 ? 1 : max(1, min(16, q.k / (2 * kBlockK<T>)));
}

template <class S>
bool is_small(const Product<S> &q) {
  return q.m <= kSmall && q.n <= kSmall && (q.batch >= 8 || q.work() / static_cast<double>(q.batch) < 2 * kChunkWork || small_slices(q) > 1);
}

/// c[m x n] = A B over [k0, k0 + k); `finish(i, rows)` after the last block.
template <class S, class T, class Finish>
void small_product(const Product<S> &q, const S *a, const S *b, int64_t k, T *c, T *memory, const Finish &finish) {
  constexpr int64_t NR = kTileColumns<T>;
  const int64_t ldc = q.add != 0 ? q.out_row : q.n, panel_rows = even_piece(q.m, kTileRows), block = even_piece(k, kBlockK<T>);
  T *const a_memory = memory + kCorner<T>, *const b_memory = a_memory + round_up(panel_rows * block + kPanelSlack<T>, 16);
  for (int64_t p = 0; p < k; p += block) {
    const int64_t depth = min(block, k - p);
    pack_panels(b_memory, NR, NR * depth, q.n, depth, b + p * q.b_row, q.b_column, q.b_row);
    gemm_block(
        q.m, q.n, depth, panel_rows,
        [&](int64_t i, int64_t height) {
          pack_panel(a_memory, height, height, depth, a + i * q.a_row + p * q.a_column, q.a_row, q.a_column, q.m - i);
          return a_memory;
        },
        [&](int64_t j) { return Panel<T>{b_memory + j * NR * depth, NR}; }, [&](int64_t i, int64_t j, int64_t) { return c + i * ldc + j; },
        [](int64_t, int64_t, int64_t, int64_t, const T *) {}, ldc, static_cast<T>(p > 0 && q.add == 0 ? 1 : q.add), memory,
        [&](int64_t i, int64_t height) {
          if (p + depth == k) finish(i, height);
        });
  }
}

template <class S>
int32_t small_products(const Product<S> &q) {
  typedef Compute<S> T;
  constexpr int64_t NR = kTileColumns<T>, bytes_each = static_cast<int64_t>(sizeof(T));
  const int64_t size = q.m * q.n, wanted = small_slices(q), depth = divide_up(q.k, wanted), slices = divide_up(q.k, depth);
  T *partial = nullptr;
  if (slices > 1) {
    const int64_t bytes = slices * q.batch * size * bytes_each;
    partial = static_cast<T *>(thread_memory(MemoryFor::kCall, bytes));
    if (!partial) return out_of_memory(bytes);
  }
  const int64_t block = min(depth, kBlockK<T>), own = kSame<S, T> ? 0 : size;
  const int64_t packing = kCorner<T> + round_up(kTileRows * block + kPanelSlack<T>, 16) + round_up(q.n, NR) * block;
  const int64_t grain = max(1, static_cast<int64_t>(kChunkWork / 4 / (static_cast<double>(size) * static_cast<double>(depth))));
  const int32_t status = parallel_with_memory(q.batch * slices, grain, (packing + own) * bytes_each, [&](int64_t begin, int64_t end, void *memory) {
    T *const work = static_cast<T *>(memory);
    for (int64_t task = begin; task < end; task++) {
      const int64_t x = task / slices, slice = task % slices, k0 = slice * depth;
      const S *const a = q.a + x * q.a_batch + k0 * q.a_column, *const b = q.b + x * q.b_batch + k0 * q.b_row;
      S *const out = q.out + x * size;
      T *const c = partial ? partial + (slice * q.batch + x) * size : kSame<S, T> ? reinterpret_cast<T *>(out) : work + packing;
      small_product(q, a, b, min(depth, q.k - k0), c, work, [&](int64_t i, int64_t rows) {
        if (partial) return;
        finish_rows(q, c + i * q.n, q.n, i, rows, 0, q.n);
        if constexpr (!kSame<S, T>) narrow_rows(out + i * q.n, q.n, c + i * q.n, q.n, rows, q.n);
      });
    }
  });
  if (status != FB_OK || !partial) return status;
  parallel_for(q.batch * q.m, divide_up(8192, q.n * slices), [&](int64_t begin, int64_t end) {  // slices in order
    for (int64_t row = begin; row < end; row++) {
      T *const sum = partial + row * q.n;
      for (int64_t s = 1; s < slices; s++)
        for (int64_t j = 0; j < q.n; j++) sum[j] += sum[s * q.batch * size + j];
      finish_rows(q, sum, q.n, row % q.m, 1, 0, q.n);
      narrow_rows(q.out + row * q.n, q.n, sum, q.n, 1, q.n);
    }
  });
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
