// Convolution with a 3 x 3 kernel at unit stride by Winograd's algorithm F(4 x 4, 3 x 3): a tile of 4 x 4 outputs and its window of 6 x 6
// inputs are polynomials, whose product is computed from their values at 36 points, with a quarter of the multiplications. The points
// are 0, +-sqrt 2, +-1 / sqrt 2 and infinity in each direction: of those with cheap transforms they round least (two to four times the
// error of sums in plain order, more than that of our blocked sums; the customary 0, +-1, +-2: about four times worse still). Vectors hold channels, so that a tile may lie anywhere in its image.
#pragma once
#include "conv_kernel.h"
#include "gemm.h"
#include "thread_memory.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kTile = 4, kWindow = 6, kPoints = kWindow * kWindow;
constexpr float kRoot = 1.41421356F, kHalfRoot = 0.70710678F;

inline VecF times(float a, VecF b, VecF c) { return fma(broadcast(a), b, c); }

// The transforms of one direction, in place: B^T of a window, G of a kernel, A^T of an output, and the transposes of the last two.
inline void window_to_points(VecF *v) {
  const VecF even = times(-0.5F, v[2], v[4]), odd = kRoot * times(-0.5F, v[1], v[3]);
  const VecF even2 = times(-2, v[2], v[4]), odd2 = kHalfRoot * times(-2, v[1], v[3]);
  v[0] = times(-2.5F, v[2], v[0] + v[4]), v[5] = times(-2.5F, v[3], v[1] + v[5]);
  v[1] = even + odd, v[2] = even - odd, v[3] = even2 + odd2, v[4] = even2 - odd2;
}
inline void kernel_to_points(VecF *v) {
  const VecF even = times(2, v[2], v[0]) * (1 / 6.F), odd = v[1] * (kRoot / 6);
  const VecF even2 = times(0.5F, v[2], v[0]) * (-1 / 1.5F), odd2 = v[1] * (-kHalfRoot / 1.5F);
  v[5] = v[2];
  v[1] = even + odd, v[2] = even - odd, v[3] = even2 + odd2, v[4] = even2 - odd2;
}
inline void points_to_output(VecF *v) {
  const VecF even = v[1] + v[2], odd = v[1] - v[2], even2 = v[3] + v[4], odd2 = v[3] - v[4];
  v[0] = v[0] + even + even2, v[1] = times(kRoot, odd, kHalfRoot * odd2);
  v[2] = times(2, even, 0.5F * even2), v[3] = times(2 * kRoot, odd, times(kHalfRoot / 2, odd2, v[5]));
}
inline void output_to_points(VecF *v) {
  const VecF even = times(2, v[2], v[0]), odd = kRoot * times(2, v[3], v[1]);
  const VecF even2 = times(0.5F, v[2], v[0]), odd2 = kHalfRoot * times(0.5F, v[3], v[1]);
  v[5] = v[3];
  v[1] = even + odd, v[2] = even - odd, v[3] = even2 + odd2, v[4] = even2 - odd2;
}
inline void points_to_kernel(VecF *v) {
  const VecF even = v[1] + v[2], odd = v[1] - v[2], even2 = v[3] + v[4], odd2 = v[3] - v[4];
  v[0] = times(1 / 6.F, even, times(-1 / 1.5F, even2, v[0]));
  v[1] = times(kRoot / 6, odd, (-kHalfRoot / 1.5F) * odd2);
  v[2] = times(1 / 3.F, even, times(-1 / 3.F, even2, v[5]));
}

/// One of them in both directions: In x In values to Out x Out.
template <int In, int Out, class Transform, class Load, class Store>
inline __attribute__((always_inline)) void transform_both(const Transform &transform, const Load &load_at, const Store &store_at) {
  VecF half[Out][In];
#pragma GCC unroll 1
  for (int j = 0; j < In; j++) {
    VecF v[kWindow];
#pragma GCC unroll 6
    for (int i = 0; i < In; i++) v[i] = load_at(i, j);
    transform(v);
#pragma GCC unroll 6
    for (int i = 0; i < Out; i++) half[i][j] = v[i];
  }
#pragma GCC unroll 1
  for (int i = 0; i < Out; i++) {
    VecF v[kWindow];
#pragma GCC unroll 6
    for (int j = 0; j < In; j++) v[j] = half[i][j];
    transform(v);
#pragma GCC unroll 6
    for (int j = 0; j < Out; j++) store_at(i, j, v[j]);
  }
}

