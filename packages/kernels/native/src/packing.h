// Packing of matrix operands: a panel holds `width` rows of A (or columns of B) of k values each, so that the values of one k
// lie together. The operand may have any strides; f16 and bf16 become float on the way.
#pragma once
#include "element.h"

namespace fb::FB_ISA {
namespace {

/// Elements that pack_panel may write past the end of a panel; their values do not matter.
template <class T>
constexpr int64_t kPanelSlack = kLanes<T>;

template <int Bytes>
struct LaneIndex;
template <>
struct LaneIndex<4> { typedef VecI type; };
template <>
struct LaneIndex<8> { typedef VecL type; };

/// Transposes kLanes<T> vectors in place: each round swaps the off-diagonal quarters of blocks of 2 * Half rows.
template <class T, int Half = static_cast<int>(kLanes<T>) / 2>
inline __attribute__((always_inline)) void transpose(Vec<T> *v) {
  if constexpr (Half > 0) {
    constexpr int L = static_cast<int>(kLanes<T>);
    typename LaneIndex<sizeof(T)>::type low, high;
#pragma GCC unroll 16
    for (int i = 0; i < L; i++) {
      low[i] = i & Half ? L + i - Half : i;
      high[i] = i & Half ? L + i : i + Half;
    }
#pragma GCC unroll 16
    for (int i = 0; i < L; i++) {
      if (i & Half) continue;
      const Vec<T> a = v[i], b = v[i + Half];
      v[i] = __builtin_shuffle(a, b, low);
      v[i + Half] = __builtin_shuffle(a, b, high);
    }
    transpose<T, Half / 2>(v);
  }
}

/// One block of a panel whose source runs along k: kLanes k-steps of `rows` <= kLanes rows, the others zero.
template <class T, class S>
inline void pack_transposed_block(T *to, int64_t width, const S *from, int64_t row_stride, int64_t rows) {
  constexpr int64_t L = kLanes<T>;
  S part[L * L];
  if (rows < L) {  // completed in memory: a branch per row would make a copy of the transposition each
    memset(part, 0, sizeof part);
    for (int64_t i = 0; i < rows; i++) memcpy(part + i * L, from + i * row_stride, L * sizeof(S));
    from = part, row_stride = L;
  }
  Vec<T> v[L];
#pragma GCC unroll 16
  for (int64_t i = 0; i < L; i++) v[i] = load_as<T>(from + i * row_stride);
  transpose<T>(v);
#pragma GCC unroll 16
  for (int64_t p = 0; p < L; p++) store(to + p * width, v[p]);
}

template <class T, class S>
inline void pack_elements(T *to, int64_t width, int64_t valid, int64_t k, const S *from, int64_t row_stride, int64_t k_stride) {
  for (int64_t p = 0; p < k; p++) {
    for (int64_t i = 0; i < valid; i++) to[p * width + i] = widen(from[i * row_stride + p * k_stride]);
    for (int64_t i = valid; i < width; i++) to[p * width + i] = 0;
  }
}

/// to[p * width + i] = from[i * row_stride + p * k_stride] for i < valid, 0 for valid <= i < width. `reachable` rows may be read: a block
/// that ends with rows of the next panel need not be completed.
template <class T, class S>
void pack_panel(T *to, int64_t width, int64_t valid, int64_t k, const S *from, int64_t row_stride, int64_t k_stride, int64_t reachable = 0) {
  constexpr int64_t L = kLanes<T>;
  if (k_stride == 1) {
    const int64_t whole = k / L * L, rows = valid == width && reachable > valid ? reachable : valid;
    // A block's stores run over into the first rows of the next k, so the later rows of a panel are packed first.
    for (int64_t p = 0; p < whole; p += L)
      for (int64_t i = (width - 1) / L * L; i >= 0; i -= L)
        pack_transposed_block(to + p * width + i, width, from + i * row_stride + p, row_stride, rows - i);
    pack_elements(to + whole * width, width, valid, k - whole, from + whole, row_stride, 1);
  } else if (row_stride == 1 && valid == width && k_stride >= 0) {
    // Whole vectors, also past a width that is none: what they store there the next k overwrites. The last k's must not read that far.
    const int64_t over = (width + L - 1) / L * L - width;
    const int64_t whole = over == 0 ? k : k_stride == 0 ? 0 : (k - 1 - (over - 1) / k_stride < 0 ? 0 : k - 1 - (over - 1) / k_stride);
    for (int64_t p = 0; p < whole; p++)
      for (int64_t i = 0; i < width; i += L) store(to + p * width + i, load_as<T>(from + p * k_stride + i));
    pack_elements(to + whole * width, width, valid, k - whole, from + whole * k_stride, row_stride, k_stride);
  } else {
    pack_elements(to, width, valid, k, from, row_stride, k_stride);
  }
}

/// `columns` columns of B into panels of `width`, `panel_size` elements apart; the last one is filled up with zeros.
template <class T, class S>
void pack_panels(T *to, int64_t width, int64_t panel_size, int64_t columns, int64_t k, const S *from, int64_t column_stride, int64_t k_stride) {
  constexpr int64_t L = kLanes<T>;
  int64_t done = 0;
  if (column_stride == 1 && width == 2 * L) {  // whole rows of B, so that memory is read in its order
    done = columns / width * width;
    for (int64_t p = 0; p < k; p++) {
      const S *const row = from + p * k_stride;
      T *at = to + p * width;
      for (int64_t j = 0; j < done; j += width, at += panel_size) {
        store(at, load_as<T>(row + j));
        store(at + L, load_as<T>(row + j + L));
      }
    }
  }
  for (; done < columns; done += width)
    pack_panel(to + done / width * panel_size, width, columns - done < width ? columns - done : width, k, from + done * column_stride, column_stride,
               k_stride);
}

}  // namespace
}  // namespace fb::FB_ISA
