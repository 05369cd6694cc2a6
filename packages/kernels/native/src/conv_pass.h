// One convolution pass over images: output and input gradient are both a product of weights with windows of a source, which the
// micro-kernels read from zero-padded planes (planes.h), so that no matrix of windows is ever built.
#pragma once
#include "conv_kernel.h"
#include "planes.h"
#include "thread_memory.h"

namespace fb::FB_ISA {
namespace {

/// out(image, group, m, y, x) = bias(m) + sum over (channel, taps) of weight(m, channel, tap) * source(channel, tap at (y, x)).
template <class T>
struct Pass {
  Axis y, x;
  int64_t images, groups, channels, rows;  // channels of the source and of the output, per group
  const T *source;
  int64_t source_image;                                       // elements per image
  const T *weight;
  int64_t weight_group, weight_row, weight_channel, weight_y;  // strides
  const T *bias;
  T *out;  // of position (0, 0)
  int64_t out_image, out_channel, out_y, out_x;

  int64_t taps() const { return y.count * x.count; }
  const T *source_of(int64_t image, int64_t group) const { return source + image * source_image + group * channels * y.size * x.size; }
  T *out_of(int64_t image, int64_t group) const { return out + image * out_image + group * rows * out_channel; }
};

template <class T>
inline void copy_run(T *to, const T *from, int64_t n) {
  constexpr int64_t L = kLanes<T>;
  if (n < L) {
    for (int64_t i = 0; i < n; i++) to[i] = from[i];
    return;
  }
  for (int64_t i = 0; i + L <= n; i += L) store(to + i, load(from + i));
  store(to + n - L, load(from + n - L));
}

/// Calls f(place in the panel, y, x, length) for the runs of real positions among `width` places of the planes from `from` on.
template <class F>
inline void each_run(int64_t from, int64_t width, int64_t pitch, int64_t grid, const F &f) {
  int64_t y = from / pitch, x = from % pitch;
  for (int64_t done = 0; done < width; done += pitch - x, x = 0, y++)
    if (x < grid) f(done, y, x, min(grid - x, width - done));
}

/// How a pass is cut; depends on shapes alone. A unit is a band of rows of one or several images, one group and a range of output
/// channels; sums run over blocks of source channels, whose planes stay in the L2 cache.
template <class T>
struct PassPlan {
  int64_t block_channels, blocks, panel_rows;
  int64_t packed_rows;  // of a group's weights, with the zeros that fill up the last tile
  int64_t band, bands, images, image_sets, rows, splits;  // images and output channels per unit

  static constexpr int64_t kPlaneBytes = 128 << 10, kWanted = 16;
  static constexpr int64_t kOver = 4 * kLanes<T> + kTileColumns<T>;  // read past the last position

  explicit PassPlan(const Pass<T> &q) {
    const int64_t taps = q.taps();
    // Less than the depth of a matrix product: the weights share the L1 cache with the lines of the planes, which are read once per tap.
    block_channels = even_piece(q.channels, max(1, kBlockK<T> * 3 / 8 / taps));
    blocks = divide_up(q.channels, block_channels);
    panel_rows = round_up(even_piece(q.rows, kTileRows), kRowStep);
    packed_rows = round_up(q.rows, kRowStep);
    const int64_t panels = divide_up(q.rows, panel_rows);
    const auto bytes = [&] { return Planes(q.y, q.x, band).memory(block_channels, kOver) * static_cast<int64_t>(sizeof(T)); };
    const auto work = [&](int64_t y) { return static_cast<double>(q.rows * q.channels * taps) * static_cast<double>(y * q.x.grid); };
    const auto units = [&] { return divide_up(q.images, images) * q.groups * divide_up(q.y.grid, band); };

    band = q.y.grid, images = 1;
    while (band > 1 && bytes() > kPlaneBytes) band = divide_up(band, 2);
    while (units() < kWanted && band > 4 && work(band) > (1 << 20)) band = divide_up(band, 2);
    // Small images share a unit, so that each panel of weights is used often enough once it is in the cache.
    while (band == q.y.grid && images * 2 <= q.images && images * band * q.x.grid < 192 && images * 2 * bytes() <= kPlaneBytes &&
           units() / 2 * panels >= kWanted)
      images *= 2;
    band = even_piece(q.y.grid, band), bands = divide_up(q.y.grid, band), image_sets = divide_up(q.images, images);
    splits = 1;
    while (units() * splits < kWanted && splits * 2 <= panels && work(band * images) / static_cast<double>(splits) > (2 << 20)) splits *= 2;
    rows = divide_up(panels, splits) * panel_rows, splits = divide_up(q.rows, rows);
  }

