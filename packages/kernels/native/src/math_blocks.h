// Blocks of elementwise functions written on whole vectors: `Op` is built from the call's scalars and maps vectors of float or
// double. A block's tail runs the same code on a padded vector, so results do not depend on an element's position.
#pragma once
#include "elementwise.h"
#include "vector_math_wide.h"

namespace fb::FB_ISA {
namespace {

template <class Op, class T, int Inputs>
void math_block(char *out, const char *const *in, int64_t n, const double *scalars) {
  const Op op(scalars);
  T *o = reinterpret_cast<T *>(out);
  const auto input = [in](int k) { return reinterpret_cast<const T *>(in[k]); };
  constexpr int64_t lanes = kLanes<T>;
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    if constexpr (Inputs == 1) store(o + i, op(load(input(0) + i)));
    if constexpr (Inputs == 2) store(o + i, op(load(input(0) + i), load(input(1) + i)));
    if constexpr (Inputs == 3) store(o + i, op(load(input(0) + i), load(input(1) + i), load(input(2) + i)));
  }
  if (i == n) return;
  const int64_t rest = n - i;
  if constexpr (Inputs == 1) store_part(o + i, op(load_part(input(0) + i, rest)), rest);
  if constexpr (Inputs == 2) store_part(o + i, op(load_part(input(0) + i, rest), load_part(input(1) + i, rest)), rest);
  if constexpr (Inputs == 3)
    store_part(o + i, op(load_part(input(0) + i, rest), load_part(input(1) + i, rest), load_part(input(2) + i, rest)), rest);
}

template <class Op, int Inputs>
constexpr Functions math_functions = {{math_block<Op, float, Inputs>, math_block<Op, double, Inputs>}};

/// Kernels of 1, 2 or 3 inputs and any scalars.
template <class Op, class... Scalars>
int32_t math1(const fb_tensor *out, const fb_tensor *self, Scalars... scalars) {
  const double values[] = {scalars..., 0};
  const fb_tensor *tensors[] = {out, self};
  return elementwise(math_functions<Op, 1>, tensors, 2, kMathGrain, values);
}
template <class Op, class... Scalars>
int32_t math2(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b, Scalars... scalars) {
  const double values[] = {scalars..., 0};
  const fb_tensor *tensors[] = {out, a, b};
  return elementwise(math_functions<Op, 2>, tensors, 3, kMathGrain, values);
}
template <class Op, class... Scalars>
int32_t math3(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b, const fb_tensor *c, Scalars... scalars) {
  const double values[] = {scalars..., 0};
  const fb_tensor *tensors[] = {out, a, b, c};
  return elementwise(math_functions<Op, 3>, tensors, 4, kMathGrain, values);
}

/// An operation of one vector without scalars.
#define FB_MATH(Name, expression)              \
  struct Name {                                \
    explicit Name(const double *) {}           \
    template <class V>                         \
    V operator()(V x) const { return expression; } \
  };
/// The element type of a vector.
template <class V>
using Element = decltype(V{}[0] + V{}[0]);

}  // namespace
}  // namespace fb::FB_ISA
