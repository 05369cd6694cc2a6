// Batch normalisation of (N, C, *), contiguous. Statistics and per-channel constants are double; every pass reads memory once,
// in order. One piece of work is some planes of one channel, or, when planes are single elements (N, C), some rows of all channels.
#include <math.h>

#include "../strided.h"

namespace fb::FB_ISA {
namespace {

struct Shape {
  int64_t n, c, l;
  explicit Shape(const fb_tensor *t) : n(t->dims[0]), c(t->dims[1]), l(1) {
    for (int d = 2; d < t->ndim; d++) l *= t->dims[d];
  }
  int64_t count() const { return n * l; }
  /// Samples per part of the reduction: some 32K elements of a channel, or of all channels when l is 1.
  int64_t samples() const { return rows_per_chunk(l == 1 ? c : l); }
  int64_t parts() const { return n > 0 ? (n + samples() - 1) / samples() : 1; }
};

template <class C>
inline double total_of(Vec<C> v) {
  double total = 0;
  for (int64_t i = 0; i < kLanes<C>; i++) total += static_cast<double>(v[i]);
  return total;
}

/// Sums of (x - shift) and (x - shift)², or of g and g (x - shift), over one plane; float lanes live for 128 steps at most.
struct Sums {
  double first = 0, second = 0;
};
template <class S>
__attribute__((noinline)) void add_plane(Sums &sums, const S *g, const S *x, int64_t n, Compute<S> shift) {
  typedef Compute<S> C;
  constexpr int64_t L = kLanes<C>, kBlock = 128;
  for (int64_t i = 0; i < n;) {
    Vec<C> a = {}, b = {}, c = {}, d = {};
    const int64_t stop = n < i + kBlock * L ? n : i + kBlock * L;
    for (; i + 2 * L <= stop; i += 2 * L) {
      const Vec<C> u = load_as<C>(x + i) - shift, v = load_as<C>(x + i + L) - shift;
      const Vec<C> gu = g ? load_as<C>(g + i) : u, gv = g ? load_as<C>(g + i + L) : v;
      a += gu, b += gv, c += gu * u, d += gv * v;
    }
    for (; i < stop; i += L) {
      const int64_t w = stop - i < L ? stop - i : L;
      const Vec<C> u = load_as<C>(x + i, w) - shift;
      const Vec<C> v = g ? load_as<C>(g + i, w) : u;
      a += first_lanes<C>(w) ? v : Vec<C>{};
      c += first_lanes<C>(w) ? v * u : Vec<C>{};
    }
    sums.first += total_of<C>(a + b), sums.second += total_of<C>(c + d);
  }
}

/// The same for rows of c channels, each with its shift.
template <class S>
__attribute__((noinline)) void add_rows(Sums *sums, const S *g, const S *x, int64_t rows, int64_t c, const Compute<S> *shift) {
  typedef Compute<S> C;
  constexpr int64_t L = kLanes<C>, kBlock = 32;
  for (int64_t r = 0; r < rows; r += kBlock) {
    const int64_t stop = rows < r + kBlock ? rows : r + kBlock;
    for (int64_t i = 0; i < c; i += L) {
      const int64_t w = c - i < L ? c - i : L;
      const Vec<C> s = load_as<C>(shift + i, w);
      Vec<C> a = {}, b = {};
      for (int64_t k = r; k < stop; k++) {
        const Vec<C> u = load_as<C>(x + k * c + i, w) - s;
        const Vec<C> v = g ? load_as<C>(g + k * c + i, w) : u;
        a += v, b += v * u;
      }
      for (int64_t l = 0; l < w; l++) sums[i + l].first += static_cast<double>(a[l]), sums[i + l].second += static_cast<double>(b[l]);
    }
  }
}

/// sums[c] of every channel; `partial` holds parts() * c of them.
template <class S>
void channel_sums(const Shape &s, Sums *partial, const S *g, const S *x, const Compute<S> *shift) {
  const int64_t samples = s.samples(), parts = s.parts();
  const auto begin_of = [&](int64_t part) { return part * samples; };
  const auto end_of = [&](int64_t part) { return (part + 1) * samples < s.n ? (part + 1) * samples : s.n; };
  for (int64_t i = 0; i < parts * s.c; i++) partial[i] = Sums();
  if (s.l == 1) {
    parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; p++)
        add_rows<S>(partial + p * s.c, g ? g + begin_of(p) * s.c : nullptr, x + begin_of(p) * s.c, end_of(p) - begin_of(p), s.c, shift);
    });
  } else {
    parallel_for(parts * s.c, rows_per_chunk((parts > 1 ? samples : s.n) * s.l), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % s.c;
        for (int64_t n = begin_of(i / s.c); n < end_of(i / s.c); n++) {
          const int64_t at = (n * s.c + c) * s.l;
          add_plane<S>(partial[i], g ? g + at : nullptr, x + at, s.l, shift[c]);
        }
      }
    });
  }
  for (int64_t p = 1; p < parts; p++)
    for (int64_t c = 0; c < s.c; c++) partial[c].first += partial[p * s.c + c].first, partial[c].second += partial[p * s.c + c].second;
}

