// One large matrix product, one block of k after the other. All threads first pack one operand, then compute tiles of the output, for
// which each packs what it needs of the other one into memory that stays in its own caches.
#pragma once
#include "product.h"

namespace fb::FB_ISA {
namespace {

/// How the output is cut into the tiles that one chunk computes each: `rows` high and `across` beside each other. All rows and at most
/// about 256 columns (B's part fits the L2 cache), as many tiles for each thread, and more until every thread finds two, and one alone
/// four. Columns first: a tile packs its part of B, so rows that are cut cost packing. No sum depends on the cuts.
template <class T>
void choose_tiles(int64_t m, int64_t n, int64_t depth, int64_t panel_rows, int64_t &rows, int64_t &across) {
  const double work = static_cast<double>(m * n) * static_cast<double>(depth) / kChunkWork, wanted = 2.0 * max(2, num_threads());
  const int64_t panels = divide_up(n, kTileColumns<T>);
  rows = m, across = min(panels, round_up(divide_up(n, 256), num_threads()));
  while (static_cast<double>(divide_up(m, rows) * across) < (work < wanted ? work : wanted)) {
    if (panels > 4 * across || (panels > across && rows <= 4 * panel_rows))
      across = min(panels, 2 * across);
    else if (rows > panel_rows)
      rows = round_up(divide_up(rows, 2), panel_rows);
    else
      return;
  }
}

/// Rows [i, i + height) of A, k in [p, p + depth).
template <class S, class T>
void pack_a(const Product<S> &q, const S *a, T *to, int64_t i, int64_t height, int64_t p, int64_t depth) {
  each_part(p, depth, q.k_run, [&](int64_t done, int64_t first, int64_t n) {
    pack_panel(to + done * height, height, height, n, a + q.a_at(i, first), q.a_row, q.a_column, q.m - i);
  });
}

/// Columns [j, j + columns) of B, k in [p, p + depth), in panels b_panel apart.
template <class S, class T>
void pack_b(const Product<S> &q, const S *b, T *to, int64_t b_panel, int64_t j, int64_t columns, int64_t p, int64_t depth) {
  constexpr int64_t NR = kTileColumns<T>;
  each_part(p, depth, q.k_run, [&](int64_t done, int64_t first, int64_t n) {
    if (q.run == 0) return pack_panels(to + done * NR, NR, b_panel, columns, n, b + q.b_at(first, j), q.b_column, q.b_row);
    for (int64_t x = 0; x < columns; x += NR) {
      const int64_t width = min(NR, columns - x);
      T *const panel = to + x / NR * b_panel + done * NR;
      if (q.in_one_run(j + x, width)) {
        pack_panel(panel, NR, width, n, b + q.b_at(first, j + x), q.b_column, q.b_row);
        continue;
      }
      for (int64_t y = 0; y < width; y++) {
        const S *const from = b + q.b_at(first, j + x + y);
        for (int64_t z = 0; z < n; z++) panel[z * NR + y] = widen(from[z * q.b_row]);
      }
      for (int64_t z = 0; z < n; z++)
        for (int64_t y = width; y < NR; y++) panel[z * NR + y] = 0;
    }
  });
}

/// Asks for a part of a matrix, some cache lines at a time while other work goes on, so that packing it does not wait for memory.
struct Prefetch {
  const char *row;
  int64_t rows, row_bytes, distance, at = 0;

