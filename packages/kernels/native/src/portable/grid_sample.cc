// Images and volumes seen through a grid of places, and the gradients of both. A block of places is first turned into what meets
// there, offsets and weights, which then serve all channels.
#include <math.h>

#include "../element.h"

namespace fb::FB_ISA {
namespace {

enum Mode { kLinear, kNearest, kCubic };
enum Padding { kZeros, kBorder, kReflection };

constexpr int64_t kPlaces = 64;  // of a block
constexpr int kAxes = 3, kMostTaps = 16;

/// A number and its derivative by the grid's coordinate.
template <class T>
struct Slope {
  T value, slope;
};

/// Neighbours along one axis; the offset of one that lies outside is -1.
template <class T>
struct Neighbours {
  int64_t offset[4];
  T weight[4], slope[4];
};

template <class T>
struct Axis {
  int64_t size, stride, padding;
  T last, scale, low, span;

  void set(int64_t n, int64_t step, int64_t p, bool align_corners) {
    size = n, stride = step, padding = p;
    last = static_cast<T>(size - 1);
    low = align_corners ? T(0) : T(-0.5), span = align_corners ? last : static_cast<T>(size);
    scale = span / 2;
  }

  /// Where the padding moves a place.
  __attribute__((noinline)) Slope<T> moved(T x) const {
    T slope = 1;
    if (padding == kReflection) {
      if (span == 0) return {0, 0};
      x -= low;
      if (x < 0) x = -x, slope = -1;
      const T flips = floor(x / span), rest = x - flips * span;
      const bool odd = flips - 2 * floor(flips / 2) != 0;
      x = (odd ? span - rest : rest) + low;
      if (odd) slope = -slope;
    }
    if (!(x > 0)) return {0, 0};
    return x < last ? Slope<T>{x, slope} : Slope<T>{last, 0};
  }
  Slope<T> inside(T x) const { return padding == kZeros ? Slope<T>{x, 1} : moved(x); }

  __attribute__((noinline)) void find(T coordinate, int64_t mode, Neighbours<T> &to) const {
    const T place = (coordinate + 1) * scale + low;
    const auto put = [&](int k, T index, T weight, T slope) {
      to.offset[k] = index >= 0 && index <= last && static_cast<int64_t>(index) < size ? static_cast<int64_t>(index) * stride : -1;  // so does NaN; `last` is rounded
      to.weight[k] = weight, to.slope[k] = slope * scale;
    };
    if (mode != kCubic) {
      const Slope<T> x = inside(place);
      if (mode == kNearest) return put(0, rint(x.value), 1, 0);
      const T first = floor(x.value), t = x.value - first;
      put(0, first, 1 - t, -x.slope);
      return put(1, first + 1, t, x.slope);
    }
    // Keys' cubic convolution; only the neighbours move with the padding
    const T first = floor(place), t = place - first, a = T(-0.75);
    for (int k = 0; k < 4; k++) {
      const T way = k < 2 ? T(1) : T(-1), x = k < 2 ? t + (1 - k) : (k - 1) - t;
      const bool far = k == 0 || k == 3;
      const T weight = far ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : ((a + 2) * x - (a + 3)) * x * x + 1;
      const T slope = far ? (3 * a * x - 10 * a) * x + 8 * a : (3 * (a + 2) * x - 2 * (a + 3)) * x;
      put(k, inside(first + (k - 1)).value, weight, way * slope);
    }
  }
};

/// What meets at the places of a block: combinations of the neighbours along all axes, a row of places for each. Outside of the
/// tensor, `inside` is 0 instead of all bits. `slope[d]`: the weight's derivative by the grid's coordinate d.
template <class T>
struct Block {
  int64_t offset[kMostTaps * kPlaces];
  decltype(Vec<T>{} < Vec<T>{}) inside[kMostTaps * kPlaces / kLanes<T>];
  T weight[kMostTaps * kPlaces], slope[kAxes][kMostTaps * kPlaces];
};

template <class T>
struct Sampler {
  int axes;
  int64_t batch, channels, plane, places;
  int64_t mode, taps = 1;
  int per_axis;
  Axis<T> axis[kAxes];  // x, y, z
  const T *grid;

  Sampler(const fb_tensor *input, const fb_tensor *g, int64_t m, int64_t padding, bool align_corners)
      : axes(input->ndim - 2), batch(input->dims[0]), channels(input->dims[1]), plane(1), places(1), mode(m),
        per_axis(mode == kNearest ? 1 : mode == kLinear ? 2 : 4), grid(static_cast<const T *>(g->data)) {
    for (int d = 0; d < axes; d++) {
      const int64_t size = input->dims[input->ndim - 1 - d];
      axis[d].set(size, plane, padding, align_corners);
      plane *= size, places *= g->dims[d + 1], taps *= per_axis;
    }
  }

