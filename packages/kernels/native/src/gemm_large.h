// One large matrix product: one block of k after the other, all threads first pack A and B, then compute tiles of the output.
#pragma once
#include "product.h"

namespace fb::FB_ISA {
namespace {

/// Tiles of the output that one chunk computes: at most 40 panels of rows and 256 columns (B's part then fits the L2 cache), smaller until there are
/// enough of them for many threads.
template <class T>
void choose_tile(int64_t m, int64_t n, int64_t depth, int64_t panel_rows, int64_t &rows, int64_t &columns) {
  constexpr int64_t NR = kTileColumns<T>;
  const double work = static_cast<double>(m * n) * static_cast<double>(depth) / kChunkWork;
  rows = min(m, 40 * panel_rows), columns = min(n, 256);
  while (static_cast<double>(divide_up(m, rows) * divide_up(n, columns)) < (work < 16 ? work : 16)) {
    if (columns > rows && columns > NR)
      columns = round_up(divide_up(columns, 2), NR);
    else if (rows > panel_rows)
      rows = round_up(divide_up(rows, 2), panel_rows);
    else
      return;
  }
}

/// Matrix x of the batch.
template <class S>
int32_t large_product(const Product<S> &q, int64_t x) {
  typedef Compute<S> T;
  constexpr int64_t NR = kTileColumns<T>, size = static_cast<int64_t>(sizeof(T)), kSlab = 4096;  // rows and columns packed at a time
  const int64_t block = even_piece(q.k, kBlockK<T>), panel_rows = even_piece(min(q.m, kSlab), kTileRows);
  const int64_t slab_rows = min(q.m, kSlab / panel_rows * panel_rows), slab_columns = min(q.n, kSlab);
  // B is read in place if only few panels of rows use it.
  const bool in_place = kSame<S, T> && q.b_column == 1 && divide_up(q.m, panel_rows) <= 6;
  const int64_t a_panel = round_up(panel_rows * block + kPanelSlack<T>, 16), b_panel = NR * block;
  const int64_t a_size = divide_up(slab_rows, panel_rows) * a_panel, b_size = (in_place ? 1 : divide_up(slab_columns, NR)) * b_panel;
  const int64_t bytes = (a_size + b_size + (kSame<S, T> ? 0 : q.m * q.n)) * size;
  T *const a_memory = static_cast<T *>(thread_memory(MemoryFor::kCall, bytes)), *const b_memory = a_memory + a_size;
  if (!a_memory) return out_of_memory(bytes);
  S *const out = q.out + x * q.m * q.n;
  T *const sums = kSame<S, T> ? reinterpret_cast<T *>(out) : b_memory + b_size;
  const S *const a = q.a + x * q.a_batch, *const b = q.b + x * q.b_batch;

  int64_t rows, columns;
  choose_tile<T>(slab_rows, slab_columns, block, panel_rows, rows, columns);
  for (int64_t j0 = 0; j0 < q.n; j0 += slab_columns)
    for (int64_t i0 = 0; i0 < q.m; i0 += slab_rows)
      for (int64_t p = 0; p < q.k; p += block) {
        const int64_t depth = min(block, q.k - p), m = min(slab_rows, q.m - i0), n = min(slab_columns, q.n - j0);
        const int64_t a_panels = divide_up(m, panel_rows), b_panels = divide_up(n, NR);
        const auto packed = [&](int64_t j) { return !in_place || (j + 1) * NR > n; };  // an unfinished panel always
        parallel_for(a_panels + b_panels, divide_up(32768, NR * depth), [&](int64_t begin, int64_t end) {
          for (int64_t panel = begin; panel < end; panel++) {
            const int64_t i = panel, height = min(panel_rows, m - i * panel_rows), j = panel - a_panels, width = min(NR, n - j * NR);
            if (i < a_panels)
              pack_panel(a_memory + i * a_panel, height, height, depth, a + (i0 + i * panel_rows) * q.a_row + p * q.a_column, q.a_row, q.a_column);
            else if (packed(j))
              pack_panel(b_memory + (in_place ? 0 : j * b_panel), NR, width, depth, b + (j0 + j * NR) * q.b_column + p * q.b_row, q.b_column,
                         q.b_row);
          }
        });
        const int64_t across = divide_up(n, columns);
        const int32_t status = parallel_with_memory(across * divide_up(m, rows), 1, kCorner<T> * size, [&](int64_t begin, int64_t end, void *memory) {
          for (int64_t tile = begin; tile < end; tile++) {
            const int64_t i = tile / across * rows, j = tile % across * columns, height = min(rows, m - i), width = min(columns, n - j);
            const int64_t place = (i0 + i) * q.n + j0 + j;
            gemm_block(
                height, width, depth, panel_rows, [&](int64_t row, int64_t) { return a_memory + (i + row) / panel_rows * a_panel; },
                [&](int64_t panel) {
                  const int64_t column = j / NR + panel;
                  if (packed(column)) return Panel<T>{b_memory + (in_place ? 0 : column * b_panel), NR};
                  return Panel<T>{reinterpret_cast<const T *>(b + j0 + column * NR + p * q.b_row), q.b_row};
                },
                [&](int64_t row, int64_t panel) {  // the next panel of A, a part with each tile of this one
                  const int64_t lines = panel_rows * depth * size / 64, share = divide_up(lines, divide_up(width, NR));
                  const char *const next = reinterpret_cast<const char *>(a_memory + ((i + row) / panel_rows + 1) * a_panel) + panel * share * 64;
                  for (int64_t line = 0; line < share; line++) __builtin_prefetch(next + line * 64, 0, 2);
                },
                sums + place, q.n, p > 0, static_cast<T *>(memory),
                [&](int64_t row, int64_t count) {
                  if (p + depth < q.k) return;
                  finish_rows(q, sums + place + row * q.n, q.n, count, j0 + j, width);
                  if constexpr (!kSame<S, T>) narrow_rows(out + place + row * q.n, q.n, sums + place + row * q.n, q.n, count, width);
                });
          }
        });
        if (status != FB_OK) return status;
      }
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
