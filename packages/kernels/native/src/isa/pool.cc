// Pooling over the last two dimensions of contiguous (…, H, W) tensors, and its gradients. Planes are independent; work is cut
// along them. Attributes are pairs (vertical, horizontal).
#include "../lanes.h"
#include "../reduction_ops.h"
#include "../strided.h"

namespace fb::FB_ISA {
namespace {

struct Plane {
  int64_t count = 1, h, w;
  explicit Plane(const fb_tensor *t) : h(t->dims[t->ndim - 2]), w(t->dims[t->ndim - 1]) {
    for (int d = 0; d < t->ndim - 2; d++) count *= t->dims[d];
  }
  int64_t size() const { return h * w; }
};

/// Where the windows of one axis begin and end, as a table: elements [begin, end) that lie inside, and how many with padding.
struct Window {
  int64_t begin, end, padded;
};
struct Axis {
  int64_t size, out, step = 1;  // elements of a window are `step` apart
  Scratch memory;
  Window *windows;

  Axis(int64_t s, int64_t o) : size(s), out(o), memory(o * static_cast<int64_t>(sizeof(Window))), windows(memory.as<Window>()) {}

  bool fill(fb_numbers kernels, fb_numbers strides, fb_numbers paddings, int axis, int64_t dilation) {
    const auto of = [&](fb_numbers list) { return static_cast<int64_t>(list.items[list.count > 1 ? axis : 0]); };
    const int64_t kernel = of(kernels), stride = of(strides), padding = of(paddings);
    step = dilation;
    for (int64_t i = 0; windows && i < out; i++) {
      const int64_t begin = i * stride - padding, end = begin + (kernel - 1) * step + 1;
      windows[i].padded = (end < size + padding ? end : size + padding) - begin;
      windows[i].begin = begin < 0 ? begin + (-begin + step - 1) / step * step : begin;
      windows[i].end = end < size ? end : size;
    }
    return windows;
  }
  bool fill_adaptive() {
    for (int64_t i = 0; windows && i < out; i++) {
      windows[i].begin = i * size / out, windows[i].end = ((i + 1) * size + out - 1) / out;
      windows[i].padded = windows[i].end - windows[i].begin;
    }
    return windows;
  }
  int64_t bytes() const { return out * static_cast<int64_t>(sizeof(Window)); }
};

template <class Body>
inline void for_planes(int64_t planes, int64_t work, const Body &body) {
  parallel_for(planes, rows_per_chunk(work), [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; p++) body(p);
  });
}

// ---- max ----

template <class T>
inline bool greater(T x, T best) {
  return x > best || x != x;
}

/// Windows of two rows and two columns side by side, all inside, a vector of them at a time.
inline bool are_pairs(const Axis &a) {
  const Window &first = a.windows[0], &last = a.windows[a.out - 1];
  return a.out > 0 && a.step == 1 && first.begin == 0 && first.end == 2 && last.begin == 2 * (a.out - 1) && last.end == 2 * a.out;
}
inline __attribute__((noinline)) void max_plane_of_pairs(float *out, int64_t *indices, const float *in, int64_t rows, int64_t columns, int64_t width) {
  constexpr int64_t L = kLanes<float>;
  VecI even, odd;
  for (int64_t i = 0; i < L; i++) even[i] = static_cast<int32_t>(2 * i), odd[i] = static_cast<int32_t>(2 * i + 1);
  for (int64_t y = 0; y < rows; y++, in += 2 * width)
    for (int64_t x = 0, n; x < columns; x += n) {
      n = columns - x < L ? columns - x : L;
      VecF best = {};
      VecI where = {};
#pragma GCC unroll 2
      for (int row = 0; row < 2; row++) {
        const float *const from = in + row * width + 2 * x;
        const VecF a = load_first(from, 2 * n), b = 2 * n > L ? load_first(from + L, 2 * n - L) : VecF{};
        const VecF left = __builtin_shuffle(a, b, even), right = __builtin_shuffle(a, b, odd);
        const VecI take_left = (left > best) | (left != left) | (row == 0 ? ~VecI{} : VecI{});
        best = take_left ? left : best, where = take_left ? VecI{} + 2 * row : where;
        const VecI take_right = (right > best) | (right != right);
        best = take_right ? right : best, where = take_right ? VecI{} + (2 * row + 1) : where;
      }
      store_first(out + y * columns + x, best, n);
      if (!indices) continue;
      int32_t places[L];
      memcpy(places, &where, sizeof places);
      int64_t *const to = indices + y * columns + x;
      const int64_t corner = 2 * (y * width + x);
      for (int64_t i = 0; i < n; i++) to[i] = corner + 2 * i + (places[i] & 1) + (places[i] >> 1) * width;
    }
}

template <class S>
__attribute__((noinline)) void max_plane(S *out, int64_t *indices, const S *in, const Axis &vertical, const Axis &horizontal) {
  typedef Compute<S> C;
  for (int64_t y = 0; y < vertical.out; y++) {
    const Window v = vertical.windows[y];
    for (int64_t x = 0; x < horizontal.out; x++) {
      const Window h = horizontal.windows[x];
      C best = least<C>();
      int64_t where = v.begin * horizontal.size + h.begin;
      for (int64_t i = v.begin; i < v.end; i += vertical.step)
        for (int64_t j = h.begin; j < h.end; j += horizontal.step) {
          const C value = widen(in[i * horizontal.size + j]);
          if (greater(value, best)) best = value, where = i * horizontal.size + j;
        }
      out[y * horizontal.out + x] = narrow<S>(best);
      if (indices) indices[y * horizontal.out + x] = where;
    }
  }
}

int32_t max_pool(const fb_tensor *out, const fb_tensor *indices, const fb_tensor *self, const Axis &v, const Axis &h, int64_t work) {
  const Plane in(self), o(out);
  const bool pairs = are_pairs(v) && are_pairs(h);
  return for_real(self->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    for_planes(in.count, work, [&](int64_t p) {
      if constexpr (kSame<S, float>)
        if (pairs)
          return max_plane_of_pairs(static_cast<float *>(out->data) + p * o.size(),
                                    indices ? static_cast<int64_t *>(indices->data) + p * o.size() : nullptr,
                                    static_cast<const float *>(self->data) + p * in.size(), v.out, h.out, in.w);
      max_plane<S>(static_cast<S *>(out->data) + p * o.size(), indices ? static_cast<int64_t *>(indices->data) + p * o.size() : nullptr,
                   static_cast<const S *>(self->data) + p * in.size(), v, h);
    });
    return int32_t{FB_OK};
  });
}