  /// The n places from `first` on; what follows them up to a whole vector lies outside.
  __attribute__((noinline)) void fill(Block<T> &b, int64_t image, int64_t first, int64_t n, bool slopes) const {
    const T *at = grid + (image * places + first) * axes;
    Neighbours<T> x, y, z = {{0}, {1}, {0}};
    memset(b.inside, 0, sizeof b.inside);
    for (int64_t tap = 0; tap < taps; tap++)
      for (int64_t i = n; i < kPlaces; i++) b.offset[tap * kPlaces + i] = 0, b.weight[tap * kPlaces + i] = 0;
    for (int64_t i = 0; i < n; i++, at += axes) {
      axis[0].find(at[0], mode, x);
      axis[1].find(at[1], mode, y);
      if (axes == 3) axis[2].find(at[2], mode, z);
      int64_t k = i;
      for (int c = 0; c < (axes == 3 ? per_axis : 1); c++)
        for (int j = 0; j < per_axis; j++) {
          const T outer = z.weight[c] * y.weight[j], by_y = z.weight[c] * y.slope[j], by_z = z.slope[c] * y.weight[j];
          for (int h = 0; h < per_axis; h++, k += kPlaces) {
            const int64_t outside = (z.offset[c] | y.offset[j] | x.offset[h]) >> 63;  // of -1 and offsets
            b.offset[k] = (z.offset[c] + y.offset[j] + x.offset[h]) & ~outside;
            b.inside[k / kLanes<T>][k % kLanes<T>] = static_cast<decltype(b.inside[0][0] + 0)>(~outside);
            b.weight[k] = outer * x.weight[h];
            if (slopes) b.slope[0][k] = outer * x.slope[h], b.slope[1][k] = by_y * x.weight[h], b.slope[2][k] = by_z * x.weight[h];
          }
        }
    }
  }
};

/// One channel at the n places of a block.
template <class T>
__attribute__((noinline)) void sample_row(T *to, const T *from, const Block<T> &b, int64_t n, int64_t taps) {
  constexpr int64_t L = kLanes<T>;  // 4 or 2 at the level of portable files
  for (int64_t i = 0; i < n; i += L) {
    Vec<T> sum = {};
    for (int64_t tap = 0, k = i; tap < taps; tap++, k += kPlaces) {
      const int64_t *const at = b.offset + k;
      Vec<T> x;  // not by a loop, which would go through memory
      if constexpr (L == 4) x = Vec<T>{from[at[0]], from[at[1]], from[at[2]], from[at[3]]};
      else x = Vec<T>{from[at[0]], from[at[1]]};
      const auto &inside = b.inside[k / L];
      sum += load(b.weight + k) * (Vec<T>)((decltype(inside + 0))x & inside);
    }
    store_part(to + i, sum, n - i < L ? n - i : L);
  }
}

/// out (N, C, …places) from input (N, C, …sizes) and grid (N, …places, 2 or 3), contiguous.
int32_t grid_sampler(const fb_tensor *out, const fb_tensor *input, const fb_tensor *grid, int64_t mode, int64_t padding, bool align_corners) {
  return for_float_or_double(input->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const Sampler<T> s(input, grid, mode, padding, align_corners);
    const int64_t blocks = (s.places + kPlaces - 1) / kPlaces;
    parallel_for(s.batch * blocks, 8192 / (kPlaces * s.taps * (s.channels + 4)) + 1, [&](int64_t begin, int64_t end) {
      Block<T> b;
      for (int64_t task = begin; task < end; task++) {
        const int64_t image = task / blocks, first = task % blocks * kPlaces, n = s.places - first < kPlaces ? s.places - first : kPlaces;
        s.fill(b, image, first, n, false);
        for (int64_t c = image * s.channels; c < (image + 1) * s.channels; c++) {
          T *const to = static_cast<T *>(out->data) + c * s.places + first;
          const T *const from = static_cast<const T *>(input->data) + c * s.plane;
          sample_row(to, from, b, n, s.taps);
        }
      }
    });
    return int32_t{FB_OK};
  });
}

/// The gradients of grid_sampler; one that is not wanted is empty.
int32_t grid_sampler_backward(const fb_tensor *grad_input, const fb_tensor *grad_grid, const fb_tensor *grad, const fb_tensor *input, const fb_tensor *grid,
                              int64_t mode, int64_t padding, bool align_corners) {
  return for_float_or_double(input->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const Sampler<T> s(input, grid, mode, padding, align_corners);
    const bool by_input = numel(grad_input) > 0, by_grid = numel(grad_grid) > 0;
    parallel_for(s.batch, 1, [&](int64_t image, int64_t) {  // places of an image may share elements of it
      Block<T> b;
      T dots[kPlaces * kMostTaps];
      const int64_t size = s.channels * s.plane;
      T *const sums = static_cast<T *>(grad_input->data) + image * size;
      if (by_input) memset(sums, 0, static_cast<size_t>(size) * sizeof(T));
      for (int64_t first = 0, n; first < s.places; first += n) {
        n = s.places - first < kPlaces ? s.places - first : kPlaces;
        s.fill(b, image, first, n, by_grid);
        memset(dots, 0, sizeof dots);
        for (int64_t c = 0; c < s.channels; c++) {
          const T *const g = static_cast<const T *>(grad->data) + (image * s.channels + c) * s.places + first;
          const T *const from = static_cast<const T *>(input->data) + image * size + c * s.plane;
          T *const to = sums + c * s.plane;
          for (int64_t tap = 0; tap < s.taps; tap++)
            for (int64_t i = 0, k = tap * kPlaces; i < n; i++, k++) {
              if (!b.inside[k / kLanes<T>][k % kLanes<T>]) continue;
              if (by_input) to[b.offset[k]] += g[i] * b.weight[k];
              if (by_grid && mode != kNearest) dots[k] += g[i] * from[b.offset[k]];
            }
        }
        T *to = static_cast<T *>(grad_grid->data) + (image * s.places + first) * s.axes;
        for (int64_t i = 0; by_grid && i < n; i++)
          for (int d = 0; d < s.axes; d++) {
            T sum = 0;
            for (int64_t tap = 0, k = i; tap < s.taps; tap++, k += kPlaces) sum += b.inside[k / kLanes<T>][k % kLanes<T>] ? dots[k] * b.slope[d][k] : T(0);
            *to++ = sum;
          }
      }
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(grid_sample, FB_ENTRY("grid_sampler", grid_sampler), FB_ENTRY("grid_sampler_backward", grid_sampler_backward))

}  // namespace fb::FB_ISA
