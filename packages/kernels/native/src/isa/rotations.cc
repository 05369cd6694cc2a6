// Sequences of plane rotations, the inner loop of eigenvalue and singular value iterations.
#include "../element.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kVectors = 4;  // a strip of columns: independent chains of operations, and rows that stay in the L2 cache

/// Columns [j, j + width) of row i and the row below it. A short strip reads and writes only its own columns.
template <class T, bool Whole>
void rotate_strip(T *z, int64_t ld, int64_t width, const int32_t *planes, const double *angles, int64_t count) {
  constexpr int64_t L = kLanes<T>;
  for (int64_t k = 0; k < count; k++) {
    T *const upper = z + planes[k] * ld, *const lower = upper + ld;
    const Vec<T> c = broadcast(static_cast<T>(angles[2 * k])), s = broadcast(static_cast<T>(angles[2 * k + 1]));
    for (int64_t v = 0; v < kVectors; v++) {
      const int64_t at = v * L, lanes = Whole ? L : width - at < L ? width - at : L;
      if (!Whole && lanes <= 0) break;
      const Vec<T> x = load_as<T>(upper + at, lanes), y = load_as<T>(lower + at, lanes);
      store_as(lower + at, fma(c, y, -(s * x)), lanes);
      store_as(upper + at, fma(s, y, c * x), lanes);
    }
  }
}

/// Applies (c, s) = angles[k] to rows planes[k] and planes[k] + 1 of z, k in order: lower = c lower - s upper, upper = s lower + c upper.
int32_t rotate_rows(const fb_tensor *z, const fb_tensor *planes, const fb_tensor *angles) {
  return for_float_or_double(z->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    constexpr int64_t W = kVectors * kLanes<T>;
    const int64_t columns = z->dims[1], ld = z->strides[0], count = planes->dims[0];
    T *const data = static_cast<T *>(z->data);
    const int32_t *const p = static_cast<const int32_t *>(planes->data);
    const double *const a = static_cast<const double *>(angles->data);
    const int64_t grain = 1 + 16384 / (count + 1);
    parallel_for((columns + W - 1) / W, grain, [&](int64_t begin, int64_t end) {
      for (int64_t strip = begin; strip < end; strip++) {
        const int64_t j = strip * W;
        if (columns - j >= W) rotate_strip<T, true>(data + j, ld, W, p, a, count);
        else rotate_strip<T, false>(data + j, ld, columns - j, p, a, count);
      }
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(rotations, FB_ENTRY("rotate_rows", rotate_rows))

}  // namespace fb::FB_ISA
