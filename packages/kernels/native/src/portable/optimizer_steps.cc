// The optimizers beside SGD and Adam: one pass over memory per step, over lists of contiguous float32 and float64 tensors. Each
// is a struct with the settings of a call that updates one vector of a parameter and of its state, in the order of operations of
// PyTorch's single-tensor implementations, whose names the settings have. Such a step waits for memory: the baseline's vectors do.
#include <math.h>

#include "../optimizer.h"

namespace fb::FB_ISA {
namespace {

constexpr int kStates = 3;

/// A vector of a parameter, its gradient and up to kStates tensors of state.
template <class T>
struct Lane {
  Vec<T> param, grad, state[kStates];
};

template <class T>
inline Vec<T> all(double x) { return broadcast<T>(static_cast<T>(x)); }

/// torch.lerp: the branch keeps both ends exact.
template <class T>
inline Vec<T> lerp(Vec<T> from, Vec<T> to, double weight) {
  return weight < 0.5 ? fma(all<T>(weight), to - from, from) : to - (to - from) * all<T>(1 - weight);
}
/// A running mean of squares.
template <class T>
inline Vec<T> mean_square(Vec<T> mean, Vec<T> x, double keep) { return fma(all<T>(1 - keep) * x, x, all<T>(keep) * mean); }
/// self + value * a / b
template <class T>
inline Vec<T> addcdiv(Vec<T> self, Vec<T> a, Vec<T> b, double value) { return self + all<T>(value) * a / b; }

struct WeightDecay {
  double factor;
  bool maximize;
  double shrink = 1;  // what decoupled decay leaves of a parameter

  template <class T>
  void operator()(Lane<T> &x) const {
    if (maximize) x.grad = -x.grad;
    if (shrink != 1) x.param *= all<T>(shrink);
    else if (factor != 0) x.grad = fma(all<T>(factor), x.param, x.grad);
  }
};
inline WeightDecay weight_decay_of(double lr, double weight_decay, bool maximize, bool decoupled) {
  if (decoupled) return {0, maximize, 1 - lr * weight_decay};
  return {weight_decay, maximize};
}

/// `step.at(i)`, where there is one, takes over what differs between tensors.
template <class Step>
concept PerTensor = requires(Step &step) { step.at(int64_t{0}); };

template <class Step, class T>
__attribute__((noinline)) void step_chunk(const void *settings, int64_t tensor, void *const *data, int64_t begin, int64_t end) {
  constexpr int64_t L = kLanes<T>;
  Step step = *static_cast<const Step *>(settings);
  if constexpr (PerTensor<Step>) step.at(tensor);
  T *const param = static_cast<T *>(data[0]);
  const T *const grad = static_cast<const T *>(data[1]);
  for (int64_t i = begin; i < end; i += L) {
    const int64_t w = end - i < L ? end - i : L;
    Lane<T> x;
    x.param = load_as<T>(param + i, w);
    x.grad = load_as<T>(grad + i, w);
    for (int s = 0; s < kStates; s++)
      if (data[2 + s]) x.state[s] = load_as<T>(static_cast<const T *>(data[2 + s]) + i, w);
    step.decay(x);
    step(x);
    store_as(param + i, x.param, w);
    for (int s = 0; s < kStates; s++)
      if (data[2 + s]) store_as(static_cast<T *>(data[2 + s]) + i, x.state[s], w);
  }
}

typedef void (*StepChunk)(const void *settings, int64_t tensor, void *const *data, int64_t begin, int64_t end);

int32_t run_chunks_of(StepChunk single, StepChunk twice, const void *settings, const fb_tensors *lists, int count) {
  for (int64_t i = 0; i < lists[0].count; i++)
    if (lists[0].items[i].dtype > FB_FLOAT64) return unsupported_dtype(lists[0].items[i].dtype);
  return Chunks(lists[0]).run([&](int64_t t, int64_t begin, int64_t end) {
    void *data[2 + kStates] = {};
    for (int list = 0; list < count; list++)
      if (lists[list].count) data[list] = lists[list].items[t].data;
    (lists[0].items[t].dtype == FB_FLOAT32 ? single : twice)(settings, t, data, begin, end);
  });
}

/// Updates parameters and state by `step`; an empty list is state that the step does not have.
template <class Step, class... Lists>
int32_t run_step(const Step &step, Lists... lists) {
  const fb_tensors all_lists[] = {lists...};
  return run_chunks_of(step_chunk<Step, float>, step_chunk<Step, double>, &step, all_lists, sizeof...(Lists));
}

struct RmsProp {
  WeightDecay decay;
  double lr, alpha, eps, momentum;
  bool centered;

