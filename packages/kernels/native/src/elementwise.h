// All elementwise kernels: an operation is written once per dtype as a loop over contiguous blocks; the driver (elementwise.cc)
// brings strided, broadcast and half-precision operands into that form.
#pragma once
#include "kernel.h"

namespace fb::FB_ISA {

/// Computes n elements from contiguous inputs. The output may be one of the inputs.
typedef void (*BlockFunction)(char *out, const char *const *in, int64_t n, const double *scalars);

/// Runs `function` over all elements of tensors[0], the output, to which the others broadcast, on chunks of `grain` elements. With
/// `widen`, half-precision operands reach the function as float.
void run_elementwise(BlockFunction function, const fb_tensor *const *tensors, int count, int64_t grain, const double *scalars, bool widen);

namespace {

/// Lets the compiler vectorise a loop whose output may be one of its inputs.
#if defined(__clang__)
#define FB_VECTORIZE _Pragma("clang loop vectorize(assume_safety)")
#else
#define FB_VECTORIZE _Pragma("GCC ivdep")
#endif

/// Elements per chunk of parallel work.
constexpr int64_t kCheapGrain = 32768, kMathGrain = 8192;

inline bool is_half(int32_t dtype) { return dtype == FB_FLOAT16 || dtype == FB_BFLOAT16; }

/// Functions of one operation by dtype; nullptr = unsupported. Half-precision dtypes use the float32 entry.
struct Functions {
  BlockFunction of[12];
};

/// Runs the operation on `tensors` (output first); `functions` are looked up by the first input's dtype.
inline int32_t elementwise(const Functions &functions, const fb_tensor *const *tensors, int count, int64_t grain,
                           const double *scalars = nullptr) {
  const int32_t dtype = tensors[1]->dtype;
  const BlockFunction f = functions.of[is_half(dtype) ? FB_FLOAT32 : dtype];
  if (!f) return unsupported_dtype(dtype);
  run_elementwise(f, tensors, count, grain, scalars, true);
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
