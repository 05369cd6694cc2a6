// The weight gradient by Winograd's algorithm, the adjoint of conv_winograd.h: points of windows times points of output gradients,
// summed over all tiles, are the points of the kernel's gradient. Waves of tiles are transformed and then summed, point by point.
#pragma once
#include "conv_winograd.h"

namespace fb::FB_ISA {
namespace {

struct WinogradWeight {
  int64_t images, groups, channels, rows;  // channels of the input and of the output gradient, per group
  int64_t height, width, out_height, out_width, lead_y, lead_x;
  const float *grad, *input;
  float *out;
};

/// Points of the output gradients of a range of strips: to[point * points + tile * pitch + row].
inline void gradients_to_points(const WinogradWeight &q, const Tiles &t, int64_t group, int64_t first, int64_t count, int64_t row, float *to,
                                int64_t points, int64_t pitch, float *pixels) {
  constexpr int64_t L = kLanes<float>;
  const int64_t plane = q.out_height * q.out_width, image = q.groups * q.rows * plane, row_size = (t.pitch() + L) * L;
  for (int64_t s = first; s < first + count; s++) {
    const int64_t top = s % t.down * kTile;
    const float *const from = q.grad + s / t.down * image + (group * q.rows + row) * plane;
    for (int64_t i = 0; i < kTile; i++)
      load_pixels(pixels + i * row_size, top + i < q.out_height ? from + (top + i) * q.out_width : nullptr, plane, min(L, q.rows - row), q.out_width, 0,
                  t.pitch(), q.grad + q.images * image);
    for (int64_t x = 0; x < t.across; x++, to += pitch) {
      float *const place = to + row;
      transform_both<kTile, kWindow>(
          output_to_points, [&](int i, int j) { return load(pixels + i * row_size + (x * kTile + j) * L); },
          [&](int i, int j, VecF v) { store(place + (i * kWindow + j) * points, v); });
    }
  }
}

inline int32_t run_winograd_weight(const WinogradWeight &q) {
  constexpr int64_t L = kLanes<float>, NR = kTileColumns<float>, size = sizeof(float), kWaveBytes = 768 << 10, kWaveTiles = 64, kStrips = 4;
  const Tiles t(q.images, q.out_height, q.out_width);
  const int64_t window_pitch = round_up(q.channels, L), grad_pitch = round_up(q.rows, L), blocks = (window_pitch + grad_pitch) / L;
  // The last of an odd number of vectors of channels is computed together with the one before it, in columns of its own.
  const int64_t panels = divide_up(window_pitch, NR), columns = panels * NR, last_channel = max(0, window_pitch - NR);
  const int64_t tile_bytes = kPoints * (window_pitch + grad_pitch) * size;
  const int64_t wave = even_piece(t.strips, max(1, max(kWaveBytes / tile_bytes, kWaveTiles) / t.across)), tiles = wave * t.across;
  const int64_t window_points = spread(tiles * window_pitch + L), grad_points = spread(tiles * grad_pitch);
  const int64_t sum_points = spread(round_up(q.rows, kRowStep) * columns);
  const int64_t floats = kPoints * (window_points + grad_points + q.groups * sum_points), shared = floats * size + tiles * int64_t{8};
  float *const windows = static_cast<float *>(thread_memory(MemoryFor::kCall, shared));
  if (!windows) return out_of_memory(shared);
  float *const gradients = windows + kPoints * window_points, *const sums = gradients + kPoints * grad_points;
  int64_t *const offsets = reinterpret_cast<int64_t *>(windows + floats);
  for (int64_t i = 0; i < tiles; i++) offsets[i] = i * window_pitch;

  const int64_t plane = q.height * q.width, image = q.groups * q.channels * plane, panel_rows = round_up(even_piece(q.rows, kTileRows), kRowStep);
  for (int64_t group = 0; group < q.groups; group++)
    for (int64_t first = 0; first < t.strips; first += wave) {
      const int64_t strips = min(wave, t.strips - first), depth = strips * t.across;
      const Windows source = {q.input + group * q.channels * plane, q.input + q.images * image, image, q.channels, q.height, q.width, q.lead_y, q.lead_x};
      const int32_t status = parallel_with_memory(divide_up(strips, kStrips) * blocks, 1, Windows::memory(t) * size, [&](int64_t begin, int64_t end, void *kept) {
        for (int64_t task = begin; task < end; task++) {
          const int64_t from = task / blocks * kStrips, count = min(kStrips, strips - from), block = task % blocks * L;
          if (block < window_pitch)
            source.to_points(t, first + from, count, block, windows + from * t.across * window_pitch, window_points, window_pitch, static_cast<float *>(kept));
          else
            gradients_to_points(q, t, group, first + from, count, block - window_pitch, gradients + from * t.across * grad_pitch, grad_points, grad_pitch,
                                static_cast<float *>(kept));
        }
      });
      if (status != FB_OK) return status;
      parallel_for(kPoints * panels, 1, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; task++) {
          const int64_t p = task / panels, panel = task % panels;
          const float *const b = windows + p * window_points + min(panel * NR, last_channel);
          for (int64_t m = 0; m < q.rows; m += panel_rows)
            find_window_kernel<float>(min(panel_rows, q.rows - m))(depth, gradients + p * grad_points + m, grad_pitch, b, offsets,
                                                                   sums + (group * kPoints + p) * sum_points + m * columns + panel * NR, columns, first > 0);
        }
      });
    }

  parallel_for(q.groups * q.rows, divide_up(1024, q.channels), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++)
      for (int64_t c = 0; c < q.channels; c += L) {
        const int64_t panel = c / NR, column = panel * NR + c - min(panel * NR, last_channel);
        const float *const from = sums + i / q.rows * kPoints * sum_points + i % q.rows * columns + column;
        float taps[9][L];
        transform_both<kWindow, 3>(
            points_to_kernel, [&](int y, int x) { return load(from + (y * kWindow + x) * sum_points); },
            [&](int y, int x, VecF v) { store(taps[y * 3 + x], v); });
        float *const to = q.out + (i * q.channels + c) * 9;
        for (int64_t lane = 0; lane < min(L, q.channels - c); lane++)
          for (int64_t tap = 0; tap < 9; tap++) to[lane * 9 + tap] = taps[tap][lane];
      }
  });
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
