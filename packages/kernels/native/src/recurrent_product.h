// The products of a recurrent layer: the same weights with the states of one time step after the other, so both stay packed. In float.
#pragma once
#include "product.h"

namespace fb::FB_ISA {
namespace {

/// Time steps in the order in which they run. Their rows lie in the order of time.
struct Steps {
  int64_t count = 0;
  Scratch memory;
  int64_t *rows, *first;  // of each step: how many sequences have it, and where its rows begin

  /// `runs`: numbers of sequences, each with the number of steps that have as many.
  __attribute__((noinline)) Steps(fb_numbers runs, bool reverse) : count(sum(runs)), memory(2 * count * static_cast<int64_t>(sizeof(int64_t))) {
    rows = memory.as<int64_t>(), first = rows + count;
    if (!rows) return;
    for (int64_t run = 0, t = 0, start = 0; run < runs.count; run += 2)
      for (int64_t i = 0; i < static_cast<int64_t>(runs.items[run + 1]); i++, t++) {
        const int64_t at = reverse ? count - 1 - t : t;
        rows[at] = static_cast<int64_t>(runs.items[run]), first[at] = start;
        start += rows[at];
      }
  }
  /// How many of the sequences [begin, end) have step s.
  int64_t rows_of(int64_t s, int64_t begin, int64_t end) const { return max(0, min(rows[s], end) - begin); }
  /// The row of the step before, -1 if the sequence begins with this one.
  int64_t row_before(int64_t s, int64_t sequence) const { return s > 0 && sequence < rows[s - 1] ? first[s - 1] + sequence : -1; }

 private:
  static int64_t sum(fb_numbers runs) {
    int64_t n = 0;
    for (int64_t run = 0; run < runs.count; run += 2) n += static_cast<int64_t>(runs.items[run + 1]);
    return n;
  }
};

// Panels of few different heights, because each has a micro-kernel of its own.
constexpr int64_t kPanelRows = kTileRows >= 12 ? 12 : 6, kBlock = kTileColumns<float>;
inline int64_t panel_height(int64_t rows) {
  if (rows >= kPanelRows && rows != 16) return kPanelRows;
  return kPanelRows > 8 && rows >= 8 ? 8 : rows >= 4 ? 4 : 1;
}
inline MicroKernel<float> panel_kernel(int64_t height) {
  if constexpr (kPanelRows > 8)
    if (height == 8) return micro_kernel<float, 8, kTileVectors>;
  if (height == kPanelRows) return micro_kernel<float, kPanelRows, kTileVectors>;
  return height == 4 ? micro_kernel<float, 4, kTileVectors> : micro_kernel<float, 1, kTileVectors>;
}
/// Calls f(row, height) for each panel of rows.
template <class F>
inline void for_panels(int64_t rows, const F &f) {
  for (int64_t i = 0, height; i < rows; i += height) f(i, height = panel_height(rows - i));
}

/// Rows of `depth` values in packed panels.
struct States {
  float *data;
  int64_t depth;

  const float *panel(int64_t row) const { return data + row * depth; }
  /// Values [k, k + width) of all rows.
  __attribute__((noinline)) void pack(int64_t rows, int64_t k, int64_t width, const float *from, int64_t stride) const {
    for_panels(rows, [&](int64_t row, int64_t height) {
      float part[kPanelRows * kBlock + kPanelSlack<float>];  // packing writes over the end, where another thread's values stand
      for (int64_t x = 0; x < width; x += kBlock) {
        const int64_t n = min(kBlock, width - x);
        pack_panel(part, height, height, n, from + row * stride + x, stride, 1);
        memcpy(data + row * depth + (k + x) * height, part, static_cast<size_t>(n * height) * sizeof(float));
      }
    });
  }
};

/// Packed weights for `parts` sums of each of `units` units, in blocks of kBlock units.
struct Weights {
  int64_t units, parts, depth;
  float *data = nullptr;

  int64_t blocks() const { return divide_up(units, kBlock); }
  int64_t size() const { return blocks() * kBlock * parts * depth; }
  int64_t width(int64_t block) const { return min(kBlock, units - block * kBlock); }
  /// Weight (k, part, unit) stands at from[k * k_stride + part * part_stride + unit * unit_stride].
  __attribute__((noinline)) void pack(const float *from, int64_t k_stride, int64_t part_stride, int64_t unit_stride) const {
    parallel_for(blocks() * parts, divide_up(65536, kBlock * depth), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        pack_panel(data + i * depth * kBlock, kBlock, width(i / parts), depth, from + i % parts * part_stride + i / parts * kBlock * unit_stride,
                   unit_stride, k_stride);
    });
  }
  /// Sums of one block's units for the rows of a panel: row y has those of its parts one after the other, kBlock values each.
  __attribute__((noinline)) void multiply(int64_t block, const float *panel, int64_t height, float *sums) const {
    const MicroKernel<float> kernel = panel_kernel(height);
    for (int64_t part = 0; part < parts; part++)
      for (int64_t k = 0; k < depth; k += kBlockK<float>)
        kernel(min(kBlockK<float>, depth - k), panel + k * height, data + ((block * parts + part) * depth + k) * kBlock, kBlock, sums + part * kBlock,
               parts * kBlock, k > 0 ? 1.0f : 0.0f);
  }
};

/// body(block) for all blocks of `weights`, with threads if `rows` rows make it worth it.
template <class Body>
inline void for_blocks(const Weights &weights, int64_t rows, const Body &body) {
  const double work = static_cast<double>(rows * kBlock * weights.parts) * static_cast<double>(weights.depth) + 1;
  parallel_for(weights.blocks(), max(1, static_cast<int64_t>(kChunkWork / 4 / work)), [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block++) body(block);
  });
}

/// body(begin, end) for parts of the sequences, which need nothing of each other: many if the weights fit the caches of all cores,
/// else all at once, so that its threads share the units of each step.
template <class Body>
inline void for_sequences(int64_t batch, const Weights &weights, const Body &body) {
  const int64_t each = divide_up(batch, num_threads());
  const bool apart = each >= 8 && weights.size() * static_cast<int64_t>(sizeof(float)) <= (1 << 19);
  parallel_for(batch, apart ? each : batch, body);
}

}  // namespace
}  // namespace fb::FB_ISA