/// out = x * scale + shift + g * grad_scale, channel by channel (g may be absent).
template <class C>
struct Affine {
  C scale, shift, grad_scale;
};
template <class S>
__attribute__((noinline)) void affine_plane(S *out, const S *g, const S *x, int64_t n, Affine<Compute<S>> a) {
  typedef Compute<S> C;
  constexpr int64_t L = kLanes<C>;
  const Vec<C> scale = broadcast<C>(a.scale), shift = broadcast<C>(a.shift), grad_scale = broadcast<C>(a.grad_scale);
  for (int64_t i = 0; i < n; i += L) {
    const int64_t w = n - i < L ? n - i : L;
    Vec<C> y = fma(load_as<C>(x + i, w), scale, shift);
    if (g) y = fma(load_as<C>(g + i, w), grad_scale, y);
    store_as(out + i, y, w);
  }
}
template <class S>
__attribute__((noinline)) void affine_rows(S *out, const S *g, const S *x, int64_t rows, int64_t c, const Affine<Compute<S>> *a) {
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < c; i++) {
      Compute<S> y = widen(x[r * c + i]) * a[i].scale + a[i].shift;
      if (g) y += widen(g[r * c + i]) * a[i].grad_scale;
      out[r * c + i] = narrow<S>(y);
    }
}
template <class S>
void affine(const Shape &s, S *out, const S *g, const S *x, const Affine<Compute<S>> *a) {
  if (s.l == 1) {
    parallel_for(s.n, rows_per_chunk(s.c), [&](int64_t begin, int64_t end) {
      affine_rows<S>(out + begin * s.c, g ? g + begin * s.c : nullptr, x + begin * s.c, end - begin, s.c, a);
    });
    return;
  }
  parallel_for(s.n * s.c, rows_per_chunk(s.l), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) affine_plane<S>(out + i * s.l, g ? g + i * s.l : nullptr, x + i * s.l, s.l, a[i % s.c]);
  });
}

template <class S>
struct Memory {  // scratch of one call
  typedef Compute<S> C;
  Scratch scratch;
  Sums *sums;
  Affine<C> *affine;
  C *shift;
  explicit Memory(const Shape &s)
      : scratch(s.parts() * s.c * static_cast<int64_t>(sizeof(Sums)) + s.c * static_cast<int64_t>(sizeof(Affine<C>) + sizeof(C)) + 64),
        sums(scratch.as<Sums>()),
        affine(reinterpret_cast<Affine<C> *>(sums + s.parts() * s.c)),
        shift(reinterpret_cast<C *>(affine + s.c)) {}
};

// Running statistics are of the input's dtype or float32.
inline double get(const fb_tensor *t, int64_t i) {
  double value = 0;
  for_float(t->dtype, [&](auto tag) {
    value = static_cast<double>(widen(static_cast<const FB_TYPE_OF(tag) *>(t->data)[i]));
    return int32_t{FB_OK};
  });
  return value;
}
inline void set(const fb_tensor *t, int64_t i, double value) {
  for_float(t->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    static_cast<S *>(t->data)[i] = narrow<S>(static_cast<Compute<S>>(value));
    return int32_t{FB_OK};
  });
}
inline void move(const fb_tensor *running, int64_t i, double momentum, double value) {
  if (running) set(running, i, (1 - momentum) * get(running, i) + momentum * value);
}

