// Resampling along one dimension: every element of the result is a weighted sum of neighbours. What neighbours and weights are
// (nearest, linear, cubic, antialiased, and the transpose of each, its gradient) stands in tables.
#include "../element.h"

namespace fb::FB_ISA {
namespace {

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
    constexpr int64_t L = kLanes<T>;
    const T *const x = static_cast<const T *>(self->data);
    T *const o = static_cast<T *>(out->data);
    const Scratch memory(m * width * static_cast<int64_t>(sizeof(T)));
    T *const table = memory.as<T>();
    if (!table) return out_of_memory(m * width * static_cast<int64_t>(sizeof(T)));
    for (int64_t i = 0; i < m * width; i++) table[i] = static_cast<T>(exact[i]);
    parallel_for(outer, 32768 / (m * inner * width + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t at = begin; at < end; at++)
        for (int64_t i = 0; i < m; i++) {
          const T *const from = x + (at * n + start[i]) * inner, *const w = table + i * width;
          T *const to = o + (at * m + i) * inner;
          const int64_t number = count[i];
          int64_t c = 0;
          for (; c + L <= inner; c += L) {
            Vec<T> sum = {};
            for (int64_t k = 0; k < number; k++) sum = fma(broadcast(w[k]), load(from + k * inner + c), sum);
            store(to + c, sum);
          }
          for (; c < inner; c++) {
            T sum = 0;
            for (int64_t k = 0; k < number; k++) sum += w[k] * from[k * inner + c];
            to[c] = sum;
          }
        }
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(resample, FB_ENTRY("resample", resample))

}  // namespace fb::FB_ISA
