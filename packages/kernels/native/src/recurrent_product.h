// The products of a recurrent layer: the same weights with the states of one time step after the other. The weights are packed once, the
// states stand in rows. In float.
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
  /// How many of the sequences [begin, end) have step s; 0 if there is no such step.
  int64_t rows_of(int64_t s, int64_t begin, int64_t end) const { return s < 0 || s >= count ? 0 : max(0, min(rows[s], end) - begin); }
  /// The row of the step before, -1 if the sequence begins with this one.
  int64_t row_before(int64_t s, int64_t sequence) const { return s > 0 && sequence < rows[s - 1] ? first[s - 1] + sequence : -1; }

 private:
  static int64_t sum(fb_numbers runs) {
    int64_t n = 0;
    for (int64_t run = 0; run < runs.count; run += 2) n += static_cast<int64_t>(runs.items[run + 1]);
    return n;
  }
};

// Panels of few different heights, because each has a tile of its own.
constexpr int64_t kPanelRows = kTileRows >= 12 ? 12 : 6, kBlock = kTileColumns<float>;
inline int64_t panel_height(int64_t rows) {
  if (rows >= kPanelRows && rows != 16) return kPanelRows;
  return kPanelRows > 8 && rows >= 8 ? 8 : rows >= 4 ? 4 : 1;
}
/// Calls f(row, height) for each panel of rows.
template <class F>
inline void for_panels(int64_t rows, const F &f) {
  for (int64_t i = 0, height; i < rows; i += height) f(i, height = panel_height(rows - i));
}

/// Rows of values `stride` apart, an odd number of cache lines, so that a panel's rows do not meet in the same sets of the cache.
struct States {
  float *data;
  int64_t stride;

  static int64_t stride_of(int64_t depth) { return divide_up(depth, 16) / 2 * 32 + 16; }
  float *row(int64_t i) const { return data + i * stride; }
};

constexpr int64_t kFetchAhead = 1024;  // a page: the processor itself stops at its end, and large weights come from the shared cache

/// c[Rows x kBlock] = A B, or += if `add`: A's rows where they stand, B packed, C's rows ldc apart.
template <int Rows>
void state_tile(int64_t k, const float *a, int64_t a_stride, const float *b, float *c, int64_t ldc, bool add) {
  constexpr int Groups = (Rows + 2) / 3;  // one pointer for three rows, which an address reaches by its scaled index
  constexpr int64_t L = kLanes<float>;
  VecF sums[Rows][2];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) sums[i][0] = sums[i][1] = VecF{};
  const float *rows[Groups];
#pragma GCC unroll 4
  for (int g = 0; g < Groups; g++) rows[g] = a + 3 * g * a_stride;
#pragma GCC unroll 1
  for (; k > 0; k--) {
    const VecF first = load(b), second = load(b + L);
    __builtin_prefetch(b + kFetchAhead);
    __builtin_prefetch(b + kFetchAhead + L);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
      const float *const at = rows[i / 3] + i % 3 * a_stride;
      if (i % 2) {  // every other row this way balances loads and instructions
        fma_from_memory<float>(sums[i][0], at, first);
        fma_from_memory<float>(sums[i][1], at, second);
        continue;
      }
      const VecF x = broadcast(*at);
      sums[i][0] = fma(x, first, sums[i][0]);
      sums[i][1] = fma(x, second, sums[i][1]);
    }
    b += kBlock;
#pragma GCC unroll 4
    for (int g = 0; g < Groups; g++) {
      rows[g]++;
      asm("" : "+r"(rows[g]));  // else each row gets a pointer, and there are too few registers
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
    float *const to = c + i * ldc;
    store(to, add ? load(to) + sums[i][0] : sums[i][0]);
    store(to + L, add ? load(to + L) + sums[i][1] : sums[i][1]);
  }
}
typedef void (*StateTile)(int64_t k, const float *a, int64_t a_stride, const float *b, float *c, int64_t ldc, bool add);
inline StateTile state_tile_of(int64_t height) {
  if constexpr (kPanelRows > 8)
    if (height == 8) return state_tile<8>;
  return height == kPanelRows ? state_tile<kPanelRows> : height == 4 ? state_tile<4> : state_tile<1>;
}
/// The products of one row with `Count` panels of weights, b_stride apart, at once: the sums of one would wait for each other. The
/// values of the row for the next panel stand a_stride further.
template <int Count>
inline void row_tiles(int64_t k, const float *a, int64_t a_stride, const float *b, int64_t b_stride, VecF (&sums)[Count][2]) {
#pragma GCC unroll 4
  for (int i = 0; i < Count; i++) sums[i][0] = sums[i][1] = VecF{};
#pragma GCC unroll 1
  for (int64_t p = 0; p < k; p++, b += kBlock)
#pragma GCC unroll 4
    for (int i = 0; i < Count; i++) {
      const VecF x = broadcast(a[p + i * a_stride]);
      sums[i][0] = fma(x, load(b + i * b_stride), sums[i][0]);
      sums[i][1] = fma(x, load(b + i * b_stride + kLanes<float>), sums[i][1]);
    }
}

