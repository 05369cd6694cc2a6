// Group normalisation: the channels of each sample in groups, every group by its own statistics. With a channel in each group it is
// instance normalisation.
#pragma once
#include "channel_norm.h"

namespace fb::FB_ISA {
namespace {

struct GroupNorm {
  const Shape s;
  const Passes &passes;
  const int64_t channels, rows, elements;  // in each group; groups of all samples; in each of these
  const Scratch memory;
  Sums *const sums;      // for each channel of each sample, as are the others
  Affine *const affine;
  double *const shift;
  double *const weights, *const biases;  // for each channel

  GroupNorm(const fb_tensor *input, int64_t groups, const Passes &p)
      : s(input), passes(p), channels(s.c / groups), rows(s.n * groups), elements(channels * s.l), memory(bytes()), sums(memory.as<Sums>()),
        affine(reinterpret_cast<Affine *>(sums + s.n * s.c)), shift(reinterpret_cast<double *>(affine + s.n * s.c)), weights(shift + s.n * s.c),
        biases(weights + s.c) {}
  int64_t bytes() const { return s.n * s.c * static_cast<int64_t>(sizeof(Sums) + sizeof(Affine)) + (s.n + 2) * s.c * 8; }

  void read(const fb_tensor *weight, const fb_tensor *bias) const {
    for (int64_t c = 0; c < s.c; c++) weights[c] = weight ? get(weight, c) : 1, biases[c] = bias ? get(bias, c) : 0;
  }
  /// Sums of channel i of a sample are taken of deviations from its group's `value`.
  void set_shift(int64_t row, double value) const {
    for (int64_t i = row * channels; i < (row + 1) * channels; i++) shift[i] = value;
  }

  /// Channels [begin, end) of those of all samples.
  void add(const fb_tensor *g, const fb_tensor *x, int64_t begin, int64_t end) const {
    for (int64_t i = begin; i < end; i++) sums[i] = Sums();
    const int64_t size = passes.size;
    if (s.l == 1) return passes.row_sums(sums + begin, element(g, begin, size), element(x, begin, size), 1, end - begin, shift + begin);
    for (int64_t i = begin; i < end; i++) passes.plane_sums(sums[i], element(g, i * s.l, size), element(x, i * s.l, size), s.l, shift[i]);
  }
  void write(const fb_tensor *out, const fb_tensor *g, const fb_tensor *x, int64_t begin, int64_t end) const {
    const int64_t size = passes.size;
    if (s.l == 1) return passes.row_affine(place(out, begin, size), element(g, begin, size), element(x, begin, size), 1, end - begin, affine + begin);
    for (int64_t i = begin; i < end; i++)
      passes.plane_affine(place(out, i * s.l, size), element(g, i * s.l, size), element(x, i * s.l, size), s.l, affine[i]);
  }

  /// The sums of every channel, finish(row, first channel of the row), which sets the row's `affine`, then out (if any). A group is
  /// finished while it lies in the cache, but few large ones are shared among threads.
  template <class Finish>
  void run(const fb_tensor *g, const fb_tensor *x, const fb_tensor *out, const Finish &finish) const {
    if (rows >= 8 || elements <= 32768) {
      parallel_for(rows, rows_per_chunk(elements), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; row++) {
          const int64_t first = row * channels;
          add(g, x, first, first + channels);
          finish(row, first);
          if (out) write(out, g, x, first, first + channels);
        }
      });
      return;
    }
    const int64_t grain = rows_per_chunk(s.l);
    parallel_for(s.n * s.c, grain, [&](int64_t begin, int64_t end) { add(g, x, begin, end); });
    for (int64_t row = 0; row < rows; row++) finish(row, row * channels);
    if (out) parallel_for(s.n * s.c, grain, [&](int64_t begin, int64_t end) { write(out, g, x, begin, end); });
  }
};

/// mean and rstd: one for each group of each sample.
int32_t group_norm(const fb_tensor *out, const fb_tensor *mean, const fb_tensor *rstd, const fb_tensor *input, const fb_tensor *weight,
                   const fb_tensor *bias, int64_t groups, double eps) {
  const Passes *const passes = passes_of(input->dtype);
  if (!passes) return unsupported_dtype(input->dtype);
  if (numel(input) == 0) return FB_OK;
  const GroupNorm norm(input, groups, *passes);
  if (!norm.memory.data) return out_of_memory(norm.bytes());
  for (int64_t row = 0; row < norm.rows; row++) norm.set_shift(row, typical(input, row * norm.elements, norm.elements));
  norm.read(weight, bias);
  norm.run(nullptr, input, out, [&](int64_t row, int64_t first) {
    const double count = static_cast<double>(norm.elements);
    Sums sums;
    for (int64_t i = 0; i < norm.channels; i++) sums.first += norm.sums[first + i].first, sums.second += norm.sums[first + i].second;
    const double offset = sums.first / count, squares = sums.second - offset * sums.first;
    const double m = norm.shift[first] + offset, r = 1 / sqrt((squares < 0 ? 0 : squares) / count + eps);
    set(mean, row, m), set(rstd, row, r);
    for (int64_t i = first, c = first % norm.s.c; i < first + norm.channels; i++, c++) {
      const double scale = r * norm.weights[c];
      norm.affine[i] = {scale, norm.biases[c] - m * scale};
    }
  });
  return FB_OK;
}

int32_t group_norm_backward(const fb_tensor *gi, const fb_tensor *gw, const fb_tensor *gb, const fb_tensor *grad, const fb_tensor *input,
                            const fb_tensor *mean, const fb_tensor *rstd, const fb_tensor *weight, int64_t groups) {
  const Passes *const passes = passes_of(input->dtype);
  if (!passes) return unsupported_dtype(input->dtype);
  const GroupNorm norm(input, groups, *passes);
  if (!norm.memory.data) return out_of_memory(norm.bytes());
  for (int64_t row = 0; row < norm.rows; row++) norm.set_shift(row, get(mean, row));
  norm.read(weight, nullptr);
  if (norm.elements > 0)
    // with h = w g and d = x - mean: gi = rstd (h - mean(h) - d rstd² mean(h d))
    norm.run(grad, input, gi, [&](int64_t row, int64_t first) {
      const double count = static_cast<double>(norm.elements), r = get(rstd, row);
      Sums sums;
      for (int64_t i = first, c = first % norm.s.c; i < first + norm.channels; i++, c++) {
        const double w = norm.weights[c];
        norm.affine[i].grad_scale = r * w;
        sums.first += w * norm.sums[i].first, sums.second += w * norm.sums[i].second;
      }
      const double slope = -r * r * r * sums.second / count, shift = -r * sums.first / count - slope * norm.shift[first];
      for (int64_t i = first; i < first + norm.channels; i++) norm.affine[i].scale = slope, norm.affine[i].shift = shift;
    });
  for (int64_t c = 0; c < norm.s.c; c++) norm.weights[c] = norm.biases[c] = 0;  // now for their gradients
  for (int64_t row = 0; row < norm.rows && norm.elements > 0; row++) {
    const double r = get(rstd, row);
    for (int64_t i = row * norm.channels, c = i % norm.s.c; i < (row + 1) * norm.channels; i++, c++)
      norm.weights[c] += norm.sums[i].second * r, norm.biases[c] += norm.sums[i].first;
  }
  for (int64_t c = 0; c < norm.s.c; c++) {
    if (gw) set(gw, c, norm.weights[c]);
    if (gb) set(gb, c, norm.biases[c]);
  }
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
