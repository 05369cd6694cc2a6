// Batch normalisation: every channel by statistics over all samples. A channel that lies in a core's cache is finished while it is
// there; otherwise each pass goes through memory in order, in parts.
#pragma once
#include "channel_norm.h"

namespace fb::FB_ISA {
namespace {

struct BatchNorm {
  const Shape s;
  const Passes &passes;
  /// Samples per part of the sums: some 32K elements of a channel, or of all channels when planes are single elements.
  const int64_t samples, parts;
  const Scratch memory;
  Sums *const sums;      // parts * c
  Affine *const affine;  // c
  double *const shift;   // c

  BatchNorm(const fb_tensor *input, const Passes &p)
      : s(input), passes(p), samples(rows_per_chunk(s.l == 1 ? s.c : s.l)), parts(s.n > 0 ? (s.n + samples - 1) / samples : 1), memory(bytes()),
        sums(memory.as<Sums>()), affine(reinterpret_cast<Affine *>(sums + parts * s.c)), shift(reinterpret_cast<double *>(affine + s.c)) {}
  int64_t bytes() const {
    return parts * s.c * static_cast<int64_t>(sizeof(Sums)) + s.c * static_cast<int64_t>(sizeof(Affine) + sizeof(double));
  }

  /// The sums of channel c over the samples [begin, end).
  void add(Sums &to, const fb_tensor *g, const fb_tensor *x, int64_t c, int64_t begin, int64_t end) const {
    for (int64_t n = begin; n < end; n++) {
      const int64_t at = (n * s.c + c) * s.l;
      passes.plane_sums(to, element(g, at, passes.size), element(x, at, passes.size), s.l, shift[c]);
    }
  }
  void add_all(const fb_tensor *g, const fb_tensor *x) const {
    if (s.l == 1) {
      parallel_for(s.n, samples, [&](int64_t begin, int64_t end) {
        const int64_t at = begin * s.c;
        passes.row_sums(sums + begin / samples * s.c, element(g, at, passes.size), element(x, at, passes.size), end - begin, s.c, shift);
      });
    } else {
      parallel_for(parts * s.c, rows_per_chunk((parts > 1 ? samples : s.n) * s.l), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
          const int64_t first = i / s.c * samples;
          add(sums[i], g, x, i % s.c, first, first + samples < s.n ? first + samples : s.n);
        }
      });
    }
    for (int64_t p = 1; p < parts; p++)
      for (int64_t c = 0; c < s.c; c++) sums[c].first += sums[p * s.c + c].first, sums[c].second += sums[p * s.c + c].second;
  }
  void write(const fb_tensor *out, const fb_tensor *g, const fb_tensor *x, int64_t n, int64_t c) const {
    const int64_t at = (n * s.c + c) * s.l;
    passes.plane_affine(place(out, at, passes.size), element(g, at, passes.size), element(x, at, passes.size), s.l, affine[c]);
  }
  void write_all(const fb_tensor *out, const fb_tensor *g, const fb_tensor *x) const {
    if (s.l == 1) {
      parallel_for(s.n, rows_per_chunk(s.c), [&](int64_t begin, int64_t end) {
        const int64_t at = begin * s.c;
        passes.row_affine(place(out, at, passes.size), element(g, at, passes.size), element(x, at, passes.size), end - begin, s.c, affine);
      });
      return;
    }
    parallel_for(s.n * s.c, rows_per_chunk(s.l), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) write(out, g, x, i / s.c, i % s.c);
    });
  }

  /// Sums of g and x (or of x) if `summed`, then finish(c, sums of channel c), which sets affine[c], then out (if any) =
  /// affine of `slope_of`, which is x or g, and of `grad`.
  template <class Finish>
  void run(bool summed, const fb_tensor *g, const fb_tensor *x, const fb_tensor *out, const fb_tensor *grad, const fb_tensor *slope_of,
           const Finish &finish) const {
    constexpr int64_t kResident = 1 << 20;  // bytes, the second-level cache of most CPUs
    for (int64_t i = 0; i < parts * s.c; i++) sums[i] = Sums();
    const bool any = s.count() > 0;
    if (summed && any && s.l > 1 && s.c >= 8 && s.count() * passes.size * (g ? 2 : 1) <= kResident) {
      parallel_for(s.c, rows_per_chunk(s.count()), [&](int64_t begin, int64_t end) {
        for (int64_t c = begin; c < end; c++) {
          add(sums[c], g, x, c, 0, s.n);
          finish(c, sums[c]);
          for (int64_t n = 0; out && n < s.n; n++) write(out, grad, slope_of, n, c);
        }
      });
      return;
    }
    if (summed && any) add_all(g, x);
    for (int64_t c = 0; c < s.c; c++) finish(c, sums[c]);
    if (out && any) write_all(out, grad, slope_of);
  }
};

