// Convolution with a kernel of 1 x 1 without padding: a matrix product of weights and pixels, whose columns are the pixels of one image
// after the other. With a stride it is one of the pixels that the stride leaves.
#pragma once
#include "conv_pass.h"
#include "product.h"

namespace fb::FB_ISA {
namespace {

/// The pixels of a tensor of images, for one group: where its channels begin, elements from image to image and from channel to channel.
template <class T>
struct Pixels {
  T *data;
  int64_t image, plane;
};

/// out(rows) = weight(rows x channels) source(channels) + bias; weights have the given strides.
template <class T>
int32_t pointwise_pass(int64_t images, int64_t m, int64_t channels, const T *weight, int64_t weight_row, int64_t weight_channel,
                       Pixels<const T> source, const T *bias, Pixels<T> out) {
  Product<T> q = {};
  q.batch = 1, q.m = m, q.n = images * source.plane, q.k = channels;
  q.a = weight, q.a_row = weight_row, q.a_column = weight_channel;
  q.b = source.data, q.b_row = source.plane, q.b_column = 1;
  q.out = out.data, q.out_row = out.plane, q.activation = kNone;
  q.bias = bias, q.bias_stride = 1, q.row_bias = true;
  if (images > 1) q.run = source.plane, q.b_run = source.image, q.out_run = out.image;
  return run_large_product(q);
}

// Of an image, from which on rows of pixels are long enough to be packed whole.
constexpr int64_t kManyPixels = 256;

/// How a product with many pixels is cut. A unit is a range of pixels, which may span images, and of rows; its block of pixels lies packed in the L2 cache.
struct PointwisePlan {
  static constexpr int64_t NR = kTileColumns<float>, kColumns = 512, kBytes = 512 << 10;
  int64_t block, panel_rows, packed_rows;  // channels that are summed at a time; rows of a panel of weights
  int64_t columns, across, rows, down;