int32_t max_pool2d(const fb_tensor *out, const fb_tensor *indices, const fb_tensor *self, fb_numbers kernel, fb_numbers stride, fb_numbers padding,
                   fb_numbers dilation) {
  const Plane in(self), o(out);
  const auto spacing = [&](int i) { return static_cast<int64_t>(dilation.items[dilation.count > 1 ? i : 0]); };
  Axis v(in.h, o.h), h(in.w, o.w);
  if (!v.fill(kernel, stride, padding, 0, spacing(0)) || !h.fill(kernel, stride, padding, 1, spacing(1))) return out_of_memory(v.bytes() + h.bytes());
  return max_pool(out, indices, self, v, h, o.size() * static_cast<int64_t>(kernel.items[0]) * 2);
}

int32_t adaptive_max_pool2d(const fb_tensor *out, const fb_tensor *indices, const fb_tensor *self) {
  const Plane in(self), o(out);
  Axis v(in.h, o.h), h(in.w, o.w);
  if (!v.fill_adaptive() || !h.fill_adaptive()) return out_of_memory(v.bytes() + h.bytes());
  return max_pool(out, indices, self, v, h, in.size());
}

/// fill(sum, plane) adds the gradients of one plane to zeros; those of float16 and bfloat16 add up in float and round once.
template <class S, class Fill>
int32_t grad_planes(const fb_tensor *gi, int64_t work, const Fill &fill) {
  const Plane in(gi);
  const int64_t grain = rows_per_chunk(work), chunks = (in.count + grain - 1) / grain;
  const bool direct = kSame<S, Compute<S>>;
  Scratch memory(direct ? 0 : chunks * in.size() * 4);
  if (!memory.data) return out_of_memory(chunks * in.size() * 4);
  parallel_for(in.count, grain, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; p++) {
      S *const to = static_cast<S *>(gi->data) + p * in.size();
      Compute<S> *sum = memory.as<Compute<S>>() + begin / grain * in.size();
      if constexpr (kSame<S, Compute<S>>) sum = to;
      memset(sum, 0, static_cast<size_t>(in.size()) * sizeof(Compute<S>));
      fill(sum, p);
      if constexpr (!kSame<S, Compute<S>>)
        for (int64_t i = 0; i < in.size(); i++) to[i] = narrow<S>(sum[i]);
    }
  });
  return FB_OK;
}

