// What rows of few vectors spend their time on: reducing a vector to one number, by halves that stay in registers, and the part of a
// vector that a row ends with, by masks instead of a copy of a length that the compiler does not know.
#pragma once
#include "element.h"

namespace fb::FB_ISA {
namespace {

/// All lanes of v joined pairwise, in the order of hsum: lane i with lane i + half, and so on.
template <class T, class V, class Combine>
inline T join_lanes(V v, const Combine &combine) {
  constexpr int n = sizeof(V) / sizeof(T);
  if constexpr (n == 16) {
    return join_lanes<T>(combine(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7), __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15)), combine);
  } else if constexpr (n == 8) {
    return join_lanes<T>(combine(__builtin_shufflevector(v, v, 0, 1, 2, 3), __builtin_shufflevector(v, v, 4, 5, 6, 7)), combine);
  } else if constexpr (n == 4) {
    return join_lanes<T>(combine(__builtin_shufflevector(v, v, 0, 1), __builtin_shufflevector(v, v, 2, 3)), combine);
  } else {
    return combine(v[0], v[1]);
  }
}
template <class T>
inline T sum_lanes(Vec<T> v) {
  return join_lanes<T>(v, [](auto a, auto b) { return a + b; });
}

#if defined(__AVX512BW__) && defined(__AVX512VL__)
inline uint32_t lane_mask(int64_t n) { return n >= 32 ? ~0u : (1u << n) - 1; }
#elif defined(__AVX2__)
template <class T>
inline auto lane_mask(int64_t n) {
  Vec<T> lane;
  for (int64_t i = 0; i < kLanes<T>; i++) lane[i] = static_cast<T>(i);
  return lane < broadcast(static_cast<T>(n < kLanes<T> ? n : kLanes<T>));
}
#endif

/// The first n elements of S (all of a vector's if n is greater) as a vector of its compute type; the other lanes are zero.
template <class S>
inline Vec<Compute<S>> load_first(const S *p, int64_t n) {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
  if constexpr (kSame<S, float>) return (VecF)_mm512_maskz_loadu_ps(static_cast<__mmask16>(lane_mask(n)), p);
  else if constexpr (kSame<S, double>) return (VecD)_mm512_maskz_loadu_pd(static_cast<__mmask8>(lane_mask(n)), p);
  else return widen_vector((Narrow<float, uint16_t>)_mm256_maskz_loadu_epi16(static_cast<__mmask16>(lane_mask(n)), p), S{});
#elif defined(__AVX2__)
  if constexpr (kSame<S, float>) return (VecF)_mm256_maskload_ps(p, (__m256i)lane_mask<int32_t>(n));
  else if constexpr (kSame<S, double>) return (VecD)_mm256_maskload_pd(p, (__m256i)lane_mask<int64_t>(n));
  else return load_as<Compute<S>>(p, n < kLanes<Compute<S>> ? n : kLanes<Compute<S>>);
#else
  return load_as<Compute<S>>(p, n < kLanes<Compute<S>> ? n : kLanes<Compute<S>>);
#endif
}
/// Stores the first n lanes (all of them if n is greater) as S, rounding to nearest even.
template <class S>
inline void store_first(S *p, Vec<Compute<S>> v, int64_t n) {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
  if constexpr (kSame<S, float>) _mm512_mask_storeu_ps(p, static_cast<__mmask16>(lane_mask(n)), (__m512)v);
  else if constexpr (kSame<S, double>) _mm512_mask_storeu_pd(p, static_cast<__mmask8>(lane_mask(n)), (__m512d)v);
  else _mm256_mask_storeu_epi16(p, static_cast<__mmask16>(lane_mask(n)), (__m256i)narrow_vector(v, S{}));
#elif defined(__AVX2__)
  if constexpr (kSame<S, float>) _mm256_maskstore_ps(p, (__m256i)lane_mask<int32_t>(n), (__m256)v);
  else if constexpr (kSame<S, double>) _mm256_maskstore_pd(p, (__m256i)lane_mask<int64_t>(n), (__m256d)v);
  else store_as(p, v, n < kLanes<Compute<S>> ? n : kLanes<Compute<S>>);
#else
  store_as(p, v, n < kLanes<Compute<S>> ? n : kLanes<Compute<S>>);
#endif
}

}  // namespace
}  // namespace fb::FB_ISA
