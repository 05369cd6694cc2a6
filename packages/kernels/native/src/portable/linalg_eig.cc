// Eigenvalues and eigenvectors of general real matrices: balancing, blocked reduction to Hessenberg form, Francis's double-shift QR
// iteration to real Schur form, back substitution. In double for float32, too, since the problem may be ill-conditioned.
#include "../rotation_list.h"

namespace fb::FB_ISA {
namespace {

/// Scales rows and columns by powers of two until their norms are alike (Parlett and Reinsch 1969); `scales` are the columns' factors.
void balance(const Matrix<double> &a, double *scales) {
  const int64_t n = a.rows;
  for (int64_t i = 0; i < n; i++) scales[i] = 1;
  for (bool done = false; !done;) {
    done = true;
    for (int64_t i = 0; i < n; i++) {
      double row = 0, column = 0;
      for (int64_t j = 0; j < n; j++)
        if (j != i) row += absolute(a(i, j)), column += absolute(a(j, i));
      if (row == 0 || column == 0) continue;
      double factor = 1, c = column;
      while (c < row / 2 && factor < 1e100) factor *= 2, c *= 4;
      while (c >= row * 2 && factor > 1e-100) factor /= 2, c /= 4;
      if ((c + row) / factor >= 0.95 * (column + row)) continue;
      done = false;
      scales[i] *= factor;
      for (int64_t j = 0; j < n; j++) a(i, j) /= factor;
      for (int64_t j = 0; j < n; j++) a(j, i) *= factor;
    }
  }
}

/// Elements of working memory for reduce.
int64_t reduce_memory(int64_t n) { return 2 * kBlock * n + 2 * n + kBlock * kBlock + kBlock + block_memory(n); }

/// Reduces a to Hessenberg form; the reflectors' vectors stand below its subdiagonal. A panel keeps Y = A V T, so that the matrix is
/// updated by products: A - Y Vᵀ from the right, then the block from the left (LAPACK's gehrd).
void reduce(const Matrix<double> &a, double *tau, double *memory) {
  const int64_t n = a.rows;
  double *const y_memory = memory, *const v_memory = y_memory + kBlock * n, *const t_memory = v_memory + kBlock * n;
  double *const column = t_memory + kBlock * kBlock, *const product = column + n, *const small = product + n, *const rest = small + kBlock;
  for (int64_t first = 0; first < n - 2; first += kBlock) {
    const int64_t k = min(kBlock, n - 2 - first), below = n - first - 1;  // rows of the reflectors: first + 1 …
    const Matrix<double> y = dense(y_memory, n, k), v = dense(v_memory, k, below), t = dense(t_memory, k, k);
    memset(v_memory, 0, static_cast<size_t>(k * below) * sizeof(double));
    memset(t_memory, 0, static_cast<size_t>(k * k) * sizeof(double));
    for (int64_t j = 0; j < k; j++) {
      const int64_t p = first + j;
      // the column, updated from the right by the reflectors so far (rows of all y), then from the left
      for (int64_t i = 0; i < n; i++) {
        double sum = a(i, p);
        for (int64_t q = 0; q < j; q++) sum -= y(i, q) * v(q, j - 1);  // V's row p
        column[i] = sum;
      }
      double *const x = column + first + 1;
      double w[kBlock], u[kBlock];
      for (int64_t q = 0; q < j; q++) w[q] = dot(below, &v(q, 0), x);
      for (int64_t q = 0; q < j; q++) {
        u[q] = 0;
        for (int64_t r = 0; r <= q; r++) u[q] += t(r, q) * w[r];
      }
      for (int64_t q = 0; q < j; q++) add_scaled(below, -u[q], &v(q, 0), x);
      double beta;
      tau[p] = make_reflector(below - j, x + j, beta);
      for (int64_t i = j; i < below; i++) v(j, i) = x[i];
      x[j] = beta;
      for (int64_t i = 0; i <= p + 1; i++) a(i, p) = column[i];
      for (int64_t i = j + 1; i < below; i++) a(first + 1 + i, p) = v(j, i);
      // y_j = tau (A v - Y Vᵀ v), and T's column
      multiply(a.from(0, p + 1), &v(j, j), product);
      for (int64_t q = 0; q < j; q++) small[q] = dot(below - j, &v(q, j), &v(j, j));
      for (int64_t i = 0; i < n; i++) {
        double sum = product[i];
        for (int64_t q = 0; q < j; q++) sum -= y(i, q) * small[q];
        y(i, j) = tau[p] * sum;
      }
      t(j, j) = tau[p];
      for (int64_t q = 0; q < j; q++) {
        double sum = 0;
        for (int64_t r = q; r < j; r++) sum += t(q, r) * small[r];
        t(q, j) = -tau[p] * sum;
      }
    }
    const int64_t next = first + k;
    update(a.from(0, next), -1, y, v.block(0, k - 1, k, n - next));
    apply_block(v, t, true, a.from(first + 1, next), rest);
  }
}

/// [x, y] of rows or columns times the reflector (v0, v1, v2) of order 2 or 3: x -= (x · v) tau v.
struct Bulge {
  double v1, v2, tau, beta;
  int64_t order;
  Bulge(double x, double y, double z, int64_t size) : v1(0), v2(0), tau(0), beta(x), order(size) {
    double values[3] = {x, y, z};
    tau = make_reflector(order, values, beta);
    v1 = values[1], v2 = order == 3 ? values[2] : 0;
  }
  void to_rows(const Matrix<double> &a, int64_t row, int64_t from, int64_t to) const {
    double *const x = &a(row, 0), *const y = x + a.row, *const z = order == 3 ? y + a.row : y;
    const auto apply = [&](int64_t j, int64_t lanes) {
      const VecD p = load_part(x + j, lanes), q = load_part(y + j, lanes), r = order == 3 ? load_part(z + j, lanes) : VecD{};
      const VecD sum = tau * (p + v1 * q + v2 * r);
      store_part(x + j, p - sum, lanes);
      store_part(y + j, q - v1 * sum, lanes);
      if (order == 3) store_part(z + j, r - v2 * sum, lanes);
    };
    int64_t j = from;
    for (; j + kLanes<double> <= to; j += kLanes<double>) apply(j, kLanes<double>);
    if (j < to) apply(j, to - j);
  }
  void to_columns(const Matrix<double> &a, int64_t column, int64_t from, int64_t to) const {
    for (int64_t i = from; i < to; i++) {
      double *const x = &a(i, column);
      const double sum = tau * (x[0] + v1 * x[1] + (order == 3 ? v2 * x[2] : 0));
      x[0] -= sum, x[1] -= sum * v1;
      if (order == 3) x[2] -= sum * v2;
    }
  }
};

constexpr double kEpsilon = 2.220446049250313e-16;

/// The 2 x 2 block at `low` in standard form: two real eigenvalues and a zero below, or a complex pair with equal diagonal elements.
void standardise(const Matrix<double> &h, const Matrix<double> &z, Reflectors &of_z, int64_t low, bool vectors, double *re, double *im) {
  const int64_t n = h.rows, high = low + 1;
  double a = h(low, low), b = h(low, high), c = h(high, low), d = h(high, high), cs = 1, sn = 0;
  const double p = (a - d) / 2, q = p * p + b * c;
  if (c != 0 && q >= 0) {  // real: rotate so that an eigenvector comes first
    const double r = p + (p < 0 ? -sqrt(q) : sqrt(q));  // d + r is the eigenvalue further from d
    const double length = hypot(r, c);
    if (length > 0) cs = r / length, sn = c / length;
  }
  if (sn != 0) {
    of_z.apply();
    for (int64_t j = low; j < (vectors ? n : high + 1); j++) {
      const double x = h(low, j), y = h(high, j);
      h(low, j) = cs * x + sn * y, h(high, j) = cs * y - sn * x;
    }
    for (int64_t i = vectors ? 0 : low; i <= high; i++) {
      const double x = h(i, low), y = h(i, high);
      h(i, low) = cs * x + sn * y, h(i, high) = cs * y - sn * x;
    }
    for (int64_t j = 0; vectors && j < z.columns; j++) {  // rows of Zᵀ
      const double x = z(low, j), y = z(high, j);
      z(low, j) = cs * x + sn * y, z(high, j) = cs * y - sn * x;
    }
    h(high, low) = 0;
  }
  a = h(low, low), d = h(high, high);
  if (c != 0 && q < 0) {
    re[low] = re[high] = (a + d) / 2;
    im[low] = sqrt(-q), im[high] = -im[low];
  } else {
    re[low] = a, re[high] = d, im[low] = im[high] = 0;
  }
}

/// Reduces the Hessenberg matrix h to real Schur form (with `vectors`; else only as far as eigenvalues need), Zᵀ along with it.
bool iterate(const Matrix<double> &h, const Matrix<double> &z, Reflectors &of_z, bool vectors, double *re, double *im) {
  const int64_t n = h.rows;
  double size = 0;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = max(0, i - 1); j < n; j++) size += absolute(h(i, j));
  int64_t high = n - 1, sweeps = 0;
  while (high >= 0) {
    int64_t low = high;
    for (; low > 0; low--) {
      double around = absolute(h(low, low)) + absolute(h(low - 1, low - 1));
      if (around == 0) around = size;
      if (absolute(h(low, low - 1)) <= kEpsilon * around) {
        h(low, low - 1) = 0;
        break;
      }
    }
    if (low == high) {
      re[high] = h(high, high), im[high] = 0;
      high--, sweeps = 0;
      continue;
    }
    if (low == high - 1) {
      standardise(h, z, of_z, low, vectors, re, im);
      high -= 2, sweeps = 0;
      continue;
    }
    if (++sweeps > 60) return false;
    // the shifts are the eigenvalues of the last 2 x 2 block, by their sum and product; now and then others, to break cycles
    double sum = h(high, high) + h(high - 1, high - 1);
    double product = h(high, high) * h(high - 1, high - 1) - h(high, high - 1) * h(high - 1, high);
    if (sweeps % 10 == 0) {
      const double shifted = absolute(h(high, high - 1)) + absolute(h(high - 1, high - 2));
      sum = 1.5 * shifted + 2 * h(high, high), product = shifted * shifted + 1.5 * shifted * h(high, high) + h(high, high) * h(high, high);
    }
    // start where two consecutive small subdiagonal elements allow it
    int64_t start = high - 2;
    double x = 0, y = 0, w = 0;
    for (;; start--) {
      const double a = h(start, start), b = h(start + 1, start + 1), off = h(start + 1, start);
      x = a * (a - sum) + product + h(start, start + 1) * off;
      y = off * (a + b - sum);
      w = off * h(start + 2, start + 1);
      if (start == low) break;
      const double left = absolute(h(start, start - 1)) * (absolute(y) + absolute(w));
      const double right = absolute(x) * (absolute(h(start - 1, start - 1)) + absolute(a) + absolute(b));
      if (left <= kEpsilon * right) break;
    }
    for (int64_t k = start; k < high; k++) {
      const int64_t order = min(3, high - k + 1);
      if (k > start) x = h(k, k - 1), y = h(k + 1, k - 1), w = order == 3 ? h(k + 2, k - 1) : 0;
      const Bulge bulge(x, y, w, order);
      if (k > start) {
        h(k, k - 1) = bulge.beta, h(k + 1, k - 1) = 0;
        if (order == 3) h(k + 2, k - 1) = 0;
      } else if (start > low) {
        h(k, k - 1) *= 1 - bulge.tau;
      }
      bulge.to_rows(h, k, k, vectors ? n : high + 1);
      bulge.to_columns(h, k, vectors ? 0 : low, min(high, k + 3) + 1);
      if (vectors) of_z.add(k, bulge.v1, bulge.v2, bulge.tau);
    }
  }
  of_z.apply();
  return true;
}

struct Number {
  double re, im;
};
Number divide(double ar, double ai, double br, double bi) {
  const double scale = absolute(br) + absolute(bi);
  ar /= scale, ai /= scale, br /= scale, bi /= scale;
  const double square = br * br + bi * bi;
  return {(ar * br + ai * bi) / square, (ai * br - ar * bi) / square};
}

/// The eigenvectors of the Schur form h as rows of x: row k for a real eigenvalue; rows k and k + 1, real and imaginary part, for a pair.
void back_substitute(const Matrix<double> &h, const double *re, const double *im, const Matrix<double> &x) {
  const int64_t n = h.rows;
  double size = 0;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = i; j < n; j++)
      if (absolute(h(i, j)) > size) size = absolute(h(i, j));
  const double tiny = kEpsilon * (size > 0 ? size : 1);
  for (int64_t k = 0; k < n; k++) {
    const bool pair = im[k] > 0;
    double *const u = &x(k, 0), *const v = pair ? &x(k + 1, 0) : nullptr;  // the vector is u + i v
    const int64_t last = pair ? k + 1 : k;
    for (int64_t i = 0; i < n; i++) {
      u[i] = 0;
      if (v) v[i] = 0;
    }
    const double wr = re[k], wi = pair ? im[k] : 0;
    if (!pair) {
      u[k] = 1;
    } else if (absolute(h(k, k + 1)) >= absolute(h(k + 1, k))) {  // (h - w) z = 0 in the block itself
      u[k] = 1;
      const Number z = divide(wr - h(k, k), wi, h(k, k + 1), 0);
      u[k + 1] = z.re, v[k + 1] = z.im;
    } else {
      u[k + 1] = 1;
      const Number z = divide(wr - h(k + 1, k + 1), wi, h(k + 1, k), 0);
      u[k] = z.re, v[k] = z.im;
    }
    for (int64_t i = k - 1; i >= 0; i--) {
      const bool block = i > 0 && h(i, i - 1) != 0;
      const auto sum = [&](int64_t row, const double *vector) { return vector ? -dot(last - i, &h(row, i + 1), vector + i + 1) : 0.0; };
      const double r1 = sum(i, u), s1 = sum(i, v);
      if (!block) {
        double d = h(i, i) - wr;
        if (absolute(d) + absolute(wi) < tiny) d = tiny;
        const Number z = divide(r1, s1, d, -wi);
        u[i] = z.re;
        if (v) v[i] = z.im;
      } else {  // two unknowns, i - 1 and i
        const double r0 = -dot(last - i, &h(i - 1, i + 1), u + i + 1), s0 = v ? -dot(last - i, &h(i - 1, i + 1), v + i + 1) : 0;
        const double a = h(i - 1, i - 1) - wr, b = h(i - 1, i), c = h(i, i - 1), d = h(i, i) - wr;
        // determinant of [[a - i wi, b], [c, d - i wi]]
        double det_re = a * d - wi * wi - b * c, det_im = -wi * (a + d);
        if (absolute(det_re) + absolute(det_im) < tiny * tiny) det_re = tiny * tiny;
        const Number top = divide(r0 * d + s0 * wi - b * r1, s0 * d - r0 * wi - b * s1, det_re, det_im);
        const Number bottom = divide(r1 * a + s1 * wi - c * r0, s1 * a - r1 * wi - c * s0, det_re, det_im);
        u[i - 1] = top.re, u[i] = bottom.re;
        if (v) v[i - 1] = top.im, v[i] = bottom.im;
        i--;
      }
      double largest = 0;
      for (int64_t j = max(i, 0); j <= last; j++) {
        const double m = absolute(u[j]) + (v ? absolute(v[j]) : 0);
        if (m > largest) largest = m;
      }
      if (largest > 1e100)
        for (int64_t j = max(i, 0); j <= last; j++) {
          u[j] /= largest;
          if (v) v[j] /= largest;
        }
    }
    if (pair) k++;
  }
}