/// Images as contiguous planes, and the tiles that cover the output. A strip is a row of tiles of one image.
struct Tiles {
  int64_t images, height, width;  // of the output
  int64_t across, down, strips;

  Tiles(int64_t images, int64_t height, int64_t width)
      : images(images), height(height), width(width), across(divide_up(width, kTile)), down(divide_up(height, kTile)), strips(images * down) {}
  int64_t pitch() const { return across * kTile + 2; }  // pixels that a strip's windows span
};

/// An odd number of cache lines: the points of one tile do not all fall into one cache set.
inline int64_t spread(int64_t n) { return (divide_up(n, 16) | 1) * 16; }

/// `count` pixels of one row of `width`, kLanes channels each, from pixel -lead on; zeros outside. The sum of both may be written past them.
inline void load_pixels(float *to, const float *row, int64_t plane, int64_t channels, int64_t width, int64_t lead, int64_t count, const float *end) {
  constexpr int64_t L = kLanes<float>;
  const int64_t real = row ? min(width, count - lead) : 0;
  memset(to, 0, static_cast<size_t>(real ? lead : count) * L * sizeof(float));
  if (real == 0) return;
  for (int64_t x = 0; x < real; x += L) {
    float *const at = to + (lead + x) * L;
    if (end - (row + (channels - 1) * plane + x) >= L)
      pack_transposed_block(at, L, row + x, plane, channels);
    else
      pack_elements(at, L, channels, real - x, row + x, plane, int64_t{1});
  }
  memset(to + (lead + real) * L, 0, static_cast<size_t>(count - lead - real) * L * sizeof(float));
}

/// Points of the windows of a range of strips: to[point * points + tile * pitch + channel]. `rows` holds kWindow rows of pixels.
struct Windows {
  const float *source, *end;  // first channel of the group in the first image
  int64_t image, channels, height, width, lead_y, lead_x;

  void to_points(const Tiles &tiles, int64_t first, int64_t count, int64_t channel, float *to, int64_t points, int64_t pitch, float *rows) const {
    constexpr int64_t L = kLanes<float>;
    const int64_t plane = height * width, row_size = (tiles.pitch() + L) * L, here = min(L, channels - channel);
    for (int64_t s = first; s < first + count; s++) {
      const float *const from = source + s / tiles.down * image + channel * plane;
      const int64_t top = s % tiles.down * kTile;
      // Row y stands in slot y % 6: two rows stay from strip to strip.
      for (int64_t y = s == first || top == 0 ? top : top + 2; y < top + kWindow; y++) {
        const int64_t at = y - lead_y;
        load_pixels(rows + y % kWindow * row_size, at >= 0 && at < height ? from + at * width : nullptr, plane, here, width, lead_x, tiles.pitch(), end);
      }
      const float *row[kWindow];
      for (int64_t i = 0; i < kWindow; i++) row[i] = rows + (top + i) % kWindow * row_size;
      for (int64_t x = 0; x < tiles.across; x++, to += pitch) {
        float *const place = to + channel;
        transform_both<kWindow, kWindow>(
            window_to_points, [&](int i, int j) { return load(row[i] + (x * kTile + j) * L); },
            [&](int i, int j, VecF v) { store(place + (i * kWindow + j) * points, v); });
      }
    }
  }
  static int64_t memory(const Tiles &tiles) { return kWindow * (tiles.pitch() + kLanes<float>) * kLanes<float>; }
};

/// out(image, group, m) = bias(m) + sum over channels and taps of weight(m, channel, tap) * source(channel, position + tap - lead).
struct WinogradPass {
  int64_t images, groups, channels, rows;  // channels of the source and of the output, per group
  int64_t height, width, out_height, out_width, lead_y, lead_x;
  const float *source, *weight;
  int64_t weight_group, weight_row, weight_channel, weight_tap;  // taps are in order (1) or reversed (-1)
  const float *bias;
  float *out;
};

/// How a pass is cut; depends on shapes alone. A unit is some strips and a range of panels of output channels, of which a few at a time
/// are computed, so that points of windows and of outputs stay in the cache.
struct WinogradPlan {
  static constexpr int64_t NR = kTileColumns<float>, kWanted = 8;
  int64_t strips, units;  // strips per unit
  int64_t tiles, pitch, window_points, output_points;
  int64_t padded_rows, panels, kernel_points;  // of output channels; elements from point to point of a panel's kernels
  int64_t chunk, split_panels, splits;

