// Negative log likelihood: loss = -weight[target] * log_probs[n, target], and its gradient. Contiguous.
#include "../strided.h"

namespace fb::FB_ISA {
namespace {

/// (N, C, d1) with d1 = 1 for (N, C); without N for (C).
struct Classes {
  int64_t n, c, d;
  explicit Classes(const fb_tensor *t)
      : n(t->ndim > 1 ? t->dims[0] : 1), c(t->ndim > 1 ? t->dims[1] : t->dims[0]), d(1) {
    for (int i = 2; i < t->ndim; i++) d *= t->dims[i];
  }
};

int32_t check_targets(const int64_t *target, int64_t count, int64_t classes, int64_t ignore_index) {
  for (int64_t i = 0; i < count; i++)
    if (target[i] != ignore_index && (target[i] < 0 || target[i] >= classes)) return index_out_of_range(target[i], classes, i);
  return FB_OK;
}

template <class S>
int32_t forward(const fb_tensor *out, const fb_tensor *total_weight, const fb_tensor *log_probs, const int64_t *target, const S *weight,
                int64_t reduction, int64_t ignore_index) {
  typedef Compute<S> C;
  const Classes s(log_probs);
  const S *const x = static_cast<const S *>(log_probs->data);
  S *const o = static_cast<S *>(out->data);
  double loss = 0, weights = 0;
  for (int64_t i = 0; i < s.n * s.d; i++) {
    const int64_t t = target[i];
    C value = 0, w = 0;
    if (t != ignore_index) {
      w = weight ? widen(weight[t]) : C(1);
      value = -widen(x[(i / s.d * s.c + t) * s.d + i % s.d]) * w;
    }
    if (reduction == 0) o[i] = narrow<S>(value);
    loss += static_cast<double>(value), weights += static_cast<double>(w);
  }
  if (reduction != 0) *o = narrow<S>(static_cast<C>(reduction == 1 ? loss / weights : loss));
  if (total_weight) *static_cast<S *>(total_weight->data) = narrow<S>(static_cast<C>(weights));
  return FB_OK;
}

int32_t nll_loss(const fb_tensor *out, const fb_tensor *total_weight, const fb_tensor *log_probs, const fb_tensor *target,
                 const fb_tensor *weight, int64_t reduction, int64_t ignore_index) {
  const int64_t *const t = static_cast<const int64_t *>(target->data);
  const int32_t status = check_targets(t, numel(target), Classes(log_probs).c, ignore_index);
  if (status != FB_OK) return status;
  return for_float(log_probs->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    return forward<S>(out, total_weight, log_probs, t, weight ? static_cast<const S *>(weight->data) : nullptr, reduction, ignore_index);
  });
}

template <class S>
int32_t backward(const fb_tensor *grad_input, const fb_tensor *grad, const int64_t *target, const S *weight, const fb_tensor *total_weight,
                 int64_t reduction, int64_t ignore_index) {
  typedef Compute<S> C;
  const Classes s(grad_input);
  S *const gi = static_cast<S *>(grad_input->data);
  const S *const g = static_cast<const S *>(grad->data);
  const C total = reduction == 1 ? widen(*static_cast<const S *>(total_weight->data)) : C(1);
  parallel_for(s.n, rows_per_chunk(s.c * s.d), [&](int64_t begin, int64_t end) {
    memset(static_cast<void *>(gi + begin * s.c * s.d), 0, static_cast<size_t>((end - begin) * s.c * s.d) * sizeof(S));
    for (int64_t i = begin * s.d; i < end * s.d; i++) {
      const int64_t t = target[i];
      if (t == ignore_index) continue;
      const C w = weight ? widen(weight[t]) : C(1), upstream = widen(g[reduction == 0 ? i : 0]);
      gi[(i / s.d * s.c + t) * s.d + i % s.d] = narrow<S>(-upstream * w / total);
    }
  });
  return FB_OK;
}

int32_t nll_loss_backward(const fb_tensor *grad_input, const fb_tensor *grad, const fb_tensor *target, const fb_tensor *weight,
                          const fb_tensor *total_weight, int64_t reduction, int64_t ignore_index) {
  const int64_t *const t = static_cast<const int64_t *>(target->data);
  const int32_t status = check_targets(t, numel(target), Classes(grad_input).c, ignore_index);
  if (status != FB_OK) return status;
  return for_float(grad_input->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    return backward<S>(grad_input, grad, t, weight ? static_cast<const S *>(weight->data) : nullptr, total_weight, reduction, ignore_index);
  });
}

}  // namespace

FB_GROUP(nll_loss, FB_ENTRY("nll_loss", nll_loss), FB_ENTRY("nll_loss_backward", nll_loss_backward))

}  // namespace fb::FB_ISA
