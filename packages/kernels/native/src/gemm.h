// One block of a matrix product: runs the micro-kernel over all pairs of a panel of A and a panel of B, both packed (packing.h), and
// finishes rows (bias, activation) while they are in the cache. matmul.cc decides who packs what.
#pragma once
#include "gemm_kernel.h"
#include "packing.h"

namespace fb::FB_ISA {
namespace {

/// A panel of A (kTileRows x kBlockK) stays in the L1 cache while B (kBlockK x all columns of a tile) streams from L2. For doubles, which take
/// twice the bandwidth of floats at the same rate of multiplications, it leaves room for B's panel, too.
template <class T>
constexpr int64_t kBlockK = sizeof(T) == 8 ? 128 : 512;
/// A panel as the micro-kernel reads it.
template <class T>
struct Panel {
  const T *data;
  int64_t stride;  // from one k to the next
};

inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t round_up(int64_t a, int64_t b) { return divide_up(a, b) * b; }
inline int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }
/// The size of the pieces when n is cut into as few pieces of at most `most` as possible, all about equal.
inline int64_t even_piece(int64_t n, int64_t most) { return divide_up(n, divide_up(n, most)); }

/// Elements that gemm_block needs as working memory.
template <class T>
constexpr int64_t kCorner = kTileRows * kTileColumns<T>;

/// c[rows x columns] = A[rows x depth] B[depth x columns], or c += add * A B if `add` is not 0; A in panels of `panel_rows`.
/// `a_panel(i, height)` and `b_panel(j)` give the panels that start at row i and at column panel j. `c_tile(i, j, width)` says where the
/// tile at row i and column j of C lies; if its columns do not lie together that is null, and `scatter(i, height, j, width, tile)` takes the
/// product of the tile, its rows kTileColumns apart. `finish(i, height)` runs once per panel of rows.
template <class T, class APanel, class BPanel, class CTile, class Scatter, class Finish>
inline void gemm_block(int64_t rows, int64_t columns, int64_t depth, int64_t panel_rows, const APanel &a_panel, const BPanel &b_panel,
                       const CTile &c_tile, const Scatter &scatter, int64_t ldc, T add, T *corner, const Finish &finish) {
  constexpr int64_t L = kLanes<T>, NR = kTileColumns<T>;
  for (int64_t i = 0; i < rows; i += panel_rows) {
    const int64_t height = min(panel_rows, rows - i);
    const T *const a = a_panel(i, height);
    const MicroKernel<T> whole = find_micro_kernel<T>(height, kTileVectors);
    for (int64_t j = 0; j * NR < columns; j++) {
      const int64_t width = min(NR, columns - j * NR);
      const Panel<T> b = b_panel(j);
      T *const at = c_tile(i, j * NR, width);
      if (width == NR && at) {
        whole(depth, a, b.data, b.stride, at, ldc, add);
        continue;
      }
      find_micro_kernel<T>(height, divide_up(width, L))(depth, a, b.data, b.stride, corner, NR, T(0));
      if (!at)
        scatter(i, height, j * NR, width, corner);
      else
        for (int64_t y = 0; y < height; y++)
          for (int64_t x = 0; x < width; x++) at[y * ldc + x] = add != 0 ? at[y * ldc + x] + add * corner[y * NR + x] : corner[y * NR + x];
    }
    finish(i, height);
  }
}

}  // namespace
}  // namespace fb::FB_ISA