  WinogradPlan(const WinogradPass &q, const Tiles &t) {
    constexpr int64_t L = kLanes<float>;
    padded_rows = round_up(q.rows, L);
    panels = divide_up(q.rows, NR);
    kernel_points = spread(q.channels * width(0));
    strips = min(t.strips, max(1, (q.channels > 128 ? 56 : 28) / t.across));
    while (strips > 1 && divide_up(t.strips, strips) * q.groups * panels < kWanted) strips = divide_up(strips, 2);
    units = divide_up(t.strips, strips);
    tiles = strips * t.across;
    pitch = round_up(q.channels, L);
    if (pitch % 512 == 0) pitch += L;
    window_points = spread(tiles * pitch);
    splits = 1;
    while (units * q.groups * splits < kWanted && splits * 2 <= panels && q.rows / splits > 128) splits *= 2;
    split_panels = divide_up(panels, splits), splits = divide_up(panels, split_panels);
    chunk = min(split_panels, max(1, 56 / tiles));
    output_points = spread(chunk * tiles * NR);
  }
  int64_t width(int64_t panel) const { return min(NR, padded_rows - panel * NR); }
  int64_t kernel_offset(int64_t group, int64_t panel) const { return (group * panels + panel) * kPoints * kernel_points; }
};

/// Points of the kernels from `count` source channels from c on to `width` output channels from m on:
/// to[point * points + channel * width + row].
inline void kernels_to_points(const WinogradPass &q, int64_t group, int64_t m, int64_t width, int64_t c, int64_t count, float *to, int64_t points) {
  constexpr int64_t kTogether = 16;
  float taps[kTogether * 9 * kTileColumns<float> + kPanelSlack<float>];
  const float *const from = q.weight + group * q.weight_group + m * q.weight_row;
  // Kernels that lie one after the other are turned together, which is quicker.
  const int64_t together = q.weight_channel == 9 && q.weight_tap == 1 ? kTogether : 1;
  for (int64_t first = 0; first < count; first += together) {
    const int64_t channels = min(together, count - first);
    pack_panel(taps, width, min(width, q.rows - m), channels * 9, from + (c + first) * q.weight_channel, q.weight_row, q.weight_tap);
    for (int64_t i = 0; i < channels; i++)
      for (int64_t v = 0; v < width; v += kLanes<float>)
        transform_both<3, kWindow>(
            kernel_to_points, [&](int y, int x) { return load(taps + (i * 9 + y * 3 + x) * width + v); },
            [&](int y, int x, VecF value) { store(to + (y * kWindow + x) * points + (first + i) * width + v, value); });
  }
}

/// Points of all kernels: per group and panel of output channels, points x channels x width of the panel.
inline void all_kernels_to_points(const WinogradPass &q, const WinogradPlan &plan, float *to) {
  constexpr int64_t NR = kTileColumns<float>, kChannels = 64;
  const int64_t blocks = divide_up(q.channels, kChannels);
  parallel_for(q.groups * plan.panels * blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; task++) {
      const int64_t c = task % blocks * kChannels, panel = task / blocks % plan.panels, group = task / blocks / plan.panels, width = plan.width(panel);
      kernels_to_points(q, group, panel * NR, width, c, min(kChannels, q.channels - c), to + plan.kernel_offset(group, panel) + c * width, plan.kernel_points);
    }
  });
}

/// out[channel * plane + p] = pixels[p * pitch + channel].
inline void store_pixels(float *out, int64_t plane, int64_t channels, const float *pixels, int64_t pitch, int64_t n) {
  constexpr int64_t L = kLanes<float>;
  if (n < L) {
    for (int64_t i = 0; i < channels; i++)
      for (int64_t p = 0; p < n; p++) out[i * plane + p] = pixels[p * pitch + i];
    return;
  }
  for (int64_t p = 0; p < n; p += L) {
    const int64_t at = min(p, n - L);
    VecF v[L];
#pragma GCC unroll 16
    for (int i = 0; i < L; i++) v[i] = load(pixels + (at + i) * pitch);
    transpose<float>(v);
    if (channels == L) {
#pragma GCC unroll 16
      for (int i = 0; i < L; i++) store(out + i * plane + at, v[i]);
    } else {
#pragma GCC unroll 16
      for (int i = 0; i < L; i++)
        if (i < channels) store(out + i * plane + at, v[i]);
    }
  }
}

