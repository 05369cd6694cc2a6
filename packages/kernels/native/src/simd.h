// Vectors of one ISA level, on GCC/Clang vector extensions: `Vec<T>` holds FB_VECTOR_BYTES worth of T and supports + - * / & | ^
// comparisons and `mask ? a : b` directly. Only what the extensions lack stands here: loads and stores (with masked tails),
// broadcast, fused multiply-add, min/max, horizontal sums, widening and rounding conversions.
#pragma once
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "kernel.h"

namespace fb::FB_ISA {
namespace {

template <class T, int Bytes>
struct VectorOf {
  typedef T type __attribute__((vector_size(Bytes)));
};
template <class T>
using Vec = typename VectorOf<T, FB_VECTOR_BYTES>::type;
/// Lanes of a vector of T.
template <class T>
constexpr int64_t kLanes = FB_VECTOR_BYTES / static_cast<int64_t>(sizeof(T));

typedef Vec<float> VecF;
typedef Vec<double> VecD;
typedef Vec<int32_t> VecI;
typedef Vec<int64_t> VecL;

template <class T>
inline Vec<T> load(const T *p) {
  Vec<T> v;
  memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
inline void store(T *p, Vec<T> v) {
  memcpy(p, &v, sizeof v);
}
/// The first n < kLanes<T> elements; the other lanes are `fill`.
template <class T>
inline Vec<T> load_part(const T *p, int64_t n, T fill = T(0)) {
  Vec<T> v = fill - Vec<T>{};
  memcpy(&v, p, static_cast<size_t>(n) * sizeof(T));
  return v;
}
template <class T>
inline void store_part(T *p, Vec<T> v, int64_t n) {
  memcpy(p, &v, static_cast<size_t>(n) * sizeof(T));
}
template <class T>
inline Vec<T> broadcast(T x) {
  return x - Vec<T>{};
}

#if defined(__AVX512F__)
inline VecF fma(VecF a, VecF b, VecF c) { return (VecF)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
inline VecD fma(VecD a, VecD b, VecD c) { return (VecD)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
#elif defined(__FMA__)
inline VecF fma(VecF a, VecF b, VecF c) { return (VecF)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
inline VecD fma(VecD a, VecD b, VecD c) { return (VecD)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
#elif defined(__aarch64__)
inline VecF fma(VecF a, VecF b, VecF c) { return (VecF)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
inline VecD fma(VecD a, VecD b, VecD c) { return (VecD)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b); }
#else  // no fused form: two roundings
inline VecF fma(VecF a, VecF b, VecF c) { return a * b + c; }
inline VecD fma(VecD a, VecD b, VecD c) { return a * b + c; }
#endif

/// NaN in either operand gives NaN, as in PyTorch.
template <class T>
inline Vec<T> vmax(Vec<T> a, Vec<T> b) {
  return (a > b || a != a) ? a : b;
}
template <class T>
inline Vec<T> vmin(Vec<T> a, Vec<T> b) {
  return (a < b || a != a) ? a : b;
}
/// The sum of all lanes, pairwise.
template <class T>
inline T hsum(Vec<T> v) {
  T lanes[kLanes<T>];
  store(lanes, v);
  for (int64_t width = kLanes<T> / 2; width > 0; width /= 2)
    for (int64_t i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

// ---- half-precision storage types: computed on as float ----

struct Half {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};

inline float to_float(BFloat16 x) {
  const uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}
/// Rounds to nearest even; NaN stays NaN.
inline BFloat16 to_bfloat16(float f) {
  uint32_t bits;
  memcpy(&bits, &f, 4);
  if (f != f) return {0x7fc0};
  return {static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
}
inline float to_float(Half h) {
  const uint32_t sign = static_cast<uint32_t>(h.bits & 0x8000) << 16, magnitude = h.bits & 0x7fff;
  uint32_t bits;
  if (magnitude >= 0x7c00) {
    bits = sign | 0x7f800000u | (magnitude & 0x3ff) << 13;
  } else if (magnitude >= 0x400) {
    bits = sign | ((magnitude << 13) + (112u << 23));
  } else {  // zero and subnormals: magnitude * 2^-24 is exact
    const float f = static_cast<float>(magnitude) * 5.9604644775390625e-8f;
    memcpy(&bits, &f, 4);
    bits |= sign;
  }
  float f;
  memcpy(&f, &bits, 4);
  return f;
}
/// Rounds to nearest even; overflow gives infinity, NaN stays NaN.
inline Half to_half(float f) {
  uint32_t bits;
  memcpy(&bits, &f, 4);
  const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return {static_cast<uint16_t>(sign | 0x7e00)};
  if (magnitude >= 0x477ff000) return {static_cast<uint16_t>(sign | 0x7c00)};
  if (magnitude < 0x38800000) {  // result is subnormal or zero: add 0.5 so that the mantissa aligns to 2^-24, rounding as it goes
    float g;
    memcpy(&g, &magnitude, 4);
    g += 0.5f;
    uint32_t r;
    memcpy(&r, &g, 4);
    return {static_cast<uint16_t>(sign | (r - 0x3f000000))};
  }
  return {static_cast<uint16_t>(sign | ((magnitude + 0xc8000fff + ((magnitude >> 13) & 1)) >> 13))};
}

}  // namespace
}  // namespace fb::FB_ISA
