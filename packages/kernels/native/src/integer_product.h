// Products of 8-bit integers, exact in 32 bits. Both operands are packed so that each 32-bit lane holds a group of consecutive k: four bytes
// where the CPU multiplies bytes and adds the products (VNNI), elsewhere two numbers of 16 bits, because bytes multiplied in pairs
// (pmaddubsw) would saturate.
#pragma once
#include "gemm_large.h"

namespace fb::FB_ISA {
namespace {

typedef Vec<uint32_t> Groups;  // unsigned: sums wrap around
typedef Narrow<uint32_t, uint8_t> GroupBytes;
typedef Narrow<uint32_t, uint16_t> GroupHalves;  // on the way from bytes to groups: GCC knows no instruction for both steps
inline GroupHalves to_halves(GroupBytes x) { return __builtin_convertvector(x, GroupHalves); }
constexpr int64_t kGroupLanes = kLanes<uint32_t>, kGroupColumns = kTileColumns<uint32_t>;
/// Groups of k in a block: 1 KB of a row of A.
constexpr int64_t kGroupBlock = 256;

/// out (m, n) = A B. Element (i, p) of A is a[i * a_row + p * a_column]; B is signed, A if `a_signed`.
struct IntegerProduct {
  int64_t m, n, k;
  const uint8_t *a;
  int64_t a_row, a_column;
  bool a_signed;
  const uint8_t *b;
  int64_t b_row, b_column;
  uint32_t *out;
};

typedef void (*IntegerTile)(int64_t steps, const uint32_t *a, const uint32_t *b, uint32_t *c, int64_t ldc, bool add);

/// c[Rows x kGroupColumns] = A B, or += if `add`, as micro_kernel does it; what the sums begin with stands before B's first step.
template <class Dot, int Rows>
inline __attribute__((always_inline)) void integer_tile(int64_t steps, const uint32_t *a, const uint32_t *b, uint32_t *c, int64_t ldc, bool add) {
  constexpr int64_t L = kGroupLanes;
  Groups sums[Rows][2];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) sums[i][0] = load(b), sums[i][1] = load(b + L);
#pragma GCC unroll 1
  for (int64_t s = 0; s < steps; s++) {
    b += kGroupColumns;
    const Groups low = load(b), high = load(b + L);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
      const Groups x = broadcast(a[i]);
      sums[i][0] = Dot::multiply_add(x, low, sums[i][0]);
      sums[i][1] = Dot::multiply_add(x, high, sums[i][1]);
    }
    a += Rows;
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++)
#pragma GCC unroll 2
    for (int j = 0; j < 2; j++) {
      uint32_t *const at = c + i * ldc + j * L;
      store(at, add ? load(at) + sums[i][j] : sums[i][j]);
    }
}

/// Two numbers of 16 bits.
struct Pairs {
  static constexpr int64_t kGroup = 2;
  static constexpr bool kUnsigned = false;

  static Groups multiply_add(Groups a, Groups b, Groups sum) {
#if defined(__AVX512BW__)
    return sum + (Groups)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return sum + (Groups)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__x86_64__)
    return sum + (Groups)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
    const VecI x = (VecI)a, y = (VecI)b;
    return sum + (Groups)((x << 16 >> 16) * (y << 16 >> 16)) + (Groups)((x >> 16) * (y >> 16));
#endif
  }
  template <int Rows>
  static void tile(int64_t steps, const uint32_t *a, const uint32_t *b, uint32_t *c, int64_t ldc, bool add) {
    integer_tile<Pairs, Rows>(steps, a, b, c, ldc, add);
  }
  /// The groups of bytes that lie together.
  static Groups join(const uint8_t *x, bool is_signed) {
    typedef typename VectorOf<uint8_t, FB_VECTOR_BYTES / 2>::type Bytes;
    Bytes bytes;
    memcpy(&bytes, x, sizeof bytes);
    const auto wide = __builtin_convertvector(bytes, Vec<int16_t>);
    return (Groups)(is_signed ? wide << 8 >> 8 : wide);
  }
  /// The groups of bytes of which one vector holds the first ones, the next vector the next ones.
  static Groups join(const GroupBytes *x, bool is_signed) {
    const auto wide = [&](int i) {
      const GroupHalves bits = to_halves(x[i]);
      return __builtin_convertvector(is_signed ? (GroupHalves)((Narrow<uint32_t, int16_t>)(bits << 8) >> 8) : bits, Groups);
    };
    return wide(0) | wide(1) << 16;
  }
  static void start_sums(uint32_t *, const uint32_t *, int64_t) {}
};

#if defined(__AVX512BW__)
#define FB_VNNI __attribute__((target("avx512vnni")))
/// Four bytes, those of A unsigned: 128 is added to signed ones, and what that adds to the sums is what they begin with, negated.
struct Quads {
  static constexpr int64_t kGroup = 4;
  static constexpr bool kUnsigned = true;