inline void move(const fb_tensor *running, int64_t i, double momentum, double value) {
  if (running) set(running, i, (1 - momentum) * get(running, i) + momentum * value);
}

int32_t batch_norm(const fb_tensor *out, const fb_tensor *save_mean, const fb_tensor *save_invstd, const fb_tensor *input, const fb_tensor *weight,
                   const fb_tensor *bias, const fb_tensor *running_mean, const fb_tensor *running_var, bool training, double momentum, double eps) {
  const Passes *const passes = passes_of(input->dtype);
  if (!passes) return unsupported_dtype(input->dtype);
  if (numel(input) == 0) return FB_OK;
  const BatchNorm norm(input, *passes);
  if (!norm.memory.data) return out_of_memory(norm.bytes());
  for (int64_t c = 0; c < norm.s.c; c++) norm.shift[c] = typical(input, c * norm.s.l, norm.s.l);
  const double count = static_cast<double>(norm.s.count());
  norm.run(training, nullptr, input, out, nullptr, input, [&](int64_t c, const Sums &sums) {
    double mean, invstd;
    if (training) {
      const double offset = sums.first / count;
      mean = norm.shift[c] + offset;
      double squares = sums.second - offset * sums.first;
      if (squares < 0) squares = 0;
      invstd = 1 / sqrt(squares / count + eps);
      move(running_mean, c, momentum, mean);
      move(running_var, c, momentum, squares / (count - 1));
      if (save_mean) set(save_mean, c, mean);
      if (save_invstd) set(save_invstd, c, invstd);
    } else {
      mean = get(running_mean, c), invstd = 1 / sqrt(get(running_var, c) + eps);
    }
    const double scale = weight ? invstd * get(weight, c) : invstd;
    norm.affine[c] = {scale, (bias ? get(bias, c) : 0) - mean * scale};
  });
  return FB_OK;
}

int32_t batch_norm_backward(const fb_tensor *gi, const fb_tensor *gw, const fb_tensor *gb, const fb_tensor *grad, const fb_tensor *input,
                            const fb_tensor *weight, const fb_tensor *running_mean, const fb_tensor *running_var, const fb_tensor *save_mean,
                            const fb_tensor *save_invstd, bool training, double eps) {
  const Passes *const passes = passes_of(input->dtype);
  if (!passes) return unsupported_dtype(input->dtype);
  const BatchNorm norm(input, *passes);
  if (!norm.memory.data) return out_of_memory(norm.bytes());
  for (int64_t c = 0; c < norm.s.c; c++) norm.shift[c] = get(training ? save_mean : running_mean, c);
  const double count = static_cast<double>(norm.s.count());
  if (count == 0) {  // the statistics were never made
    for (int64_t c = 0; c < norm.s.c; c++) {
      if (gw) set(gw, c, 0);
      if (gb) set(gb, c, 0);
    }
    return FB_OK;
  }
  // gi = scale (g - mean(g) - (x - mean) invstd² mean(g (x - mean))) in training, scale g otherwise
  norm.run(training || gw || gb, grad, input, gi, training ? grad : nullptr, training ? input : grad, [&](int64_t c, const Sums &sums) {
    const double mean = norm.shift[c], invstd = training ? get(save_invstd, c) : 1 / sqrt(get(running_var, c) + eps);
    const double scale = weight ? invstd * get(weight, c) : invstd;
    if (gw) set(gw, c, sums.second * invstd);
    if (gb) set(gb, c, sums.first);
    const double slope = -scale * invstd * invstd * sums.second / count;
    if (training) norm.affine[c] = {slope, -scale * sums.first / count - slope * mean, scale};
    else norm.affine[c] = {scale, 0};
  });
  return FB_OK;
}

/// With given statistics.
int32_t batch_norm_eval(const fb_tensor *out, const fb_tensor *input, const fb_tensor *weight, const fb_tensor *bias, const fb_tensor *mean,
                        const fb_tensor *variance, double eps) {
  return batch_norm(out, nullptr, nullptr, input, weight, bias, mean, variance, false, 0, eps);
}
int32_t batch_norm_eval_backward(const fb_tensor *gi, const fb_tensor *gw, const fb_tensor *gb, const fb_tensor *grad, const fb_tensor *input,
                                 const fb_tensor *weight, const fb_tensor *mean, const fb_tensor *variance, double eps) {
  return batch_norm_backward(gi, gw, gb, grad, input, weight, mean, variance, nullptr, nullptr, false, eps);
}

}  // namespace
}  // namespace fb::FB_ISA