  /// Elements for the planes of one image, and for the sums that are carried from block to block.
  int64_t image_memory(const Planes &planes) const { return round_up(planes.memory(block_channels, kOver), 16); }
  int64_t tile_memory(const Planes &planes) const {
    return kCorner<T> * (blocks > 1 ? divide_up(rows, panel_rows) * images * divide_up(band * planes.pitch, kTileColumns<T>) : 1);
  }
};

/// Weights as the micro-kernel wants them: per group, block of channels and panel of rows.
template <class T>
void pack_weights(const Pass<T> &q, const PassPlan<T> &plan, T *to) {
  const int64_t taps = q.taps(), k = q.channels * taps, panels = divide_up(q.rows, plan.panel_rows), block = plan.block_channels * taps;
  parallel_for(q.groups * panels, divide_up(16384, k * plan.panel_rows), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; task++) {
      const int64_t group = task / panels, i0 = task % panels * plan.panel_rows, height = min(plan.panel_rows, q.rows - i0), packed = min(plan.panel_rows, plan.packed_rows - i0);
      const T *const from = q.weight + group * q.weight_group + i0 * q.weight_row;
      for (int64_t start = 0; start < k; start += block) {
        T *panel = to + (group * k + start) * plan.packed_rows + i0 * min(block, k - start);
        for (int64_t c = start / taps; c < min(start + block, k) / taps; c++)
          for (int64_t ty = 0; ty < q.y.count; ty++)
            for (int64_t tx = 0; tx < q.x.count; tx++, panel += packed) {
              const T *const at = from + c * q.weight_channel + q.y.tap[ty] * q.weight_y + q.x.tap[tx];
              for (int64_t i = 0; i < height; i++) panel[i] = at[i * q.weight_row];
              for (int64_t i = height; i < packed; i++) panel[i] = 0;
            }
      }
    }
  });
}

/// Output with nothing to sum: the bias, or zeros.
template <class T>
void fill_pass(const Pass<T> &q) {
  for (int64_t image = 0; image < q.images; image++)
    for (int64_t m = 0; m < q.groups * q.rows; m++)
      for (int64_t y = 0; y < q.y.grid; y++)
        for (int64_t x = 0; x < q.x.grid; x++)
          q.out[image * q.out_image + m * q.out_channel + y * q.out_y + x * q.out_x] = q.bias ? q.bias[m] : T{};
}

/// Stores the real positions among `width` places of the planes; rows of `sums` are kTileColumns apart.
template <class T>
void store_tile(const Pass<T> &q, T *out, int64_t from, int64_t width, int64_t pitch, int64_t rows, const T *sums) {
  each_run(from, width, pitch, q.x.grid, [&](int64_t place, int64_t y, int64_t x, int64_t n) {
    T *at = out + y * q.out_y + x * q.out_x;
    for (int64_t r = 0; r < rows; r++, at += q.out_channel) {
      const T *const row = sums + r * kTileColumns<T> + place;
      if (q.out_x == 1) {
        copy_run(at, row, n);
        continue;
      }
      for (int64_t z = 0; z < n; z++) at[z * q.out_x] = row[z];
    }
  });
}

/// Where a unit lies in the source and in the output.
struct Unit {
  int64_t image, images, group, first, band, row, rows;  // first row of the band; range of output channels
};

