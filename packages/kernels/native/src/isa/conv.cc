// Two-dimensional convolution and its gradients: which taps of the kernel meet where, for every stride, padding and dilation.
// conv_pass.h, conv_channels.h, conv_weight.h, conv_depthwise*.h, conv_pointwise.h and conv_winograd*.h do the arithmetic.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false alarm inside the AVX-512 conversion intrinsics of GCC 12
#include "../conv_channels.h"
#include "../conv_depthwise_rows.h"
#include "../conv_pass.h"
#include "../conv_pointwise.h"
#include "../conv_weight.h"
#include "../conv_winograd_deep.h"
#include "../conv_winograd_weight.h"

namespace fb::FB_ISA {
namespace {

// The oldest x86 level is there to work: it does without code that only hurries some cases.
#if defined(__AVX2__) || defined(__aarch64__)
constexpr bool kHasFastWays = true;
#else
constexpr bool kHasFastWays = false;
#endif
bool winograd_wanted = true;

/// The geometry of a call, from the image's side (input, H x W) and the window's side (output, OH x OW).
struct Geometry {
  int64_t images, groups, in_channels, out_channels, height, width, out_height, out_width, kernel_y, kernel_x;  // channels per group
  int64_t stride_y, stride_x, padding_y, padding_x, dilation_y, dilation_x;

