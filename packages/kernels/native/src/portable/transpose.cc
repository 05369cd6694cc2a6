// Transposed copies. A tile is read a cache line or two of each input row at a time, transposed in registers into a buffer that
// stays in the L1 cache, and written as whole lines of the output.
#include "../transpose.h"

#include "../broadcast_loop.h"
#include "../element.h"

namespace fb::FB_ISA {
namespace {

template <class E>
using Register = typename VectorOf<E, 16>::type;

// The elements of the lower or upper halves of two registers in turns.
Register<uint8_t> low(Register<uint8_t> a, Register<uint8_t> b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
Register<uint8_t> high(Register<uint8_t> a, Register<uint8_t> b) {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
Register<uint16_t> low(Register<uint16_t> a, Register<uint16_t> b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
Register<uint16_t> high(Register<uint16_t> a, Register<uint16_t> b) { return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
Register<uint32_t> low(Register<uint32_t> a, Register<uint32_t> b) { return __builtin_shufflevector(a, b, 0, 4, 1, 5); }
Register<uint32_t> high(Register<uint32_t> a, Register<uint32_t> b) { return __builtin_shufflevector(a, b, 2, 6, 3, 7); }
Register<uint64_t> low(Register<uint64_t> a, Register<uint64_t> b) { return __builtin_shufflevector(a, b, 0, 2); }
Register<uint64_t> high(Register<uint64_t> a, Register<uint64_t> b) { return __builtin_shufflevector(a, b, 1, 3); }

Register<uint8_t> reversed(Register<uint8_t> v) { return __builtin_shufflevector(v, v, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0); }
Register<uint16_t> reversed(Register<uint16_t> v) { return __builtin_shufflevector(v, v, 7, 6, 5, 4, 3, 2, 1, 0); }
Register<uint32_t> reversed(Register<uint32_t> v) { return __builtin_shufflevector(v, v, 3, 2, 1, 0); }
Register<uint64_t> reversed(Register<uint64_t> v) { return __builtin_shufflevector(v, v, 1, 0); }

template <class E>
void reverse(char *to, const char *from, int64_t n) {
  constexpr int64_t S = sizeof(E);
  int64_t i = 0;
  if constexpr (S < 16)
    for (constexpr int64_t L = 16 / S; i + L <= n; i += L) {
      Register<E> v;
      memcpy(&v, from - (i + L - 1) * S, 16);
      v = reversed(v);
      memcpy(to + i * S, &v, 16);
    }
  for (; i < n; i++) memcpy(to + i * S, from - i * S, S);
}

/// Transposes as many registers of E as one has lanes; rows are `step` bytes apart.
template <class E>
inline void transpose_square(char *to, int64_t to_step, const char *from, int64_t from_step) {
  constexpr int L = 16 / sizeof(E);
  Register<E> v[L], next[L];
#pragma GCC unroll 16
  for (int i = 0; i < L; i++) memcpy(&v[i], from + i * from_step, 16);
#pragma GCC unroll 4
  for (int stage = 1; stage < L; stage *= 2) {  // each doubles the distance between neighbours
#pragma GCC unroll 8
    for (int i = 0; i < L / 2; i++) next[2 * i] = low(v[i], v[i + L / 2]), next[2 * i + 1] = high(v[i], v[i + L / 2]);
#pragma GCC unroll 16
    for (int i = 0; i < L; i++) v[i] = next[i];
  }
#pragma GCC unroll 16
  for (int i = 0; i < L; i++) memcpy(to + i * to_step, &v[i], 16);
}

/// Element by element, the long way first.
template <class E>
inline void transpose_rest(char *to, int64_t to_step, const char *from, int64_t from_step, int64_t rows, int64_t columns) {
  constexpr int64_t S = sizeof(E);
  if (rows < columns)
    for (int64_t r = 0; r < rows; r++)
      for (int64_t c = 0; c < columns; c++) memcpy(to + r * to_step + c * S, from + c * from_step + r * S, S);
  else
    for (int64_t c = 0; c < columns; c++)
      for (int64_t r = 0; r < rows; r++) memcpy(to + r * to_step + c * S, from + c * from_step + r * S, S);
}

/// tile[r][c] = element r of the input's column c. Rows of the tile are `pitch` bytes apart, columns of the input `step`.
template <class E>
__attribute__((noinline)) void read_tile(char *tile, int64_t pitch, const char *from, int64_t step, int64_t rows, int64_t columns) {
  constexpr int64_t S = sizeof(E), L = 16 / S;
  int64_t whole_rows = 0, whole_columns = 0;
  if constexpr (L > 1) {
    whole_rows = rows / L * L, whole_columns = whole_rows ? columns / L * L : 0;
    for (int64_t r = 0; r < whole_rows; r += L)
      for (int64_t c = 0; c < whole_columns; c += L) transpose_square<E>(tile + r * pitch + c * S, pitch, from + c * step + r * S, step);
  }
  transpose_rest<E>(tile + whole_columns * S, pitch, from + whole_columns * step, step, rows, columns - whole_columns);
  transpose_rest<E>(tile + whole_rows * pitch, pitch, from + whole_rows * S, step, rows - whole_rows, whole_columns);
}

/// Writes a line of 64 bytes past the caches where the CPU can.
inline void stream_line(char *to, const char *from) {
#if defined(__x86_64__)
  for (int i = 0; i < 64; i += 16) _mm_stream_si128(reinterpret_cast<__m128i *>(to + i), _mm_load_si128(reinterpret_cast<const __m128i *>(from + i)));
#else
  memcpy(to, from, 64);
#endif
}

struct Transpose {
  static constexpr int64_t kLine = 64, kTileBytes = 16384, kStreamBytes = 2 << 20;
  const BroadcastLoop &loop;
  const int64_t size;
  const int rows, columns;  // dims: along which the input, and the output, has its elements one behind the other
  int64_t tile_rows, tile_columns, row_tiles, column_tiles;
  bool stream;  // the output is large: nobody will find it in a cache

  Transpose(const BroadcastLoop &l, int64_t element_size, int r) : loop(l), size(element_size), rows(r), columns(l.ndim - 1) {
    stream = loop.n * size > kStreamBytes && loop.dims[columns] * size >= kLine && reinterpret_cast<uintptr_t>(loop.data[0]) % kLine == 0;
    for (int d = 0; d < columns; d++) stream = stream && loop.strides[0][d] % kLine == 0;
    const int64_t width = (stream ? kLine : 2 * kLine) / size;
    tile_rows = smaller(loop.dims[rows], width), tile_columns = smaller(loop.dims[columns], width);
    // a short dim leaves room for more of the other one
    if (tile_rows < width / 2 && !stream) tile_columns = smaller(loop.dims[columns], kTileBytes / 2 / size / tile_rows);
    else if (tile_columns < width / 2) tile_rows = smaller(loop.dims[rows], kTileBytes / 2 / size / tile_columns);
    row_tiles = (loop.dims[rows] + tile_rows - 1) / tile_rows;
    column_tiles = (loop.dims[columns] + tile_columns - 1) / tile_columns;
  }
  static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

  int64_t tiles() const { return loop.n / (loop.dims[rows] * loop.dims[columns]) * row_tiles * column_tiles; }

  /// Copies tiles [begin, end): those of a plane follow the input's rows.
  void run(int64_t begin, int64_t end) const {
    for (int64_t i = begin; i < end;) {
      const int64_t per_plane = row_tiles * column_tiles;
      int64_t plane = i / per_plane, to = 0, from = 0;
      for (int d = columns - 1; d >= 0 && plane > 0; d--) {
        if (d == rows) continue;
        const int64_t rest = plane / loop.dims[d], index = plane - rest * loop.dims[d];
        to += index * loop.strides[0][d], from += index * loop.strides[1][d];
        plane = rest;
      }
      const int64_t last = smaller(end, (i / per_plane + 1) * per_plane);
      for (int64_t t = i % per_plane; i < last; i++, t++) copy_tile(loop.data[0] + to, loop.data[1] + from, t % row_tiles * tile_rows, t / row_tiles * tile_columns);
    }
#if defined(__x86_64__)
    if (stream) _mm_sfence();
#endif
  }

 private:
  void copy_tile(char *to, const char *from, int64_t r, int64_t c) const {
    alignas(64) char tile[kTileBytes];
    const int64_t to_row = loop.strides[0][rows], from_column = loop.strides[1][columns];
    const int64_t nr = smaller(loop.dims[rows] - r, tile_rows), nc = smaller(loop.dims[columns] - c, tile_columns), bytes = nc * size;
    const int64_t pitch = to_row == bytes || bytes < kLine ? bytes : (bytes + kLine - 1) / kLine * kLine;
    to += r * to_row + c * size;
    from += r * size + c * from_column;
    switch (size) {
      case 1: read_tile<uint8_t>(tile, pitch, from, from_column, nr, nc); break;
      case 2: read_tile<uint16_t>(tile, pitch, from, from_column, nr, nc); break;
      case 4: read_tile<uint32_t>(tile, pitch, from, from_column, nr, nc); break;
      case 8: read_tile<uint64_t>(tile, pitch, from, from_column, nr, nc); break;
      default: read_tile<Register<uint64_t>>(tile, pitch, from, from_column, nr, nc);
    }
    if (stream && bytes == kLine) {
      for (int64_t i = 0; i < nr; i++) stream_line(to + i * to_row, tile + i * pitch);
    } else if (to_row == bytes) {
      memcpy(to, tile, static_cast<size_t>(nr * bytes));
    } else {
      for (int64_t i = 0; i < nr; i++) copy_row(to + i * to_row, tile + i * pitch, bytes);
    }
  }

  static void copy_row(char *to, const char *from, int64_t bytes) {
    int64_t i = 0;
    for (; i + 16 <= bytes; i += 16) memcpy(to + i, from + i, 16);
    for (; i < bytes; i++) to[i] = from[i];
  }
};

}  // namespace

bool copy_transposed(const fb_tensor *out, const fb_tensor *self) {
  const fb_tensor *tensors[] = {out, self};
  BroadcastLoop loop(tensors, 2);
  const int64_t size = item_size(out->dtype);
  const int columns = loop.ndim - 1;
  int rows = -1;
  for (int d = 0; d < columns; d++) {
    if (loop.strides[1][d] == -size)  // both from the other end
      for (int k = 0; k < 2; k++) loop.data[k] += (loop.dims[d] - 1) * loop.strides[k][d], loop.strides[k][d] *= -1;
    if (loop.strides[1][d] == size) rows = d;
  }
  const int64_t step = loop.strides[1][columns];
  if (rows < 0 || step == size || step == 0 || loop.strides[0][columns] != size) return false;
  // tiles of fewer elements do not pay
  if (loop.dims[rows] * loop.dims[columns] < 64) return false;
  const Transpose call(loop, size, rows);
  const int64_t elements = call.tile_rows * call.tile_columns;
  parallel_for(call.tiles(), elements < 32768 ? 32768 / elements : 1, [&](int64_t begin, int64_t end) { call.run(begin, end); });
  return true;
}

void copy_reversed(char *to, const char *from, int64_t n, int64_t size) {
  switch (size) {
    case 1: return reverse<uint8_t>(to, from, n);
    case 2: return reverse<uint16_t>(to, from, n);
    case 4: return reverse<uint32_t>(to, from, n);
    case 8: return reverse<uint64_t>(to, from, n);
    default: return reverse<Register<uint64_t>>(to, from, n);
  }
}

}  // namespace fb::FB_ISA