template <class S>
int32_t forward(const fb_tensor *out, const fb_tensor *save_mean, const fb_tensor *save_invstd, const fb_tensor *input, const fb_tensor *weight,
                const fb_tensor *bias, const fb_tensor *running_mean, const fb_tensor *running_var, bool training, double momentum, double eps) {
  typedef Compute<S> C;
  const Shape s(input);
  if (numel(input) == 0) return FB_OK;
  const S *const x = static_cast<const S *>(input->data);
  const Memory<S> memory(s);
  if (!memory.scratch.data) return out_of_memory(s.parts() * s.c * 16);
  if (training) {  // deviations from one element of the channel: no cancellation when the mean is far from zero
    for (int64_t c = 0; c < s.c; c++) memory.shift[c] = widen(x[c * s.l]);
    channel_sums<S>(s, memory.sums, nullptr, x, memory.shift);
  }
  const double count = static_cast<double>(s.count());
  for (int64_t c = 0; c < s.c; c++) {
    double mean, invstd;
    if (training) {
      const double offset = memory.sums[c].first / count;
      mean = static_cast<double>(memory.shift[c]) + offset;
      double squares = memory.sums[c].second - offset * memory.sums[c].first;
      if (squares < 0) squares = 0;
      invstd = 1 / sqrt(squares / count + eps);
      move(running_mean, c, momentum, mean);
      move(running_var, c, momentum, squares / (count - 1));
      if (save_mean) set(save_mean, c, mean);
      if (save_invstd) set(save_invstd, c, invstd);
    } else {
      mean = get(running_mean, c), invstd = 1 / sqrt(get(running_var, c) + eps);
    }
    const double scale = invstd * (weight ? get(weight, c) : 1), shift = (bias ? get(bias, c) : 0) - mean * scale;
    memory.affine[c] = {static_cast<C>(scale), static_cast<C>(shift), 0};
  }
  affine<S>(s, static_cast<S *>(out->data), nullptr, x, memory.affine);
  return FB_OK;
}

int32_t batch_norm(const fb_tensor *out, const fb_tensor *save_mean, const fb_tensor *save_invstd, const fb_tensor *input, const fb_tensor *weight,
                   const fb_tensor *bias, const fb_tensor *running_mean, const fb_tensor *running_var, bool training, double momentum, double eps) {
  return for_float(input->dtype, [&](auto tag) {
    return forward<FB_TYPE_OF(tag)>(out, save_mean, save_invstd, input, weight, bias, running_mean, running_var, training, momentum, eps);
  });
}

template <class S>
int32_t backward(const fb_tensor *gi, const fb_tensor *gw, const fb_tensor *gb, const fb_tensor *grad, const fb_tensor *input, const fb_tensor *weight,
                 const fb_tensor *running_mean, const fb_tensor *running_var, const fb_tensor *save_mean, const fb_tensor *save_invstd, bool training,
                 double eps) {
  typedef Compute<S> C;
  const Shape s(input);
  const S *const x = static_cast<const S *>(input->data), *const g = static_cast<const S *>(grad->data);
  const Memory<S> memory(s);
  if (!memory.scratch.data) return out_of_memory(s.parts() * s.c * 16);
  for (int64_t c = 0; c < s.c; c++) memory.shift[c] = static_cast<C>(get(training ? save_mean : running_mean, c));
  if (numel(input) == 0) for (int64_t c = 0; c < s.c; c++) memory.sums[c] = Sums();
  else if (training || gw || gb) channel_sums<S>(s, memory.sums, g, x, memory.shift);
  const double count = static_cast<double>(s.count());
  for (int64_t c = 0; c < s.c; c++) {
    const double mean = static_cast<double>(memory.shift[c]);
    const double invstd = training ? get(save_invstd, c) : 1 / sqrt(get(running_var, c) + eps);
    const Sums sums = gw || gb || training ? memory.sums[c] : Sums();
    const double scale = invstd * (weight ? get(weight, c) : 1);
    if (gw) set(gw, c, sums.second * invstd);
    if (gb) set(gb, c, sums.first);
    // gi = scale (g - mean(g) - (x - mean) invstd² mean(g (x - mean))) in training, scale g otherwise
    const double slope = training ? -scale * invstd * invstd * sums.second / count : 0;
    const double constant = training ? -scale * sums.first / count - slope * mean : 0;
    memory.affine[c] = {static_cast<C>(slope), static_cast<C>(constant), static_cast<C>(scale)};
  }
  if (gi && numel(input) > 0) affine<S>(s, static_cast<S *>(gi->data), g, x, memory.affine);
  return FB_OK;
}

int32_t batch_norm_backward(const fb_tensor *gi, const fb_tensor *gw, const fb_tensor *gb, const fb_tensor *grad, const fb_tensor *input,
                            const fb_tensor *weight, const fb_tensor *running_mean, const fb_tensor *running_var, const fb_tensor *save_mean,
                            const fb_tensor *save_invstd, bool training, double eps) {
  return for_float(input->dtype, [&](auto tag) {
    return backward<FB_TYPE_OF(tag)>(gi, gw, gb, grad, input, weight, running_mean, running_var, save_mean, save_invstd, training, eps);
  });
}

}  // namespace

FB_GROUP(batch_norm, FB_ENTRY("batch_norm", batch_norm), FB_ENTRY("batch_norm_backward", batch_norm_backward))

}  // namespace fb::FB_ISA