/// Elements of a row of the matrix that is iterated on. Rows a power of two apart would fight for the same places in the cache.
int64_t padded(int64_t n) { return n + 8; }

int64_t memory_for(int64_t n) { return 2 * n * n + n * padded(n) + 5 * n + max(reduce_memory(n), product_memory(n, n)) + 128; }

/// values: n complex numbers; vectors: n x n complex numbers, or none.
template <class T>
int32_t decompose(const Matrix<T> &input, T *values, T *vectors, char *memory) {
  const int64_t n = input.rows;
  double *const work = take<double>(memory, max(reduce_memory(n), product_memory(n, n)));
  const Matrix<double> h = {take<double>(memory, n * padded(n)), n, n, padded(n), 1}, z = dense(take<double>(memory, n * n), n, n);
  const Matrix<double> x = dense(take<double>(memory, n * n), n, n);
  double *const tau = take<double>(memory, n), *const re = take<double>(memory, n), *const im = take<double>(memory, n);
  double *const scales = take<double>(memory, n);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) h(i, j) = static_cast<double>(input(i, j));
  const double factor = scale_of(h);
  if (factor == 0) return kNotFinite;
  scale(h, factor);
  balance(h, scales);
  reduce(h, tau, work);
  if (vectors) form_product(h, 1, tau, n - 2, z.transposed(), work);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < i - 1; j++) h(i, j) = 0;
  Reflectors of_z(z, memory);
  if (!iterate(h, z, of_z, vectors != nullptr, re, im)) return kNotConverged;
  for (int64_t i = 0; i < n; i++) values[2 * i] = static_cast<T>(re[i] / factor), values[2 * i + 1] = static_cast<T>(im[i] / factor);
  if (!vectors) return 0;
  back_substitute(h, re, im, x);
  memset(h.data, 0, static_cast<size_t>(n * padded(n)) * sizeof(double));
  update(h, 1, x, z);  // rows: eigenvectors of the balanced matrix
  for (int64_t k = 0; k < n; k++) {
    const bool pair = im[k] > 0;
    double *const u = &h(k, 0), *const v = pair ? &h(k + 1, 0) : nullptr;
    for (int64_t i = 0; i < n; i++) {
      u[i] *= scales[i];
      if (v) v[i] *= scales[i];
    }
    const double a = norm(n, u), b = v ? norm(n, v) : 0, length = hypot(a, b);
    if (v) {  // the phase in which the largest element is real, as LAPACK has it
      int64_t largest = 0;
      for (int64_t i = 1; i < n; i++)
        if (hypot(u[i], v[i]) > hypot(u[largest], v[largest])) largest = i;
      const double r = hypot(u[largest], v[largest]), c = u[largest] / r, s = v[largest] / r;
      for (int64_t i = 0; i < n; i++) {
        const double x = u[i], y = v[i];
        u[i] = c * x + s * y, v[i] = i == largest ? 0 : c * y - s * x;
      }
    }
    const double unit = length > 0 ? 1 / length : 1;
    for (int64_t i = 0; i < n; i++) {
      T *const at = vectors + 2 * (i * n + k);
      at[0] = static_cast<T>(u[i] * unit), at[1] = v ? static_cast<T>(v[i] * unit) : T(0);
      if (v) at[2] = at[0], at[3] = -at[1];
    }
    if (pair) k++;
  }
  return 0;
}

/// Without vectors, `vectors` has no elements.
int32_t eig(const fb_tensor *values, const fb_tensor *vectors, const fb_tensor *info, const fb_tensor *input) {
  return for_float_or_double(input->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const int64_t n = rows_of(input);
    const bool wanted = columns_of(vectors) > 0;
    const double work = 25 * static_cast<double>(n * n) * static_cast<double>(n);
    return for_batch(batch_of(input), work, memory_for(n) * 8 + Reflectors::kBytes, [&](int64_t i, char *memory) {
      *vector_of<int32_t>(info, i, 1) = n == 0 ? 0
                                               : decompose(matrix_of<T>(input, i), vector_of<T>(values, i, 2 * n),
                                                           wanted ? vector_of<T>(vectors, i, 2 * n * n) : nullptr, memory);
    });
  });
}

}  // namespace

FB_GROUP(linalg_eig, FB_ENTRY("linalg_eig", eig))

}  // namespace fb::FB_ISA
