// Singular value decompositions: (a QR decomposition of tall matrices,) blocked reduction to bidiagonal form, then implicit QR
// iterations (LAPACK's bdsqr: accurate to the last small singular value) in double, whose rotations are applied together.
#include "../rotation_list.h"

namespace fb::FB_ISA {
namespace {

/// Elements of working memory for reduce.
int64_t reduce_memory(int64_t m, int64_t n) { return 2 * kBlock * (m + n) + 2 * (m + n) + 2 * kBlock; }

/// y = factor * (a x - low (high x)), where low and high have the columns so far.
template <class T>
void multiply_updated(const Matrix<T> &a, const Matrix<T> &low, const Matrix<T> &high, T *x, T *y, T *correction, T *small, T factor) {
  multiply(a, x, y);
  if (low.columns > 0) {
    multiply(high, x, small);
    multiply(low, small, correction);
    add_scaled(a.rows, T(-1), correction, y);
  }
  for (int64_t i = 0; i < a.rows; i++) y[i] *= factor;
}

/// Reduces a (m >= n) to upper bidiagonal form d, e. The left reflectors' vectors stand below a's diagonal, the right ones in its
/// rows, right of the superdiagonal. Of the trailing matrix only what a panel needs is brought up to date at once:
/// A - V Yᵀ - X Uᵀ (LAPACK's labrd).
template <class T>
void reduce(const Matrix<T> &a, double *d, double *e, T *tau_left, T *tau_right, T *memory) {
  const int64_t m = a.rows, n = a.columns;
  T *const vector = memory + 2 * kBlock * (m + n), *const product = vector + max(m, n), *const correction = product + max(m, n);
  T *const small = correction + max(m, n);
  for (int64_t first = 0; first < n; first += kBlock) {
    const int64_t k = min(kBlock, n - first);
    const Matrix<T> vx = dense(memory, m, 2 * k), yu = dense(memory + 2 * kBlock * m, n, 2 * k);  // columns v₀ x₀ … and y₀ u₀ …
    for (int64_t j = 0; j < k; j++) {
      const int64_t p = first + j, below = m - p, right = n - p - 1, c = 2 * j;
      T *const v = vector, beta;
      for (int64_t i = p; i < m; i++) v[i - p] = a(i, p) - dot(c, &vx(i, 0), &yu(p, 0));
      tau_left[p] = make_reflector(below, v, beta);
      d[p] = static_cast<double>(beta);
      for (int64_t i = 0; i < below; i++) vx(p + i, c) = v[i];
      multiply_updated(a.from(p, p + 1).transposed(), yu.block(p + 1, 0, right, c), vx.block(p, 0, below, c).transposed(), v, product,
                       correction, small, tau_left[p]);
      for (int64_t i = 0; i < right; i++) yu(p + 1 + i, c) = product[i];
      T *const u = vector;
      for (int64_t i = 0; i < right; i++) u[i] = a(p, p + 1 + i) - dot(c + 1, &yu(p + 1 + i, 0), &vx(p, 0));
      for (int64_t i = 1; i < below; i++) a(p + i, p) = vx(p + i, c);
      tau_right[p] = make_reflector(right, u, beta);
      if (right > 0) e[p] = static_cast<double>(beta);
      for (int64_t i = 0; i < right; i++) yu(p + 1 + i, c + 1) = u[i];
      for (int64_t i = 1; i < right; i++) a(p, p + 1 + i) = u[i];
      multiply_updated(a.from(p + 1, p + 1), vx.block(p + 1, 0, below - 1, c + 1), yu.block(p + 1, 0, right, c + 1).transposed(), u, product,
                       correction, small, tau_right[p]);
      for (int64_t i = 0; i < below - 1; i++) vx(p + 1 + i, c + 1) = product[i];
    }
    const int64_t next = first + k;
    if (next < n) update(a.from(next, next), -1, vx.from(next, 0), yu.from(next, 0).transposed());
  }
}

constexpr double kEpsilon = 1.1102230246251565e-16, kTolerance = 80 * kEpsilon, kSmallest = 2.2250738585072014e-308;

/// The smaller singular value of [[f, g], [0, h]].
double smaller_value(double f, double g, double h) {
  f = absolute(f), g = absolute(g), h = absolute(h);
  const double low = f < h ? f : h, high = f < h ? h : f;
  if (low == 0) return 0;
  const double a = 1 + low / high, b = (high - low) / high;
  if (g < high) {
    const double c = g / high;
    return low * (2 / (sqrt(a * a + c * c) + sqrt(b * b + c * c)));
  }
  const double c = high / g;
  if (c == 0) return low * high / g;
  return 2 * (low / (sqrt(1 + a * c * (a * c)) + sqrt(1 + b * c * (b * c)))) * c;
}

/// The bidiagonal matrix of an iteration, and what its rotations act on. `step` reads block [low, high] downwards or upwards.
struct Bidiagonal {
  int64_t n;
  double *d, *e, threshold;
  Rotations &left, &right;

