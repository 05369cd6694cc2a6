// Convolution with vectors of output channels: a pixel's value, read from wherever it lies, times a vector of weights. Strides cost
// nothing, and neither do small images: outputs are computed one after the other over rows and images. An input gradient is as many
// such passes as its stride has phases, all over the same planes and into the same outputs. See conv_pass.h for vectors of pixels.
#pragma once
#include "conv_winograd.h"
#include "planes.h"

namespace fb::FB_ISA {
namespace {

/// One axis of such a pass. Output p + i * phases, for each p, reads the source at i * step + shift of each tap whose phase is p.
struct ChannelAxis {
  Axis source;  // of unit step: how the planes are filled
  int64_t out, phases, step;
  int64_t *phase;  // per tap

  /// Outputs of phase p.
  int64_t count(int64_t p) const { return out > p ? (out - p + phases - 1) / phases : 0; }
};

struct ChannelPass {
  ChannelAxis y, x;
  int64_t images, groups, channels, rows;  // channels of the source and of the output, per group
  const float *source, *weight;
  int64_t weight_group, weight_row, weight_channel, kernel_x;
  const float *bias;
  float *out;

  int64_t taps() const { return y.source.count * x.source.count; }
  int64_t phases() const { return y.phases * x.phases; }
};

/// How a pass is cut; depends on shapes alone. A unit is a band of rows of one or several images, one group and a range of output channels.
struct ChannelPlan {
  static constexpr int64_t NR = kTileColumns<float>, kPlaneBytes = 160 << 10, kSumBytes = 320 << 10, kDepth = 160, kWanted = 8;
  int64_t block, padded_rows;             // source channels that are summed at a time
  int64_t band, bands, images, image_sets;  // band: in outputs of one phase
  int64_t rows, splits;                   // output channels per unit

  explicit ChannelPlan(const ChannelPass &q) {
    const int64_t size = sizeof(float);
    // Sums of about kDepth products, for the phase that sees most taps.
    const int64_t taps = divide_up(q.y.source.count, q.y.phases) * divide_up(q.x.source.count, q.x.phases);
    block = even_piece(q.channels, max(1, kDepth / taps));
    padded_rows = round_up(q.rows, kLanes<float>);
    const int64_t panels = divide_up(q.rows, NR);
    const auto pixels = [&] { return band * q.y.phases * q.x.out; };
    const auto bytes = [&] { return Planes(q.y.source, q.x.source, span(q, band)).memory(block, 0) * size; };
    const auto units = [&] { return divide_up(q.images, images) * q.groups * divide_up(q.y.count(0), band); };
    const auto fits = [&](int64_t n) { return n * bytes() <= kPlaneBytes && n * pixels() * min(padded_rows, 4 * NR) * size <= kSumBytes; };
    band = q.y.count(0), images = 1;
    while (band > 1 && !fits(1)) band = divide_up(band, 2);
    while (units() * panels < kWanted && band > 4) band = divide_up(band, 2);
    while (band == q.y.count(0) && images * 2 <= q.images && fits(2 * images) && units() / 2 * panels >= kWanted) images *= 2;
    band = even_piece(q.y.count(0), band), bands = divide_up(q.y.count(0), band), image_sets = divide_up(q.images, images);
    splits = 1;
    while (splits < panels && (units() * splits < kWanted || images * pixels() * divide_up(panels, splits) * NR * size > kSumBytes)) splits++;
    rows = divide_up(panels, splits) * NR, splits = divide_up(q.rows, rows);
  }
  /// Rows of the planes that a band of outputs spans.
  static int64_t span(const ChannelPass &q, int64_t band) { return (band - 1) * q.y.step + 1; }
};

/// Weights per group, block of source channels, panel of outputs and phase: channels x taps x width of the panel.
inline void pack_channel_weights(const ChannelPass &q, const ChannelPlan &plan, float *to) {
  constexpr int64_t NR = ChannelPlan::NR;
  const int64_t taps = q.taps(), blocks = divide_up(q.channels, plan.block), panels = divide_up(q.rows, NR);
  parallel_for(q.groups * blocks * panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; task++) {
      const int64_t m = task % panels * NR, c = task / panels % blocks * plan.block, group = task / panels / blocks;
      const int64_t channels = min(plan.block, q.channels - c), width = min(NR, plan.padded_rows - m), valid = min(width, q.rows - m);
      const float *const from = q.weight + group * q.weight_group + m * q.weight_row + c * q.weight_channel;
      float *panel = to + (group * q.channels + c) * taps * plan.padded_rows + m * channels * taps;
      if (q.phases() == 1 && q.weight_channel == taps) {
        pack_panel(panel, width, valid, channels * taps, from, q.weight_row, 1);
        continue;
      }
      for (int64_t phase = 0; phase < q.phases(); phase++)
        for (int64_t channel = 0; channel < channels; channel++)
          for (int64_t ty = 0; ty < q.y.source.count; ty++)
            for (int64_t tx = 0; tx < q.x.source.count; tx++) {
              if (q.y.phase[ty] * q.x.phases + q.x.phase[tx] != phase) continue;
              const float *const at = from + channel * q.weight_channel + q.y.source.tap[ty] * q.kernel_x + q.x.source.tap[tx];
              for (int64_t i = 0; i < width; i++) panel[i] = i < valid ? at[i * q.weight_row] : 0;
              panel += width;
            }
    }
  });
}

