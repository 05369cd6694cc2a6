// The driver of the elementwise kernels. Operands that do not lie as an operation wants them go through small buffers that stay in
// the L1 cache, a block of elements at a time; where rows are short, a block has many of them.
#include "elementwise.h"

#include "broadcast_loop.h"
#include "convert.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kBlock = 512;

/// Writes rows of elements `stride` bytes apart one behind the other. May write up to a vector of anything behind the last one.
template <class E>
void gather_rows(E *to, const char *from, int64_t rows, int64_t row_stride, int64_t columns, int64_t stride) {
  constexpr int64_t L = FB_VECTOR_BYTES / sizeof(E), H = 16 / sizeof(E);
  if (columns < 8 && rows > columns && stride != 0 && stride != sizeof(E)) {  // the long way first
    for (int64_t i = 0; i < columns; i++)
      for (int64_t r = 0; r < rows; r++) memcpy(to + r * columns + i, from + r * row_stride + i * stride, sizeof(E));
    return;
  }
  for (; rows > 0; rows--, to += columns, from += row_stride) {
    int64_t i = 0;
    if (stride == 0) {
      E repeated[L];
      for (int64_t lane = 0; lane < L; lane++) memcpy(repeated + lane, from, sizeof(E));
      for (; i < columns; i += L) memcpy(to + i, repeated, sizeof repeated);
    } else if (stride == sizeof(E)) {
      for (; i + L <= columns; i += L) memcpy(to + i, from + i * stride, L * sizeof(E));
      for (; i + H <= columns; i += H) memcpy(to + i, from + i * stride, H * sizeof(E));
    }
    for (; i < columns; i++) memcpy(to + i, from + i * stride, sizeof(E));
  }
}
/// The way back.
template <class E>
void scatter_rows(char *to, const E *from, int64_t rows, int64_t row_stride, int64_t columns, int64_t stride) {
  constexpr int64_t H = 16 / sizeof(E);
  for (; rows > 0; rows--, from += columns, to += row_stride) {
    int64_t i = 0;
    if (stride == sizeof(E))
      for (; i + H <= columns; i += H) memcpy(to + i * stride, from + i, H * sizeof(E));
    for (; i < columns; i++) memcpy(to + i * stride, from + i, sizeof(E));
  }
}

struct Elementwise {
  BroadcastLoop loop;
  BlockFunction function;
  const double *scalars;
  int64_t sizes[kMaxOperands];
  int32_t dtypes[kMaxOperands];
  bool widened[kMaxOperands];
  bool direct = true;           // the function works on the operands where they are, a row at a time
  bool short_rows;              // blocks have many rows
  bool in_place[kMaxOperands];  // a block's elements lie one behind the other

  Elementwise(BlockFunction f, const fb_tensor *const *tensors, int count, const double *s, bool widen)
      : loop(tensors, count), function(f), scalars(s) {
    const int64_t row = loop.dims[loop.ndim - 1];
    for (int k = 0; k < count; k++) {
      dtypes[k] = tensors[k]->dtype;
      sizes[k] = item_size(dtypes[k]);
      widened[k] = widen && is_half(dtypes[k]);
      in_place[k] = loop.n == 1 || loop.inner(k) == sizes[k];
      direct = direct && in_place[k] && !widened[k];
    }
    short_rows = loop.ndim > 1 && row < (direct ? 8 : kBlock / 2);
    for (int k = 0; short_rows && k < count; k++) in_place[k] = is_linear(k);
  }

  void run(int64_t begin, int64_t end) const {
    BroadcastLoop::Place place = loop.seek(begin);
    if (short_rows) return run_short_rows(place, end - begin);
    if (!direct) return run_buffered(place, end - begin);
    loop.pieces(place, end - begin, [this](char *const *at, int64_t rows, int64_t columns) {
      char *row[kMaxOperands];
      for (int k = 0; k < loop.count; k++) row[k] = at[k];
      for (; rows > 0; rows--) {
        function(row[0], row + 1, columns, scalars);
        for (int k = 0; k < loop.count; k++) row[k] += row_stride(k);
      }
    });
  }

 private:
  struct Buffers {
    alignas(64) char bytes[kMaxOperands][kBlock * 16 + FB_VECTOR_BYTES];
    const char *repeated[kMaxOperands] = {};  // the element that fills the buffer of an operand of stride 0
  };

