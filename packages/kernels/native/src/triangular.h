// Solving triangular systems: by halves, so that all but small triangles is matrix products.
#pragma once
#include "dense.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kTriangle = 32;  // solved by substitution

/// Where to cut n > `block` in two; the first part is a multiple of `block`.
inline int64_t half(int64_t n, int64_t block) { return max(block, n / 2 / block * block); }

/// Substitution in up to V vectors of columns of b at a time.
template <class T, int V>
void substitute(const Matrix<T> &t, const Matrix<T> &b, bool upper, bool unit) {
  constexpr int64_t L = kLanes<T>, W = V * L;
  T tile[kTriangle * W];
  const int64_t n = t.rows;
  for (int64_t j = 0; j < b.columns; j += W) {
    const int64_t width = min(W, b.columns - j);
    for (int64_t i = 0; i < n; i++)
      for (int64_t x = 0; x < W; x++) tile[i * W + x] = x < width ? b(i, j + x) : T(0);
    for (int64_t step = 0; step < n; step++) {
      const int64_t i = upper ? n - 1 - step : step;
      Vec<T> sums[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; v++) sums[v] = load(tile + i * W + v * L);
      for (int64_t p = upper ? i + 1 : 0; p < (upper ? n : i); p++) {
        const Vec<T> factor = broadcast(t(i, p));
#pragma GCC unroll 4
        for (int v = 0; v < V; v++) sums[v] = sums[v] - factor * load(tile + p * W + v * L);
      }
      const Vec<T> pivot = broadcast(unit ? T(1) : t(i, i));
#pragma GCC unroll 4
      for (int v = 0; v < V; v++) store(tile + i * W + v * L, unit ? sums[v] : sums[v] / pivot);
    }
    for (int64_t i = 0; i < n; i++)
      for (int64_t x = 0; x < width; x++) b(i, j + x) = tile[i * W + x];
  }
}

/// b = t^-1 b for a lower or upper triangular t; the other triangle, and with `unit` the diagonal of ones, is not read.
template <class T>
void solve_triangular(const Matrix<T> &t, const Matrix<T> &b, bool upper, bool unit) {
  const int64_t n = t.rows;
  if (n <= kTriangle) return b.columns <= kLanes<T> ? substitute<T, 1>(t, b, upper, unit) : substitute<T, 4>(t, b, upper, unit);
  const int64_t h = half(n, kTriangle);
  const Matrix<T> top = b.block(0, 0, h, b.columns), bottom = b.from(h, 0);
  if (upper) {
    solve_triangular(t.from(h, h), bottom, upper, unit);
    update(top, -1, t.block(0, h, h, n - h), bottom);
    solve_triangular(t.block(0, 0, h, h), top, upper, unit);
  } else {
    solve_triangular(t.block(0, 0, h, h), top, upper, unit);
    update(bottom, -1, t.block(h, 0, n - h, h), top);
    solve_triangular(t.from(h, h), bottom, upper, unit);
  }
}

}  // namespace
}  // namespace fb::FB_ISA
