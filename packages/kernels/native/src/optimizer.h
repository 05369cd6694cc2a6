// What optimizer steps share: a list of contiguous tensors cut into chunks, and the square root of a vector.
#pragma once
#include "element.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kChunk = 16384;

/// A list of tensors as chunks of at most kChunk elements: tensor i has the chunks [first[i], first[i + 1]).
struct Chunks {
  fb_tensors list;
  Scratch memory;
  int64_t *first, elements = 0;

  explicit Chunks(fb_tensors l) : list(l), memory((l.count + 1) * 8), first(memory.as<int64_t>()) {
    if (!first) return;
    first[0] = 0;
    for (int64_t i = 0; i < l.count; i++) {
      const int64_t n = numel(&l.items[i]);
      first[i + 1] = first[i] + (n + kChunk - 1) / kChunk;
      elements += n;
    }
  }
  int64_t count() const { return first[list.count]; }

  /// Calls body(tensor, begin, end) for every chunk, in parallel; small tensors share a piece of work. Returns the status.
  template <class Body>
  int32_t run(const Body &body) const {
    if (!first) return out_of_memory((list.count + 1) * 8);
    const int64_t per_task = elements > 0 ? count() * kChunk / elements : 1;
    parallel_for(count(), per_task, [&](int64_t begin, int64_t end) {
      int64_t tensor = 0, behind = list.count;
      while (behind - tensor > 1) {  // the last tensor whose first chunk is not after `begin`
        const int64_t middle = (tensor + behind) / 2;
        if (first[middle] <= begin) tensor = middle;
        else behind = middle;
      }
      for (int64_t c = begin; c < end; c++) {
        while (first[tensor + 1] <= c) tensor++;
        const int64_t n = numel(&list.items[tensor]), from = (c - first[tensor]) * kChunk;
        body(tensor, from, from + kChunk < n ? from + kChunk : n);
      }
    });
    return FB_OK;
  }
};

inline VecF square_root(VecF x) {
#if defined(__AVX512F__)
  return (VecF)_mm512_maskz_sqrt_ps(-1, (__m512)x);
#elif defined(__AVX__)
  return (VecF)_mm256_sqrt_ps((__m256)x);
#elif defined(__x86_64__)
  return (VecF)_mm_sqrt_ps((__m128)x);
#else
  return (VecF)vsqrtq_f32((float32x4_t)x);
#endif
}
inline VecD square_root(VecD x) {
#if defined(__AVX512F__)
  return (VecD)_mm512_maskz_sqrt_pd(-1, (__m512d)x);
#elif defined(__AVX__)
  return (VecD)_mm256_sqrt_pd((__m256d)x);
#elif defined(__x86_64__)
  return (VecD)_mm_sqrt_pd((__m128d)x);
#else
  return (VecD)vsqrtq_f64((float64x2_t)x);
#endif
}

}  // namespace
}  // namespace fb::FB_ISA
