// Triangular systems, Cholesky and LU decompositions, and what follows from them: systems of equations, determinants.
// All work on row-major batches, by halves, so that most of the work is matrix products.
#include <math.h>

#include "../triangular.h"

namespace fb::FB_ISA {
namespace {

int32_t triangular_solve(const fb_tensor *x, const fb_tensor *a, const fb_tensor *b, bool upper, bool left, bool unit) {
  return for_float_or_double(x->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const double work = static_cast<double>(rows_of(x)) * static_cast<double>(columns_of(x)) * static_cast<double>(rows_of(a));
    return for_batch(batch_of(x), work, 0, [&](int64_t i, char *) {
      const Matrix<T> t = matrix_of<T>(a, i), to = matrix_of<T>(x, i);
      copy(to, matrix_of<T>(b, i));
      if (left) solve_triangular(t, to, upper, unit);
      else solve_triangular(t.transposed(), to.transposed(), !upper, unit);  // x a = b
    });
  });
}

// ---- Cholesky ----

/// The lower triangle of c -= a aᵀ; above it anything is written.
template <class T>
void subtract_square(const Matrix<T> &c, const Matrix<T> &a) {
  const int64_t n = c.rows;
  if (n <= 4 * kTriangle) return update(c, -1, a, a.transposed());
  const int64_t h = half(n, kTriangle);
  const Matrix<T> top = a.block(0, 0, h, a.columns), bottom = a.from(h, 0);
  subtract_square(c.block(0, 0, h, h), top);
  update(c.block(h, 0, n - h, h), -1, bottom, top.transposed());
  subtract_square(c.from(h, h), bottom);
}

/// Replaces the lower triangle of a by L with a = L Lᵀ. Returns the order of the first leading minor that is not positive, or 0.
template <class T>
int64_t cholesky(const Matrix<T> &a) {
  const int64_t n = a.rows;
  if (n > kTriangle) {
    const int64_t h = half(n, kTriangle);
    const Matrix<T> corner = a.block(0, 0, h, h), below = a.block(h, 0, n - h, h);
    int64_t failed = cholesky(corner);
    if (failed) return failed;
    solve_triangular(corner, below.transposed(), false, false);
    subtract_square(a.from(h, h), below);
    failed = cholesky(a.from(h, h));
    return failed ? failed + h : 0;
  }
  for (int64_t j = 0; j < n; j++) {
    for (int64_t i = j; i < n; i++)
      for (int64_t p = 0; p < j; p++) a(i, j) -= a(i, p) * a(j, p);
    if (!(a(j, j) > 0)) return j + 1;
    const T root = static_cast<T>(sqrt(a(j, j)));
    a(j, j) = root;
    for (int64_t i = j + 1; i < n; i++) a(i, j) /= root;
  }
  return 0;
}

double cube(int64_t n) { return static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n); }

int32_t cholesky_ex(const fb_tensor *out, const fb_tensor *info, const fb_tensor *input, bool upper) {
  return for_float_or_double(out->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    return for_batch(batch_of(out), cube(rows_of(out)) / 3, 0, [&](int64_t i, char *) {
      Matrix<T> to = matrix_of<T>(out, i), from = matrix_of<T>(input, i);
      if (upper) to = to.transposed(), from = from.transposed();
      copy(to, from);
      *vector_of<int32_t>(info, i, 1) = static_cast<int32_t>(cholesky(to));
      for (int64_t r = 0; r < to.rows; r++)
        for (int64_t c = r + 1; c < to.columns; c++) to(r, c) = 0;
    });
  });
}

// ---- LU ----

constexpr int64_t kPanel = 16;

template <class T>
void swap_rows(const Matrix<T> &a, int64_t i, int64_t j) {
  if (i == j) return;
  constexpr int64_t L = kLanes<T>;
  int64_t c = 0;
  for (; a.column == 1 && c + L <= a.columns; c += L) {
    const Vec<T> x = load(&a(i, c)), y = load(&a(j, c));
    store(&a(i, c), y), store(&a(j, c), x);
  }
  for (; c < a.columns; c++) {
    const T t = a(i, c);
    a(i, c) = a(j, c), a(j, c) = t;
  }
}

/// `pivots[i]`, counted from 0, is the row that was exchanged with row i.
template <class T>
void swap_rows(const Matrix<T> &a, const int32_t *pivots, int64_t count) {
  for (int64_t i = 0; i < count; i++) swap_rows(a, i, pivots[i]);
}

