// Convolution with a kernel of 1 x 1 at unit stride and without padding: a matrix product of weights and pixels, whose columns are the
// pixels of one image after the other.
#pragma once
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

}  // namespace
}  // namespace fb::FB_ISA