  bool is_linear(int k) const {
    int64_t stride = sizes[k];
    for (int d = loop.ndim - 1; d >= 0; stride *= loop.dims[d--])
      if (loop.strides[k][d] != stride) return false;
    return true;
  }
  int64_t row_stride(int k) const { return loop.ndim > 1 ? loop.strides[k][loop.ndim - 2] : 0; }

  __attribute__((noinline)) void run_buffered(BroadcastLoop::Place &place, int64_t left) const {
    Buffers b;
    loop.pieces(place, left, [&](char *const *at, int64_t rows, int64_t columns) {
      for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0, n; i < columns; i += n) {
          n = columns - i < kBlock ? columns - i : kBlock;
          const char *in[kMaxOperands];
          for (int k = 1; k < loop.count; k++) in[k - 1] = read(b, k, at[k] + r * row_stride(k) + i * loop.inner(k), n);
          char *const out = at[0] + r * row_stride(0) + i * loop.inner(0);
          compute(b, out, in, n);
          if (!in_place[0]) scatter(out, raw(b, 0), 1, n);
        }
    });
  }

  __attribute__((noinline)) void run_short_rows(BroadcastLoop::Place &place, int64_t left) const {
    Buffers b;
    for (int64_t n; left > 0; left -= n) {
      n = left < kBlock ? left : kBlock;
      BroadcastLoop::Place next = place;
      int64_t done = 0;
      loop.pieces(next, n, [&](char *const *at, int64_t rows, int64_t columns) {
        for (int k = 1; k < loop.count; k++)
          if (!in_place[k]) gather(raw(b, k) + done * sizes[k], k, at[k], rows, columns);
        done += rows * columns;
      });
      const char *in[kMaxOperands];
      for (int k = 1; k < loop.count; k++) in[k - 1] = values(b, k, in_place[k] ? place.at[k] : raw(b, k), n);
      compute(b, place.at[0], in, n);
      const char *from = raw(b, 0);
      if (!in_place[0])
        loop.pieces(place, n, [&](char *const *at, int64_t rows, int64_t columns) {
          scatter(at[0], from, rows, columns);
          from += rows * columns * sizes[0];
        });
      place = next;
    }
  }

  // The next n elements of an operand along its row, as the function takes them.
  const char *read(Buffers &b, int k, const char *from, int64_t n) const {
    if (in_place[k]) return values(b, k, from, n);
    if (loop.inner(k) == 0) {
      if (b.repeated[k] == from) return b.bytes[k];
      b.repeated[k] = from;
      const int64_t row = loop.dims[loop.ndim - 1];
      n = row < kBlock ? row : kBlock;
    }
    gather(raw(b, k), k, from, 1, n);
    return values(b, k, raw(b, k), n);
  }

  // Where stored elements wait: half-precision ones that are to be widened, in the second half of the buffer.
  char *raw(Buffers &b, int k) const { return b.bytes[k] + (widened[k] ? kBlock * 8 : 0); }

  const char *values(Buffers &b, int k, const char *stored, int64_t n) const {
    if (!widened[k]) return stored;
    widen(reinterpret_cast<float *>(b.bytes[k]), stored, n, dtypes[k]);
    return b.bytes[k];
  }

  // Calls the function; its results stand at `out` or, if the output is not in place, at raw(b, 0).
  void compute(Buffers &b, char *out, const char *const *in, int64_t n) const {
    function(in_place[0] && !widened[0] ? out : b.bytes[0], in, n, scalars);
    if (widened[0]) narrow(in_place[0] ? out : raw(b, 0), reinterpret_cast<const float *>(b.bytes[0]), n, dtypes[0]);
  }

  void gather(char *to, int k, const char *from, int64_t rows, int64_t columns) const {
    for_size(dtypes[k], [&](auto tag) {
      gather_rows(reinterpret_cast<FB_TYPE_OF(tag) *>(to), from, rows, row_stride(k), columns, loop.inner(k));
      return int32_t{FB_OK};
    });
  }
  void scatter(char *to, const char *from, int64_t rows, int64_t columns) const {
    for_size(dtypes[0], [&](auto tag) {
      scatter_rows(to, reinterpret_cast<const FB_TYPE_OF(tag) *>(from), rows, row_stride(0), columns, loop.inner(0));
      return int32_t{FB_OK};
    });
  }
};

}  // namespace

void run_elementwise(BlockFunction function, const fb_tensor *const *tensors, int count, int64_t grain, const double *scalars, bool widen) {
  const Elementwise call(function, tensors, count, scalars, widen);
  parallel_for(call.loop.n, grain, [&](int64_t begin, int64_t end) { call.run(begin, end); });
}

}  // namespace fb::FB_ISA