  template <class T>
  void operator()(Lane<T> &x) const {
    auto &[square_avg, grad_avg, buffer] = x.state;
    square_avg = mean_square<T>(square_avg, x.grad, alpha);
    Vec<T> avg = square_avg;
    if (centered) {
      grad_avg = lerp<T>(grad_avg, x.grad, 1 - alpha);
      avg = fma(-grad_avg, grad_avg, avg);
    }
    avg = square_root(avg) + all<T>(eps);
    if (momentum > 0) {
      buffer = all<T>(momentum) * buffer + x.grad / avg;
      x.param = fma(all<T>(-lr), buffer, x.param);
    } else {
      x.param = addcdiv<T>(x.param, x.grad, avg, -lr);
    }
  }
};
int32_t fused_rmsprop(fb_tensors params, fb_tensors grads, fb_tensors square_avgs, fb_tensors grad_avgs, fb_tensors buffers, double lr,
                      double alpha, double eps, double weight_decay, double momentum, bool maximize) {
  const RmsProp step = {{weight_decay, maximize}, lr, alpha, eps, momentum, grad_avgs.count > 0};
  return run_step(step, params, grads, square_avgs, grad_avgs, buffers);
}

struct Adagrad {
  WeightDecay decay;
  double eps;
  fb_numbers lrs;
  double lr = 0;

  void at(int64_t i) { lr = lrs.items[i]; }
  template <class T>
  void operator()(Lane<T> &x) const {
    Vec<T> &sum = x.state[0];
    sum = fma(x.grad, x.grad, sum);
    x.param = addcdiv<T>(x.param, x.grad, square_root(sum) + all<T>(eps), -lr);
  }
};
/// `lrs`: per tensor lr / (1 + (step - 1) * lr_decay).
int32_t fused_adagrad(fb_tensors params, fb_tensors grads, fb_tensors sums, fb_numbers lrs, double eps, double weight_decay, bool maximize) {
  return run_step(Adagrad{{weight_decay, maximize}, eps, lrs}, params, grads, sums);
}

struct Adadelta {
  WeightDecay decay;
  double lr, rho, eps;

  template <class T>
  void operator()(Lane<T> &x) const {
    Vec<T> &square_avg = x.state[0], &acc_delta = x.state[1];
    square_avg = mean_square<T>(square_avg, x.grad, rho);
    const Vec<T> delta = square_root(acc_delta + all<T>(eps)) / square_root(square_avg + all<T>(eps)) * x.grad;
    acc_delta = mean_square<T>(acc_delta, delta, rho);
    x.param = fma(all<T>(-lr), delta, x.param);
  }
};
int32_t fused_adadelta(fb_tensors params, fb_tensors grads, fb_tensors square_avgs, fb_tensors acc_deltas, double lr, double rho,
                       double eps, double weight_decay, bool maximize) {
  return run_step(Adadelta{{weight_decay, maximize}, lr, rho, eps}, params, grads, square_avgs, acc_deltas);
}

struct Adamax {
  WeightDecay decay;
  double beta1, beta2, eps;
  fb_numbers lrs;
  double lr = 0;