  void lines(int64_t count) {
    for (; count > 0 && rows > 0; count--) {
      __builtin_prefetch(row + at);
      if ((at += 64) < row_bytes) continue;
      at = 0, row += distance, rows--;
    }
  }
};

/// Columns [j, j + columns) of B, k in [p, p + depth), if they lie in plain rows or columns.
template <class S>
Prefetch prefetch_b(const Product<S> &q, const S *b, int64_t j, int64_t columns, int64_t p, int64_t depth) {
  constexpr int64_t size = static_cast<int64_t>(sizeof(S));
  const bool plain = !q.run && !q.k_run && columns > 0;
  const char *const first = reinterpret_cast<const char *>(b + (plain ? q.b_at(p, j) : 0));
  if (q.b_row == 1) return {first, plain ? columns : 0, depth * size, q.b_column * size};
  return {first, plain && q.b_column == 1 ? depth : 0, columns * size, q.b_row * size};
}

/// The tile of `sums` (the output, or its rows before they are rounded) at row i and column j, over k in [p, p + depth). Writes what is finished to `out`.
template <class S, class T, class APanel, class BPanel>
void product_tile(const Product<S> &q, S *out, T *sums, int64_t i, int64_t height, int64_t j, int64_t width, int64_t p, int64_t depth,
                  int64_t panel_rows, T *corner, const APanel &a_panel, const BPanel &b_panel) {
  constexpr int64_t NR = kTileColumns<T>;
  const int64_t ldc = kSame<S, T> ? q.out_row : q.n;
  const T add = static_cast<T>(p > 0 && q.add == 0 ? 1 : q.add);
  const auto c_at = [&](int64_t row, int64_t column) { return sums + (i + row) * ldc + place(j + column, 1, q.run, q.out_run); };
  gemm_block(
      height, width, depth, panel_rows, a_panel, b_panel,
      [&](int64_t row, int64_t column, int64_t n) { return q.in_one_run(j + column, n) ? c_at(row, column) : nullptr; },
      [&](int64_t row, int64_t count, int64_t column, int64_t n, const T *values) {
        each_part(j + column, n, q.run, [&](int64_t done, int64_t first, int64_t part) {
          for (int64_t y = 0; y < count; y++) {
            T *const to = c_at(row + y, first - j);
            const T *const from = values + y * NR + done;
            for (int64_t z = 0; z < part; z++) to[z] = add != 0 ? to[z] + add * from[z] : from[z];
          }
        });
      },
      ldc, add, corner,
      [&](int64_t row, int64_t count) {
        if (p + depth < q.k) return;
        each_part(j, width, q.run,
                  [&](int64_t, int64_t first, int64_t n) { finish_rows(q, c_at(row, first - j), ldc, i + row, count, first, n); });
        const int64_t at = (i + row) * q.n + j;
        if constexpr (!kSame<S, T>) narrow_rows(out + at, q.n, sums + at, q.n, count, width);
      });
}

/// B in place of its columns' panels, if only few panels of A's rows use it; a last panel that is not whole is packed all the same.
template <class S>
bool reads_b_in_place(const Product<S> &q, int64_t panel_rows) {
  return kSame<S, Compute<S>> && q.b_column == 1 && !q.run && !q.k_run && divide_up(q.m, panel_rows) <= 6;
}

/// Few columns: B stays in the caches, packed once for all; a panel of A is packed where it is used, which spares its way to memory and back.
template <class S>
int32_t narrow_product(const Product<S> &q, const S *a, const S *b, S *out, int64_t block) {
  typedef Compute<S> T;
  constexpr int64_t NR = kTileColumns<T>, size = static_cast<int64_t>(sizeof(T));
  const int64_t panel_rows = even_piece(q.m, kTileRows), a_panel = round_up(panel_rows * block + kPanelSlack<T>, 16);
  const int64_t panels = divide_up(q.n, NR), b_panel = NR * block, packed = reads_b_in_place(q, panel_rows) ? q.n / NR : 0;
  const int64_t bytes = (panels * b_panel + (kSame<S, T> ? 0 : q.m * q.n)) * size;
  T *const b_memory = static_cast<T *>(thread_memory(MemoryFor::kCall, bytes));
  if (!b_memory) return out_of_memory(bytes);
  T *const sums = kSame<S, T> ? reinterpret_cast<T *>(out) : b_memory + panels * b_panel;
  for (int64_t p = 0; p < q.k; p += block) {
    const int64_t depth = min(block, q.k - p);
    parallel_for(panels - packed, divide_up(32768, NR * depth), [&](int64_t begin, int64_t end) {
      const int64_t j = (packed + begin) * NR, columns = min(q.n, (packed + end) * NR) - j;
      pack_b(q, b, b_memory + (packed + begin) * b_panel, b_panel, j, columns, p, depth);
    });
    const int64_t grain = max(1, static_cast<int64_t>(kChunkWork / static_cast<double>(panel_rows * q.n * depth)));
    const auto compute = [&](int64_t begin, int64_t end, void *memory) {
      T *const corner = static_cast<T *>(memory), *const a_memory = corner + kCorner<T>;
      const int64_t i = begin * panel_rows, height = min(end * panel_rows, q.m) - i;
      product_tile(
          q, out, sums, i, height, int64_t{0}, q.n, p, depth, panel_rows, corner,
          [&](int64_t row, int64_t rows) {
            pack_a(q, a, a_memory, i + row, rows, p, depth);
            return a_memory;
          },
          [&](int64_t panel) {
            if (panel < packed) return Panel<T>{reinterpret_cast<const T *>(b + q.b_at(p, panel * NR)), q.b_row};
            return Panel<T>{b_memory + panel * b_panel, NR};
          });
    };
    const int32_t status = parallel_with_memory(divide_up(q.m, panel_rows), grain, (kCorner<T> + a_panel) * size, compute);
    if (status != FB_OK) return status;
  }
  return FB_OK;
}

/// Matrix x of the batch.
template <class S>
int32_t large_product(const Product<S> &q, int64_t x) {
  typedef Compute<S> T;
  constexpr int64_t NR = kTileColumns<T>, size = static_cast<int64_t>(sizeof(T)), kSlab = 4096;  // rows packed at a time
  constexpr int64_t kNarrow = 1 << 19;  // bytes of B
  constexpr int64_t kLongBlock = 16 * kTileRows * kBlockK<T>;  // elements of A that leave the L2 cache room for some of B
  S *const out = q.out + x * q.m * q.n;
  const S *const a = q.a + x * q.a_batch, *const b = q.b + x * q.b_batch;
  // Few panels of A are read again from the L2 cache at little cost: rather fewer passes, each with its waits for all threads.
  const int64_t short_block = even_piece(q.k, (q.m <= 8 * kTileRows ? 2 : 1) * kBlockK<T>), panels = divide_up(q.n, NR);
  if constexpr (kSame<S, T>)
    if (panels * NR * short_block * size <= kNarrow) return narrow_product(q, a, b, out, short_block);

  const int64_t long_block = even_piece(q.k, 2 * kBlockK<T>), block = q.m * long_block <= kLongBlock ? long_block : short_block;
  const int64_t panel_rows = even_piece(min(q.m, kSlab), kTileRows), b_panel = NR * block;
  const int64_t slab_rows = min(q.m, kSlab / panel_rows * panel_rows);
  const bool in_place = reads_b_in_place(q, panel_rows);
  const int64_t a_panel = round_up(panel_rows * block + kPanelSlack<T>, 16);
  const int64_t a_size = divide_up(slab_rows, panel_rows) * a_panel, bytes = (a_size + (kSame<S, T> ? 0 : q.m * q.n)) * size;
  T *const a_memory = static_cast<T *>(thread_memory(MemoryFor::kCall, bytes));
  if (!a_memory) return out_of_memory(bytes);
  T *const sums = kSame<S, T> ? reinterpret_cast<T *>(out) : a_memory + a_size;

  int64_t rows, across;
  choose_tiles<T>(slab_rows, q.n, block, panel_rows, rows, across);
  const int64_t b_size = (in_place ? 1 : divide_up(panels, across)) * b_panel;
  // Wider tiles come first, so that threads that take turns do the same work.
  const auto column_of = [&](int64_t tile) { return min(q.n, (tile * (panels / across) + min(tile, panels % across)) * NR); };
  for (int64_t i0 = 0; i0 < q.m; i0 += slab_rows)
    for (int64_t p = 0; p < q.k; p += block) {
      const int64_t depth = min(block, q.k - p), m = min(slab_rows, q.m - i0);
      parallel_for(divide_up(m, panel_rows), divide_up(32768, panel_rows * depth), [&](int64_t begin, int64_t end) {
        for (int64_t panel = begin; panel < end; panel++) {
          const int64_t row = panel * panel_rows, height = min(panel_rows, m - row);
          pack_a(q, a, a_memory + panel * a_panel, i0 + row, height, p, depth);
        }
      });
      const int64_t tiles = across * divide_up(m, rows);
      const auto compute = [&](int64_t begin, int64_t end, void *memory) {
        T *const corner = static_cast<T *>(memory), *const b_memory = corner + kCorner<T>;
        for (int64_t tile = begin; tile < end; tile++) {
          const int64_t i = tile / across * rows, height = min(rows, m - i);
          const int64_t j = column_of(tile % across), width = column_of(tile % across + 1) - j;
          const int64_t whole = in_place ? width / NR * NR : 0;
          const S *const b_tile = b + q.b_at(p, j);
          pack_b(q, b, b_memory, b_panel, j + whole, width - whole, p, depth);
          // The tile after the ones that all threads work on now is the likeliest to be this thread's next.
          const int64_t next = tile + num_threads(), next_j = column_of(next % across);
          const int64_t next_width = in_place || next >= tiles ? 0 : column_of(next % across + 1) - next_j;
          Prefetch ahead = prefetch_b(q, b, next_j, next_width, p, depth);
          const int64_t share = divide_up(depth * width, divide_up(height, panel_rows) * divide_up(width, NR) * (64 / sizeof(S)));
          product_tile(
              q, out, sums, i0 + i, height, j, width, p, depth, panel_rows, corner,
              [&](int64_t row, int64_t) { return a_memory + (i + row) / panel_rows * a_panel; },
              [&](int64_t panel) {
                ahead.lines(share);
                const int64_t column = panel * NR;
                if (column < whole) return Panel<T>{reinterpret_cast<const T *>(b_tile + column), q.b_row};
                return Panel<T>{b_memory + (column - whole) / NR * b_panel, NR};
              });
        }
      };
      const int32_t status = parallel_with_memory(tiles, 1, (kCorner<T> + b_size) * size, compute);
      if (status != FB_OK) return status;
    }
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
