// Dense float32 and float64 matrices for the decompositions in portable/: views with any strides, products through the ISA level's
// matrix product, and the loop over a batch.
#pragma once
#include "element.h"

namespace fb::FB_ISA {
namespace {

inline int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }
template <class T>
inline T absolute(T x) { return x < 0 ? -x : x; }

/// Element (i, j) stands at data[i * row + j * column].
template <class T>
struct Matrix {
  T *data;
  int64_t rows, columns, row, column;
  __attribute__((always_inline)) T &operator()(int64_t i, int64_t j) const { return data[i * row + j * column]; }
  Matrix block(int64_t i, int64_t j, int64_t r, int64_t c) const { return {data + i * row + j * column, r, c, row, column}; }
  /// From element (i, j) to the end.
  Matrix from(int64_t i, int64_t j) const { return block(i, j, rows - i, columns - j); }
  Matrix transposed() const { return {data, columns, rows, column, row}; }
};
/// A row-major matrix without gaps.
template <class T>
inline Matrix<T> dense(T *data, int64_t rows, int64_t columns) { return {data, rows, columns, columns, 1}; }

template <class T>
void set_identity(const Matrix<T> &a) {
  for (int64_t i = 0; i < a.rows; i++)
    for (int64_t j = 0; j < a.columns; j++) a(i, j) = i == j;
}

// ---- vectors ----

template <class T>
T dot(int64_t n, const T *x, const T *y) {
  constexpr int64_t L = kLanes<T>;
  Vec<T> a = {}, b = {};
  int64_t i = 0;
  for (; i + 2 * L <= n; i += 2 * L) a = a + load(x + i) * load(y + i), b = b + load(x + i + L) * load(y + i + L);
  T sum = hsum<T>(a + b);
  for (; i < n; i++) sum += x[i] * y[i];
  return sum;
}
/// y += factor * x
template <class T>
void add_scaled(int64_t n, T factor, const T *x, T *y) {
  constexpr int64_t L = kLanes<T>;
  const Vec<T> f = broadcast(factor);
  int64_t i = 0;
  for (; i + L <= n; i += L) store(y + i, load(y + i) + f * load(x + i));
  for (; i < n; i++) y[i] += factor * x[i];
}

// ---- products and copies, by the ISA level's kernels ----

template <class T>
constexpr int32_t kDtype = kSame<T, float> ? FB_FLOAT32 : FB_FLOAT64;

template <class T>
double *push(double *at, const Matrix<T> &m) {
  const double slots[] = {static_cast<double>(reinterpret_cast<uintptr_t>(m.data)), kDtype<T>, 2, static_cast<double>(m.rows),
                          static_cast<double>(m.columns), static_cast<double>(m.row), static_cast<double>(m.column)};
  memcpy(at, slots, sizeof slots);
  return at + sizeof slots / sizeof *slots;
}

template <class T>
__attribute__((noinline)) void copy(const Matrix<T> &to, const Matrix<T> &from) {
  if (to.rows * to.columns > 256) {
    static const int32_t id = fb_find("copy");
    double frame[16];
    frame[0] = id;
    push(push(frame + 1, to), from);
    return fb_call(frame);
  }
  for (int64_t i = 0; i < to.rows; i++)
    for (int64_t j = 0; j < to.columns; j++) to(i, j) = from(i, j);
}

/// c += factor * a b, for a factor of 1 or -1. One of c's strides is 1.
template <class T>
__attribute__((noinline)) void update(const Matrix<T> &c, int factor, const Matrix<T> &a, const Matrix<T> &b) {
  if (c.rows == 0 || c.columns == 0 || a.columns == 0) return;
  if (c.column != 1 && c.columns > 1) return update(c.transposed(), factor, b.transposed(), a.transposed());
  if (c.rows * c.columns * a.columns > 2048) {
    static const int32_t id = fb_find("matmul_update");
    double frame[24];
    frame[0] = id;
    *push(push(push(frame + 1, c), a), b) = factor;
    fb_call(frame);
    if (static_cast<int32_t>(frame[0]) == FB_OK) return;
  }
  for (int64_t i = 0; i < c.rows; i++)  // little work, or no memory to pack the operands
    for (int64_t p = 0; p < a.columns; p++) {
      const T x = static_cast<T>(factor) * a(i, p);
      for (int64_t j = 0; j < c.columns; j++) c(i, j) += x * b(p, j);
    }
}

/// y = a x for contiguous x and y.
template <class T>
__attribute__((noinline)) void multiply(const Matrix<T> &a, T *x, T *y) {
  if (a.rows * a.columns > 1024) {
    static const int32_t id = fb_find("matmul");
    double frame[24];
    frame[0] = id;
    double *const end = push(push(push(frame + 1, dense(y, a.rows, 1)), a), dense(x, a.columns, 1));
    end[0] = end[1] = 0;  // neither bias nor activation
    fb_call(frame);
    if (static_cast<int32_t>(frame[0]) == FB_OK) return;
  }
  for (int64_t i = 0; i < a.rows; i++) y[i] = 0;
  if (a.column == 1) {
    for (int64_t i = 0; i < a.rows; i++) y[i] = dot(a.columns, &a(i, 0), x);
  } else {
    for (int64_t j = 0; j < a.columns; j++)
      for (int64_t i = 0; i < a.rows; i++) y[i] += x[j] * a(i, j);
  }
}

// ---- batches ----

/// The matrices in all dimensions of `t` but the last two.
inline int64_t batch_of(const fb_tensor *t) {
  int64_t n = 1;
  for (int d = 0; d < t->ndim - 2; d++) n *= t->dims[d];
  return n;
}
inline int64_t rows_of(const fb_tensor *t) { return t->dims[t->ndim - 2]; }
inline int64_t columns_of(const fb_tensor *t) { return t->dims[t->ndim - 1]; }
/// Matrix number `index` of a row-major tensor.
template <class T>
Matrix<T> matrix_of(const fb_tensor *t, int64_t index) {
  return dense(static_cast<T *>(t->data) + index * rows_of(t) * columns_of(t), rows_of(t), columns_of(t));
}
template <class T>
T *vector_of(const fb_tensor *t, int64_t index, int64_t length) { return static_cast<T *>(t->data) + index * length; }

/// Calls `body(i, memory)` for each of `batch` matrices that take `work` multiply-adds each, with `bytes` of working memory. Large
/// matrices of a batch are shared among threads; a single one shares its products.
template <class Body>
int32_t for_batch(int64_t batch, double work, int64_t bytes, const Body &body) {
  bool failed = false;
  parallel_for(batch, max(1, static_cast<int64_t>(65536 / (work + 1))), [&](int64_t begin, int64_t end) {
    const Scratch scratch(bytes);
    if (!scratch.data) return __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    for (int64_t i = begin; i < end; i++) body(i, static_cast<char *>(scratch.data));
  });
  return failed ? out_of_memory(bytes) : int32_t{FB_OK};
}

/// Cuts `count` elements of T off working memory.
template <class T>
T *take(char *&memory, int64_t count) {
  T *const start = reinterpret_cast<T *>(memory);
  memory += (count * static_cast<int64_t>(sizeof(T)) + 63) / 64 * 64;
  return start;
}

}  // namespace
}  // namespace fb::FB_ISA
