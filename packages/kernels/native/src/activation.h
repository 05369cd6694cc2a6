// What a matrix product does to its rows before they leave the cache: adds a bias and applies an activation.
#pragma once
#include <math.h>

#include "element.h"

namespace fb::FB_ISA {
namespace {

enum Activation : int64_t { kNone = 0, kRelu = 1, kGelu = 2, kGeluTanh = 3, kSigmoid = 4, kTanh = 5, kSilu = 6 };

inline double activate(double x, int64_t activation) {
  switch (activation) {
    case kRelu: return x > 0 || x != x ? x : 0;
    case kGelu: return 0.5 * x * (1 + erf(x * M_SQRT1_2));
    case kGeluTanh: return 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
    case kSigmoid: return 1 / (1 + exp(-x));
    case kTanh: return tanh(x);
    case kSilu: return x / (1 + exp(-x));
    default: return x;
  }
}

/// row[j] = activation(row[j] + bias[j * bias_stride]); no bias if null.
template <class T, class S>
void finish_row(T *row, int64_t n, const S *bias, int64_t bias_stride, int64_t activation) {
  if (bias && bias_stride == 1)
    for (int64_t j = 0; j < n; j++) row[j] += widen(bias[j]);
  else if (bias)
    for (int64_t j = 0; j < n; j++) row[j] += widen(bias[j * bias_stride]);
  if (activation == kRelu)
    for (int64_t j = 0; j < n; j++) row[j] = row[j] < 0 ? 0 : row[j];
  else if (activation != kNone)
    for (int64_t j = 0; j < n; j++) row[j] = static_cast<T>(activate(static_cast<double>(row[j]), activation));
}

}  // namespace
}  // namespace fb::FB_ISA