  FB_VNNI static Groups multiply_add(Groups a, Groups b, Groups sum) { return (Groups)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b); }
  template <int Rows>
  FB_VNNI static void tile(int64_t steps, const uint32_t *a, const uint32_t *b, uint32_t *c, int64_t ldc, bool add) {
    integer_tile<Quads, Rows>(steps, a, b, c, ldc, add);
  }
  static Groups join(const uint8_t *x, bool) {
    Groups bytes;
    memcpy(&bytes, x, sizeof bytes);
    return bytes;
  }
  static Groups join(const GroupBytes *x, bool) {
    const GroupHalves low = to_halves(x[0]) | to_halves(x[1]) << 8, high = to_halves(x[2]) | to_halves(x[3]) << 8;
    return __builtin_convertvector(low, Groups) | __builtin_convertvector(high, Groups) << 16;
  }
  FB_VNNI static void start_sums(uint32_t *sums, const uint32_t *b, int64_t steps) {
    Groups low{}, high{};
    for (int64_t s = 0; s < steps; s++, b += kGroupColumns) {
      low = multiply_add(broadcast(0x80808080u), load(b), low);
      high = multiply_add(broadcast(0x80808080u), load(b + kGroupLanes), high);
    }
    store(sums, -low);
    store(sums + kGroupLanes, -high);
  }
};
#endif

/// Stores `count` steps of a block whose vectors hold a row's groups each.
__attribute__((noinline)) void store_steps(uint32_t *to, int64_t width, Groups *v, int64_t count) {
  transpose<uint32_t>(v);
  for (int64_t s = 0; s < count; s++) store(to + s * width, v[s]);
}

/// Packs k bytes of each of `count` rows (of A, or columns of B) into panels of `width` rows, panel_size apart: group s of row i of a panel
/// at [s * width + i], zeros where there is no row or no k. `reachable` rows may be read. Writes up to a vector past the end of a panel if
/// the width is not one of whole vectors.
template <class Dot>
void pack_groups(uint32_t *to, int64_t width, int64_t panel_size, int64_t count, int64_t reachable, int64_t k, const uint8_t *from, int64_t row_stride,
                 int64_t k_stride, bool is_signed, uint32_t flip) {
  constexpr int64_t L = kGroupLanes, G = Dot::kGroup;
  const int64_t steps = divide_up(k, G);
  if (row_stride == 1 && k_stride != 1) {  // in the order in which memory lies
    for (int64_t s = 0; s < steps; s++) {
      const uint8_t *const k_rows = from + s * G * k_stride;
      const int64_t members = min(G, k - s * G);
      uint32_t *panel = to + s * width;
      for (int64_t start = 0; start < count; start += width, panel += panel_size)
        for (int64_t i = 0; i < width; i += L) {
          const uint8_t *const at = k_rows + start + i;
          GroupBytes bytes[G];
          if (members == G && start + i + L <= reachable) {
#pragma GCC unroll 4
            for (int64_t g = 0; g < G; g++) memcpy(&bytes[g], at + g * k_stride, L);
          } else {
            memset(bytes, 0, sizeof bytes);
            for (int64_t g = 0; g < members && start + i < count; g++) memcpy(&bytes[g], at + g * k_stride, static_cast<size_t>(min(L, count - start - i)));
          }
          store(panel + i, Dot::join(bytes, is_signed) ^ flip);
        }
    }
    return;
  }
  uint8_t part[L * L * G];
  for (int64_t start = 0; start < count; start += width, to += panel_size)
    for (int64_t s = 0; s < steps; s += L)
      for (int64_t i = (width - 1) / L * L; i >= 0; i -= L) {  // a block's stores run over into the first rows of the next step
        const uint8_t *rows = from + (start + i) * row_stride + s * G * k_stride;
        int64_t stride = row_stride;
        const int64_t bytes = min(L * G, k - s * G);
        if (start + i + L > reachable || bytes < L * G || k_stride != 1) {
          memset(part, 0, sizeof part);
          for (int64_t r = 0; r < min(L, count - start - i); r++)
            if (k_stride == 1) memcpy(part + r * L * G, rows + r * stride, static_cast<size_t>(bytes));
            else
              for (int64_t x = 0; x < bytes; x++) part[r * L * G + x] = rows[r * stride + x * k_stride];
          rows = part, stride = L * G;
        }
        Groups v[L];
        for (int64_t r = 0; r < L; r++) v[r] = Dot::join(rows + r * stride, is_signed) ^ flip;
        store_steps(to + s * width + i, width, v, min(L, steps - s));
      }
}