/// The first of the elements from `start` on that has the largest absolute value.
template <class T>
int64_t find_largest(const T *x, int64_t start, int64_t n) {
  constexpr int64_t L = kLanes<T>;
  Vec<T> most = {};
  int64_t i = start;
  for (; i + L <= n; i += L) {
    const Vec<T> v = load(x + i), a = v < 0 ? -v : v;
    most = a > most ? a : most;
  }
  T largest = 0;
  for (int64_t l = 0; l < L; l++)
    if (most[l] > largest) largest = most[l];
  for (; i < n; i++)
    if (absolute(x[i]) > largest) largest = absolute(x[i]);
  for (i = start; i < n; i++)
    if (absolute(x[i]) == largest) return i;
  return start;  // none is a number
}

/// At most kPanel columns, in a transposed copy, where columns are contiguous.
template <class T>
int64_t factor_panel(const Matrix<T> &a, int32_t *pivots, bool pivot, T *memory) {
  const Matrix<T> p = dense(memory, a.columns, a.rows);
  copy(p, a.transposed());
  int64_t failed = 0;
  for (int64_t j = 0; j < p.rows; j++) {
    T *const column = &p(j, 0);
    const int64_t best = pivot ? find_largest(column, j, p.columns) : j;
    pivots[j] = static_cast<int32_t>(best);
    swap_rows(p.transposed(), j, best);
    if (column[j] == 0) {
      if (!failed) failed = j + 1;
      continue;
    }
    int64_t i = j + 1;
    const Vec<T> by = broadcast(column[j]);
    for (; i + kLanes<T> <= p.columns; i += kLanes<T>) store(column + i, load(column + i) / by);
    for (; i < p.columns; i++) column[i] /= column[j];
    for (int64_t c = j + 1; c < p.rows; c++) add_scaled(p.columns - j - 1, -p(c, j), column + j + 1, &p(c, j + 1));
  }
  copy(a, p.transposed());
  return failed;
}

/// Replaces a by L (unit diagonal not stored) and U with P a = L U. `memory`: kPanel * rows elements. Returns the number, from 1, of
/// the first zero on U's diagonal, or 0.
template <class T>
int64_t factor(const Matrix<T> &a, int32_t *pivots, bool pivot, T *memory) {
  const int64_t m = a.rows, n = a.columns, k = min(m, n), h = k <= kPanel ? k : half(k, kPanel);
  const Matrix<T> left = a.block(0, 0, m, h), right = a.from(0, h);
  int64_t failed = k <= kPanel ? factor_panel(left, pivots, pivot, memory) : factor(left, pivots, pivot, memory);
  if (h == n) return failed;
  swap_rows(right, pivots, h);
  const Matrix<T> top = right.block(0, 0, h, n - h), rest = a.from(h, h);
  solve_triangular(left.block(0, 0, h, h), top, false, true);
  if (h == k) return failed;
  update(rest, -1, left.from(h, 0), top);
  const int64_t later = factor(rest, pivots + h, pivot, memory);
  swap_rows(left.from(h, 0), pivots + h, k - h);
  for (int64_t i = h; i < k; i++) pivots[i] += static_cast<int32_t>(h);
  return failed ? failed : later ? later + h : 0;
}

/// Each matrix of `input` decomposed into `lu` and `pivots` (from 1, as LAPACK counts), then `then(i, matrix, pivots from 0, failed)`. A singular one gives infinities and NaN.
template <class T, class Then>
int32_t factor_all(const fb_tensor *lu, const fb_tensor *pivots, const fb_tensor *input, bool pivot, const Then &then) {
  const int64_t m = rows_of(lu), n = columns_of(lu), k = min(m, n);
  const double work = static_cast<double>(m * n) * static_cast<double>(k);
  return for_batch(batch_of(lu), work, kPanel * m * static_cast<int64_t>(sizeof(T)), [&](int64_t i, char *memory) {
    const Matrix<T> a = matrix_of<T>(lu, i);
    int32_t *const p = vector_of<int32_t>(pivots, i, k);
    copy(a, matrix_of<T>(input, i));
    const int64_t failed = k ? factor(a, p, pivot, reinterpret_cast<T *>(memory)) : 0;
    then(i, a, p, failed);
    for (int64_t j = 0; j < k; j++) p[j]++;
  });
}

int32_t lu_factor_ex(const fb_tensor *lu, const fb_tensor *pivots, const fb_tensor *info, const fb_tensor *input, bool pivot) {
  return for_float_or_double(lu->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    return factor_all<T>(lu, pivots, input, pivot, [&](int64_t i, const Matrix<T> &, int32_t *, int64_t failed) {
      *vector_of<int32_t>(info, i, 1) = static_cast<int32_t>(failed);
    });
  });
}