/// Matrix products of one unit. `memory` holds the tiles of sums, then the planes of its images.
template <class T>
void run_unit(const Pass<T> &q, const PassPlan<T> &plan, const Planes &planes, const Unit &u, const T *weights, const int64_t *offsets, T *memory) {
  constexpr int64_t L = kLanes<T>, NR = kTileColumns<T>;
  const int64_t taps = q.taps(), positions = (u.band - 1) * planes.pitch + q.x.grid;
  const int64_t image_memory = plan.image_memory(planes), next_tile = plan.blocks > 1 ? kCorner<T> : 0;
  T *const plane_memory = memory + plan.tile_memory(planes);
  for (int64_t c = 0; c < q.channels; c += plan.block_channels) {
    const int64_t channels = min(plan.block_channels, q.channels - c), depth = channels * taps;
    for (int64_t n = 0; n < u.images; n++)
      planes.fill(plane_memory + n * image_memory, q.source_of(u.image + n, u.group) + c * q.y.size * q.x.size, channels, u.first, u.band);
    T *tile = memory;
    for (int64_t i = u.row; i < u.row + u.rows; i += plan.panel_rows) {
      const int64_t height = min(plan.panel_rows, u.row + u.rows - i);
      const T *const a = weights + c * taps * plan.packed_rows + i * depth;
      const T *const bias = q.bias && c == 0 ? q.bias + u.group * q.rows + i : nullptr;
      for (int64_t n = 0; n < u.images; n++) {
        const T *const base = plane_memory + n * image_memory + planes.front();
        T *const out = q.out_of(u.image + n, u.group) + i * q.out_channel + u.first * q.out_y;
        for (int64_t j = 0; j < positions; j += NR, tile += next_tile) {
          const int64_t width = min(NR, positions - j);
          if (bias)
            for (int64_t r = 0; r < height; r++)
              for (int64_t v = 0; v < kTileVectors; v++) store(tile + r * NR + v * L, broadcast<T>(bias[r]));
          find_window_kernel<T>(height)(depth, a, round_up(height, kRowStep), base + j, offsets, tile, NR, c > 0 || bias);
          if (c + channels == q.channels) store_tile(q, out, j, width, planes.pitch, height, tile);
        }
      }
    }
  }
}

template <class T>
int32_t run_pass(const Pass<T> &q) {
  constexpr int64_t size = static_cast<int64_t>(sizeof(T));
  const int64_t taps = q.taps(), k = q.channels * taps;
  if (q.images * q.groups * q.rows * q.y.grid * q.x.grid == 0) return FB_OK;
  if (k == 0) return fill_pass(q), FB_OK;
  const PassPlan<T> plan(q);
  const Planes planes(q.y, q.x, plan.band);

  const int64_t block = plan.block_channels * taps, weight_bytes = round_up(q.groups * plan.packed_rows * k, 16) * size;
  const int64_t shared = weight_bytes + block * static_cast<int64_t>(sizeof(int64_t));
  char *const call_memory = static_cast<char *>(thread_memory(MemoryFor::kCall, shared));
  if (!call_memory) return out_of_memory(shared);
  T *const weights = reinterpret_cast<T *>(call_memory);
  int64_t *const offsets = reinterpret_cast<int64_t *>(call_memory + weight_bytes);
  for (int64_t p = 0; p < block; p++) offsets[p] = planes.offset(p / taps, p % taps / q.x.count, p % q.x.count);
  pack_weights(q, plan, weights);

  const int64_t bytes = (plan.tile_memory(planes) + plan.images * plan.image_memory(planes)) * size;
  const double work = static_cast<double>(plan.rows * k + q.channels) * static_cast<double>(plan.images * plan.band * q.x.grid);
  const int64_t grain = max(1, static_cast<int64_t>(262144 / work));
  return parallel_with_memory(plan.image_sets * q.groups * plan.bands * plan.splits, grain, bytes, [&](int64_t begin, int64_t end, void *memory) {
    for (int64_t task = begin; task < end; task++) {
      const int64_t unit = task / plan.splits, set = unit / plan.bands;
      Unit u;
      u.row = task % plan.splits * plan.rows, u.rows = min(plan.rows, q.rows - u.row);
      u.first = unit % plan.bands * plan.band, u.band = min(plan.band, q.y.grid - u.first);
      u.group = set % q.groups, u.image = set / q.groups * plan.images, u.images = min(plan.images, q.images - u.image);
      const T *const group_weights = weights + u.group * plan.packed_rows * k;
      run_unit(q, plan, planes, u, group_weights, offsets, static_cast<T *>(memory));
    }
  });
}

}  // namespace
}  // namespace fb::FB_ISA
