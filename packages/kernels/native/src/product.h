// A batch of matrix products out = activation(A B + bias), as the kernels of matmul.cc describe it to the loops that compute it.
#pragma once
#include "activation.h"
#include "gemm.h"
#include "thread_memory.h"

namespace fb::FB_ISA {
namespace {

/// Strides count elements: element (i, j) of matrix x of A is a[x * a_batch + i * a_row + j * a_column].
template <class S>
struct Product {
  int64_t batch, m, n, k;
  const S *a;
  int64_t a_batch, a_row, a_column;
  const S *b;
  int64_t b_batch, b_row, b_column;
  S *out;  // contiguous, but for the distance of rows in an update
  const S *bias;
  int64_t bias_stride, activation;
  int64_t out_row = 0;  // distance of rows of out
  int add = 0;          // an update, out += add * A B of one pair of matrices; 0: out = A B

  double work() const { return static_cast<double>(batch * m) * static_cast<double>(n) * static_cast<double>(k); }
};

constexpr double kChunkWork = 1 << 19;  // multiply-adds that pay for handing a chunk to another thread

/// Bias and activation on rows whose first column is column j of the product.
template <class S>
void finish_rows(const Product<S> &q, Compute<S> *c, int64_t ldc, int64_t rows, int64_t j, int64_t columns) {
  if (!q.bias && q.activation == kNone) return;
  for (int64_t y = 0; y < rows; y++)
    finish_row(c + y * ldc, columns, q.bias ? q.bias + j * q.bias_stride : nullptr, q.bias_stride, q.activation);
}

template <class S, class T>
void narrow_rows(S *out, int64_t ldo, const T *c, int64_t ldc, int64_t rows, int64_t columns) {
  for (int64_t y = 0; y < rows; y++)
    for (int64_t x = 0; x < columns; x++) out[y * ldo + x] = narrow<S>(c[y * ldc + x]);
}

}  // namespace
}  // namespace fb::FB_ISA