/// Outputs of a strip, for kLanes channels from channel m on; `points` are those of the strip's tiles, `stride` apart.
inline void points_to_strip(const WinogradPass &q, const Tiles &t, int64_t strip, int64_t group, int64_t m, const float *points, int64_t stride,
                            int64_t width, float *pixels) {
  constexpr int64_t L = kLanes<float>;
  const int64_t plane = q.out_height * q.out_width, top = strip % t.down * kTile, channel = group * q.rows + m, valid = min(L, q.rows - m);
  VecF bias = {};
  if (q.bias) bias = load_part(q.bias + channel, valid);
  // From right to left and from top to bottom: what a tile has beyond the right edge is overwritten by the next row.
  for (int64_t x = t.across - 1; x >= 0; x--)
    transform_both<kWindow, kTile>(
        points_to_output, [&](int i, int j) { return load(points + (i * kWindow + j) * stride + x * width); },
        [&](int i, int j, VecF v) { store(pixels + (i * q.out_width + x * kTile + j) * L, v + bias); });
  store_pixels(q.out + (strip / t.down * q.groups * q.rows + channel) * plane + top * q.out_width, plane, valid, pixels, L,
               min(kTile, q.out_height - top) * q.out_width);
}

inline int32_t run_plain_winograd(const WinogradPass &q) {
  constexpr int64_t L = kLanes<float>, NR = kTileColumns<float>, size = sizeof(float);
  const Tiles t(q.images, q.out_height, q.out_width);
  const WinogradPlan plan(q, t);
  const int64_t kernel_size = plan.kernel_offset(q.groups, 0) * size, kernel_bytes = kernel_size + q.channels * int64_t{8};
  float *const kernels = static_cast<float *>(thread_memory(MemoryFor::kCall, kernel_bytes));
  if (!kernels) return out_of_memory(kernel_bytes);
  all_kernels_to_points(q, plan, kernels);
  int64_t *const channels = reinterpret_cast<int64_t *>(kernels + kernel_size / size);
  for (int64_t c = 0; c < q.channels; c++) channels[c] = c;

  const int64_t pixels = max(Windows::memory(t), (kTile * q.out_width + kTile) * L);
  const int64_t bytes = (kPoints * (plan.window_points + plan.output_points) + pixels) * size;
  return parallel_with_memory(plan.units * q.groups * plan.splits, 1, bytes, [&](int64_t begin, int64_t end, void *kept) {
    float *const window_points = static_cast<float *>(kept), *const output_points = window_points + kPoints * plan.window_points;
    float *const scratch = output_points + kPoints * plan.output_points;
    for (int64_t task = begin; task < end; task++) {
      const int64_t split = task % plan.splits, group = task / plan.splits % q.groups, first = task / plan.splits / q.groups * plan.strips;
      const int64_t strips = min(plan.strips, t.strips - first), tiles = strips * t.across;
      const int64_t plane = q.height * q.width, image = q.groups * q.channels * plane;
      const Windows windows = {q.source + group * q.channels * plane, q.source + q.images * image, image, q.channels, q.height, q.width, q.lead_y, q.lead_x};
      for (int64_t c = 0; c < q.channels; c += L) windows.to_points(t, first, strips, c, window_points, plan.window_points, plan.pitch, scratch);

      const int64_t last = min((split + 1) * plan.split_panels, plan.panels);
      for (int64_t from = split * plan.split_panels; from < last; from += plan.chunk) {
        const int64_t until = min(from + plan.chunk, last);
        for (int64_t p = 0; p < kPoints; p++)
          for (int64_t panel = from; panel < until; panel++) {
            const int64_t width = plan.width(panel);
            const float *const b = kernels + plan.kernel_offset(group, panel) + p * plan.kernel_points;
            float *const c = output_points + p * plan.output_points + (panel - from) * tiles * NR;
            for (int64_t i = 0, height; i < tiles; i += height) {
              height = tiles - i;
              const PixelKernel<float> kernel = find_pixel_kernel<float>(height, width / L);
              const float *rows[kPointerRows];
              float *to[kPointerRows];
              for (int64_t r = 0; r < height; r++) rows[r] = window_points + p * plan.window_points + (i + r) * plan.pitch, to[r] = c + (i + r) * width;
              kernel(q.channels, rows, channels, b, to, false);
            }
          }
        for (int64_t panel = from; panel < until; panel++) {
          const int64_t width = plan.width(panel);
          for (int64_t v = 0; v < width; v += L)
            for (int64_t s = 0; s < strips; s++)
              points_to_strip(q, t, first + s, group, panel * NR + v, output_points + (panel - from) * tiles * NR + s * t.across * width + v,
                              plan.output_points, width, scratch);
        }
      }
    }
  });
}

}  // namespace
}  // namespace fb::FB_ISA
