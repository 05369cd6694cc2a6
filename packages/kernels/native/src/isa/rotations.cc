// Sequences of plane rotations and of small reflectors, the inner loop of eigenvalue and singular value iterations.
#include "../element.h"

namespace fb::FB_ISA {
namespace {

// A strip of columns: independent chains of operations, and rows that stay in the L2 cache.
constexpr int64_t kVectors = FB_VECTOR_BYTES == 64 ? 4 : 2;

/// A row of a strip of V vectors; of one vector, only the first `width` elements are read and written.
template <class T, int64_t V>
struct Strip {
  static constexpr int64_t L = kLanes<T>;
  Vec<T> v[V];
  __attribute__((always_inline)) void load_row(const T *row, int64_t width) {
    if (V == 1) v[0] = load_as<T>(row, width);
    else
#pragma GCC unroll 4
      for (int64_t i = 0; i < V; i++) v[i] = load(row + i * L);
  }
  __attribute__((always_inline)) void store_row(T *row, int64_t width) const {
    if (V == 1) store_as(row, v[0], width);
    else
#pragma GCC unroll 4
      for (int64_t i = 0; i < V; i++) store(row + i * L, v[i]);
  }
};

/// Neighbouring rotations of a sweep, upwards or downwards, share a row, which stays in registers from one to the next.
template <class T, int64_t V>
void rotate_strip(T *z, int64_t ld, int64_t width, const int32_t *planes, const double *angles, int64_t count) {
  for (int64_t k = 0; k < count;) {
    const int32_t step = k + 1 < count && planes[k + 1] == planes[k] + 1 ? 1 : -1;
    const int64_t move = step * ld;
    T *row = z + (planes[k] + (step < 0)) * ld;
    Strip<T, V> shared, other;
    shared.load_row(row, width);
    do {
      const Vec<T> c = broadcast(static_cast<T>(angles[2 * k])), s = broadcast(static_cast<T>(step * angles[2 * k + 1]));
      other.load_row(row + move, width);
#pragma GCC unroll 4
      for (int64_t i = 0; i < V; i++) {
        const Vec<T> x = shared.v[i], y = other.v[i];
        shared.v[i] = fma(s, y, c * x), other.v[i] = fma(-s, x, c * y);
      }
      shared.store_row(row, width);
      shared = other, row += move, k++;
    } while (k < count && planes[k] == planes[k - 1] + step);
    shared.store_row(row, width);
  }
}

/// Reflectors of three rows each, x -= tau v (v · x): numbers[k] = (v1, v2, tau), v0 = 1, for rows planes[k] to planes[k] + 2; at the
/// last rows of z there are but two. Neighbouring ones share two rows, which stay in registers.
template <class T, int64_t V>
void reflect_strip(T *z, int64_t ld, int64_t rows, int64_t width, const int32_t *planes, const double *numbers, int64_t count) {
  for (int64_t k = 0; k < count;) {
    T *row = z + planes[k] * ld;
    Strip<T, V> x, y, w;
    x.load_row(row, width), y.load_row(row + ld, width);
    bool third;
    do {
      third = planes[k] + 2 < rows;
      if (third) w.load_row(row + 2 * ld, width);
      else w = {};
      const double *const at = numbers + 3 * k;
      const Vec<T> v1 = broadcast(static_cast<T>(at[0])), v2 = broadcast(static_cast<T>(at[1])), tau = broadcast(static_cast<T>(at[2]));
#pragma GCC unroll 4
      for (int64_t i = 0; i < V; i++) {
        const Vec<T> sum = tau * fma(v2, w.v[i], fma(v1, y.v[i], x.v[i]));
        x.v[i] = x.v[i] - sum, y.v[i] = fma(-v1, sum, y.v[i]), w.v[i] = fma(-v2, sum, w.v[i]);
      }
      x.store_row(row, width);
      x = y, y = w, row += ld;
      k++;
    } while (k < count && planes[k] == planes[k - 1] + 1);
    x.store_row(row, width);
    if (third) y.store_row(row + ld, width);
  }
}

/// Calls wide(strip) for the strips of kVectors vectors of columns of z, and narrow(strip, width) for each vector of the rest.
template <class T, class F, class G>
void for_strips(const fb_tensor *z, int64_t operations, const F &wide, const G &narrow) {
  constexpr int64_t L = kLanes<T>, W = kVectors * L;
  const int64_t columns = z->dims[1];
  T *const data = static_cast<T *>(z->data);
  parallel_for((columns + W - 1) / W, 1 + 16384 / (operations + 1), [&](int64_t begin, int64_t end) {
    for (int64_t j = begin * W; j < end * W && j < columns; j += W) {
      if (columns - j >= W) wide(data + j);
      else
        for (int64_t i = j; i < columns; i += L) narrow(data + i, columns - i < L ? columns - i : L);
    }
  });
}

/// Applies (c, s) = angles[k] to rows planes[k] and planes[k] + 1 of z, k in order: lower = c lower - s upper, upper = s lower + c upper.
int32_t rotate_rows(const fb_tensor *z, const fb_tensor *planes, const fb_tensor *angles) {
  return for_float_or_double(z->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const int64_t ld = z->strides[0], count = planes->dims[0];
    const int32_t *const p = static_cast<const int32_t *>(planes->data);
    const double *const a = static_cast<const double *>(angles->data);
    for_strips<T>(
        z, count, [&](T *strip) { rotate_strip<T, kVectors>(strip, ld, 0, p, a, count); },
        [&](T *strip, int64_t width) { rotate_strip<T, 1>(strip, ld, width, p, a, count); });
    return int32_t{FB_OK};
  });
}

/// Applies reflector `numbers[k]` to the rows of the float64 matrix z from planes[k] on, k in order.
int32_t reflect_rows(const fb_tensor *z, const fb_tensor *planes, const fb_tensor *numbers) {
  const int64_t ld = z->strides[0], count = planes->dims[0];
  const int32_t *const p = static_cast<const int32_t *>(planes->data);
  const double *const a = static_cast<const double *>(numbers->data);
  for_strips<double>(
      z, count, [&](double *strip) { reflect_strip<double, kVectors>(strip, ld, z->dims[0], 0, p, a, count); },
      [&](double *strip, int64_t width) { reflect_strip<double, 1>(strip, ld, z->dims[0], width, p, a, count); });
  return FB_OK;
}

}  // namespace

FB_GROUP(rotations, FB_ENTRY("rotate_rows", rotate_rows), FB_ENTRY("reflect_rows", reflect_rows))

}  // namespace fb::FB_ISA