  PointwisePlan(int64_t pixels, int64_t m, int64_t channels) {
    block = even_piece(channels, kBlockK<float>), panel_rows = round_up(even_piece(m, kTileRows), kRowStep), packed_rows = round_up(m, kRowStep);
    const int64_t panels = divide_up(pixels, NR), most = min(kColumns, kBytes / (block * static_cast<int64_t>(sizeof(float)))) / NR;
    // As many ranges for each thread; sums do not depend on the cuts.
    across = min(panels, round_up(divide_up(panels, max(1, most)), 2 * num_threads()));
    columns = divide_up(panels, across) * NR, across = divide_up(pixels, columns);
    rows = m, down = 1;
    while (across * down < 2 * num_threads() && rows > panel_rows) rows = round_up(divide_up(rows, 2), panel_rows), down = divide_up(m, rows);
  }
};

/// Pixels [j, j + columns) of `depth` channels in panels of kTileColumns, zeros behind the last one. Whole rows, as they lie in memory.
inline void pack_pixels(float *to, Pixels<const float> source, int64_t c, int64_t depth, int64_t j, int64_t columns) {
  constexpr int64_t L = kLanes<float>, NR = kTileColumns<float>, kAhead = 4;
  float line[PointwisePlan::kColumns + NR];
  const bool one_run = j % source.plane + columns <= source.plane && columns % NR == 0;
  for (int64_t p = 0; p < depth; p++) {
    const float *row = line;
    each_part(j, columns, source.plane, [&](int64_t done, int64_t first, int64_t n) {
      const float *const from = source.data + first / source.plane * source.image + (c + p) * source.plane + first % source.plane;
      for (int64_t x = 0; x < n; x += 64 / static_cast<int64_t>(sizeof(float))) __builtin_prefetch(from + kAhead * source.plane + x);
      if (one_run)
        row = from;
      else
        copy_run(line + done, from, n);
    });
    for (int64_t x = columns; x < round_up(columns, NR); x++) line[x] = 0;
    float *at = to + p * NR;
    for (int64_t x = 0; x < columns; x += NR, at += depth * NR) store(at, load(row + x)), store(at + L, load(row + x + L));
  }
}

/// The same for images of kManyPixels or more.
inline int32_t blocked_pointwise_pass(int64_t images, int64_t m, int64_t channels, const float *weight, int64_t weight_row, int64_t weight_channel,
                                      Pixels<const float> source, const float *bias, Pixels<float> out) {
  constexpr int64_t NR = kTileColumns<float>, L = kLanes<float>, size = static_cast<int64_t>(sizeof(float));
  const int64_t pixels = images * source.plane;
  const PointwisePlan plan(pixels, m, channels);
  const int64_t weight_bytes = round_up(plan.packed_rows * channels + kPanelSlack<float>, 16) * size, shared = weight_bytes + plan.block * int64_t{8};
  char *const call_memory = static_cast<char *>(thread_memory(MemoryFor::kCall, shared));
  if (!call_memory) return out_of_memory(shared);
  float *const weights = reinterpret_cast<float *>(call_memory);
  int64_t *const offsets = reinterpret_cast<int64_t *>(call_memory + weight_bytes);
  for (int64_t p = 0; p < plan.block; p++) offsets[p] = p * NR;
  // Per block of channels: panels of rows x channels. Packing may write past a panel's end, so each is packed elsewhere first.
  const int64_t panels = divide_up(m, plan.panel_rows), most = round_up(plan.panel_rows * plan.block + kPanelSlack<float>, 16);
  const int32_t status = parallel_with_memory(panels, divide_up(32768, plan.panel_rows * channels), most * size, [&](int64_t begin, int64_t end, void *memory) {
    float *const panel = static_cast<float *>(memory);
    for (int64_t i = begin * plan.panel_rows; i < min(m, end * plan.panel_rows); i += plan.panel_rows)
      for (int64_t c = 0; c < channels; c += plan.block) {
        const int64_t depth = min(plan.block, channels - c), height = min(plan.panel_rows, m - i), packed = round_up(height, kRowStep);
        pack_panel(panel, packed, height, depth, weight + i * weight_row + c * weight_channel, weight_row, weight_channel);
        memcpy(weights + c * plan.packed_rows + i * depth, panel, static_cast<size_t>(packed * depth * size));
      }
  });
  if (status != FB_OK) return status;

  const int64_t block_size = plan.columns * plan.block, bytes = (block_size + kCorner<float>) * size;
  return parallel_with_memory(plan.across * plan.down, 1, bytes, [&](int64_t begin, int64_t end, void *memory) {
    float *const b = static_cast<float *>(memory), *const tile = b + block_size;
    for (int64_t unit = begin; unit < end; unit++) {
      const int64_t first_row = unit % plan.down * plan.rows, last_row = min(m, first_row + plan.rows);
      const int64_t j = unit / plan.down * plan.columns, columns = min(plan.columns, pixels - j);
      for (int64_t c = 0; c < channels; c += plan.block) {
        const int64_t depth = min(plan.block, channels - c);
        pack_pixels(b, source, c, depth, j, columns);
        for (int64_t i = first_row; i < last_row; i += plan.panel_rows) {
          const int64_t height = min(plan.panel_rows, last_row - i), packed = round_up(height, kRowStep);
          const WindowKernel<float> kernel = find_window_kernel<float>(height);
          const float *const a = weights + c * plan.packed_rows + i * depth;
          for (int64_t x = 0; x < columns; x += NR) {
            const int64_t at = (j + x) % source.plane;
            float *const to = out.data + (j + x) / source.plane * out.image + i * out.plane + at;
            const bool whole = at + NR <= source.plane && x + NR <= columns && packed == height;
            float *const sums = whole ? to : tile;
            const int64_t stride = whole ? out.plane : NR;
            const bool add = (whole && c > 0) || (bias && c == 0);
            if (bias && c == 0)
              for (int64_t r = 0; r < height; r++) store(sums + r * stride, broadcast(bias[i + r])), store(sums + r * stride + L, broadcast(bias[i + r]));
            kernel(depth, a, packed, b + x * depth, offsets, sums, stride, add);
            if (whole) continue;
            each_part(j + x, min(NR, columns - x), source.plane, [&](int64_t done, int64_t first, int64_t n) {
              float *row = out.data + first / source.plane * out.image + i * out.plane + first % source.plane;
              for (int64_t r = 0; r < height; r++, row += out.plane)
                for (int64_t z = 0; z < n; z++) row[z] = c > 0 ? row[z] + tile[r * NR + done + z] : tile[r * NR + done + z];
            });
          }
        }
      }
    }
  });
}

/// grad_weight(rows x channels) = grad(rows) input(channels)^T, summed over all pixels.
template <class T>
int32_t pointwise_weight_gradient(int64_t images, int64_t rows, int64_t channels, Pixels<const T> grad, Pixels<const T> input, T *grad_weight) {
  Product<T> q = {};
  q.batch = 1, q.m = rows, q.n = channels, q.k = images * grad.plane;
  q.a = grad.data, q.a_row = grad.plane, q.a_column = 1;
  q.b = input.data, q.b_row = 1, q.b_column = input.plane;
  q.out = grad_weight, q.out_row = channels, q.activation = kNone;
  if (images > 1) q.k_run = grad.plane, q.a_k_run = grad.image, q.b_k_run = input.image;
  return run_large_product(q);
}

/// A grid of pixels, every step_y-th and step_x-th of planes of height x width.
struct Thinning {
  int64_t planes, height, width, step_y, step_x, out_height, out_width;

