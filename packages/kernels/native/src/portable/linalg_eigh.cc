// Eigenvalues and eigenvectors of symmetric matrices: blocked reduction to tridiagonal form, then implicit QL or QR iterations
// (LAPACK's steqr) in double, whose rotations are applied together.
#include "../rotation_list.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kLine = 16;  // elements of one or two lines of cache

/// Elements of working memory for reduce.
int64_t reduce_memory(int64_t n) { return 4 * kBlock * n + 3 * n + 2 * kBlock; }

/// Reduces a (symmetric, both triangles) to tridiagonal form d, e. The reflectors' vectors stand in a's rows, right of the
/// superdiagonal. Of the trailing matrix only what a panel needs is brought up to date at once: A - V Wᵀ - W Vᵀ (LAPACK's latrd).
template <class T>
void reduce(const Matrix<T> &a, double *d, double *e, T *tau, T *memory) {
  const int64_t n = a.rows;
  T *const vector = memory + 4 * kBlock * n, *const product = vector + n, *const correction = product + n, *const small = correction + n;
  for (int64_t first = 0; first < n; first += kBlock) {
    const int64_t k = min(kBlock, n - first);
    const Matrix<T> vw = dense(memory, n, 2 * k), wv = dense(memory + 2 * kBlock * n, n, 2 * k);  // columns v₀ w₀ v₁ … and w₀ v₀ w₁ …
    for (int64_t j = 0; j < k; j++) {
      const int64_t p = first + j, rest = n - p - 1;
      T *const x = vector + p;
      for (int64_t i = p; i < n; i++) x[i - p] = a(p, i) - dot(2 * j, &vw(i, 0), &wv(p, 0));
      d[p] = static_cast<double>(x[0]);
      T beta = 0;
      tau[p] = make_reflector(rest, x + 1, beta);
      if (rest > 0) e[p] = static_cast<double>(beta);
      for (int64_t i = 1; i < rest; i++) a(p, p + 1 + i) = x[1 + i];
      T *const v = x + 1;
      const int64_t start = (p + 1) / kLine * kLine;  // columns before p + 1, times zero, let rows begin on lines of cache
      for (int64_t i = start; i <= p; i++) vector[i] = 0;
      multiply(a.from(p + 1, start), vector + start, product);
      if (j > 0) {
        multiply(wv.block(p + 1, 0, rest, 2 * j).transposed(), v, small);
        multiply(vw.block(p + 1, 0, rest, 2 * j), small, correction);
        add_scaled(rest, T(-1), correction, product);
      }
      const T half_square = tau[p] * tau[p] * dot(rest, product, v) / 2;
      for (int64_t i = 0; i < rest; i++) {
        const T w = tau[p] * product[i] - half_square * v[i];
        vw(p + 1 + i, 2 * j) = wv(p + 1 + i, 2 * j + 1) = v[i];
        vw(p + 1 + i, 2 * j + 1) = wv(p + 1 + i, 2 * j) = w;
      }
    }
    const int64_t next = first + k;
    update(a.from(next, next), -1, vw.from(next, 0), wv.from(next, 0).transposed());
  }
}

/// Elements from one row to the next of the matrix that is reduced: whole lines of cache.
int64_t padded(int64_t n) { return (n + kLine - 1) / kLine * kLine + kLine; }

constexpr double kEpsilon = 1.1102230246251565e-16, kSmallest = 1e-300;

bool is_negligible(const double *d, const double *e, int64_t i) {
  return e[i] * e[i] <= kEpsilon * kEpsilon * absolute(d[i]) * absolute(d[i + 1]) + kSmallest;
}

/// Wilkinson's shift from the corner (p, q; off), as the start of a sweep whose far end is `far`.
double sweep_start(double p, double q, double off, double far) {
  const double g = (q - p) / (2 * off), r = hypot(g, 1);
  return far - p + off / (g + (g < 0 ? -r : r));
}

/// A sweep from the bottom of block [low, high] to its top: the smallest eigenvalue near the top converges.
void sweep_up(double *d, double *e, int64_t low, int64_t high, Rotations &rotations) {
  double g = sweep_start(d[low], d[low + 1], e[low], d[high]), s = 1, c = 1, p = 0;
  for (int64_t i = high - 1; i >= low; i--) {
    const double f = s * e[i], b = c * e[i];
    double r;
    make_rotation(g, f, c, s, r);
    if (i != high - 1) e[i + 1] = r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    rotations.add(i, c, -s);
  }
  d[low] -= p;
  e[low] = g;
}