/// b = a^-1 b, or aᵀ^-1 b, from a's decomposition.
template <class T>
void solve_factored(const Matrix<T> &lu, const int32_t *pivots, bool transposed, const Matrix<T> &b) {
  const int64_t n = lu.rows;
  if (transposed) {
    solve_triangular(lu.transposed(), b, false, false);
    solve_triangular(lu.transposed(), b, true, true);
    for (int64_t i = n - 1; i >= 0; i--) swap_rows(b, i, pivots[i]);
  } else {
    swap_rows(b, pivots, n);
    solve_triangular(lu, b, false, true);
    solve_triangular(lu, b, true, false);
  }
}

/// x = a^-1 b, or b a^-1 if not `left`.
int32_t solve_ex(const fb_tensor *x, const fb_tensor *lu, const fb_tensor *pivots, const fb_tensor *info, const fb_tensor *a,
                 const fb_tensor *b, bool left) {
  return for_float_or_double(x->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    return factor_all<T>(lu, pivots, a, true, [&](int64_t i, const Matrix<T> &factors, int32_t *p, int64_t failed) {
      const Matrix<T> to = matrix_of<T>(x, i);
      copy(to, matrix_of<T>(b, i));
      *vector_of<int32_t>(info, i, 1) = static_cast<int32_t>(failed);
      solve_factored(factors, p, !left, left ? to : to.transposed());
    });
  });
}

int32_t inverse_ex(const fb_tensor *out, const fb_tensor *info, const fb_tensor *lu, const fb_tensor *pivots, const fb_tensor *a) {
  return for_float_or_double(out->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    return factor_all<T>(lu, pivots, a, true, [&](int64_t i, const Matrix<T> &factors, int32_t *p, int64_t failed) {
      const Matrix<T> to = matrix_of<T>(out, i);
      set_identity(to);
      *vector_of<int32_t>(info, i, 1) = static_cast<int32_t>(failed);
      solve_factored(factors, p, false, to);
    });
  });
}

template <class T>
T permutation_sign(const int32_t *pivots, int64_t n) {
  T sign = 1;
  for (int64_t i = 0; i < n; i++)
    if (pivots[i] != i) sign = -sign;
  return sign;
}

int32_t determinant(const fb_tensor *out, const fb_tensor *lu, const fb_tensor *pivots, const fb_tensor *a) {
  return for_float_or_double(out->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    return factor_all<T>(lu, pivots, a, true, [&](int64_t i, const Matrix<T> &factors, int32_t *p, int64_t) {
      T product = permutation_sign<T>(p, factors.rows);
      for (int64_t j = 0; j < factors.rows; j++) product *= factors(j, j);
      *vector_of<T>(out, i, 1) = product;
    });
  });
}

int32_t log_determinant(const fb_tensor *sign, const fb_tensor *logarithm, const fb_tensor *lu, const fb_tensor *pivots,
                        const fb_tensor *a) {
  return for_float_or_double(sign->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    return factor_all<T>(lu, pivots, a, true, [&](int64_t i, const Matrix<T> &factors, int32_t *p, int64_t) {
      T s = permutation_sign<T>(p, factors.rows);
      double sum = 0;
      for (int64_t j = 0; j < factors.rows; j++) {
        const T x = factors(j, j);
        s = x == 0 ? T(0) : x < 0 ? -s : s;
        sum += log(static_cast<double>(absolute(x)));
      }
      *vector_of<T>(sign, i, 1) = s;
      *vector_of<T>(logarithm, i, 1) = static_cast<T>(sum);
    });
  });
}

/// The numbers of A's rows in P A, or in its transpose times A, for the row exchanges that `pivots` describe.
int32_t row_order(const fb_tensor *out, const fb_tensor *pivots, bool transposed) {
  const int64_t n = columns_of(out), k = columns_of(pivots), batch = n ? numel(out) / n : 0;
  for (int64_t b = 0; b < batch; b++) {
    int64_t *const order = vector_of<int64_t>(out, b, n);
    const int32_t *const p = vector_of<int32_t>(pivots, b, k);
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t step = 0; step < k; step++) {
      const int64_t i = transposed ? k - 1 - step : step, j = p[i] - 1;
      if (j < 0 || j >= n) return index_out_of_range(j, n, b * k + i);
      const int64_t row = order[i];
      order[i] = order[j], order[j] = row;
    }
  }
  return FB_OK;
}

}  // namespace

FB_GROUP(linalg_solve, FB_ENTRY("linalg_solve_triangular", triangular_solve), FB_ENTRY("linalg_cholesky_ex", cholesky_ex),
         FB_ENTRY("linalg_lu_factor_ex", lu_factor_ex), FB_ENTRY("linalg_row_order", row_order), FB_ENTRY("linalg_solve_ex", solve_ex), FB_ENTRY("linalg_inv_ex", inverse_ex),
         FB_ENTRY("linalg_det", determinant), FB_ENTRY("linalg_slogdet", log_determinant))

}  // namespace fb::FB_ISA