  void at(int64_t i) { lr = lrs.items[i]; }
  template <class T>
  void operator()(Lane<T> &x) const {
    Vec<T> &exp_avg = x.state[0], &exp_inf = x.state[1];
    exp_avg = lerp<T>(exp_avg, x.grad, 1 - beta1);
    exp_inf = vmax<T>(exp_inf * all<T>(beta2), (x.grad < 0 ? -x.grad : x.grad) + all<T>(eps));
    x.param = addcdiv<T>(x.param, exp_avg, exp_inf, -lr);
  }
};
/// `lrs`: per tensor lr / (1 - beta1^step).
int32_t fused_adamax(fb_tensors params, fb_tensors grads, fb_tensors exp_avgs, fb_tensors exp_infs, fb_numbers lrs, double beta1,
                     double beta2, double eps, double weight_decay, bool maximize) {
  return run_step(Adamax{{weight_decay, maximize}, beta1, beta2, eps, lrs}, params, grads, exp_avgs, exp_infs);
}

struct NAdam {
  WeightDecay decay;
  double beta1, beta2, eps;
  fb_numbers grad_sizes, mean_sizes, corrections;
  double grad_size = 0, mean_size = 0, correction = 0;

  void at(int64_t i) { grad_size = grad_sizes.items[i], mean_size = mean_sizes.items[i], correction = corrections.items[i]; }
  template <class T>
  void operator()(Lane<T> &x) const {
    Vec<T> &exp_avg = x.state[0], &exp_avg_sq = x.state[1];
    exp_avg = lerp<T>(exp_avg, x.grad, 1 - beta1);
    exp_avg_sq = mean_square<T>(exp_avg_sq, x.grad, beta2);
    const Vec<T> denominator = square_root(exp_avg_sq / all<T>(correction)) + all<T>(eps);
    x.param = addcdiv<T>(x.param, x.grad, denominator, grad_size);
    x.param = addcdiv<T>(x.param, exp_avg, denominator, mean_size);
  }
};
/// Per tensor: the steps along the gradient and along its mean (below 0), and 1 - beta2^step.
int32_t fused_nadam(fb_tensors params, fb_tensors grads, fb_tensors exp_avgs, fb_tensors exp_avg_sqs, fb_numbers grad_sizes,
                    fb_numbers mean_sizes, fb_numbers corrections, double lr, double beta1, double beta2, double eps, double weight_decay,
                    bool maximize, bool decoupled) {
  const NAdam step = {weight_decay_of(lr, weight_decay, maximize, decoupled), beta1, beta2, eps, grad_sizes, mean_sizes, corrections};
  return run_step(step, params, grads, exp_avgs, exp_avg_sqs);
}

struct RAdam {
  WeightDecay decay;
  double lr, beta1, beta2, eps;
  fb_numbers steps, rectifications;
  double correction1 = 0, root2 = 0, rectification = 0;

  void at(int64_t i) {
    correction1 = 1 - pow(beta1, steps.items[i]);
    root2 = sqrt(1 - pow(beta2, steps.items[i]));
    rectification = rectifications.items[i];
  }
  template <class T>
  void operator()(Lane<T> &x) const {
    Vec<T> &exp_avg = x.state[0], &exp_avg_sq = x.state[1];
    exp_avg = lerp<T>(exp_avg, x.grad, 1 - beta1);
    exp_avg_sq = mean_square<T>(exp_avg_sq, x.grad, beta2);
    Vec<T> update = exp_avg / all<T>(correction1) * all<T>(lr);
    if (rectification > 0) update *= all<T>(root2) / (square_root(exp_avg_sq) + all<T>(eps)) * all<T>(rectification);
    x.param -= update;
  }
};
/// `rectifications`: per tensor the rectification term, 0 while the variance is not tractable.
int32_t fused_radam(fb_tensors params, fb_tensors grads, fb_tensors exp_avgs, fb_tensors exp_avg_sqs, fb_numbers steps,
                    fb_numbers rectifications, double lr, double beta1, double beta2, double eps, double weight_decay, bool maximize,
                    bool decoupled) {
  const RAdam step = {weight_decay_of(lr, weight_decay, maximize, decoupled), lr, beta1, beta2, eps, steps, rectifications};
  return run_step(step, params, grads, exp_avgs, exp_avg_sqs);
}

template <class T>
inline Vec<T> sign(Vec<T> x) { return x > 0 ? all<T>(1) : x < 0 ? all<T>(-1) : all<T>(0); }

struct Rprop {
  WeightDecay decay;
  double eta_minus, eta_plus, least, most;

