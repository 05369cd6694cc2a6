// Products of a sparse matrix (compressed rows) and a dense one, and the gradient of its values. Contiguous, float32 and float64.
#include "../strided.h"

namespace fb::FB_ISA {
namespace {

/// A matrix by compressed rows: entry e of row r, first[r] <= e < first[r + 1], stands in column `column[e]`.
struct Rows {
  int64_t count, entries;
  const int64_t *first, *column;

  Rows(const fb_tensor *compressed, const fb_tensor *plain)
      : count(compressed->dims[0] - 1), entries(plain->dims[0]), first(static_cast<const int64_t *>(compressed->data)),
        column(static_cast<const int64_t *>(plain->data)) {}

  /// Indices may have been written to since the tensor was made, and they lead to addresses.
  int32_t check(int64_t columns) const {
    if (first[0] != 0) return index_out_of_range(first[0], 1, 0);
    for (int64_t r = 0; r < count; r++)
      if (first[r + 1] < first[r] || first[r + 1] > entries) return index_out_of_range(first[r + 1], entries + 1, r + 1);
    if (first[count] != entries) return index_out_of_range(first[count], entries + 1, count);
    bool bad = false;
    for (int64_t e = 0; e < entries; e++) bad |= column[e] < 0 || column[e] >= columns;
    for (int64_t e = 0; bad && e < entries; e++)
      if (column[e] < 0 || column[e] >= columns) return index_out_of_range(column[e], columns, e);
    return FB_OK;
  }
  /// Rows such that a chunk has some 32K products of `n` columns: by shapes alone.
  int64_t grain(int64_t n) const { return rows_per_chunk((entries / (count > 0 ? count : 1) + 1) * (n > 0 ? n : 1)); }
};

/// K vectors of the row of the product that the entries [begin, end) make.
template <class T, int K>
__attribute__((noinline)) void sum_vectors(T *out, const Rows &m, int64_t begin, int64_t end, const T *values, const T *dense, int64_t n) {
  constexpr int64_t L = kLanes<T>;
  Vec<T> sums[K] = {};
  for (int64_t e = begin; e < end; e++) {
    const Vec<T> value = broadcast(values[e]);
    const T *const row = dense + m.column[e] * n;
#pragma GCC unroll 4  // the sums stay in registers
    for (int k = 0; k < K; k++) sums[k] = fma(value, load(row + k * L), sums[k]);
  }
#pragma GCC unroll 4
  for (int k = 0; k < K; k++) store(out + k * L, sums[k]);
}

/// out = S @ dense: each row of the result is the work of one thread.
template <class T>
void multiply(T *out, const Rows &m, const T *values, const T *dense, int64_t n) {
  constexpr int64_t L = kLanes<T>, kWide = 4;
  parallel_for(m.count, m.grain(n), [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const int64_t begin = m.first[r], end = m.first[r + 1];
      T *const row = out + r * n;
      int64_t c = 0;
      for (; c + kWide * L <= n; c += kWide * L) sum_vectors<T, kWide>(row + c, m, begin, end, values, dense + c, n);
      for (; c + L <= n; c += L) sum_vectors<T, 1>(row + c, m, begin, end, values, dense + c, n);
      if (c < n && n >= L) {
        sum_vectors<T, 1>(row + n - L, m, begin, end, values, dense + n - L, n);  // some columns again, with the same sums
        c = n;
      }
      for (; c < n; c++) {
        T sum = 0;
        for (int64_t e = begin; e < end; e++) sum += values[e] * dense[m.column[e] * n + c];
        row[c] = sum;
      }
    }
  });
}

/// out = Sᵀ @ dense: each thread runs through all entries for some columns of the result, so that none is added to by two.
template <class T>
void multiply_transposed(T *out, int64_t rows, const Rows &m, const T *values, const T *dense, int64_t n) {
  constexpr int64_t L = kLanes<T>;
  parallel_for(n, 64 / static_cast<int64_t>(sizeof(T)), [&](int64_t from, int64_t to) {
    for (int64_t r = 0; r < rows; r++) memset(out + r * n + from, 0, static_cast<size_t>(to - from) * sizeof(T));
    for (int64_t r = 0; r < m.count; r++) {
      const T *const x = dense + r * n;
      for (int64_t e = m.first[r]; e < m.first[r + 1]; e++) {
        T *const sums = out + m.column[e] * n;
        const Vec<T> value = broadcast(values[e]);
        int64_t c = from;
        for (; c + L <= to; c += L) store(sums + c, fma(value, load(x + c), load(sums + c)));
        for (; c < to; c++) sums[c] += values[e] * x[c];
      }
    }
  });
}

int32_t sparse_product(const fb_tensor *out, const fb_tensor *values, const fb_tensor *compressed, const fb_tensor *plain,
                       const fb_tensor *dense, bool transposed) {
  const Rows rows(compressed, plain);
  const int64_t columns = (transposed ? out : dense)->dims[0], n = dense->dims[1];
  const int32_t status = rows.check(columns);
  if (status != FB_OK) return status;
  return for_float_or_double(out->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    T *const o = static_cast<T *>(out->data);
    const T *const v = static_cast<const T *>(values->data), *const x = static_cast<const T *>(dense->data);
    if (transposed) multiply_transposed(o, columns, rows, v, x, n);
    else multiply(o, rows, v, x, n);
    return int32_t{FB_OK};
  });
}

template <class T>
inline T dot(const T *a, const T *b, int64_t n) {
  constexpr int64_t L = kLanes<T>;
  Vec<T> sums = {};
  int64_t i = 0;
  for (; i + L <= n; i += L) sums = fma(load(a + i), load(b + i), sums);
  T sum = 0;
  for (; i < n; i++) sum += a[i] * b[i];
  return sum + hsum<T>(sums);
}

/// out[e] = (a @ bᵀ)[r, c] for each entry e in row r and column c of the pattern.
int32_t sampled_product(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b, const fb_tensor *compressed, const fb_tensor *plain) {
  const Rows rows(compressed, plain);
  const int64_t n = a->dims[1];
  const int32_t status = rows.check(b->dims[0]);
  if (status != FB_OK) return status;
  return for_float_or_double(out->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    T *const o = static_cast<T *>(out->data);
    const T *const x = static_cast<const T *>(a->data), *const y = static_cast<const T *>(b->data);
    parallel_for(rows.count, rows.grain(n), [&](int64_t from, int64_t to) {
      for (int64_t r = from; r < to; r++)
        for (int64_t e = rows.first[r]; e < rows.first[r + 1]; e++) o[e] = dot(x + r * n, y + rows.column[e] * n, n);
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(sparse_product, FB_ENTRY("sparse_product", sparse_product), FB_ENTRY("sampled_product", sampled_product))

}  // namespace fb::FB_ISA