  Geometry(const fb_tensor *input, const fb_tensor *weight, const fb_tensor *output, fb_numbers stride, fb_numbers padding, fb_numbers dilation,
           int64_t groups)
      : images(input->dims[0]), groups(groups), in_channels(weight->dims[1]), out_channels(weight->dims[0] / groups), height(input->dims[2]),
        width(input->dims[3]), out_height(output->dims[2]), out_width(output->dims[3]), kernel_y(weight->dims[2]), kernel_x(weight->dims[3]) {
    const auto at = [](fb_numbers list, int i) { return static_cast<int64_t>(list.items[list.count == 1 ? 0 : i]); };
    stride_y = at(stride, 0), stride_x = at(stride, 1), padding_y = at(padding, 0), padding_x = at(padding, 1);
    dilation_y = at(dilation, 0), dilation_x = at(dilation, 1);
  }
  int64_t kernel() const { return kernel_y * kernel_x; }
  int64_t in_plane() const { return height * width; }
  int64_t out_plane() const { return out_height * out_width; }
  /// A product of matrices that are worth being packed.
  bool is_pointwise() const {
    return kernel() == 1 && stride_y == 1 && stride_x == 1 && height == out_height && width == out_width && padding_y == 0 && padding_x == 0 &&
           in_channels >= 8 && out_channels >= 8 && images * in_plane() >= 32;
  }
  /// The same at unit stride, on the pixels that the stride leaves.
  Geometry thinned() const {
    Geometry g = *this;
    g.height = out_height, g.width = out_width, g.stride_y = g.stride_x = 1;
    return g;
  }
  bool is_thinned_pointwise() const { return !is_pointwise() && padding_y == 0 && padding_x == 0 && thinned().is_pointwise(); }
  Thinning thinning() const { return {images * groups * in_channels, height, width, stride_y, stride_x, out_height, out_width}; }
  /// Every channel by itself.
  bool is_depthwise() const { return in_channels == 1 && out_channels <= 2 && groups > 1; }
  /// Of this kernel and stride in both directions, without dilation (conv_depthwise_rows.h).
  bool is_plain_depthwise(int64_t kernel, int64_t stride) const {
    return is_depthwise() && kernel_x == kernel && kernel_y == kernel && stride_x == stride && stride_y == stride && dilation_x == 1 && dilation_y == 1;
  }
  /// Whether Winograd's algorithm pays: cycles per pair of channels, measured, with those of the plain sums on the left.
  bool is_winograd() const {
    if (kernel_y != 3 || kernel_x != 3 || stride_y != 1 || stride_x != 1 || dilation_y != 1 || dilation_x != 1 || padding_y > 2 || padding_x > 2) return false;
    const double pixels = static_cast<double>(images * out_plane()), tiles = static_cast<double>(images * divide_up(out_height, 4) * divide_up(out_width, 4));
    const double transforms = 40 / static_cast<double>(in_channels) + 40 / static_cast<double>(out_channels);
    return __atomic_load_n(&winograd_wanted, __ATOMIC_RELAXED) && out_width <= 512 && 0.45 * pixels > tiles * (2 + transforms) + 100;
  }
  /// Whether vectors of `rows` output channels pay; sums over many of the other channels carry the cost of turning them.
  bool wants_channels(int64_t rows, int64_t channels) const {
    return (stride_y > 1 || stride_x > 1) && rows >= kLanes<float> && channels * kernel() >= 16 * stride_y * stride_x;
  }
  template <class T>
  Pixels<T> in_pixels(T *data, int64_t group) const {
    return {data + group * in_channels * in_plane(), groups * in_channels * in_plane(), in_plane()};
  }
  template <class T>
  Pixels<T> out_pixels(T *data, int64_t group) const {
    return {data + group * out_channels * out_plane(), groups * out_channels * out_plane(), out_plane()};
  }
  /// Elements of one group's weights.
  int64_t group_weights() const { return out_channels * in_channels * kernel(); }
  int64_t memory() const { return 5 * (kernel_y + kernel_x) * static_cast<int64_t>(sizeof(int64_t)); }
};

inline Axis forward_axis(int64_t size, int64_t grid, int64_t stride, int64_t kernel, int64_t padding, int64_t dilation, int64_t *memory) {
  Axis axis(size, grid, stride, memory, kernel);
  for (int64_t t = 0; t < kernel; t++) axis.add(t, t * dilation - padding);
  return axis;
}

/// Calls `run` with memory for the pixels of a thinned input.
template <class T, class Run>
int32_t with_pixels(const Geometry &g, const Run &run) {
  const int64_t bytes = g.thinning().count() * static_cast<int64_t>(sizeof(T));
  Scratch memory(bytes);
  return memory.data ? run(memory.as<T>()) : out_of_memory(bytes);
}

/// `run(group)` for every group, up to the first error.
template <class Run>
int32_t each_group(const Geometry &g, const Run &run) {
  for (int64_t group = 0; group < g.groups; group++)
    if (const int32_t status = run(group); status != FB_OK) return status;
  return FB_OK;
}

inline ChannelAxis channel_axis(int64_t size, int64_t grid, int64_t stride, int64_t kernel, int64_t padding, int64_t dilation, int64_t *memory) {
  int64_t *const phase = memory + 4 * kernel;
  for (int64_t t = 0; t < kernel; t++) phase[t] = 0;
  return {forward_axis(size, (grid - 1) * stride + 1, 1, kernel, padding, dilation, memory), grid, 1, stride, phase};
}

template <class T>
Depthwise<T> depthwise_forward(const Geometry &g, const T *input, int64_t *lists) {
  return {forward_axis(g.height, g.out_height, g.stride_y, g.kernel_y, g.padding_y, g.dilation_y, lists),
          forward_axis(g.width, g.out_width, g.stride_x, g.kernel_x, g.padding_x, g.dilation_x, lists + 4 * g.kernel_y),
          g.images, g.groups, g.out_channels, input};
}

inline RowsDepthwise depthwise_rows(const Geometry &g, const float *input) {
  return {g.images, g.groups, g.out_channels, g.height, g.width, g.out_height, g.out_width, g.padding_y, g.padding_x, input};
}

template <class T>
int32_t pointwise(const Geometry &g, int64_t rows, int64_t channels, const T *weight, int64_t weight_row, int64_t weight_channel,
                  Pixels<const T> source, const T *bias, Pixels<T> out) {
  if constexpr (kHasFastWays && kSame<T, float>)
    if (g.in_plane() >= kManyPixels)
      return blocked_pointwise_pass(g.images, rows, channels, weight, weight_row, weight_channel, source, bias, out);
  return pointwise_pass(g.images, rows, channels, weight, weight_row, weight_channel, source, bias, out);
}

template <class T>
int32_t forward(const Geometry &g, T *out, const T *input, const T *weight, const T *bias) {
  if (g.is_pointwise())
    return each_group(g, [&](int64_t group) {
      return pointwise(g, g.out_channels, g.in_channels, weight + group * g.group_weights(), g.in_channels, int64_t{1},
                       g.in_pixels(input, group), bias ? bias + group * g.out_channels : nullptr, g.out_pixels(out, group));
    });
  if (g.is_thinned_pointwise())
    return with_pixels<T>(g, [&](T *pixels) {
      thin_pixels(g.thinning(), pixels, input);
      return forward(g.thinned(), out, static_cast<const T *>(pixels), weight, bias);
    });
  if constexpr (kHasFastWays && kSame<T, float>)
    if (g.is_winograd())
      return run_winograd({g.images, g.groups, g.in_channels, g.out_channels, g.height, g.width, g.out_height, g.out_width, g.padding_y, g.padding_x,
                           input, weight, g.group_weights(), g.in_channels * 9, 9, 1, bias, out});
  if constexpr (kHasMasks && kSame<T, float>) {
    if (g.is_plain_depthwise(3, 1)) return run_depthwise_rows<3, 1>(depthwise_rows(g, input), weight, false, bias, out);
    if (g.is_plain_depthwise(3, 2)) return run_depthwise_rows<3, 2>(depthwise_rows(g, input), weight, false, bias, out);
    if (g.is_plain_depthwise(5, 1)) return run_depthwise_rows<5, 1>(depthwise_rows(g, input), weight, false, bias, out);
  }
  Scratch memory(g.memory());
  if (!memory.data) return out_of_memory(g.memory());
  int64_t *const lists = memory.as<int64_t>();
  if (g.is_depthwise()) return run_depthwise(depthwise_forward(g, input, lists), weight, g.kernel_x, g.kernel(), bias, out);
  if constexpr (kSame<T, float>)
    if (g.wants_channels(g.out_channels, g.in_channels))
      return run_channel_pass({channel_axis(g.height, g.out_height, g.stride_y, g.kernel_y, g.padding_y, g.dilation_y, lists),
                               channel_axis(g.width, g.out_width, g.stride_x, g.kernel_x, g.padding_x, g.dilation_x, lists + 5 * g.kernel_y),
                               g.images, g.groups, g.in_channels, g.out_channels, input, weight, g.group_weights(), g.in_channels * g.kernel(),
                               g.kernel(), g.kernel_x, bias, out});
  const int64_t taps = g.kernel(), out_plane = g.out_plane(), in_plane = g.in_plane();
  return run_pass(Pass<T>{forward_axis(g.height, g.out_height, g.stride_y, g.kernel_y, g.padding_y, g.dilation_y, lists),
                          forward_axis(g.width, g.out_width, g.stride_x, g.kernel_x, g.padding_x, g.dilation_x, lists + 4 * g.kernel_y),
                          g.images, g.groups, g.in_channels, g.out_channels, input, g.groups * g.in_channels * in_plane,
                          weight, g.out_channels * g.in_channels * taps, g.in_channels * taps, taps, g.kernel_x,
                          bias, out, g.groups * g.out_channels * out_plane, out_plane, g.out_width, 1});
}

/// Input positions of one phase (position % stride) see the same taps, at unit distance in the gradient.
inline Axis backward_axis(int64_t phase, int64_t size, int64_t gradient, int64_t stride, int64_t kernel, int64_t padding, int64_t dilation,
                          int64_t *memory) {
  Axis axis(gradient, (size - phase + stride - 1) / stride, 1, memory, kernel);
  for (int64_t t = 0; t < kernel; t++) {
    const int64_t distance = phase + padding - t * dilation;
    if (distance % stride == 0) axis.add(t, distance / stride);
  }
  return axis;
}

inline ChannelAxis channel_backward_axis(int64_t size, int64_t gradient, int64_t stride, int64_t kernel, int64_t padding, int64_t dilation,
                                         int64_t *memory) {
  Axis axis(gradient, divide_up(size, stride), 1, memory, kernel);
  int64_t *const phase = memory + 4 * kernel;
  for (int64_t t = 0; t < kernel; t++) {
    const int64_t offset = t * dilation - padding, shift = -floor_divide(offset, stride);
    phase[t] = offset + shift * stride;
    axis.add(t, shift);
  }
  return {axis, size, stride, 1, phase};
}

/// The gradient with zeros between its values: all input positions see the same taps.
inline Axis spread_axis(int64_t size, int64_t gradient, int64_t stride, int64_t kernel, int64_t padding, int64_t dilation, int64_t *memory) {
  Axis axis(gradient ? (gradient - 1) * stride + 1 : 0, size, 1, memory, kernel);
  axis.spread = stride;
  for (int64_t t = 0; t < kernel; t++) axis.add(t, padding - t * dilation);
  return axis;
}

template <class T>
int32_t backward_input(const Geometry &g, T *grad_input, const T *grad, const T *weight) {
  if (g.is_pointwise())
    return each_group(g, [&](int64_t group) {
      return pointwise<T>(g, g.in_channels, g.out_channels, weight + group * g.group_weights(), int64_t{1}, g.in_channels,
                          g.out_pixels(grad, group), nullptr, g.in_pixels(grad_input, group));
    });
  if (g.is_thinned_pointwise())
    return with_pixels<T>(g, [&](T *pixels) {
      const int32_t status = backward_input(g.thinned(), pixels, grad, weight);
      if (status == FB_OK) spread_pixels(g.thinning(), grad_input, static_cast<const T *>(pixels));
      return status;
    });
  if constexpr (kHasFastWays && kSame<T, float>)
    if (g.is_winograd())
      return run_winograd({g.images, g.groups, g.out_channels, g.in_channels, g.out_height, g.out_width, g.height, g.width, 2 - g.padding_y,
                           2 - g.padding_x, grad, weight + 8, g.group_weights(), 9, g.in_channels * 9, -1, nullptr, grad_input});
  if constexpr (kHasMasks && kSame<T, float>)
    if (g.out_channels == 1 && (g.is_plain_depthwise(3, 1) || g.is_plain_depthwise(5, 1))) {
      const RowsDepthwise rows = {g.images, g.groups, 1, g.out_height, g.out_width, g.height, g.width, g.kernel_y - 1 - g.padding_y, g.kernel_x - 1 - g.padding_x, grad};
      return g.kernel_x == 3 ? run_depthwise_rows<3, 1>(rows, weight, true, nullptr, grad_input) : run_depthwise_rows<5, 1>(rows, weight, true, nullptr, grad_input);
    }
  Scratch memory(g.memory());
  if (!memory.data) return out_of_memory(g.memory());
  int64_t *const lists = memory.as<int64_t>();
  if (g.is_depthwise() && g.out_channels == 1 && g.stride_y <= 2 && g.stride_x <= 2)
    return run_depthwise(Depthwise<T>{spread_axis(g.height, g.out_height, g.stride_y, g.kernel_y, g.padding_y, g.dilation_y, lists),
                                      spread_axis(g.width, g.out_width, g.stride_x, g.kernel_x, g.padding_x, g.dilation_x, lists + 4 * g.kernel_y),
                                      g.images, g.groups, 1, grad},
                         weight, g.kernel_x, g.kernel(), static_cast<const T *>(nullptr), grad_input);
  if constexpr (kSame<T, float>)
    if (g.wants_channels(g.in_channels, g.out_channels))
      return run_channel_pass({channel_backward_axis(g.height, g.out_height, g.stride_y, g.kernel_y, g.padding_y, g.dilation_y, lists),
                               channel_backward_axis(g.width, g.out_width, g.stride_x, g.kernel_x, g.padding_x, g.dilation_x, lists + 5 * g.kernel_y),
                               g.images, g.groups, g.out_channels, g.in_channels, grad, weight, g.group_weights(), g.kernel(),
                               g.in_channels * g.kernel(), g.kernel_x, nullptr, grad_input});
  const int64_t taps = g.kernel(), out_plane = g.out_plane(), in_plane = g.in_plane();
  for (int64_t y = 0; y < min(g.stride_y, g.height); y++)
    for (int64_t x = 0; x < min(g.stride_x, g.width); x++) {
      const int32_t status = run_pass(
          Pass<T>{backward_axis(y, g.height, g.out_height, g.stride_y, g.kernel_y, g.padding_y, g.dilation_y, lists),
                  backward_axis(x, g.width, g.out_width, g.stride_x, g.kernel_x, g.padding_x, g.dilation_x, lists + 4 * g.kernel_y),
                  g.images, g.groups, g.out_channels, g.in_channels, grad, g.groups * g.out_channels * out_plane,
                  weight, g.out_channels * g.in_channels * taps, taps, g.in_channels * taps, g.kernel_x,
                  nullptr, grad_input + y * g.width + x, g.groups * g.in_channels * in_plane, in_plane, g.stride_y * g.width, g.stride_x});
      if (status != FB_OK) return status;
    }
  return FB_OK;
}

template <class T>
int32_t backward_weight(const Geometry &g, T *grad_weight, const T *grad, const T *input) {
  if (g.is_pointwise())
    return each_group(g, [&](int64_t group) {
      return pointwise_weight_gradient(g.images, g.out_channels, g.in_channels, g.out_pixels(grad, group), g.in_pixels(input, group),
                                       grad_weight + group * g.group_weights());
    });
  if (g.is_thinned_pointwise())
    return with_pixels<T>(g, [&](T *pixels) {
      thin_pixels(g.thinning(), pixels, input);
      return backward_weight(g.thinned(), grad_weight, grad, static_cast<const T *>(pixels));
    });
  if constexpr (kHasFastWays && kSame<T, float>)
    if (g.is_winograd())
      return run_winograd_weight({g.images, g.groups, g.in_channels, g.out_channels, g.height, g.width, g.out_height, g.out_width, g.padding_y,
                                  g.padding_x, grad, input, grad_weight});
  if constexpr (kHasMasks && kSame<T, float>)
    if (g.is_plain_depthwise(3, 1)) return run_depthwise_rows_weight<3>(depthwise_rows(g, input), grad, grad_weight);
  Scratch memory(g.memory());
  if (!memory.data) return out_of_memory(g.memory());
  int64_t *const lists = memory.as<int64_t>();
  if (g.is_depthwise()) return run_depthwise_weight(depthwise_forward(g, input, lists), grad, g.kernel_x, grad_weight);
  return run_weight_gradient(
      WeightGradient<T>{forward_axis(g.height, (g.out_height - 1) * g.stride_y + 1, 1, g.kernel_y, g.padding_y, g.dilation_y, lists),
                        forward_axis(g.width, (g.out_width - 1) * g.stride_x + 1, 1, g.kernel_x, g.padding_x, g.dilation_x, lists + 4 * g.kernel_y),
                        g.stride_y, g.stride_x, g.out_height, g.out_width, g.images, g.groups, g.in_channels, g.out_channels, input, grad, grad_weight});
}

template <class To, class From>
void convert_elements(To *to, const From *from, int64_t n) {
  constexpr int64_t L = kLanes<float>;
  parallel_for(n, 65536, [&](int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + L <= end; i += L)
      if constexpr (kSame<To, float>) store(to + i, load_as<float>(from + i));
      else store_as(to + i, load(from + i));
    for (; i < end; i++)
      if constexpr (kSame<To, float>) to[i] = widen(from[i]);
      else to[i] = narrow<To>(from[i]);
  });
}

/// Calls `run` with pointers to the elements of a result and its operands (the last may be absent) as float or double: float16 and
/// bfloat16 are converted as a whole, which costs little beside a convolution.
template <class Run>
int32_t in_compute_type(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b, const fb_tensor *c, const Run &run) {
  return for_float(out->dtype, [&](auto type) {
    typedef FB_TYPE_OF(type) S;
    if constexpr (kSame<S, Compute<S>>) {
      return run(static_cast<S *>(out->data), static_cast<const S *>(a->data), static_cast<const S *>(b->data),
                 c ? static_cast<const S *>(c->data) : nullptr);
    } else {
      const fb_tensor *const operands[] = {a, b, c};
      int64_t counts[] = {numel(a), numel(b), c ? numel(c) : 0}, bytes = 0;
      for (const int64_t count : counts) bytes += round_up(count, 16) * 4;
      bytes += numel(out) * 4;
      Scratch memory(bytes);
      if (!memory.data) return out_of_memory(bytes);
      float *at = memory.as<float>(), *floats[3];
      for (int i = 0; i < 3; i++) {
        floats[i] = at, at += round_up(counts[i], 16);
        if (operands[i]) convert_elements(floats[i], static_cast<const S *>(operands[i]->data), counts[i]);
      }
      const int32_t status = run(at, static_cast<const float *>(floats[0]), static_cast<const float *>(floats[1]),
                                 static_cast<const float *>(c ? floats[2] : nullptr));
      if (status == FB_OK) convert_elements(static_cast<S *>(out->data), static_cast<const float *>(at), numel(out));
      return status;
    }
  });
}

int32_t conv2d(const fb_tensor *out, const fb_tensor *input, const fb_tensor *weight, const fb_tensor *bias, fb_numbers stride, fb_numbers padding,
               fb_numbers dilation, int64_t groups) {
  const Geometry g(input, weight, out, stride, padding, dilation, groups);
  return in_compute_type(out, input, weight, bias, [&](auto to, auto x, auto w, auto b) { return forward(g, to, x, w, b); });
}

int32_t conv2d_backward_input(const fb_tensor *grad_input, const fb_tensor *grad, const fb_tensor *weight, fb_numbers stride, fb_numbers padding,
                              fb_numbers dilation, int64_t groups) {
  const Geometry g(grad_input, weight, grad, stride, padding, dilation, groups);
  return in_compute_type(grad_input, grad, weight, nullptr, [&](auto to, auto dy, auto w, auto) { return backward_input(g, to, dy, w); });
}

int32_t conv2d_backward_weight(const fb_tensor *grad_weight, const fb_tensor *grad, const fb_tensor *input, fb_numbers stride, fb_numbers padding,
                               fb_numbers dilation, int64_t groups) {
  const Geometry g(input, grad_weight, grad, stride, padding, dilation, groups);
  return in_compute_type(grad_weight, grad, input, nullptr, [&](auto to, auto dy, auto x, auto) { return backward_weight(g, to, dy, x); });
}

int32_t set_conv_winograd(bool wanted) {
  __atomic_store_n(&winograd_wanted, wanted, __ATOMIC_RELAXED);
  return FB_OK;
}

}  // namespace

FB_GROUP(conv, FB_ENTRY("conv2d", conv2d), FB_ENTRY("conv2d_backward_input", conv2d_backward_input),
         FB_ENTRY("conv2d_backward_weight", conv2d_backward_weight), FB_ENTRY("set_conv_winograd", set_conv_winograd))

}  // namespace fb::FB_ISA
