// Convolution with a kernel of 1 x 1 without padding: a matrix product of weights and pixels, whose columns are the pixels of one image
// after the other. With a stride it is one of the pixels that the stride leaves.
#pragma once
#include "planes.h"
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
int32_t pointwise_pass(int64_t images, int64_t rows, int64_t channels, const T *weight, int64_t weight_row, int64_t weight_channel,
                       Pixels<const T> source, const T *bias, Pixels<T> out) {
  Product<T> q = {};
  q.batch = 1, q.m = rows, q.n = images * source.plane, q.k = channels;
  q.a = weight, q.a_row = weight_row, q.a_column = weight_channel;
  q.b = source.data, q.b_row = source.plane, q.b_column = 1;
  q.out = out.data, q.out_row = out.plane, q.activation = kNone;
  q.bias = bias, q.bias_stride = 1, q.row_bias = true;
  if (images > 1) q.run = source.plane, q.b_run = source.image, q.out_run = out.image;
  return run_large_product(q);
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