/// What the loops below need to know of Pairs or Quads, so that both share them.
struct IntegerMethod {
  int64_t group;
  bool a_unsigned;
  IntegerTile tiles[3];  // of kTileRows rows, of half and of a quarter of them
  decltype(&pack_groups<Pairs>) pack;
  decltype(&Pairs::start_sums) start_sums;
};
template <class Dot>
constexpr IntegerMethod kIntegerMethod = {
    Dot::kGroup,          Dot::kUnsigned, {Dot::template tile<kTileRows>, Dot::template tile<kTileRows / 2>, Dot::template tile<kTileRows / 4>},
    pack_groups<Dot>, Dot::start_sums};

int32_t integer_product(const IntegerProduct &q, const IntegerMethod &method) {
  constexpr int64_t NR = kGroupColumns, size = sizeof(uint32_t), kSlab = 4096;
  const int64_t G = method.group;
  const int64_t block = round_up(even_piece(q.k, kGroupBlock * G), G), steps = block / G;
  // Panels are filled up with zeros: few rows take lower ones.
  const int64_t over = q.m % kTileRows;
  const int halvings = q.m <= kTileRows / 4 ? 2 : q.m < 4 * kTileRows && over && over <= kTileRows / 2 ? 1 : 0;
  const int64_t height = kTileRows >> halvings;
  const int64_t slab_rows = min(round_up(q.m, height), kSlab / height * height);
  const int64_t a_panel = round_up(height * steps + kGroupLanes, 16), b_panel = NR * (steps + 1);
  const int64_t bytes = slab_rows / height * a_panel * size;
  uint32_t *const a_memory = static_cast<uint32_t *>(thread_memory(MemoryFor::kCall, bytes));
  if (!a_memory) return out_of_memory(bytes);
  int64_t rows, across;
  choose_tiles<uint32_t>(slab_rows, q.n, steps, height, rows, across);
  const int64_t panels = divide_up(q.n, NR);
  const auto first_panel = [&](int64_t tile) { return tile * (panels / across) + min(tile, panels % across); };
  const IntegerTile whole = method.tiles[halvings];
  const bool shifted = method.a_unsigned && q.a_signed;
  for (int64_t i0 = 0; i0 < q.m; i0 += slab_rows)
    for (int64_t p = 0; p < q.k; p += block) {
      const int64_t depth = min(block, q.k - p), m = min(slab_rows, q.m - i0);
      parallel_for(divide_up(m, height), divide_up(65536, height * depth), [&](int64_t begin, int64_t end) {
        const int64_t i = i0 + begin * height, count = min((end - begin) * height, i0 + m - i);
        method.pack(a_memory + begin * a_panel, height, a_panel, count, q.m - i, depth, q.a + i * q.a_row + p * q.a_column, q.a_row, q.a_column,
                    q.a_signed, shifted ? 0x80808080u : 0);
      });
      const int64_t tiles = across * divide_up(m, rows), tile_work = min(rows, m) * divide_up(q.n, across) * divide_up(depth, G);
      const int64_t grain = max(1, static_cast<int64_t>(kChunkWork) / 4 / tile_work);
      const auto compute = [&](int64_t begin, int64_t end, void *memory) {
        uint32_t *const corner = static_cast<uint32_t *>(memory), *const b_memory = corner + kTileRows * NR;
        for (int64_t tile = begin; tile < end; tile++) {
          const int64_t first = first_panel(tile % across), last = first_panel(tile % across + 1);
          const int64_t i_begin = tile / across * rows, i_end = min(i_begin + rows, m);
          method.pack(b_memory + NR, NR, b_panel, min(last * NR, q.n) - first * NR, q.n - first * NR, depth,
                      q.b + p * q.b_row + first * NR * q.b_column, q.b_column, q.b_row, true, 0);
          for (int64_t panel = 0; panel < last - first; panel++) {
            uint32_t *const sums = b_memory + panel * b_panel;
            memset(sums, 0, NR * size);
            if (shifted) method.start_sums(sums, sums + NR, divide_up(depth, G));
          }
          for (int64_t i = i_begin; i < i_end; i += height)
            for (int64_t panel = first; panel < last; panel++) {
              const int64_t count = min(height, m - i), j = panel * NR, width = min(NR, q.n - j);
              const uint32_t *const a = a_memory + i / height * a_panel, *const b = b_memory + (panel - first) * b_panel;
              uint32_t *const c = q.out + (i0 + i) * q.n + j;
              if (count == height && width == NR) {
                whole(divide_up(depth, G), a, b, c, q.n, p > 0);
                continue;
              }
              whole(divide_up(depth, G), a, b, corner, NR, false);
              for (int64_t y = 0; y < count; y++)
                for (int64_t x = 0; x < width; x++) c[y * q.n + x] = (p > 0 ? c[y * q.n + x] : 0) + corner[y * NR + x];
            }
        }
      };
      const int32_t status = parallel_with_memory(tiles, grain, (kTileRows * NR + divide_up(panels, across) * b_panel) * size, compute);
      if (status != FB_OK) return status;
    }
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
