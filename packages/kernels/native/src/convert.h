// Blocks of half-precision numbers to float and back.
#pragma once
#include "simd.h"

namespace fb::FB_ISA {
namespace {

inline void widen(float *to, const void *from, int64_t n, int32_t dtype) {
  int64_t i = 0;
  if (dtype == FB_BFLOAT16) {
    const BFloat16 *in = static_cast<const BFloat16 *>(from);
    for (; i < n; i++) to[i] = to_float(in[i]);
    return;
  }
  const Half *in = static_cast<const Half *>(from);
#if defined(__AVX512F__)
  for (; i + 16 <= n; i += 16) _mm512_storeu_ps(to + i, _mm512_maskz_cvtph_ps(-1, _mm256_loadu_si256(reinterpret_cast<const __m256i *>(in + i))));
#elif defined(__F16C__)
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(in + i))));
#elif defined(__aarch64__)
  for (; i + 4 <= n; i += 4) {
    uint16x4_t bits;
    memcpy(&bits, in + i, sizeof bits);
    vst1q_f32(to + i, vcvt_f32_f16(vreinterpret_f16_u16(bits)));
  }
#endif
  for (; i < n; i++) to[i] = to_float(in[i]);
}

inline void narrow(void *to, const float *from, int64_t n, int32_t dtype) {
  int64_t i = 0;
  if (dtype == FB_BFLOAT16) {
    BFloat16 *out = static_cast<BFloat16 *>(to);
    for (; i < n; i++) out[i] = to_bfloat16(from[i]);
    return;
  }
  Half *out = static_cast<Half *>(to);
#if defined(__AVX512F__)
  for (; i + 16 <= n; i += 16)
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(out + i), _mm512_maskz_cvtps_ph(-1, _mm512_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
#elif defined(__F16C__)
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i *>(out + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
#elif defined(__aarch64__)
  for (; i + 4 <= n; i += 4) {
    const uint16x4_t bits = vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(from + i)));
    memcpy(out + i, &bits, sizeof bits);
  }
#endif
  for (; i < n; i++) out[i] = to_half(from[i]);
}

}  // namespace
}  // namespace fb::FB_ISA
