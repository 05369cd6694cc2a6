// What a matrix product does to its rows before they leave the cache: adds a bias and applies an activation.
#pragma once
#include "element.h"
#include "vector_math_wide.h"

namespace fb::FB_ISA {
namespace {

enum Activation : int64_t { kNone = 0, kRelu = 1, kGelu = 2, kGeluTanh = 3, kSigmoid = 4, kTanh = 5, kSilu = 6 };

template <class T, class F>
inline void map_row(T *row, int64_t n, const F &f) {
  constexpr int64_t L = kLanes<T>;
  int64_t j = 0;
  for (; j + L <= n; j += L) store(row + j, f(load(row + j)));
  if (j < n) store_part(row + j, f(load_part(row + j, n - j)), n - j);
}

/// row[j] = activation(row[j] + bias[j * bias_stride]); no bias if null.
template <class T, class S>
__attribute__((noinline)) void finish_row(T *row, int64_t n, const S *bias, int64_t bias_stride, int64_t activation) {
  if (bias) {
    int64_t j = 0;
    if (bias_stride == 1)
      for (; j + kLanes<T> <= n; j += kLanes<T>) store(row + j, load(row + j) + load_as<T>(bias + j));
    for (; j < n; j++) row[j] += widen(bias[j * bias_stride]);
  }
  typedef Vec<T> V;
  switch (activation) {
    case kRelu: return map_row(row, n, [](V x) { return x < 0 ? V{} : x; });
    case kGelu: return map_row(row, n, [](V x) { return gelu(x); });
    case kGeluTanh: return map_row(row, n, [](V x) { return gelu_tanh(x); });
    case kSigmoid: return map_row(row, n, [](V x) { return sigmoid(x); });
    case kTanh: return map_row(row, n, [](V x) { return tanh(x); });
    case kSilu: return map_row(row, n, [](V x) { return silu(x); });
    default: return;
  }
}

}  // namespace
}  // namespace fb::FB_ISA
