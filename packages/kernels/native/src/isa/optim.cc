// Optimizer steps and gradient scaling over lists of contiguous tensors: one pass over memory, cut into chunks that may lie
// anywhere in the list. Formulas: torch.optim.SGD, Adam and AdamW, torch.nn.utils.clip_grad_norm_.
#include <math.h>

#include "../optimizer.h"
#include "../reduction_ops.h"

namespace fb::FB_ISA {
namespace {

struct Sgd {
  double lr, momentum, dampening, weight_decay;
  bool nesterov, maximize, first_step, has_buffer;
};

template <class T>
__attribute__((noinline)) void sgd_chunk(T *p, const T *g, T *m, int64_t n, const Sgd &s) {
  constexpr int64_t L = kLanes<T>;
  const Vec<T> lr = broadcast<T>(static_cast<T>(-s.lr)), momentum = broadcast<T>(static_cast<T>(s.momentum));
  const Vec<T> damp = broadcast<T>(static_cast<T>(1 - s.dampening)), decay = broadcast<T>(static_cast<T>(s.weight_decay));
  for (int64_t i = 0; i < n; i += L) {
    const int64_t w = n - i < L ? n - i : L;
    Vec<T> parameter = load_as<T>(p + i, w), grad = load_as<T>(g + i, w);
    if (s.maximize) grad = -grad;
    if (s.weight_decay != 0) grad = fma(decay, parameter, grad);
    if (s.has_buffer) {
      const Vec<T> buffer = s.first_step ? grad : fma(damp, grad, momentum * load_as<T>(m + i, w));
      store_as(m + i, buffer, w);
      grad = s.nesterov ? fma(momentum, buffer, grad) : buffer;
    }
    store_as(p + i, fma(lr, grad, parameter), w);
  }
}

int32_t fused_sgd(fb_tensors params, fb_tensors grads, fb_tensors buffers, double lr, double momentum, double dampening,
                  double weight_decay, bool nesterov, bool maximize, bool first_step) {
  for (int64_t i = 0; i < params.count; i++)
    if (params.items[i].dtype > FB_FLOAT64) return unsupported_dtype(params.items[i].dtype);
  const Sgd s = {lr, momentum, dampening, weight_decay, nesterov, maximize, first_step, buffers.count > 0};
  return Chunks(params).run([&](int64_t t, int64_t begin, int64_t end) {
    for_float_or_double(params.items[t].dtype, [&](auto tag) {
      typedef FB_TYPE_OF(tag) T;
      T *const m = s.has_buffer ? static_cast<T *>(buffers.items[t].data) + begin : nullptr;
      sgd_chunk(static_cast<T *>(params.items[t].data) + begin, static_cast<const T *>(grads.items[t].data) + begin, m, end - begin, s);
      return int32_t{FB_OK};
    });
  });
}

struct Adam {
  double step, lr, beta1, beta2, eps, weight_decay;
  bool maximize, decoupled;
};

template <class T>
__attribute__((noinline)) void adam_chunk(T *p, const T *g, T *m, T *v, T *vmax, int64_t n, const Adam &s) {
  constexpr int64_t L = kLanes<T>;
  const auto all = [](double x) { return broadcast<T>(static_cast<T>(x)); };
  const double correction1 = 1 - pow(s.beta1, s.step), correction2 = 1 - pow(s.beta2, s.step);
  const Vec<T> keep1 = all(1 - s.beta1), beta2 = all(s.beta2), keep2 = all(1 - s.beta2), eps = all(s.eps), size = all(-s.lr / correction1);
  const Vec<T> root2 = all(sqrt(correction2)), shrink = all(1 - s.lr * s.weight_decay), decay = all(s.weight_decay);
  for (int64_t i = 0; i < n; i += L) {
    const int64_t w = n - i < L ? n - i : L;
    Vec<T> parameter = load_as<T>(p + i, w), grad = load_as<T>(g + i, w);
    if (s.maximize) grad = -grad;
    if (s.decoupled) parameter *= shrink;
    else if (s.weight_decay != 0) grad = fma(decay, parameter, grad);
    const Vec<T> m0 = load_as<T>(m + i, w), m1 = fma(keep1, grad - m0, m0);
    const Vec<T> v1 = fma(keep2 * grad, grad, beta2 * load_as<T>(v + i, w));
    store_as(m + i, m1, w);
    store_as(v + i, v1, w);
    Vec<T> second = v1;
    if (vmax) {
      second = Max<T>::combine(load_as<T>(vmax + i, w), v1);
      store_as(vmax + i, second, w);
    }
    store_as(p + i, fma(size, m1 / (square_root(second) / root2 + eps), parameter), w);
  }
}

int32_t fused_adam(fb_tensors params, fb_tensors grads, fb_tensors exp_avgs, fb_tensors exp_avg_sqs, fb_tensors max_exp_avg_sqs,
                   fb_numbers steps, double lr, double beta1, double beta2, double eps, double weight_decay, bool maximize, bool decoupled) {
  for (int64_t i = 0; i < params.count; i++)
    if (params.items[i].dtype > FB_FLOAT64) return unsupported_dtype(params.items[i].dtype);
  return Chunks(params).run([&](int64_t t, int64_t begin, int64_t end) {
    const Adam s = {steps.items[t], lr, beta1, beta2, eps, weight_decay, maximize, decoupled};
    for_float_or_double(params.items[t].dtype, [&](auto tag) {
      typedef FB_TYPE_OF(tag) T;
      const auto at = [&](fb_tensors list) { return static_cast<T *>(list.items[t].data) + begin; };
      adam_chunk(at(params), at(grads), at(exp_avgs), at(exp_avg_sqs), max_exp_avg_sqs.count ? at(max_exp_avg_sqs) : nullptr, end - begin, s);
      return int32_t{FB_OK};
    });
  });
}

/// out[i] = the p-norm of tensors[i], summed in double.
template <class S>
__attribute__((noinline)) double partial_norm(const S *x, int64_t n, double p) {
  double total = 0;
  if (p == 2) {
    VecD sums[4] = {};  // squares of floats are exact in double
    double lanes[4 * kLanes<double>];
    int64_t i = 0;
    for (; i + 4 * kLanes<double> <= n; i += 4 * kLanes<double>)
      for (int k = 0; k < 4; k++) {
        const S *const at = x + i + k * kLanes<double>;
        VecD v;
        if constexpr (kSame<S, Compute<S>>) v = load_as<double>(at);
        else
          for (int64_t l = 0; l < kLanes<double>; l++) v[l] = static_cast<double>(widen(at[l]));
        sums[k] += v * v;
      }
    memcpy(lanes, sums, sizeof sums);
    for (const double lane : lanes) total += lane;
    for (; i < n; i++) total += static_cast<double>(widen(x[i])) * static_cast<double>(widen(x[i]));
    return total;
  }
  for (int64_t i = 0; i < n; i++) {
    const double a = fabs(static_cast<double>(widen(x[i])));
    if (p == 1) total += a;
    else if (p == 0) total += a != 0;
    else if (isinf(p)) total = a > total || a != a ? a : total;
    else total += pow(a, p);
  }
  return total;
}

int32_t foreach_norm(const fb_tensor *out, fb_tensors tensors, double p) {
  for (int64_t i = 0; i < tensors.count; i++)
    if (tensors.items[i].dtype > FB_BFLOAT16) return unsupported_dtype(tensors.items[i].dtype);
  if (out->dtype > FB_FLOAT64) return unsupported_dtype(out->dtype);
  const Chunks chunks(tensors);
  const int64_t *const first = chunks.first;
  Scratch memory(first ? chunks.count() * 8 : 0);
  if (!first || !memory.data) return out_of_memory(tensors.count * 8);
  double *const partial = memory.as<double>();
  chunks.run([&](int64_t t, int64_t begin, int64_t end) {
    for_float(tensors.items[t].dtype, [&](auto tag) {
      typedef FB_TYPE_OF(tag) S;
      partial[first[t] + begin / kChunk] = partial_norm(static_cast<const S *>(tensors.items[t].data) + begin, end - begin, p);
      return int32_t{FB_OK};
    });
  });
  for (int64_t t = 0; t < tensors.count; t++) {
    double total = 0;
    for (int64_t c = first[t]; c < first[t + 1]; c++) {
      if (isinf(p)) total = partial[c] > total || partial[c] != partial[c] ? partial[c] : total;
      else total += partial[c];
    }
    const double norm = p == 2 ? sqrt(total) : p == 1 || p == 0 || isinf(p) ? total : pow(total, 1 / p);
    if (out->dtype == FB_FLOAT32) static_cast<float *>(out->data)[t * out->strides[0]] = static_cast<float>(norm);
    else static_cast<double *>(out->data)[t * out->strides[0]] = norm;
  }
  return FB_OK;
}

template <class S>
__attribute__((noinline)) void scale_chunk(S *x, int64_t n, Compute<S> factor) {
  constexpr int64_t L = kLanes<Compute<S>>;
  for (int64_t i = 0; i < n; i += L) {
    const int64_t w = n - i < L ? n - i : L;
    store_as(x + i, load_as<Compute<S>>(x + i, w) * factor, w);
  }
}

int32_t foreach_scale_(fb_tensors tensors, const fb_tensor *scale) {
  for (int64_t i = 0; i < tensors.count; i++)
    if (tensors.items[i].dtype > FB_BFLOAT16) return unsupported_dtype(tensors.items[i].dtype);
  double factor = 0;
  const int32_t status = for_float(scale->dtype, [&](auto tag) {
    factor = static_cast<double>(widen(*static_cast<const FB_TYPE_OF(tag) *>(scale->data)));
    return int32_t{FB_OK};
  });
  if (status != FB_OK) return status;
  return Chunks(tensors).run([&](int64_t t, int64_t begin, int64_t end) {
    for_float(tensors.items[t].dtype, [&](auto tag) {
      typedef FB_TYPE_OF(tag) S;
      scale_chunk(static_cast<S *>(tensors.items[t].data) + begin, end - begin, static_cast<Compute<S>>(factor));
      return int32_t{FB_OK};
    });
  });
}

int32_t foreach_zero_(fb_tensors tensors) {
  return Chunks(tensors).run([&](int64_t t, int64_t begin, int64_t end) {
    const int64_t size = element_size(tensors.items[t].dtype);
    memset(static_cast<char *>(tensors.items[t].data) + begin * size, 0, static_cast<size_t>((end - begin) * size));
  });
}

}  // namespace

FB_GROUP(optim, FB_ENTRY("fused_sgd", fused_sgd), FB_ENTRY("fused_adam", fused_adam), FB_ENTRY("foreach_norm", foreach_norm),
         FB_ENTRY("foreach_scale_", foreach_scale_), FB_ENTRY("foreach_zero_", foreach_zero_))

}  // namespace fb::FB_ISA
