// The passes over memory that normalisations of contiguous (N, C, *) consist of: sums over a plane (a channel of a sample), and a plane
// scaled and shifted. Elements that are planes themselves, (N, C), go by rows of all channels. Statistics and constants are double; only
// the passes know the dtype, so that what chooses and joins them is compiled once.
#pragma once
#include <math.h>

#include "lanes.h"
#include "strided.h"

namespace fb::FB_ISA {
namespace {

/// Sums of (x - shift) and (x - shift)², or of g and g (x - shift).
struct Sums {
  double first = 0, second = 0;
};
/// x * scale + shift + g * grad_scale
struct Affine {
  double scale, shift, grad_scale = 0;
};

struct Passes {
  int64_t size;  // of an element
  void (*plane_sums)(Sums &sums, const void *g, const void *x, int64_t n, double shift);
  void (*row_sums)(Sums *sums, const void *g, const void *x, int64_t rows, int64_t c, const double *shifts);
  void (*plane_affine)(void *out, const void *g, const void *x, int64_t n, const Affine &a);
  void (*row_affine)(void *out, const void *g, const void *x, int64_t rows, int64_t c, const Affine *a);
};

template <class S>
struct PassesOf {
  typedef Compute<S> C;
  static constexpr int64_t L = kLanes<C>;

  /// Adds a plane to `sums` (without g: of x alone); float lanes live for 128 steps at most.
  static void plane_sums(Sums &sums, const void *grad, const void *input, int64_t n, double at) {
    constexpr int64_t kBlock = 128;
    const S *const x = static_cast<const S *>(input), *const g = grad ? static_cast<const S *>(grad) : x;
    const Vec<C> shift = broadcast<C>(static_cast<C>(at)), none = grad ? Vec<C>{} : shift;
    for (int64_t i = 0; i < n;) {
      Vec<C> a = {}, b = {}, c = {}, d = {};
      const int64_t stop = n < i + kBlock * L ? n : i + kBlock * L;
      for (; i + 2 * L <= stop; i += 2 * L) {
        const Vec<C> u = load_as<C>(g + i) - none, v = load_as<C>(g + i + L) - none;
        a += u, b += v, c += u * (load_as<C>(x + i) - shift), d += v * (load_as<C>(x + i + L) - shift);
      }
      for (; i < stop; i += L) {
        const auto within = first_lanes<C>(stop - i);
        const Vec<C> u = within ? load_first(g + i, stop - i) - none : Vec<C>{};
        a += u, c += u * (within ? load_first(x + i, stop - i) - shift : Vec<C>{});
      }
      sums.first += static_cast<double>(sum_lanes<C>(a + b)), sums.second += static_cast<double>(sum_lanes<C>(c + d));
    }
  }

  /// The same for rows of c channels, each with its shift.
  static void row_sums(Sums *sums, const void *grad, const void *input, int64_t rows, int64_t c, const double *shifts) {
    constexpr int64_t kBlock = 32;
    const S *const x = static_cast<const S *>(input), *const g = grad ? static_cast<const S *>(grad) : x;
    for (int64_t r = 0; r < rows; r += kBlock) {
      const int64_t stop = rows < r + kBlock ? rows : r + kBlock;
      for (int64_t i = 0; i < c; i += L) {
        const int64_t w = c - i < L ? c - i : L;
        Vec<C> shift = {}, a = {}, b = {};
        for (int64_t l = 0; l < w; l++) shift[l] = static_cast<C>(shifts[i + l]);
        const Vec<C> none = grad ? Vec<C>{} : shift;
        for (int64_t k = r; k < stop; k++) {
          const Vec<C> u = load_first(g + k * c + i, w) - none;
          a += u, b += u * (load_first(x + k * c + i, w) - shift);
        }
        for (int64_t l = 0; l < w; l++) sums[i + l].first += static_cast<double>(a[l]), sums[i + l].second += static_cast<double>(b[l]);
      }
    }
  }

