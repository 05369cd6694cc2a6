// Connectionist temporal classification (Graves et al. 2006): the probability of all paths that spell a target, by the forward-backward
// algorithm in logarithms. States are the labels with blanks around them: 2 S + 1 of them.
#include <math.h>

#include "../element.h"

namespace fb::FB_ISA {
namespace {

/// log(e^a + e^b).
inline double add_logs(double a, double b) {
  const double high = a > b ? a : b, low = a > b ? b : a;
  return high == -HUGE_VAL ? high : high + ::log1p(::exp(low - high));
}

/// One sequence of the batch.
template <class T>
struct Sequence {
  const T *log_probs;  // of the first time step, T steps `step` apart
  int64_t step, steps, labels, blank;
  const int64_t *target;

  int64_t states() const { return 2 * labels + 1; }
  int64_t label(int64_t s) const { return s % 2 == 1 ? target[s / 2] : blank; }
  double log_prob(int64_t t, int64_t s) const { return static_cast<double>(log_probs[t * step + label(s)]); }
  /// Whether a path may step from state s - 2 over the blank between.
  bool skips(int64_t s) const { return s >= 2 && s < states() && label(s) != label(s - 2); }

  /// Fills alpha[t * stride + s], the probability of all beginnings that end in state s, and returns the loss.
  double forward(T *alpha, int64_t stride) const {
    if (steps == 0) return labels == 0 ? 0 : HUGE_VAL;
    for (int64_t t = 0; t < steps; t++) {
      const T *const before = alpha + (t - 1) * stride;
      for (int64_t s = 0; s < states(); s++) {
        double sum = t == 0 && s < 2 ? 0 : -HUGE_VAL;
        if (t > 0) {
          sum = static_cast<double>(before[s]);
          if (s > 0) sum = add_logs(sum, static_cast<double>(before[s - 1]));
          if (skips(s)) sum = add_logs(sum, static_cast<double>(before[s - 2]));
        }
        alpha[t * stride + s] = static_cast<T>(sum + log_prob(t, s));
      }
    }
    const T *const last = alpha + (steps - 1) * stride;
    return -(labels > 0 ? add_logs(static_cast<double>(last[states() - 1]), static_cast<double>(last[states() - 2])) : static_cast<double>(last[0]));
  }

  /// grad[t * step + c] = factor * (p - the part of all paths that pass class c at time t): the gradient behind a log-softmax.
  /// `beta` has room for all states, `parts` for all classes.
  void backward(T *grad, int64_t classes, double factor, double loss, const T *alpha, int64_t stride, double *beta, double *parts) const {
    for (int64_t t = steps - 1; t >= 0; t--) {
      for (int64_t c = 0; c < classes; c++) parts[c] = -HUGE_VAL;
      for (int64_t s = 0; s < states(); s++) {  // upwards: a state's successors still are those of the next step
        double sum = t == steps - 1 && s >= states() - 2 ? 0 : -HUGE_VAL;
        if (t < steps - 1) {
          sum = beta[s];
          if (s + 1 < states()) sum = add_logs(sum, beta[s + 1]);
          if (skips(s + 2)) sum = add_logs(sum, beta[s + 2]);
        }
        double &part = parts[label(s)];
        part = add_logs(part, static_cast<double>(alpha[t * stride + s]) + sum);
        beta[s] = sum + log_prob(t, s);
      }
      for (int64_t c = 0; c < classes; c++) {
        const double part = parts[c] == -HUGE_VAL && loss < HUGE_VAL ? 0 : ::exp(parts[c] + loss);  // no path passes most classes
        grad[t * step + c] = static_cast<T>(factor * (::exp(static_cast<double>(log_probs[t * step + c])) - part));
      }
    }
  }
};

/// Targets (B, S), or all after one another if `stride` is 0.
template <class T>
Sequence<T> sequence(const fb_tensor *log_probs, const fb_tensor *targets, int64_t stride, fb_numbers input_lengths,
                     fb_numbers target_lengths, int64_t blank, int64_t i) {
  int64_t start = i * stride;
  for (int64_t j = 0; stride == 0 && j < i; j++) start += static_cast<int64_t>(target_lengths.items[j]);
  const int64_t batch = log_probs->dims[1], classes = log_probs->dims[2];
  return {static_cast<const T *>(log_probs->data) + i * classes, batch * classes, static_cast<int64_t>(input_lengths.items[i]),
          static_cast<int64_t>(target_lengths.items[i]), blank, static_cast<const int64_t *>(targets->data) + start};
}

int32_t ctc_loss(const fb_tensor *loss, const fb_tensor *alpha, const fb_tensor *log_probs, const fb_tensor *targets, int64_t stride,
                 fb_numbers input_lengths, fb_numbers target_lengths, int64_t blank) {
  const int64_t classes = log_probs->dims[2], count = numel(targets);
  const int64_t *const labels = static_cast<const int64_t *>(targets->data);
  for (int64_t i = 0; i < count; i++)
    if (labels[i] < 0 || labels[i] >= classes) return index_out_of_range(labels[i], classes, i);
  return for_float_or_double(log_probs->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    parallel_for(log_probs->dims[1], 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        T *const own = static_cast<T *>(alpha->data) + i * alpha->strides[0];
        const auto s = sequence<T>(log_probs, targets, stride, input_lengths, target_lengths, blank, i);
        static_cast<T *>(loss->data)[i] = static_cast<T>(s.forward(own, alpha->dims[2]));
      }
    });
    return int32_t{FB_OK};
  });
}

int32_t ctc_loss_backward(const fb_tensor *grad_input, const fb_tensor *grad, const fb_tensor *log_probs, const fb_tensor *targets,
                          const fb_tensor *loss, const fb_tensor *alpha, int64_t stride, fb_numbers input_lengths, fb_numbers target_lengths, int64_t blank) {
  return for_float_or_double(log_probs->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const int64_t classes = log_probs->dims[2], states = alpha->dims[2];
    T *const out = static_cast<T *>(grad_input->data);
    memset(out, 0, static_cast<size_t>(numel(grad_input)) * sizeof(T));  // behind the ends
    const Scratch memory((states + classes) * log_probs->dims[1] * static_cast<int64_t>(sizeof(double)));
    if (!memory.data) return out_of_memory((states + classes) * log_probs->dims[1] * static_cast<int64_t>(sizeof(double)));
    parallel_for(log_probs->dims[1], 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const double factor = static_cast<double>(static_cast<const T *>(grad->data)[i]);
        const double value = static_cast<double>(static_cast<const T *>(loss->data)[i]);
        if (factor == 0) continue;  // also of infinite losses that do not count: their gradient would be NaN
        const auto s = sequence<T>(log_probs, targets, stride, input_lengths, target_lengths, blank, i);
        double *const beta = memory.as<double>() + i * (states + classes);
        s.backward(out + i * classes, classes, factor, value,
                   static_cast<const T *>(alpha->data) + i * alpha->strides[0], states, beta, beta + states);
      }
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(ctc_loss, FB_ENTRY("ctc_loss", ctc_loss), FB_ENTRY("ctc_loss_backward", ctc_loss_backward))

}  // namespace fb::FB_ISA
