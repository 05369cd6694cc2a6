// The usual depthwise convolutions: 3 x 3 at stride 1 or 2 and 5 x 5, for float. Rows of the image are read where they lie, through masks
// that leave zeros beyond their ends. conv_depthwise.h has the general case.
#pragma once
#include "conv_depthwise.h"

namespace fb::FB_ISA {
namespace {

// Where masks cost nothing; elsewhere this code is not used.
#if defined(__AVX2__)
constexpr bool kHasMasks = true;
#else
constexpr bool kHasMasks = false;
#endif

#if defined(__AVX512F__)
typedef __mmask16 Mask;
inline Mask mask_of(int64_t first, int64_t last) { return static_cast<Mask>((1U << last) - (1U << first)); }
inline VecF load_masked(const float *p, Mask mask) { return (VecF)_mm512_maskz_loadu_ps(mask, p); }
inline void store_masked(float *p, Mask mask, VecF v) { _mm512_mask_storeu_ps(p, mask, (__m512)v); }
#else
typedef VecI Mask;
inline Mask mask_of(int64_t first, int64_t last) {
  Mask mask;
  for (int64_t i = 0; i < kLanes<float>; i++) mask[i] = i >= first && i < last ? -1 : 0;
  return mask;
}
#if defined(__AVX2__)
inline VecF load_masked(const float *p, Mask mask) { return (VecF)_mm256_maskload_ps(p, (__m256i)mask); }
inline void store_masked(float *p, Mask mask, VecF v) { _mm256_maskstore_ps(p, (__m256i)mask, (__m256)v); }
#else
inline VecF load_masked(const float *p, Mask mask) {
  VecF v;
  for (int64_t i = 0; i < kLanes<float>; i++) v[i] = mask[i] ? p[i] : 0;
  return v;
}
inline void store_masked(float *p, Mask mask, VecF v) {
  for (int64_t i = 0; i < kLanes<float>; i++)
    if (mask[i]) p[i] = v[i];
}
#endif
#endif

/// Output (image, channel, y, x) belongs to the image's rows y * S - lead_y + ky and columns x * S - lead_x + kx.
struct RowsDepthwise {
  int64_t images, channels, copies;  // outputs per channel
  int64_t height, width, out_height, out_width, lead_y, lead_x;
  const float *image;

  int64_t vectors() const { return divide_up(out_width, kLanes<float>); }
  /// The masks of a row that is one vector stay in registers; memory is read in its order otherwise.
  int64_t rows_at_once() const { return vectors() == 1 ? out_height : 1; }
  int64_t plane() const { return height * width; }
  int64_t out_plane() const { return out_height * out_width; }
};

/// Which lanes are real, for every vector of a row: of the output, then of what each tap reads (at stride 2 in two parts).
template <int K, int S>
struct RowMasks {
  Mask out, taps[K][S];