  template <class T>
  void operator()(Lane<T> &x) const {
    Vec<T> &prev = x.state[0], &step_size = x.state[1];
    const auto turned = x.grad * prev < 0, same = x.grad * prev > 0;
    step_size *= turned ? all<T>(eta_minus) : same ? all<T>(eta_plus) : all<T>(1);
    step_size = vmin<T>(vmax<T>(step_size, all<T>(least)), all<T>(most));
    prev = turned ? all<T>(0) : x.grad;
    x.param -= sign<T>(prev) * step_size;
  }
};
int32_t fused_rprop(fb_tensors params, fb_tensors grads, fb_tensors prevs, fb_tensors step_sizes, double eta_minus, double eta_plus,
                    double least, double most, bool maximize) {
  return run_step(Rprop{{0, maximize}, eta_minus, eta_plus, least, most}, params, grads, prevs, step_sizes);
}

struct Asgd {
  WeightDecay decay;
  double lambd;
  fb_numbers etas, mus;
  double eta = 0, mu = 0;

  void at(int64_t i) { eta = etas.items[i], mu = mus.items[i]; }
  template <class T>
  void operator()(Lane<T> &x) const {
    Vec<T> &average = x.state[0];
    x.param = fma(all<T>(-eta), x.grad, x.param * all<T>(1 - lambd * eta));
    average = mu == 1 ? x.param : average + (x.param - average) * all<T>(mu);
  }
};
/// Per tensor: the step size and the newest parameter's part in the average.
int32_t fused_asgd(fb_tensors params, fb_tensors grads, fb_tensors averages, fb_numbers etas, fb_numbers mus, double lambd,
                   double weight_decay, bool maximize) {
  return run_step(Asgd{{weight_decay, maximize}, lambd, etas, mus}, params, grads, averages);
}

struct Lion {
  WeightDecay decay;
  double lr, beta1, beta2;

  template <class T>
  void operator()(Lane<T> &x) const {
    Vec<T> &exp_avg = x.state[0];
    const Vec<T> direction = sign<T>(fma(all<T>(1 - beta1), x.grad, all<T>(beta1) * exp_avg));
    exp_avg = fma(all<T>(1 - beta2), x.grad, all<T>(beta2) * exp_avg);
    x.param = fma(all<T>(-lr), direction, x.param);
  }
};
int32_t fused_lion(fb_tensors params, fb_tensors grads, fb_tensors exp_avgs, double lr, double beta1, double beta2, double weight_decay,
                   bool maximize) {
  return run_step(Lion{weight_decay_of(lr, weight_decay, maximize, true), lr, beta1, beta2}, params, grads, exp_avgs);
}

}  // namespace

FB_GROUP(optimizer_steps, FB_ENTRY("fused_rmsprop", fused_rmsprop), FB_ENTRY("fused_adagrad", fused_adagrad),
         FB_ENTRY("fused_adadelta", fused_adadelta), FB_ENTRY("fused_adamax", fused_adamax), FB_ENTRY("fused_nadam", fused_nadam),
         FB_ENTRY("fused_radam", fused_radam), FB_ENTRY("fused_rprop", fused_rprop), FB_ENTRY("fused_asgd", fused_asgd),
         FB_ENTRY("fused_lion", fused_lion))

}  // namespace fb::FB_ISA
