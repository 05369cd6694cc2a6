// Resampling along one dimension: every element of the result is a weighted sum of neighbours. What neighbours and weights are
// (nearest, linear, cubic, antialiased, and the transpose of each, its gradient) stands in tables.
#include "../element.h"

namespace fb::FB_ISA {
namespace {

/// Neighbours in memory. One and two of them, which is what upsampling mostly takes, without a loop.
template <class T>
void resample_row(T *to, const T *from, int64_t m, const int64_t *start, const int64_t *count, const T *weights, int64_t width) {
  if (width == 1) {
    for (int64_t i = 0; i < m; i++) to[i] = count[i] == 0 ? T(0) : weights[i] * from[start[i]];
    return;
  }
  for (int64_t i = 0; i < m; i++, weights += width) {
    const T *const x = from + start[i];
    T sum = count[i] == 0 ? T(0) : weights[0] * x[0];  // an infinity that nothing reads must not become NaN
    if (count[i] >= 2) sum += weights[1] * x[1];
    for (int64_t k = 2; k < count[i]; k++) sum += weights[k] * x[k];
    to[i] = sum;
  }
}

/// The weighted sum of `count` rows of n elements.
template <class T>
void add_rows(T *to, const T *from, int64_t n, int64_t count, const T *weights) {
  constexpr int64_t L = kLanes<T>;
  if (count == 0) return static_cast<void>(memset(to, 0, static_cast<size_t>(n) * sizeof(T)));
  if (count == 1 && weights[0] == 1) return static_cast<void>(memcpy(to, from, static_cast<size_t>(n) * sizeof(T)));
  const Vec<T> first = broadcast(weights[0]), second = broadcast(count > 1 ? weights[1] : T(0));
  int64_t c = 0;
  for (; c + L <= n; c += L) {
    Vec<T> sum = first * load(from + c);
    if (count >= 2) sum += second * load(from + n + c);
    for (int64_t k = 2; k < count; k++) sum += broadcast(weights[k]) * load(from + k * n + c);
    store(to + c, sum);
  }
  for (; c < n; c++) {
    T sum = weights[0] * from[c];
    for (int64_t k = 1; k < count; k++) sum += weights[k] * from[k * n + c];
    to[c] = sum;
  }
}

/// out (outer, m, inner)[o, i, :] = Σ_k weights[i, k] self (outer, n, inner)[o, starts[i] + k, :], contiguous; `taps[i]` of the
/// weights count.
int32_t resample(const fb_tensor *out, const fb_tensor *self, const fb_tensor *starts, const fb_tensor *taps, const fb_tensor *weights, int64_t dim) {
  int64_t outer = 1, inner = 1;
  for (int d = 0; d < self->ndim; d++) (d < dim ? outer : inner) *= d == dim ? 1 : self->dims[d];
  const int64_t n = self->dims[dim], m = out->dims[dim], width = weights->dims[1];
  const int64_t *const start = static_cast<const int64_t *>(starts->data), *const count = static_cast<const int64_t *>(taps->data);
  const double *const exact = static_cast<const double *>(weights->data);
  return for_float_or_double(self->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const T *const x = static_cast<const T *>(self->data);
    T *const o = static_cast<T *>(out->data);
    const Scratch memory(m * width * static_cast<int64_t>(sizeof(T)));
    T *const table = memory.as<T>();
    if (!table) return out_of_memory(m * width * static_cast<int64_t>(sizeof(T)));
    for (int64_t i = 0; i < m * width; i++) table[i] = static_cast<T>(exact[i]);
    parallel_for(outer, 32768 / (m * inner * width + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t at = begin; at < end; at++) {
        const T *const from = x + at * n * inner;
        T *const to = o + at * m * inner;
        if (inner == 1) resample_row(to, from, m, start, count, table, width);
        else
          for (int64_t i = 0; i < m; i++) add_rows(to + i * inner, from + start[i] * inner, inner, count[i], table + i * width);
      }
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(resample, FB_ENTRY("resample", resample))

}  // namespace fb::FB_ISA