int32_t max_pool2d_backward(const fb_tensor *gi, const fb_tensor *grad, const fb_tensor *indices) {
  const Plane in(gi), o(grad);
  const int64_t *const index = static_cast<const int64_t *>(indices->data);
  for (int64_t i = 0; i < o.count * o.size(); i++)
    if (index[i] < 0 || index[i] >= in.size()) return index_out_of_range(index[i], in.size(), i);
  return for_float(gi->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    return grad_planes<S>(gi, in.size(), [&](Compute<S> *sum, int64_t p) {
      const S *const g = static_cast<const S *>(grad->data) + p * o.size();
      for (int64_t i = 0; i < o.size(); i++) sum[index[p * o.size() + i]] += widen(g[i]);
    });
  });
}

// ---- average ----

/// What the sum over a window is divided by.
struct Divisor {
  bool count_include_pad;
  int64_t fixed;
  int64_t of(const Window &v, const Window &h) const {
    if (fixed) return fixed;
    return count_include_pad ? v.padded * h.padded : (v.end - v.begin) * (h.end - h.begin);
  }
};

/// The sum of neighbours in memory, in blocks of 64 vectors.
template <class S>
__attribute__((noinline)) Compute<S> sum_of(const S *p, int64_t n) {
  typedef Compute<S> C;
  constexpr int64_t L = kLanes<C>, kBlock = 64;
  Vec<C> total = {};
  for (int64_t i = 0; i < n;) {
    Vec<C> a = {}, b = {};
    const int64_t stop = n < i + kBlock * L ? n : i + kBlock * L;
    for (; i + 2 * L <= stop; i += 2 * L) a += load_as<C>(p + i), b += load_as<C>(p + i + L);
    for (; i < stop; i += L) a += load_first(p + i, stop - i);
    total += a + b;
  }
  return sum_lanes<C>(total);
}

template <class S>
__attribute__((noinline)) void avg_plane(S *out, const S *in, const Axis &vertical, const Axis &horizontal, const Divisor &divisor) {
  typedef Compute<S> C;
  for (int64_t y = 0; y < vertical.out; y++) {
    const Window v = vertical.windows[y];
    for (int64_t x = 0; x < horizontal.out; x++) {
      const Window h = horizontal.windows[x];
      C total = 0;
      if (h.end - h.begin == horizontal.size && v.end > v.begin) {  // whole rows
        total = sum_of(in + v.begin * horizontal.size, (v.end - v.begin) * horizontal.size);
      } else {
        for (int64_t i = v.begin; i < v.end; i++) {
          C row = 0;
          for (int64_t j = h.begin; j < h.end; j++) row += widen(in[i * horizontal.size + j]);
          total += row;
        }
      }
      out[y * horizontal.out + x] = narrow<S>(total / static_cast<C>(divisor.of(v, h)));
    }
  }
}

template <class S>
__attribute__((noinline)) void avg_plane_backward(Compute<S> *sum, const S *grad, const Axis &vertical, const Axis &horizontal, const Divisor &divisor) {
  typedef Compute<S> C;
  for (int64_t y = 0; y < vertical.out; y++) {
    const Window v = vertical.windows[y];
    for (int64_t x = 0; x < horizontal.out; x++) {
      const Window h = horizontal.windows[x];
      const C g = widen(grad[y * horizontal.out + x]) / static_cast<C>(divisor.of(v, h));
      for (int64_t i = v.begin; i < v.end; i++)
        for (int64_t j = h.begin; j < h.end; j++) sum[i * horizontal.size + j] += g;
    }
  }
}

