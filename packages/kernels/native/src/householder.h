// Householder reflectors H = I - tau v vᵀ with v[0] = 1 (LAPACK's conventions), and blocks of them: H₀ H₁ … = I - V T Vᵀ.
// A block keeps the vectors v as rows of a dense matrix, so that they are contiguous.
#pragma once
#include <math.h>

#include "triangular.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kBlock = 32;  // reflectors in a block

/// The Euclidean norm, without overflow or underflow of the squares.
template <class T>
double norm(int64_t n, const T *x) {
  const double sum = static_cast<double>(dot(n, x, x)), largest = kSame<T, float> ? 1e30 : 1e300, smallest = kSame<T, float> ? 1e-25 : 1e-280;
  if (sum > smallest && sum < largest) return sqrt(sum);
  double scale = 0, total = 0;
  for (int64_t i = 0; i < n; i++) {
    const double a = absolute(static_cast<double>(x[i]));
    if (!(a <= scale)) scale = a;
  }
  if (!(scale > 0)) return scale;
  for (int64_t i = 0; i < n; i++) total += (static_cast<double>(x[i]) / scale) * (static_cast<double>(x[i]) / scale);
  return scale * sqrt(total);
}

/// The reflector that maps x to (beta, 0, …): x becomes v, with v[0] = 1. Returns tau, which is 0 if x is a multiple of e₁ already.
template <class T>
T make_reflector(int64_t n, T *x, T &beta) {
  beta = n > 0 ? x[0] : T(0);
  if (n > 0) x[0] = 1;
  const double rest = n > 1 ? norm(n - 1, x + 1) : 0;
  if (rest == 0) return 0;
  const double alpha = static_cast<double>(beta), length = hypot(alpha, rest), b = alpha > 0 ? -length : length, factor = alpha - b;
  for (int64_t i = 1; i < n; i++) x[i] = static_cast<T>(static_cast<double>(x[i]) / factor);
  beta = static_cast<T>(b);
  return static_cast<T>((b - alpha) / b);
}

/// T of the block whose vectors are the rows of v. `t` and `products` are v.rows x v.rows.
template <class T>
void make_block(const Matrix<T> &v, const T *tau, const Matrix<T> &t, const Matrix<T> &products) {
  const int64_t k = v.rows;
  for (int64_t i = 0; i < k; i++)
    for (int64_t j = 0; j < k; j++) t(i, j) = products(i, j) = 0;
  update(products, 1, v, v.transposed());
  for (int64_t j = 0; j < k; j++) {
    t(j, j) = tau[j];
    for (int64_t i = 0; i < j; i++) {
      T sum = 0;
      for (int64_t p = i; p < j; p++) sum += t(i, p) * products(p, j);
      t(i, j) = -tau[j] * sum;
    }
  }
}

/// Elements of working memory that apply_block needs for a matrix of `columns` columns.
inline int64_t block_memory(int64_t columns) { return 2 * kBlock * columns; }

/// c = (I - V T Vᵀ) c, or the transpose of the block times c.
template <class T>
void apply_block(const Matrix<T> &v, const Matrix<T> &t, bool transposed, const Matrix<T> &c, T *memory) {
  if (c.rows == 0 || c.columns == 0) return;
  const Matrix<T> a = dense(memory, v.rows, c.columns), b = dense(memory + kBlock * c.columns, v.rows, c.columns);
  memset(static_cast<void *>(memory), 0, static_cast<size_t>(block_memory(c.columns)) * sizeof(T));
  update(a, 1, v, c);
  update(b, 1, transposed ? t.transposed() : t, a);
  update(c, -1, v.transposed(), b);
}

/// The vectors of `count` reflectors from number `first` on, which stand below diagonal -offset of a's columns, as rows of v.
template <class T>
void gather_vectors(const Matrix<T> &a, int64_t offset, int64_t first, const Matrix<T> &v) {
  for (int64_t j = 0; j < v.rows; j++)
    for (int64_t i = 0; i < v.columns; i++) v(j, i) = i < j ? T(0) : i == j ? T(1) : a(first + offset + i, first + j);
}

/// Elements of working memory for form_product.
inline int64_t product_memory(int64_t rows, int64_t columns) { return kBlock * rows + 2 * kBlock * kBlock + block_memory(columns); }

/// q = the first columns of H₀ H₁ … H_(count-1), whose vectors stand below diagonal -offset of a's columns.
template <class T>
void form_product(const Matrix<T> &a, int64_t offset, const T *tau, int64_t count, const Matrix<T> &q, T *memory) {
  set_identity(q);
  T *const t_memory = memory + kBlock * q.rows, *const rest = t_memory + 2 * kBlock * kBlock;
  for (int64_t first = (count - 1) / kBlock * kBlock; first >= 0 && count > 0; first -= kBlock) {
    const int64_t k = min(kBlock, count - first), corner = first + offset;
    const Matrix<T> v = dense(memory, k, q.rows - corner), t = dense(t_memory, k, k);
    gather_vectors(a, offset, first, v);
    make_block(v, tau + first, t, dense(t_memory + kBlock * kBlock, k, k));
    apply_block(v, t, false, q.from(corner, corner), rest);  // the rest of q is that of an identity still
  }
}

/// Elements of working memory for factor_qr.
inline int64_t qr_memory(int64_t rows, int64_t columns) { return product_memory(rows, columns); }

/// Replaces a by R and, below its diagonal, the vectors of the reflectors of its QR decomposition.
template <class T>
void factor_qr(const Matrix<T> &a, T *tau, T *memory) {
  T *const t_memory = memory + kBlock * a.rows, *const rest = t_memory + 2 * kBlock * kBlock;
  const int64_t count = min(a.rows, a.columns);
  for (int64_t first = 0; first < count; first += kBlock) {
    const int64_t k = min(kBlock, count - first), m = a.rows - first;
    const Matrix<T> v = dense(memory, k, m), panel = a.block(first, first, m, k);
    copy(v, panel.transposed());
    for (int64_t j = 0; j < k; j++) {
      T *const x = &v(j, j), value;
      tau[first + j] = make_reflector(m - j, x, value);
      for (int64_t c = j + 1; c < k; c++) add_scaled(m - j, -tau[first + j] * dot(m - j, x, &v(c, j)), x, &v(c, j));
      panel(j, j) = value;
      for (int64_t i = 0; i < j; i++) panel(i, j) = v(j, i);
      for (int64_t i = j + 1; i < m; i++) panel(i, j) = v(j, i);
      for (int64_t i = 0; i < j; i++) v(j, i) = 0;
    }
    if (first + k == a.columns) return;
    const Matrix<T> t = dense(t_memory, k, k);
    make_block(v, tau + first, t, dense(t_memory + kBlock * kBlock, k, k));
    apply_block(v, t, true, a.block(first, first + k, m, a.columns - first - k), rest);
  }
}

}  // namespace
}  // namespace fb::FB_ISA