/// Packed weights for `parts` sums of each of `units` units, in blocks of kBlock units. Each sum is one of `pieces` sums over `units` values.
struct Weights {
  int64_t units, parts, pieces;
  float *data = nullptr;

  int64_t depth() const { return pieces * units; }
  int64_t blocks() const { return divide_up(units, kBlock); }
  int64_t size() const { return blocks() * kBlock * parts * depth(); }
  int64_t width(int64_t block) const { return min(kBlock, units - block * kBlock); }
  /// Weight (k, part, unit) stands at from[k * k_stride + part * part_stride + unit * unit_stride].
  __attribute__((noinline)) void pack(const float *from, int64_t k_stride, int64_t part_stride, int64_t unit_stride) const {
    parallel_for(blocks() * parts, divide_up(65536, kBlock * depth()), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        pack_panel(data + i * depth() * kBlock, kBlock, width(i / parts), depth(), from + i % parts * part_stride + i / parts * kBlock * unit_stride,
                   unit_stride, k_stride);
    });
  }
  /// Sums of one block's units for the rows of a panel: row y has those of its parts one after the other, kBlock values each, at sums + y * ldc.
  __attribute__((noinline)) void multiply(int64_t block, const float *rows, int64_t stride, int64_t height, float *sums, int64_t ldc) const {
    const float *const b = data + block * parts * depth() * kBlock;
    if (height == 1 && units <= kBlockK<float> && parts * pieces == 4) return multiply_row<4>(b, rows, sums);
    if (height == 1 && units <= kBlockK<float> && parts * pieces == 3) return multiply_row<3>(b, rows, sums);
    const StateTile tile = state_tile_of(height);
    for (int64_t part = 0; part < parts; part++)
      for (int64_t k = 0, n; k < depth(); k += n) {
        n = min(kBlockK<float>, units - k % units);
        tile(n, rows + k, stride, b + (part * depth() + k) * kBlock, sums + part * kBlock, ldc, k > 0);
      }
  }

 private:
  /// The same sums, to the bit, for one row.
  template <int Count>
  void multiply_row(const float *b, const float *row, float *sums) const {
    VecF each[Count][2];
    row_tiles(units, row, pieces > 1 ? units : 0, b, units * kBlock, each);
#pragma GCC unroll 4
    for (int i = 0; i < Count; i++)
#pragma GCC unroll 2
      for (int j = 0; j < 2; j++) {
        float *const to = sums + (pieces > 1 ? 0 : i * kBlock) + j * kLanes<float>;
        store(to, pieces > 1 && i > 0 ? load(to) + each[i][j] : each[i][j]);
      }
  }
};

constexpr int64_t kNearBytes = 1 << 19;  // of weights that the cache of each core holds
/// Blocks of units whose sums for a panel of rows are computed before the cells, so that these run through memory in its order.
constexpr int64_t kGroup = 4;

/// body(begin, end) for the sequences that share the work of a step, with the way in which they do: all at once with threads for the units
/// of each step, or parts that need nothing of each other, where the weights fit the caches of all cores.
template <class Body>
inline void for_sequences(int64_t batch, const Weights &weights, const Body &body) {
  const int64_t each = divide_up(batch, num_threads());
  const bool near = weights.size() * static_cast<int64_t>(sizeof(float)) <= kNearBytes, apart = near && each >= 8;
  const int64_t group = near ? kGroup : 1;  // else a block's weights would leave the cache from one panel to the next
  parallel_for(batch, apart ? each : batch, [&](int64_t begin, int64_t end) {
    body(begin, end, [&](int64_t rows, const auto &groups) {
      const double work = static_cast<double>(rows * kBlock * weights.parts) * static_cast<double>(weights.depth()) + 1;
      const int64_t blocks = weights.blocks(), grain = apart ? blocks : max(1, static_cast<int64_t>(kChunkWork / 4 / work));
      parallel_for(blocks, grain, [&](int64_t first, int64_t last) {
        for (int64_t block = first; block < last; block += group) groups(block, min(last, block + group));
      });
    });
  });
}

}  // namespace
}  // namespace fb::FB_ISA
