// Layer normalisation of contiguous rows: y = (x - mean) * rstd * weight + bias, and its gradients.
#include <math.h>

#include "../lanes.h"
#include "../strided.h"

namespace fb::FB_ISA {
namespace {

template <class C>
inline C inverse_root(C variance, double eps) {
  return static_cast<C>(1 / sqrt(static_cast<double>(variance) + eps));
}

/// Sum of f(i, width) over vectors of a row, in blocks.
template <class C, class F>
inline C row_sum(int64_t n, const F &f) {
  constexpr int64_t L = kLanes<C>, kBlock = 64;
  Vec<C> total = {};
  for (int64_t i = 0; i < n;) {
    Vec<C> a = {}, b = {};
    const int64_t stop = n < i + kBlock * L ? n : i + kBlock * L;
    for (; i + 2 * L <= stop; i += 2 * L) a += f(i, L), b += f(i + L, L);
    for (; i < stop; i += L) a += f(i, stop - i);
    total += a + b;
  }
  return sum_lanes<C>(total);
}

template <class S>
__attribute__((noinline)) void forward_row(S *out, Compute<S> *mean, Compute<S> *rstd, const S *x, const S *weight, const S *bias, int64_t n, double eps) {
  typedef Compute<S> C;
  constexpr int64_t L = kLanes<C>;
  const C count = static_cast<C>(n), m = row_sum<C>(n, [&](int64_t i, int64_t w) { return load_first(x + i, w); }) / count;
  const C squares = row_sum<C>(n, [&](int64_t i, int64_t w) {
    const Vec<C> d = load_first(x + i, w) - m;
    return first_lanes<C>(w) ? d * d : Vec<C>{};
  });
  const C r = inverse_root(squares / count, eps);
  for (int64_t i = 0; i < n; i += L) {
    Vec<C> y = (load_first(x + i, n - i) - m) * r;
    if (weight) y *= load_first(weight + i, n - i);
    if (bias) y += load_first(bias + i, n - i);
    store_first(out + i, y, n - i);
  }
  *mean = m, *rstd = r;
}

int32_t layer_norm(const fb_tensor *out, const fb_tensor *mean, const fb_tensor *rstd, const fb_tensor *input, const fb_tensor *weight,
                   const fb_tensor *bias, int64_t inner, double eps) {
  const int64_t total = numel(input);
  if (total == 0) return FB_OK;
  return for_float(input->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    typedef Compute<S> C;
    const S *const w = weight ? static_cast<const S *>(weight->data) : nullptr, *const b = bias ? static_cast<const S *>(bias->data) : nullptr;
    parallel_for(total / inner, rows_per_chunk(inner, 16384), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; r++)
        forward_row<S>(static_cast<S *>(out->data) + r * inner, static_cast<C *>(mean->data) + r, static_cast<C *>(rstd->data) + r,
                       static_cast<const S *>(input->data) + r * inner, w, b, inner, eps);
    });
    return int32_t{FB_OK};
  });
}

// gi = rstd (g w - mean(g w) - xhat mean(g w xhat)); adds to the sums gw += g xhat, gb += g.
template <class S>
__attribute__((noinline)) void backward_row(S *gi, Compute<S> *gw, Compute<S> *gb, const S *g, const S *x, Compute<S> mean, Compute<S> rstd,
                                            const S *weight, int64_t n) {
  typedef Compute<S> C;
  constexpr int64_t L = kLanes<C>, kBlock = 64 * L;
  Vec<C> sum = {}, sum_x = {};
  for (int64_t i = 0; gi && i < n;) {
    Vec<C> part = {}, part_x = {};
    for (const int64_t stop = n < i + kBlock ? n : i + kBlock; i < stop; i += L) {
      Vec<C> v = load_first(g + i, n - i);
      if (weight) v *= load_first(weight + i, n - i);
      part += v;
      part_x = fma(v, load_first(x + i, n - i) - mean, part_x);
    }
    sum += part, sum_x += part_x;
  }
  const C count = static_cast<C>(n), average = sum_lanes<C>(sum) / count, slope = sum_lanes<C>(sum_x) / count * rstd;
  for (int64_t i = 0; i < n; i += L) {
    const Vec<C> v = load_first(g + i, n - i), normal = (load_first(x + i, n - i) - mean) * rstd;
    if (gi) {
      const Vec<C> scaled = weight ? v * load_first(weight + i, n - i) : v;
      store_first(gi + i, rstd * (scaled - average - normal * slope), n - i);
    }
    if (!gw) continue;
    store(gw + i, fma(v, normal, load(gw + i)));
    store(gb + i, load(gb + i) + v);
  }
}

template <class S>
int32_t backward(const fb_tensor *gi, const fb_tensor *gw, const fb_tensor *gb, const fb_tensor *grad, const fb_tensor *input,
                 const fb_tensor *mean, const fb_tensor *rstd, const fb_tensor *weight, int64_t inner) {
  typedef Compute<S> C;
  const int64_t rows = inner > 0 ? numel(input) / inner : 0, padded = (inner + kLanes<C> - 1) / kLanes<C> * kLanes<C>;
  // Sums over rows: each part of rows has its own, added up afterwards. At most 64 parts, so that they stay small.
  int64_t grain = rows_per_chunk(inner, 8192);
  if (grain < 16) grain = 16;
  if (grain < (rows + 63) / 64) grain = (rows + 63) / 64;
  const int64_t parts = (rows + grain - 1) / grain, bytes = 2 * parts * padded * static_cast<int64_t>(sizeof(C));
  const bool sums = gw || gb;
  Scratch memory(sums ? bytes : 0);
  if (!memory.data) return out_of_memory(bytes);
  if (sums) memset(memory.data, 0, static_cast<size_t>(bytes));
  C *const partial = memory.as<C>();
  const S *const w = weight ? static_cast<const S *>(weight->data) : nullptr;
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    C *const sum = sums ? partial + begin / grain * 2 * padded : nullptr;
    for (int64_t r = begin; r < end; r++)
      backward_row<S>(gi ? static_cast<S *>(gi->data) + r * inner : nullptr, sum, sum + padded, static_cast<const S *>(grad->data) + r * inner,
                      static_cast<const S *>(input->data) + r * inner, static_cast<const C *>(mean->data)[r], static_cast<const C *>(rstd->data)[r], w, inner);
  });
  for (int k = 0; k < 2; k++) {
    const fb_tensor *const out = k == 0 ? gw : gb;
    if (!out) continue;
    S *const o = static_cast<S *>(out->data);
    for (int64_t i = 0; i < inner; i += kLanes<C>) {
      Vec<C> total = {};
      for (int64_t p = 0; p < parts; p++) total += load(partial + (2 * p + k) * padded + i);
      store_first(o + i, total, inner - i);
    }
  }
  return FB_OK;
}

int32_t layer_norm_backward(const fb_tensor *gi, const fb_tensor *gw, const fb_tensor *gb, const fb_tensor *grad, const fb_tensor *input,
                            const fb_tensor *mean, const fb_tensor *rstd, const fb_tensor *weight, int64_t inner) {
  return for_float(input->dtype, [&](auto tag) { return backward<FB_TYPE_OF(tag)>(gi, gw, gb, grad, input, mean, rstd, weight, inner); });
}

}  // namespace

FB_GROUP(layer_norm, FB_ENTRY("layer_norm", layer_norm), FB_ENTRY("layer_norm_backward", layer_norm_backward))

}  // namespace fb::FB_ISA