  static void plane_affine(void *to, const void *grad, const void *input, int64_t n, const Affine &f) {
    S *const out = static_cast<S *>(to);
    const S *const x = static_cast<const S *>(input), *const g = static_cast<const S *>(grad);
    const Vec<C> scale = broadcast<C>(static_cast<C>(f.scale)), shift = broadcast<C>(static_cast<C>(f.shift));
    const Vec<C> grad_scale = broadcast<C>(static_cast<C>(f.grad_scale));
    int64_t i = 0;
    if (g)
      for (; i + L <= n; i += L) store_as(out + i, fma(load_as<C>(g + i), grad_scale, fma(load_as<C>(x + i), scale, shift)));
    else
      for (; i + L <= n; i += L) store_as(out + i, fma(load_as<C>(x + i), scale, shift));
    if (i == n) return;
    Vec<C> y = fma(load_first(x + i, n - i), scale, shift);
    if (g) y = fma(load_first(g + i, n - i), grad_scale, y);
    store_first(out + i, y, n - i);
  }

  static void row_affine(void *to, const void *grad, const void *input, int64_t rows, int64_t c, const Affine *f) {
    constexpr int64_t kTile = 256;
    C scale[kTile], shift[kTile], grad_scale[kTile];
    for (int64_t first = 0; first < c; first += kTile) {
      const int64_t width = c - first < kTile ? c - first : kTile;
      for (int64_t i = 0; i < width; i++) {
        const Affine &a = f[first + i];
        scale[i] = static_cast<C>(a.scale), shift[i] = static_cast<C>(a.shift), grad_scale[i] = static_cast<C>(a.grad_scale);
      }
      for (int64_t r = 0; r < rows; r++) {
        S *const out = static_cast<S *>(to) + r * c + first;
        const S *const x = static_cast<const S *>(input) + r * c + first, *const g = grad ? static_cast<const S *>(grad) + r * c + first : nullptr;
        for (int64_t i = 0; i < width; i += L) {
          Vec<C> y = fma(load_first(x + i, width - i), load(scale + i), load(shift + i));
          if (g) y = fma(load_first(g + i, width - i), load(grad_scale + i), y);
          store_first(out + i, y, width - i);
        }
      }
    }
  }

  static constexpr Passes kPasses = {sizeof(S), plane_sums, row_sums, plane_affine, row_affine};
};

/// Null if `dtype` is not a floating-point one.
inline const Passes *passes_of(int32_t dtype) {
  switch (dtype) {
    case FB_FLOAT32: return &PassesOf<float>::kPasses;
    case FB_FLOAT64: return &PassesOf<double>::kPasses;
    case FB_FLOAT16: return &PassesOf<Half>::kPasses;
    case FB_BFLOAT16: return &PassesOf<BFloat16>::kPasses;
    default: return nullptr;
  }
}

/// Elements of (N, C, *): n samples of c channels of l places.
struct Shape {
  int64_t n, c, l;
  explicit Shape(const fb_tensor *t) : n(t->dims[0]), c(t->dims[1]), l(1) {
    for (int d = 2; d < t->ndim; d++) l *= t->dims[d];
  }
  int64_t count() const { return n * l; }
};

// Statistics, factors and addends are of the input's dtype or another floating-point one.
__attribute__((noinline)) inline double get(const fb_tensor *t, int64_t i) {
  double value = 0;
  for_float(t->dtype, [&](auto tag) {
    value = static_cast<double>(widen(static_cast<const FB_TYPE_OF(tag) *>(t->data)[i]));
    return int32_t{FB_OK};
  });
  return value;
}

/// A value, exact in the dtype, that is near most of the `n` elements from `first` on: deviations from it keep their digits when the mean is
/// far from zero, also if a few elements are not.
__attribute__((noinline)) inline double typical(const fb_tensor *t, int64_t first, int64_t n) {
  const int64_t some = n < 16 ? n : 16;
  double mean = 0;
  for (int64_t i = 0; i < some; i++) mean += get(t, first + i * (n / some)) / static_cast<double>(some);
  return t->dtype == FB_FLOAT64 ? mean : static_cast<double>(static_cast<float>(mean));
}
__attribute__((noinline)) inline void set(const fb_tensor *t, int64_t i, double value) {
  for_float(t->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    static_cast<S *>(t->data)[i] = narrow<S>(static_cast<Compute<S>>(value));
    return int32_t{FB_OK};
  });
}
/// The addresses of element i, for tensors that may be absent.
inline const char *element(const fb_tensor *t, int64_t i, int64_t size) { return t ? static_cast<const char *>(t->data) + i * size : nullptr; }
inline char *place(const fb_tensor *t, int64_t i, int64_t size) { return static_cast<char *>(t->data) + i * size; }

}  // namespace
}  // namespace fb::FB_ISA
