// Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011): block number + key → 4 random words.
#pragma once
#include "simd.h"

namespace fb::FB_ISA {
namespace {

typedef Vec<uint64_t> VecU;  // 32-bit numbers in 64-bit lanes

inline VecU product32(VecU a, uint32_t b) {
#if defined(__AVX512F__)
  return (VecU)_mm512_maskz_mul_epu32(-1, (__m512i)a, _mm512_set1_epi64(b));
#elif defined(__AVX2__)
  return (VecU)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#elif defined(__x86_64__)
  return (VecU)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(b));
#else
  return a * uint64_t{b};
#endif
}

constexpr int64_t kPhiloxWords = 256;

/// Words [0, 256) of the stream of `seed` that starts at block `counter`.
struct PhiloxUnit {
  alignas(64) uint64_t pairs[kPhiloxWords / 2];  // low half first

  PhiloxUnit(uint64_t seed, uint64_t counter) {
    constexpr int64_t lanes = kLanes<uint64_t>;
    VecU lane{};
    for (int64_t i = 0; i < lanes; i++) lane[i] = static_cast<uint64_t>(i);
    for (int64_t block = 0; block < kPhiloxWords / 4; block += lanes) {
      const VecU number = lane + (counter + static_cast<uint64_t>(block));
      VecU c0 = number & 0xffffffff, c1 = number >> 32, c2{}, c3{};
      uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
      for (int round = 0; round < 10; round++) {
        const VecU p0 = product32(c0, 0xD2511F53), p1 = product32(c2, 0xCD9E8D57);
        c0 = (p1 >> 32) ^ c1 ^ uint64_t{k0};
        c1 = p1 & 0xffffffff;
        c2 = (p0 >> 32) ^ c3 ^ uint64_t{k1};
        c3 = p0 & 0xffffffff;
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
      }
      const VecU low = c0 | c1 << 32, high = c2 | c3 << 32;
#pragma GCC unroll 8
      for (int64_t i = 0; i < lanes; i++) {
        pairs[2 * (block + i)] = low[i];
        pairs[2 * (block + i) + 1] = high[i];
      }
    }
  }
  // The CPUs there are have the low half of a number first in memory, too.
  const uint32_t *words() const { return reinterpret_cast<const uint32_t *>(pairs); }
  uint32_t word(int64_t i) const {
    uint32_t x;
    memcpy(&x, words() + i, sizeof x);
    return x;
  }
};

}  // namespace
}  // namespace fb::FB_ISA
