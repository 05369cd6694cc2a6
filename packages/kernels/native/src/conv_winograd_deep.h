// Winograd's algorithm for many channels on few tiles, where the points of all kernels would be more memory than the rest of the work:
// the points of the windows are computed for all, then those of some kernels at a time, which are used up while they are in the cache.
#pragma once
#include "conv_winograd.h"

namespace fb::FB_ISA {
namespace {

/// Whether a pass is of this kind.
inline bool is_deep_winograd(const WinogradPass &q) {
  constexpr int64_t kKernelBytes = 3 << 20, kTiles = 1024;
  const Tiles t(q.images, q.out_height, q.out_width);
  return q.channels * q.rows * kPoints * static_cast<int64_t>(sizeof(float)) > kKernelBytes && t.strips * t.across <= kTiles;
}

inline int32_t run_deep_winograd(const WinogradPass &q) {
  constexpr int64_t L = kLanes<float>, NR = kTileColumns<float>, size = sizeof(float), kWaveBytes = 5 << 20, kWaveTiles = 128, kStrips = 4, kBlock = 96;
  const Tiles t(q.images, q.out_height, q.out_width);
  const int64_t padded_rows = round_up(q.rows, L), panels = divide_up(q.rows, NR), blocks = divide_up(q.channels, L), block = even_piece(q.channels, kBlock);
  const int64_t pitch = round_up(q.channels, L) + (blocks * L % 512 == 0 ? L : 0);
  const int64_t wave_tiles = min(kWaveTiles, max(32, kWaveBytes / (kPoints * pitch * size)));
  const int64_t wave = even_piece(t.strips, max(1, wave_tiles / t.across)), tiles = wave * t.across;
  const int64_t window_points = spread(tiles * pitch), kernel_points = spread(block * NR), output_points = spread(tiles * NR);
  const int64_t shared = kPoints * window_points * size + q.channels * int64_t{8};
  float *const windows = static_cast<float *>(thread_memory(MemoryFor::kCall, shared));
  if (!windows) return out_of_memory(shared);
  int64_t *const channels = reinterpret_cast<int64_t *>(windows + kPoints * window_points);
  for (int64_t c = 0; c < q.channels; c++) channels[c] = c;

  const int64_t plane = q.height * q.width, image = q.groups * q.channels * plane, pixels = (kTile * q.out_width + kTile) * L;
  const int64_t bytes = (kPoints * (kernel_points + output_points) + pixels) * size;
  for (int64_t group = 0; group < q.groups; group++)
    for (int64_t first = 0; first < t.strips; first += wave) {
      const int64_t strips = min(wave, t.strips - first), count = strips * t.across;
      const Windows source = {q.source + group * q.channels * plane, q.source + q.images * image, image, q.channels, q.height, q.width, q.lead_y, q.lead_x};
      int32_t status = parallel_with_memory(divide_up(strips, kStrips) * blocks, 1, Windows::memory(t) * size, [&](int64_t begin, int64_t end, void *kept) {
        for (int64_t task = begin; task < end; task++) {
          const int64_t from = task / blocks * kStrips;
          source.to_points(t, first + from, min(kStrips, strips - from), task % blocks * L, windows + from * t.across * pitch, window_points, pitch,
                           static_cast<float *>(kept));
        }
      });
      if (status != FB_OK) return status;
      status = parallel_with_memory(panels, 1, bytes, [&](int64_t begin, int64_t end, void *kept) {
        float *const kernels = static_cast<float *>(kept), *const outputs = kernels + kPoints * kernel_points, *const scratch = outputs + kPoints * output_points;
        for (int64_t panel = begin; panel < end; panel++) {
          const int64_t m = panel * NR, width = min(NR, padded_rows - m);
          for (int64_t c = 0; c < q.channels; c += block) {
            const int64_t depth = min(block, q.channels - c);
            kernels_to_points(q, group, m, width, c, depth, kernels, kernel_points);
            for (int64_t p = 0; p < kPoints; p++)
              for (int64_t i = 0, height; i < count; i += height) {
                height = count - i;
                const PixelKernel<float> kernel = find_pixel_kernel<float>(height, width / L);
                const float *rows[kPointerRows];
                float *to[kPointerRows];
                for (int64_t r = 0; r < height; r++)
                  rows[r] = windows + p * window_points + (i + r) * pitch + c, to[r] = outputs + p * output_points + (i + r) * width;
                kernel(depth, rows, channels, kernels + p * kernel_points, to, c > 0);
              }
          }
          for (int64_t v = 0; v < width; v += L)
            for (int64_t s = 0; s < strips; s++)
              points_to_strip(q, t, first + s, group, m + v, outputs + s * t.across * width + v, output_points, width, scratch);
        }
      });
      if (status != FB_OK) return status;
    }
  return FB_OK;
}

inline int32_t run_winograd(const WinogradPass &q) { return is_deep_winograd(q) ? run_deep_winograd(q) : run_plain_winograd(q); }

}  // namespace
}  // namespace fb::FB_ISA
