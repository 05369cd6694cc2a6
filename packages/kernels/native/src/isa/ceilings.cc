// What the machine can do at most, measured on the same threads as the kernels: multiply-adds per second out of registers, and
// bytes per second between memory and registers in the patterns that kernels have. Benchmarks divide by these.
#include "../convert.h"

namespace fb::FB_ISA {
namespace {

/// Independent chains: enough to hide the latency of two fused multiply-adds per cycle, few enough to stay in registers.
constexpr int kChains = 12;
/// Elements per chunk of a memory kernel.
constexpr int64_t kGrain = 1 << 16;

/// `flops` (float64, one element per chunk) receives how many operations each chunk did.
int32_t ceiling_fma(const fb_tensor *flops, int64_t iterations) {
  double *const out = static_cast<double *>(flops->data);
  parallel_for(numel(flops), 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; chunk++) {
      VecF sums[kChains];
      for (int k = 0; k < kChains; k++) sums[k] = broadcast<float>(static_cast<float>(k));
      const VecF a = broadcast(0.5f), b = broadcast(0.25f);
      for (int64_t i = 0; i < iterations; i++)
#pragma GCC unroll 12
        for (int k = 0; k < kChains; k++) sums[k] = fma(sums[k], a, b);
      asm volatile("" : : "m"(sums) : "memory");  // the sums count as used
      out[chunk] = 2.0 * kLanes<float> * kChains * static_cast<double>(iterations);
    }
  });
  return FB_OK;
}

/// Ends a chunk's stream_store calls.
inline void stream_fence() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}
/// A store past the caches: `to` lies on a vector's boundary.
inline void stream_store(float *to, VecF v) {
#if defined(__AVX512F__)
  _mm512_stream_ps(to, (__m512)v);
#elif defined(__AVX2__)
  _mm256_stream_ps(to, (__m256)v);
#elif defined(__x86_64__)
  _mm_stream_ps(to, (__m128)v);
#else
  store(to, v);
#endif
}

inline float *floats(const fb_tensor *t) { return static_cast<float *>(t->data); }

/// Calls `body(i)` for each vector of a tensor whose length is a multiple of kGrain.
template <class Body>
inline void for_each_vector(const fb_tensor *t, const Body &body) {
  parallel_for(numel(t), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i + kLanes<float> <= end; i += kLanes<float>) body(i);
    stream_fence();
  });
}

/// Reads `x`; `sums` (one element per chunk of 65536) keeps the loads alive.
int32_t ceiling_read(const fb_tensor *sums, const fb_tensor *x) {
  const float *const in = floats(x);
  parallel_for(numel(x), kGrain, [&](int64_t begin, int64_t end) {
    constexpr int64_t kStep = 4 * kLanes<float>;
    VecF a{}, b{}, c{}, d{};
    for (int64_t i = begin; i + kStep <= end; i += kStep) {
      a += load(in + i);
      b += load(in + i + kLanes<float>);
      c += load(in + i + 2 * kLanes<float>);
      d += load(in + i + 3 * kLanes<float>);
    }
    floats(sums)[begin / kGrain] = hsum<float>((a + b) + (c + d));
  });
  return FB_OK;
}

int32_t ceiling_copy(const fb_tensor *out, const fb_tensor *x) {
  float *const to = floats(out);
  const float *const in = floats(x);
  for_each_vector(out, [=](int64_t i) { stream_store(to + i, load(in + i)); });
  return FB_OK;
}

int32_t ceiling_read2_write1(const fb_tensor *out, const fb_tensor *x, const fb_tensor *y) {
  float *const to = floats(out);
  const float *const a = floats(x), *const b = floats(y);
  for_each_vector(out, [=](int64_t i) { stream_store(to + i, load(a + i) + load(b + i)); });
  return FB_OK;
}

/// Reads four arrays and writes three of them where they lie: what AdamW does.
int32_t ceiling_read4_write3(const fb_tensor *p, const fb_tensor *m, const fb_tensor *v, const fb_tensor *gradient) {
  float *const a = floats(p), *const b = floats(m), *const c = floats(v);
  const float *const g = floats(gradient);
  for_each_vector(p, [=](int64_t i) {
    const VecF x = load(g + i);
    store(a + i, load(a + i) + x);
    store(b + i, load(b + i) + x);
    store(c + i, load(c + i) + x);
  });
  return FB_OK;
}

}  // namespace

FB_GROUP(ceilings, FB_ENTRY("ceiling_fma", ceiling_fma), FB_ENTRY("ceiling_read", ceiling_read),
         FB_ENTRY("ceiling_copy", ceiling_copy), FB_ENTRY("ceiling_read2_write1", ceiling_read2_write1),
         FB_ENTRY("ceiling_read4_write3", ceiling_read4_write3))

}  // namespace fb::FB_ISA