  RowMasks() = default;
  RowMasks(const RowsDepthwise &q, int64_t x) {
    constexpr int64_t L = kLanes<float>;
    const int64_t lanes = min(L, q.out_width - x);
    out = mask_of(0, lanes);
    for (int64_t kx = 0; kx < K; kx++)
      for (int64_t part = 0; part < S; part++) {
        const int64_t at = x * S - q.lead_x + kx + part * L, first = max(0, -at), last = min(min(L, q.width - at), lanes * S - part * L);
        taps[kx][part] = last > first ? mask_of(first, last) : mask_of(0, 0);
      }
  }
  /// What tap kx reads, from the row's place of the vector's first lane on.
  VecF read(const float *row, int kx) const {
    if constexpr (S == 1) return load_masked(row + kx, taps[kx][0]);
    return every_second<float>(load_masked(row + kx, taps[kx][0]), load_masked(row + kx + kLanes<float>, taps[kx][1]));
  }
};

/// `reversed`: with the taps in the opposite order, as an input gradient wants them.
template <int K, int S>
int32_t run_depthwise_rows(const RowsDepthwise &q, const float *weight, bool reversed, const float *bias, float *out) {
  constexpr int64_t L = kLanes<float>;
  const int64_t vectors = q.vectors(), bytes = vectors * static_cast<int64_t>(sizeof(RowMasks<K, S>)), outputs = q.channels * q.copies;
  return parallel_with_memory(q.images * outputs, divide_up(65536, q.out_plane() * (K * K + 4) + 1), bytes, [&](int64_t begin, int64_t end, void *memory) {
    RowMasks<K, S> *const all_masks = static_cast<RowMasks<K, S> *>(memory);
    for (int64_t v = 0; v < vectors; v++) all_masks[v] = RowMasks<K, S>(q, v * L);
    int64_t output = begin % outputs, copy = begin % q.copies;
    const float *image = q.image + begin / q.copies * q.plane();
    for (int64_t unit = begin; unit < end; unit++) {
      const float start = bias ? bias[output] : 0;
      float taps[K * K];
      for (int64_t t = 0; t < K * K; t++) taps[t] = weight[output * K * K + (reversed ? K * K - 1 - t : t)];
      for (int64_t y0 = 0; y0 < q.out_height; y0 += q.rows_at_once())
        for (int64_t v = 0; v < vectors; v++) {
          const RowMasks<K, S> masks = all_masks[v];
          float *to = out + unit * q.out_plane() + y0 * q.out_width + v * L;
          for (int64_t y = y0; y < min(y0 + q.rows_at_once(), q.out_height); y++, to += q.out_width) {
            const int64_t top = y * S - q.lead_y;
            const int64_t first = max(0, -top), last = min(K, q.height - top);  // rows of the kernel that meet the image
            const float *row = image + (top + first) * q.width + v * L * S - q.lead_x, *tap = taps + first * K;
            VecF sums[2] = {broadcast(start), VecF{}};  // two chains: each addition waits for the one before it
            for (int64_t ky = first; ky < last; ky++, row += q.width, tap += K) {
#pragma GCC unroll 5
              for (int kx = 0; kx < K; kx++) sums[kx % 2] = fma(broadcast(tap[kx]), masks.read(row, kx), sums[kx % 2]);
            }
            store_masked(to, masks.out, sums[0] + sums[1]);
          }
        }
      if (++output == outputs) output = 0;
      if (++copy == q.copies) copy = 0, image += q.plane();
    }
  });
}

/// The weight gradient at unit stride: sums over images and positions of grad(channel * copies + m, position) * image(channel, tap at the position).
template <int K>
int32_t run_depthwise_rows_weight(const RowsDepthwise &q, const float *grad, float *grad_weight) {
  constexpr int64_t L = kLanes<float>;
  const int64_t vectors = q.vectors(), bytes = vectors * static_cast<int64_t>(sizeof(RowMasks<K, 1>)), outputs = q.channels * q.copies;
  // Channels that lie in a page or more are summed together, image by image.
  const int64_t grain =
      min(outputs, max(divide_up(65536, q.images * q.out_plane() * (K * K + 4) + 1), divide_up(4096, q.out_plane() + 1)));
  const int64_t total_bytes = grain * K * K * FB_VECTOR_BYTES;
  return parallel_with_memory(outputs, grain, bytes + total_bytes, [&](int64_t begin, int64_t end, void *memory) {
    VecF *const all_totals = static_cast<VecF *>(memory);
    RowMasks<K, 1> *const all_masks = reinterpret_cast<RowMasks<K, 1> *>(static_cast<char *>(memory) + total_bytes);
    memset(all_totals, 0, static_cast<size_t>(total_bytes));
    for (int64_t v = 0; v < vectors; v++) all_masks[v] = RowMasks<K, 1>(q, v * L);
    for (int64_t n = 0; n < q.images; n++) {
      VecF *totals = all_totals;
      for (int64_t output = begin; output < end; output++, totals += K * K) {
        const float *const image = q.image + (n * q.channels + (q.copies == 1 ? output : output / q.copies)) * q.plane();
        const float *const from = grad + (n * outputs + output) * q.out_plane();
        VecF sums[K][K] = {};
        for (int64_t y0 = 0; y0 < q.out_height; y0 += q.rows_at_once())
          for (int64_t v = 0; v < vectors; v++) {
            const RowMasks<K, 1> masks = all_masks[v];
            for (int64_t y = y0; y < min(y0 + q.rows_at_once(), q.out_height); y++) {
              const int64_t top = y - q.lead_y;
              const float *const row = image + top * q.width + v * L - q.lead_x;
              const VecF g = load_masked(from + y * q.out_width + v * L, masks.out);
#pragma GCC unroll 3
              for (int ky = 0; ky < K; ky++) {
                if (top + ky < 0 || top + ky >= q.height) continue;
#pragma GCC unroll 5
                for (int kx = 0; kx < K; kx++) sums[ky][kx] = fma(g, masks.read(row + ky * q.width, kx), sums[ky][kx]);
              }
            }
          }
        for (int t = 0; t < K * K; t++) totals[t] += sums[t / K][t % K];
      }
    }
    for (int64_t t = 0; t < (end - begin) * K * K; t++) grad_weight[begin * K * K + t] = sum_lanes<float>(all_totals[t]);
  });
}

}  // namespace
}  // namespace fb::FB_ISA
