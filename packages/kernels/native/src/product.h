// A batch of matrix products out = activation(A B + bias), as the kernels of matmul.cc describe it to the loops that compute it.
#pragma once
#include "activation.h"
#include "gemm.h"
#include "thread_memory.h"

namespace fb::FB_ISA {

/// Where index i of an axis lies. The axis may come in runs (the pixels of one image after the other) with a distance of their own.
inline int64_t place(int64_t i, int64_t stride, int64_t run, int64_t run_stride) {
  return run ? i / run * run_stride + i % run * stride : i * stride;
}
/// Calls f(done, first, n) for the parts of [from, from + count) that lie in one run each; run 0 is all one run.
template <class F>
inline void each_part(int64_t from, int64_t count, int64_t run, const F &f) {
  for (int64_t done = 0, n; done < count; done += n) {
    const int64_t left = count - done, rest = run ? run - (from + done) % run : left;
    n = rest < left ? rest : left;
    f(done, from + done, n);
  }
}

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
  // For large products of float and double: columns of B and out in runs, k in runs, a bias per row.
  int64_t run = 0, b_run = 0, out_run = 0, k_run = 0, a_k_run = 0, b_k_run = 0;
  bool row_bias = false;

  double work() const { return static_cast<double>(batch * m) * static_cast<double>(n) * static_cast<double>(k); }
  int64_t a_at(int64_t i, int64_t p) const { return i * a_row + place(p, a_column, k_run, a_k_run); }
  int64_t b_at(int64_t p, int64_t j) const { return place(p, b_row, k_run, b_k_run) + place(j, b_column, run, b_run); }
  bool in_one_run(int64_t j, int64_t columns) const { return run == 0 || j % run + columns <= run; }
};

/// One large product of float or double matrices. Defined in isa/matmul.cc.
template <class T>
int32_t run_large_product(const Product<T> &q);

namespace {

constexpr double kChunkWork = 1 << 19;  // multiply-adds that pay for handing a chunk to another thread

/// Bias and activation on rows from row i of the product on whose first column is its column j.
template <class S>
void finish_rows(const Product<S> &q, Compute<S> *c, int64_t ldc, int64_t i, int64_t rows, int64_t j, int64_t columns) {
  if (!q.bias && q.activation == kNone) return;
  for (int64_t y = 0; y < rows; y++)
    finish_row(c + y * ldc, columns, q.bias ? q.bias + (q.row_bias ? i + y : j) * q.bias_stride : nullptr, q.row_bias ? 0 : q.bias_stride, q.activation);
}

/// to[i] = from[i], rounded to nearest even if `To` is the narrower one of a type that elements are stored in and the type they are computed in.
template <class To, class From>
inline void store_row(To *to, const From *from, int64_t n) {
  typedef Compute<To> T;
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) store_as(to + i, load_as<T>(from + i));
  if (i < n) store_as(to + i, load_as<T>(from + i, n - i), n - i);
}
template <class S, class T>
void narrow_rows(S *out, int64_t ldo, const T *c, int64_t ldc, int64_t rows, int64_t columns) {
  for (int64_t y = 0; y < rows; y++) store_row(out + y * ldo, c + y * ldc, columns);
}

}  // namespace
}  // namespace fb::FB_ISA