  int64_t count() const { return planes * out_height * out_width; }
  int64_t grain() const { return divide_up(32768, out_height * out_width + 1); }
};

template <class T>
void thin_pixels(const Thinning &q, T *out, const T *image) {
  constexpr int64_t L = kLanes<T>;
  parallel_for(q.planes, q.grain(), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin * q.out_height; row < end * q.out_height; row++) {
      const T *const from = image + (row / q.out_height * q.height + row % q.out_height * q.step_y) * q.width;
      T *const to = out + row * q.out_width;
      int64_t x = 0;
      if (q.step_x == 2)
        for (; 2 * (x + L) <= q.width && x + L <= q.out_width; x += L) store(to + x, every_second<T>(load(from + 2 * x), load(from + 2 * x + L)));
      for (; x < q.out_width; x++) to[x] = from[x * q.step_x];
    }
  });
}

/// The other way, with zeros in between.
template <class T>
void spread_pixels(const Thinning &q, T *image, const T *pixels) {
  constexpr int64_t L = kLanes<T>;
  parallel_for(q.planes, q.grain(), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin * q.height; row < end * q.height; row++) {
      const int64_t y = row % q.height, at = y / q.step_y;
      T *const to = image + row * q.width;
      if (y % q.step_y != 0 || at >= q.out_height) {
        memset(to, 0, static_cast<size_t>(q.width) * sizeof(T));
        continue;
      }
      const T *const from = pixels + (row / q.height * q.out_height + at) * q.out_width;
      int64_t x = 0;
      if (q.step_x == 2)
        for (; x + L <= q.out_width && 2 * (x + L) <= q.width; x += L) {
          const Vec<T> v = load(from + x);
          store(to + 2 * x, spread_lanes<T>(v, 0)), store(to + 2 * x + L, spread_lanes<T>(v, L / 2));
        }
      memset(to + x * q.step_x, 0, static_cast<size_t>(q.width - x * q.step_x) * sizeof(T));
      for (; x < q.out_width; x++) to[x * q.step_x] = from[x];
    }
  });
}

}  // namespace
}  // namespace fb::FB_ISA
