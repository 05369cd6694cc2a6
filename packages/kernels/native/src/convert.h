// Blocks of half-precision numbers to float and back.
#pragma once
#include "element.h"

namespace fb::FB_ISA {
namespace {

template <class To, class From>
inline void convert_block(To *to, const From *from, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes<float> <= n; i += kLanes<float>) store_as(to + i, load_as<float>(from + i));
  if (i < n) store_as(to + i, load_as<float>(from + i, n - i), n - i);
}
__attribute__((noinline)) inline void widen(float *to, const void *from, int64_t n, int32_t dtype) {
  if (dtype == FB_BFLOAT16) convert_block(to, static_cast<const BFloat16 *>(from), n);
  else convert_block(to, static_cast<const Half *>(from), n);
}
__attribute__((noinline)) inline void narrow(void *to, const float *from, int64_t n, int32_t dtype) {
  if (dtype == FB_BFLOAT16) convert_block(static_cast<BFloat16 *>(to), from, n);
  else convert_block(static_cast<Half *>(to), from, n);
}

}  // namespace
}  // namespace fb::FB_ISA