int32_t avg_forward(const fb_tensor *out, const fb_tensor *self, const Axis &v, const Axis &h, const Divisor &divisor, int64_t work) {
  const Plane in(self), o(out);
  return for_float(self->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    for_planes(in.count, work, [&](int64_t p) {
      avg_plane<S>(static_cast<S *>(out->data) + p * o.size(), static_cast<const S *>(self->data) + p * in.size(), v, h, divisor);
    });
    return int32_t{FB_OK};
  });
}

int32_t avg_backward(const fb_tensor *gi, const fb_tensor *grad, const Axis &v, const Axis &h, const Divisor &divisor, int64_t work) {
  const Plane o(grad);
  return for_float(gi->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    return grad_planes<S>(gi, work, [&](Compute<S> *sum, int64_t p) {
      avg_plane_backward<S>(sum, static_cast<const S *>(grad->data) + p * o.size(), v, h, divisor);
    });
  });
}

int32_t avg_pool2d(const fb_tensor *out, const fb_tensor *self, fb_numbers kernel, fb_numbers stride, fb_numbers padding, bool count_include_pad,
                   int64_t divisor_override) {
  const Plane in(self), o(out);
  Axis v(in.h, o.h), h(in.w, o.w);
  if (!v.fill(kernel, stride, padding, 0, 1) || !h.fill(kernel, stride, padding, 1, 1)) return out_of_memory(v.bytes() + h.bytes());
  return avg_forward(out, self, v, h, {count_include_pad, divisor_override}, o.size() * static_cast<int64_t>(kernel.items[0]) * 2);
}
int32_t avg_pool2d_backward(const fb_tensor *gi, const fb_tensor *grad, fb_numbers kernel, fb_numbers stride, fb_numbers padding,
                            bool count_include_pad, int64_t divisor_override) {
  const Plane in(gi), o(grad);
  Axis v(in.h, o.h), h(in.w, o.w);
  if (!v.fill(kernel, stride, padding, 0, 1) || !h.fill(kernel, stride, padding, 1, 1)) return out_of_memory(v.bytes() + h.bytes());
  return avg_backward(gi, grad, v, h, {count_include_pad, divisor_override}, o.size() * static_cast<int64_t>(kernel.items[0]) * 2);
}
int32_t adaptive_avg_pool2d(const fb_tensor *out, const fb_tensor *self) {
  const Plane in(self), o(out);
  Axis v(in.h, o.h), h(in.w, o.w);
  if (!v.fill_adaptive() || !h.fill_adaptive()) return out_of_memory(v.bytes() + h.bytes());
  return avg_forward(out, self, v, h, {false, 0}, in.size());
}
int32_t adaptive_avg_pool2d_backward(const fb_tensor *gi, const fb_tensor *grad) {
  const Plane in(gi), o(grad);
  Axis v(in.h, o.h), h(in.w, o.w);
  if (!v.fill_adaptive() || !h.fill_adaptive()) return out_of_memory(v.bytes() + h.bytes());
  return avg_backward(gi, grad, v, h, {false, 0}, in.size());
}

}  // namespace

FB_GROUP(pool, FB_ENTRY("max_pool2d", max_pool2d), FB_ENTRY("max_pool2d_backward", max_pool2d_backward), FB_ENTRY("avg_pool2d", avg_pool2d),
         FB_ENTRY("avg_pool2d_backward", avg_pool2d_backward), FB_ENTRY("adaptive_avg_pool2d", adaptive_avg_pool2d),
         FB_ENTRY("adaptive_avg_pool2d_backward", adaptive_avg_pool2d_backward), FB_ENTRY("adaptive_max_pool2d", adaptive_max_pool2d))

}  // namespace fb::FB_ISA
