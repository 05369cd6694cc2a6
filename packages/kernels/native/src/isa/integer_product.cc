// The matrix product of 8-bit integers in 32 bits: four products at a time where the CPU has VNNI, else two.
#include "../integer_product.h"

namespace fb::FB_ISA {
namespace {

/// out = a @ b for matrices with any strides: out int32 and contiguous, a int8 or uint8, b int8. Sums wrap around.
int32_t int_mm(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b) {
  if (a->dtype != FB_INT8 && a->dtype != FB_UINT8) return unsupported_dtype(a->dtype);
  if (b->dtype != FB_INT8) return unsupported_dtype(b->dtype);
  const IntegerProduct q = {a->dims[0],
                            b->dims[1],
                            a->dims[1],
                            static_cast<const uint8_t *>(a->data),
                            a->strides[0],
                            a->strides[1],
                            a->dtype == FB_INT8,
                            static_cast<const uint8_t *>(b->data),
                            b->strides[0],
                            b->strides[1],
                            static_cast<uint32_t *>(out->data)};
  if (numel(out) == 0) return FB_OK;
  if (q.k == 0) {
    memset(q.out, 0, static_cast<size_t>(numel(out)) * sizeof(uint32_t));
    return FB_OK;
  }
#if defined(__AVX512BW__)
  if (__builtin_cpu_supports("avx512vnni")) return integer_product(q, kIntegerMethod<Quads>);
#endif
  return integer_product(q, kIntegerMethod<Pairs>);
}

}  // namespace

FB_GROUP(integer_product, FB_ENTRY("int_mm", int_mm))

}  // namespace fb::FB_ISA