/// A sweep from the top to the bottom.
void sweep_down(double *d, double *e, int64_t low, int64_t high, Rotations &rotations) {
  double g = sweep_start(d[high], d[high - 1], e[high - 1], d[low]), s = 1, c = 1, p = 0;
  for (int64_t i = low; i < high; i++) {
    const double f = s * e[i], b = c * e[i];
    double r;
    make_rotation(g, f, c, s, r);
    if (i != low) e[i - 1] = r;
    g = d[i] - p;
    r = (d[i + 1] - g) * s + 2 * c * b;
    p = s * r;
    d[i] = g + p;
    g = c * r - b;
    rotations.add(i, c, s);
  }
  d[high] -= p;
  e[high - 1] = g;
}

/// Turns d into the eigenvalues. Returns false if they do not converge.
bool iterate(int64_t n, double *d, double *e, Rotations &rotations) {
  int64_t sweeps = 0;
  for (int64_t start = 0, end; start < n; start = end + 1) {
    for (end = start; end < n - 1 && !is_negligible(d, e, end); end++) {}
    const bool down = absolute(d[end]) < absolute(d[start]);
    int64_t low = start, high = end;
    while (low < high) {
      if (++sweeps > 40 * n) return false;
      if (down) {
        int64_t top = high;
        while (top > low && !is_negligible(d, e, top - 1)) top--;
        if (top == high) high--;
        else sweep_down(d, e, top, high, rotations);
      } else {
        int64_t bottom = low;
        while (bottom < high && !is_negligible(d, e, bottom)) bottom++;
        if (bottom == low) low++;
        else sweep_up(d, e, low, bottom, rotations);
      }
    }
  }
  rotations.apply();
  return true;
}

template <class T>
int32_t decompose(const Matrix<T> &input, bool upper, T *values, const Matrix<T> &vectors, char *memory) {
  const int64_t n = input.rows;
  T *const work = take<T>(memory, max(reduce_memory(n), product_memory(n, n))), *const tau = take<T>(memory, n);
  const Matrix<T> a = {take<T>(memory, n * padded(n)), n, n, padded(n), 1}, z = dense(take<T>(memory, n * n), n, vectors.columns);
  double *const d = take<double>(memory, n), *const e = take<double>(memory, n);
  int32_t *const order = take<int32_t>(memory, n), *const spare = take<int32_t>(memory, n);
  copy(a, upper ? input.transposed() : input);
  for (int64_t i = 0; i < n; i += kLine)
    for (int64_t j = 0; j < n; j++)
      for (int64_t k = max(i, j + 1); k < min(n, i + kLine); k++) a(j, k) = a(k, j);
  const double factor = scale_of(a);
  if (factor == 0) return kNotFinite;
  scale(a, factor);
  reduce(a, d, e, tau, work);
  Rotations rotations(&z, memory);
  if (z.columns > 0) {  // the transpose of Q, in whose rows the eigenvectors arise
    form_product(a.transposed(), 1, tau, n - 1, z.transposed(), work);
  }
  if (!iterate(n, d, e, rotations)) return kNotConverged;
  sort_indices(d, n, order, spare);
  for (int64_t i = 0; i < n; i++) values[i] = static_cast<T>(d[order[i]] / factor);
  for (int64_t j = 0; j < vectors.columns; j += kLine)
    for (int64_t i = 0; i < n; i++)
      for (int64_t k = j; k < min(n, j + kLine); k++) vectors(i, k) = z(order[k], i);
  return 0;
}

int32_t eigh(const fb_tensor *values, const fb_tensor *vectors, const fb_tensor *info, const fb_tensor *input, bool upper) {
  return for_float_or_double(values->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const int64_t n = rows_of(input);
    const int64_t elements = n * (n + padded(n)) + n + max(reduce_memory(n), product_memory(n, n));
    const int64_t bytes = elements * static_cast<int64_t>(sizeof(T)) + n * 24 + 1024 + Rotations::kBytes;
    const double work = 9 * static_cast<double>(n * n) * static_cast<double>(n);
    return for_batch(batch_of(input), work, bytes, [&](int64_t i, char *memory) {
      *vector_of<int32_t>(info, i, 1) =
          n == 0 ? 0 : decompose(matrix_of<T>(input, i), upper, vector_of<T>(values, i, n), matrix_of<T>(vectors, i), memory);
    });
  });
}

}  // namespace

FB_GROUP(linalg_eigh, FB_ENTRY("linalg_eigh", eigh))

}  // namespace fb::FB_ISA