  void rotate_both(bool down, int64_t plane, double cr, double sr, double cl, double sl) {
    if (down) right.add(plane, cr, sr), left.add(plane, cl, sl);
    else left.add(plane, cr, -sr), right.add(plane, cl, -sl);
  }

  /// A sweep without a shift (Demmel and Kahan), which keeps small values accurate. Upwards it is the same on the mirrored matrix.
  void plain_sweep(int64_t low, int64_t high, bool down) {
    double c = 1, s = 0, old_c = 1, old_s = 0, r = 0;
    const int64_t count = high - low, step = down ? 1 : -1, start = down ? low : high;
    for (int64_t k = 0; k < count; k++) {
      const int64_t i = start + k * step, next = i + step, edge = down ? i : i - 1;
      make_rotation(d[i] * c, e[edge], c, s, r);
      if (k > 0) e[edge - step] = old_s * r;
      make_rotation(old_c * r, d[next] * s, old_c, old_s, d[i]);
      rotate_both(down, edge, c, s, old_c, old_s);
    }
    const int64_t end = start + count * step, edge = down ? end - 1 : end;
    const double h = d[end] * c;
    d[end] = h * old_c;
    e[edge] = h * old_s;
    if (absolute(e[edge]) <= threshold) e[edge] = 0;
  }

  void shifted_sweep(int64_t low, int64_t high, bool down, double shift) {
    const int64_t count = high - low, step = down ? 1 : -1, start = down ? low : high;
    double f = (absolute(d[start]) - shift) * ((d[start] < 0 ? -1 : 1) + shift / d[start]), g = e[down ? low : high - 1];
    for (int64_t k = 0; k < count; k++) {
      const int64_t i = start + k * step, next = i + step, edge = down ? i : i - 1, following = edge + step;
      double cr, sr, cl, sl, r;
      make_rotation(f, g, cr, sr, r);
      if (k > 0) e[edge - step] = r;
      f = cr * d[i] + sr * e[edge];
      e[edge] = cr * e[edge] - sr * d[i];
      g = sr * d[next];
      d[next] = cr * d[next];
      make_rotation(f, g, cl, sl, r);
      d[i] = r;
      f = cl * e[edge] + sl * d[next];
      d[next] = cl * d[next] - sl * e[edge];
      if (k < count - 1) {
        g = sl * e[following];
        e[following] = cl * e[following];
      }
      rotate_both(down, edge, cr, sr, cl, sl);
    }
    const int64_t last = down ? high - 1 : low;
    e[last] = f;
    if (absolute(e[last]) <= threshold) e[last] = 0;
  }

  /// Sets an off-diagonal element of block [low, high] that does not matter to 0, and says so; else bounds the smallest value.
  bool deflates(int64_t low, int64_t high, bool down, double &smallest) {
    const int64_t step = down ? 1 : -1, start = down ? low : high, end = down ? high : low, final = down ? high - 1 : low;
    if (absolute(e[final]) <= kTolerance * absolute(d[end])) {
      e[final] = 0;
      return true;
    }
    double mu = absolute(d[start]);
    smallest = mu;
    for (int64_t i = start; i != end; i += step) {
      double &off = e[down ? i : i - 1];
      if (absolute(off) <= kTolerance * mu) {
        off = 0;
        return true;
      }
      mu = absolute(d[i + step]) * (mu / (mu + absolute(off)));
      if (mu < smallest) smallest = mu;
    }
    return false;
  }