/// The pixels of a unit for one phase: where each lies in the planes, and its number among the unit's outputs.
inline int64_t list_pixels(const ChannelPass &q, const Planes &planes, int64_t image_memory, int64_t images, int64_t out_rows, int64_t py, int64_t px,
                           int64_t *from, int64_t *to) {
  int64_t count = 0;
  for (int64_t n = 0; n < images; n++)
    for (int64_t y = py, i = 0; y < out_rows; y += q.y.phases, i++)
      for (int64_t x = px, j = 0; x < q.x.out; x += q.x.phases, j++)
        from[count] = n * image_memory + i * q.y.step * planes.pitch + j * q.x.step, to[count++] = (n * out_rows + y) * q.x.out + x;
  return count;
}

inline int32_t run_channel_pass(const ChannelPass &q) {
  constexpr int64_t L = kLanes<float>, NR = ChannelPlan::NR, size = sizeof(float);
  if (q.images * q.groups * q.rows * q.y.out * q.x.out == 0) return FB_OK;
  const int64_t taps = q.taps(), phases = q.phases();
  const ChannelPlan plan(q);
  const Planes planes(q.y.source, q.x.source, ChannelPlan::span(q, plan.band));
  const int64_t weight_count = q.groups * q.channels * taps * plan.padded_rows, shared = weight_count * size + plan.block * taps * int64_t{8};
  float *const weights = static_cast<float *>(thread_memory(MemoryFor::kCall, shared));
  if (!weights) return out_of_memory(shared);
  pack_channel_weights(q, plan, weights);
  int64_t *const offsets = reinterpret_cast<int64_t *>(weights + weight_count);
  // Phase by phase; the last block of channels uses the first part of each list.
  for (int64_t phase = 0, k = 0; phase < phases; phase++)
    for (int64_t channel = 0; channel < plan.block; channel++)
      for (int64_t ty = 0; ty < q.y.source.count; ty++)
        for (int64_t tx = 0; tx < q.x.source.count; tx++)
          if (q.y.phase[ty] * q.x.phases + q.x.phase[tx] == phase) offsets[k++] = planes.offset(channel, ty, tx);
  const auto taps_of = [&](int64_t phase) {
    int64_t y = 0, x = 0;
    for (int64_t t = 0; t < q.y.source.count; t++) y += q.y.phase[t] == phase / q.x.phases;
    for (int64_t t = 0; t < q.x.source.count; t++) x += q.x.phase[t] == phase % q.x.phases;
    return y * x;
  };

  const int64_t most = plan.images * plan.band * q.y.phases * q.x.out, image_memory = round_up(planes.memory(plan.block, L), 16);
  const int64_t floats = plan.rows * most + plan.images * image_memory, bytes = floats * size + 2 * most * int64_t{8};
  const int64_t out_plane = q.y.out * q.x.out, in_plane = q.y.source.size * q.x.source.size;
  return parallel_with_memory(plan.image_sets * q.groups * plan.bands * plan.splits, 1, bytes, [&](int64_t begin, int64_t end, void *memory) {
    float *const sums = static_cast<float *>(memory), *const plane_memory = sums + plan.rows * most;
    int64_t *const from = reinterpret_cast<int64_t *>(sums + floats), *const to = from + most;
    for (int64_t task = begin; task < end; task++) {
      const int64_t first_row = task % plan.splits * plan.rows, rows = min(plan.rows, q.rows - first_row), unit = task / plan.splits;
      const int64_t first = unit % plan.bands * plan.band, band = min(plan.band, q.y.count(0) - first);
      const int64_t group = unit / plan.bands % q.groups, image = unit / plan.bands / q.groups * plan.images, images = min(plan.images, q.images - image);
      const int64_t out_rows = min(band * q.y.phases, q.y.out - first * q.y.phases), pixels = images * out_rows * q.x.out;
      for (int64_t c = 0; c < q.channels; c += plan.block) {
        const int64_t channels = min(plan.block, q.channels - c);
        for (int64_t n = 0; n < images; n++)
          planes.fill(plane_memory + n * image_memory, q.source + (((image + n) * q.groups + group) * q.channels + c) * in_plane, channels, first * q.y.step,
                      ChannelPlan::span(q, band));
        for (int64_t phase = 0, before = 0; phase < phases; phase++) {
          const int64_t phase_taps = taps_of(phase), depth = channels * phase_taps;
          const int64_t count = list_pixels(q, planes, image_memory, images, out_rows, phase / q.x.phases, phase % q.x.phases, from, to);
          for (int64_t m = 0; m < rows; m += NR) {
            const int64_t width = min(NR, plan.padded_rows - first_row - m);
            const float *const b = weights + (group * q.channels + c) * taps * plan.padded_rows + (first_row + m) * channels * taps + before * channels * width;
            for (int64_t i = 0, height; i < count; i += height) {
              height = count - i;
              const PixelKernel<float> kernel = find_pixel_kernel<float>(height, width / L);
              const float *pixel[kPointerRows];
              float *sum[kPointerRows];
              for (int64_t r = 0; r < height; r++)
                pixel[r] = plane_memory + planes.front() + from[i + r], sum[r] = sums + m * pixels + to[i + r] * width;
              kernel(depth, pixel, offsets + before * plan.block, b, sum, c > 0);
            }
          }
          before += phase_taps;
        }
      }
      for (int64_t m = 0; m < rows; m += L) {
        const int64_t panel = m / NR * NR, width = min(NR, plan.padded_rows - first_row - panel), channel = group * q.rows + first_row + m;
        const int64_t valid = min(L, rows - m), n = out_rows * q.x.out;
        float *const from_sums = sums + panel * pixels + m - panel;
        if (q.bias) {
          const VecF bias = load_part(q.bias + channel, valid);
          for (int64_t i = 0; i < pixels; i++) store(from_sums + i * width, load(from_sums + i * width) + bias);
        }
        for (int64_t i = 0; i < images; i++)
          store_pixels(q.out + ((image + i) * q.groups * q.rows + channel) * out_plane + first * q.y.phases * q.x.out, out_plane, valid,
                       from_sums + i * n * width, width, n);
      }
    }
  });
}

}  // namespace
}  // namespace fb::FB_ISA