  /// Turns d into the singular values, up to signs. Returns false if they do not converge.
  bool iterate() {
    double mu = absolute(d[0]), bound = mu;
    for (int64_t i = 1; i < n && bound > 0; i++) {
      mu = absolute(d[i]) * (mu / (mu + absolute(e[i - 1])));
      if (mu < bound) bound = mu;
    }
    threshold = kTolerance * bound / sqrt(static_cast<double>(n));
    if (!(threshold > kSmallest * 1e4)) threshold = kSmallest * 1e4;
    int64_t high = n - 1, rotations = 0, old_low = -1, old_high = -1;
    bool down = true;
    while (high > 0) {
      int64_t low = high;
      double largest = absolute(d[high]), smallest = 0;
      while (low > 0 && absolute(e[low - 1]) > threshold) {
        low--;
        if (absolute(d[low]) > largest) largest = absolute(d[low]);
        if (absolute(e[low]) > largest) largest = absolute(e[low]);
      }
      if (low > 0) e[low - 1] = 0;
      if (low == high) {
        high--;
        continue;
      }
      if (low > old_high || high < old_low) down = absolute(d[low]) >= absolute(d[high]);  // a new block
      if (deflates(low, high, down, smallest)) continue;
      old_low = low, old_high = high;
      double shift = 0;
      if (static_cast<double>(n) * kTolerance * (smallest / largest) > 0.01 * kTolerance) {
        const double start = absolute(d[down ? low : high]);
        shift = down ? smaller_value(d[high - 1], e[high - 1], d[high]) : smaller_value(d[low], e[low], d[low + 1]);
        if (start > 0 && (shift / start) * (shift / start) < kEpsilon) shift = 0;
      }
      rotations += high - low;
      if (rotations > 12 * n * n) return false;
      if (shift == 0 || d[down ? low : high] == 0) plain_sweep(low, high, down);
      else shifted_sweep(low, high, down, shift);
    }
    left.apply();
    right.apply();
    return true;
  }
};

/// Elements of working memory for decompose, besides vectors of doubles.
int64_t memory_for(int64_t m, int64_t n, int64_t left) {
  const int64_t qr = qr_memory(m, max(n, left));
  return m * n + left * m + 3 * n * n + n * max(m, n) + max(reduce_memory(m, n), qr) + 3 * n + 512;
}

/// a (m >= n; destroyed) = ut ᵀ diag(values) vt. The rows of ut (as many as wanted; or none) and of vt are the singular vectors.
template <class T>
int32_t decompose(const Matrix<T> &a, double *values, const Matrix<T> &ut, const Matrix<T> &vt, char *memory) {
  const int64_t m = a.rows, n = a.columns;
  const bool vectors = vt.rows > 0, tall = m > n + n / 2;
  T *const work = take<T>(memory, max(reduce_memory(m, n), qr_memory(m, max(n, ut.rows))));
  T *const tau = take<T>(memory, n), *const tau_right = take<T>(memory, n), *const tau_qr = take<T>(memory, n);
  double *const e = take<double>(memory, n);
  char *const left_memory = memory, *const right_memory = memory + Rotations::kBytes;
  memory += 2 * Rotations::kBytes;
  const double factor = scale_of(a);
  if (factor == 0) return kNotFinite;
  scale(a, factor);
  Matrix<T> core = a, left = ut;
  if (tall) {  // a = Q R, and the decomposition of R
    factor_qr(a, tau_qr, work);
    core = dense(take<T>(memory, n * n), n, n);
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++) core(i, j) = j < i ? T(0) : a(i, j);
    if (vectors) left = dense(take<T>(memory, n * n), n, n);
  }
  reduce(core, values, e, tau, tau_right, work);
  if (vectors) {
    form_product(core, 0, tau, n, left.transposed(), work);
    form_product(core.transposed(), 1, tau_right, n - 1, vt.transposed(), work);
  }
  Rotations of_left(vectors ? &left : nullptr, left_memory), of_right(vectors ? &vt : nullptr, right_memory);
  if (!Bidiagonal{n, values, e, 0, of_left, of_right}.iterate()) return kNotConverged;
  if (tall && vectors) {  // the rows of Uᵀ: those of R's times Qᵀ, then the rest of Qᵀ
    form_product(a, 0, tau_qr, n, ut.transposed(), work);
    const Matrix<T> product = dense(take<T>(memory, n * m), n, m), top = ut.block(0, 0, n, m);
    memset(static_cast<void *>(product.data), 0, static_cast<size_t>(n * m) * sizeof(T));
    update(product, 1, left, top);
    copy(top, product);
  }
  for (int64_t i = 0; i < n; i++) {
    if (values[i] < 0) {
      values[i] = -values[i];
      for (int64_t j = 0; j < vt.columns; j++) vt(i, j) = -vt(i, j);
    }
    values[i] /= -factor;  // negative, to sort them downwards
  }
  return 0;
}

/// The result for one matrix, whose U has `u.columns` columns (none if no vectors are wanted) and whose Vᵀ `vt.rows` rows.
template <class T>
int32_t decompose_into(const Matrix<T> &u, T *values, const Matrix<T> &vh, const Matrix<T> &input, char *memory) {
  if (input.rows < input.columns) return decompose_into(vh.transposed(), values, u.transposed(), input.transposed(), memory);
  const int64_t m = input.rows, n = input.columns;
  const bool vectors = vh.rows > 0;
  const Matrix<T> a = dense(take<T>(memory, m * n), m, n), ut = dense(take<T>(memory, u.columns * m), u.columns, m);
  const Matrix<T> vt = dense(take<T>(memory, n * n), vectors ? n : 0, vectors ? n : 0);
  double *const found = take<double>(memory, n);
  int32_t *const order = take<int32_t>(memory, n), *const spare = take<int32_t>(memory, n);
  copy(a, input);
  const int32_t status = decompose(a, found, ut, vt, memory);
  if (status != 0) return status;
  sort_indices(found, n, order, spare);
  for (int64_t j = 0; j < n; j++) values[j] = static_cast<T>(-found[order[j]]);
  for (int64_t j = 0; j < u.columns; j++)
    for (int64_t i = 0; i < m; i++) u(i, j) = ut(j < n ? order[j] : j, i);
  for (int64_t i = 0; i < vh.rows; i++)
    for (int64_t j = 0; j < n; j++) vh(i, j) = vt(order[i], j);
  return 0;
}

/// Without vectors, u and vh have no elements.
int32_t svd(const fb_tensor *u, const fb_tensor *values, const fb_tensor *vh, const fb_tensor *info, const fb_tensor *input) {
  return for_float_or_double(values->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const int64_t rows = rows_of(input), columns = columns_of(input), m = max(rows, columns), n = min(rows, columns);
    const int64_t bytes = memory_for(m, n, rows >= columns ? columns_of(u) : rows_of(vh)) * static_cast<int64_t>(sizeof(T)) + n * 32 +
                          2 * Rotations::kBytes + 2048;
    return for_batch(batch_of(input), 16 * static_cast<double>(m * n) * static_cast<double>(n), bytes, [&](int64_t i, char *memory) {
      const Matrix<T> left = matrix_of<T>(u, i), right = matrix_of<T>(vh, i);
      int32_t status = 0;
      if (n > 0) {
        status = decompose_into(left, vector_of<T>(values, i, n), right, matrix_of<T>(input, i), memory);
      } else {
        set_identity(left), set_identity(right);
      }
      *vector_of<int32_t>(info, i, 1) = status;
    });
  });
}

}  // namespace

FB_GROUP(linalg_svd, FB_ENTRY("linalg_svd", svd))

}  // namespace fb::FB_ISA
