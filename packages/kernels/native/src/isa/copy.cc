// copy between any dtypes and layouts, fill and arange.
#include "../broadcast_loop.h"
#include "../elementwise.h"
#include "../simd.h"

namespace fb::FB_ISA {
namespace {

// ---- conversions of blocks ----

// Float to integer truncates; what the target cannot hold wraps around through int64, as on x86.
template <class To, class From>
inline To convert_one(From x) {
  if constexpr (static_cast<From>(0.5) != From(0) && static_cast<To>(0.5) == To(0)) {
    if constexpr (sizeof(To) == 4) {
      return static_cast<To>(x);
    } else {
      return static_cast<To>(static_cast<int64_t>(x));
    }
  } else {
    return static_cast<To>(x);
  }
}

template <class To, class From>
void convert(char *out, const char *const *in, int64_t n, const double *) {
  const From *x = reinterpret_cast<const From *>(in[0]);
  To *o = reinterpret_cast<To *>(out);
  FB_VECTORIZE
  for (int64_t i = 0; i < n; i++) o[i] = convert_one<To>(x[i]);
}

template <class From>
void to_bool(char *out, const char *const *in, int64_t n, const double *) {
  const From *x = reinterpret_cast<const From *>(in[0]);
  uint8_t *o = reinterpret_cast<uint8_t *>(out);
  FB_VECTORIZE
  for (int64_t i = 0; i < n; i++) o[i] = x[i] != 0;
}

void move(char *out, const char *const *in, int64_t bytes, const double *) { memcpy(out, in[0], static_cast<size_t>(bytes)); }
template <int Size>
void move_elements(char *out, const char *const *in, int64_t n, const double *s) { move(out, in, n * Size, s); }

template <class From>
constexpr Functions from = {{convert<float, From>, convert<double, From>, nullptr, nullptr, convert<int64_t, From>,
                             convert<int32_t, From>, convert<int16_t, From>, convert<int8_t, From>, convert<uint8_t, From>,
                             to_bool<From>}};

// Half-precision numbers reach these functions as float, on either side.
BlockFunction conversion(int32_t to, int32_t source) {
  if (is_half(to)) to = FB_FLOAT32;
  switch (source) {
    case FB_FLOAT64: return from<double>.of[to];
    case FB_INT64: return from<int64_t>.of[to];
    case FB_INT32: return from<int32_t>.of[to];
    case FB_INT16: return from<int16_t>.of[to];
    case FB_INT8: return from<int8_t>.of[to];
    case FB_UINT8:
    case FB_BOOL: return from<uint8_t>.of[to];
    default: return from<float>.of[to];
  }
}

BlockFunction movement(int64_t size) {
  switch (size) {
    case 1: return move_elements<1>;
    case 2: return move_elements<2>;
    case 4: return move_elements<4>;
    case 8: return move_elements<8>;
    default: return move_elements<16>;
  }
}

// ---- transposes: the input runs along another dim than the output ----

constexpr int64_t kTile = 32;

template <class E>
void transpose_tile(char *to, int64_t to_row, const char *from, int64_t from_column, int64_t rows, int64_t columns) {
  alignas(64) E tile[kTile][kTile];
  for (int64_t c = 0; c < columns; c++) {
    E line[kTile];
    memcpy(line, from + c * from_column, static_cast<size_t>(rows) * sizeof(E));
    for (int64_t r = 0; r < rows; r++) tile[r][c] = line[r];
  }
  for (int64_t r = 0; r < rows; r++) memcpy(to + r * to_row, tile[r], static_cast<size_t>(columns) * sizeof(E));
}

// Copies in tiles where output dim `columns` (the last) and input dim `rows` have stride 1; false if there is no such dim.
bool copy_transposed(const BroadcastLoop &loop, int64_t size) {
  const int columns = loop.ndim - 1;
  int rows = -1;
  for (int d = 0; d < columns; d++)
    if (loop.strides[1][d] == size && loop.dims[d] >= 8) rows = d;
  if (rows < 0 || loop.strides[1][columns] == size || loop.strides[0][columns] != size || loop.dims[columns] < 8) return false;
  const int64_t row_tiles = (loop.dims[rows] + kTile - 1) / kTile, column_tiles = (loop.dims[columns] + kTile - 1) / kTile;
  const int64_t planes = loop.n / (loop.dims[rows] * loop.dims[columns]);
  parallel_for(planes * row_tiles * column_tiles, 32, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t c = i % column_tiles * kTile, r = i / column_tiles % row_tiles * kTile;
      char *to = loop.data[0] + r * loop.strides[0][rows] + c * loop.strides[0][columns];
      const char *source = loop.data[1] + r * loop.strides[1][rows] + c * loop.strides[1][columns];
      int64_t plane = i / (column_tiles * row_tiles);
      for (int d = columns - 1; d >= 0; d--) {
        if (d == rows) continue;
        to += plane % loop.dims[d] * loop.strides[0][d];
        source += plane % loop.dims[d] * loop.strides[1][d];
        plane /= loop.dims[d];
      }
      const int64_t nr = loop.dims[rows] - r < kTile ? loop.dims[rows] - r : kTile;
      const int64_t nc = loop.dims[columns] - c < kTile ? loop.dims[columns] - c : kTile;
      const int64_t to_row = loop.strides[0][rows], from_column = loop.strides[1][columns];
      switch (size) {
        case 1: transpose_tile<uint8_t>(to, to_row, source, from_column, nr, nc); break;
        case 2: transpose_tile<uint16_t>(to, to_row, source, from_column, nr, nc); break;
        case 4: transpose_tile<uint32_t>(to, to_row, source, from_column, nr, nc); break;
        case 8: transpose_tile<uint64_t>(to, to_row, source, from_column, nr, nc); break;
        default: transpose_tile<VectorOf<uint64_t, 16>::type>(to, to_row, source, from_column, nr, nc);
      }
    }
  });
  return true;
}

// ---- complex numbers as real ones ----

bool is_complex(int32_t dtype) { return dtype == FB_COMPLEX64 || dtype == FB_COMPLEX128; }

/// One part of a complex tensor: 0 real, 1 imaginary.
fb_tensor part(const fb_tensor *t, int which) {
  fb_tensor p = *t;
  p.dtype = t->dtype == FB_COMPLEX64 ? FB_FLOAT32 : FB_FLOAT64;
  p.data = static_cast<char *>(t->data) + which * item_size(p.dtype);
  for (int d = 0; d < p.ndim; d++) p.strides[d] *= 2;
  return p;
}

void copy_real(const fb_tensor *out, const fb_tensor *self) {
  const fb_tensor *tensors[] = {out, self};
  if (out->dtype == self->dtype) {
    const int64_t size = item_size(out->dtype);
    if (copy_transposed(BroadcastLoop(tensors, 2), size)) return;
    return run_elementwise(movement(size), tensors, 2, kCheapGrain, nullptr, false);
  }
  run_elementwise(conversion(out->dtype, self->dtype), tensors, 2, kCheapGrain, nullptr, true);
}

void set_true_where_nonzero(const fb_tensor *out, const fb_tensor *self) {
  const fb_tensor *tensors[] = {out, self, out};
  const BlockFunction f = [](char *o, const char *const *in, int64_t n, const double *) {
    const double *x = reinterpret_cast<const double *>(in[0]);
    const uint8_t *before = reinterpret_cast<const uint8_t *>(in[1]);
    for (int64_t i = 0; i < n; i++) reinterpret_cast<uint8_t *>(o)[i] = before[i] | (x[i] != 0);
  };
  const BlockFunction f32 = [](char *o, const char *const *in, int64_t n, const double *) {
    const float *x = reinterpret_cast<const float *>(in[0]);
    const uint8_t *before = reinterpret_cast<const uint8_t *>(in[1]);
    for (int64_t i = 0; i < n; i++) reinterpret_cast<uint8_t *>(o)[i] = before[i] | (x[i] != 0);
  };
  run_elementwise(self->dtype == FB_FLOAT32 ? f32 : f, tensors, 3, kCheapGrain, nullptr, false);
}

int32_t fill(const fb_tensor *out, double re, double im);

int32_t copy(const fb_tensor *out, const fb_tensor *self) {
  if (out->dtype == self->dtype || (!is_complex(out->dtype) && !is_complex(self->dtype))) {
    copy_real(out, self);
    return FB_OK;
  }
  for (int which = 0; which < 2; which++) {
    const fb_tensor to = is_complex(out->dtype) ? part(out, which) : *out;
    const fb_tensor source = is_complex(self->dtype) ? part(self, which) : *self;
    if (which && !is_complex(self->dtype)) {
      fill(&to, 0, 0);
    } else if (!which || is_complex(out->dtype)) {
      copy_real(&to, &source);
    } else if (out->dtype == FB_BOOL) {
      set_true_where_nonzero(&to, &source);
    }
  }
  return FB_OK;
}

// ---- fill and arange ----

// One element of `dtype` holding the number.
void encode(void *to, int32_t dtype, double re, double im) {
  const auto put = [to](auto x) { memcpy(to, &x, sizeof x); };
  switch (dtype) {
    case FB_FLOAT32: return put(static_cast<float>(re));
    case FB_FLOAT64: return put(re);
    case FB_FLOAT16: return put(to_half(static_cast<float>(re)));
    case FB_BFLOAT16: return put(to_bfloat16(static_cast<float>(re)));
    case FB_INT64: return put(static_cast<int64_t>(re));
    case FB_INT32: return put(static_cast<int32_t>(static_cast<int64_t>(re)));
    case FB_INT16: return put(static_cast<int16_t>(static_cast<int64_t>(re)));
    case FB_INT8: return put(static_cast<int8_t>(static_cast<int64_t>(re)));
    case FB_UINT8: return put(static_cast<uint8_t>(static_cast<int64_t>(re)));
    case FB_BOOL: return put(static_cast<uint8_t>(re != 0 || im != 0));
    case FB_COMPLEX64: {
      const float pair[] = {static_cast<float>(re), static_cast<float>(im)};
      memcpy(to, pair, sizeof pair);
      return;
    }
    default: {
      const double pair[] = {re, im};
      memcpy(to, pair, sizeof pair);
    }
  }
}

int32_t fill(const fb_tensor *out, double re, double im) {
  alignas(16) char bytes[16] = {};
  encode(bytes, out->dtype, re, im);
  const int64_t size = item_size(out->dtype);
  bool same = true;  // e.g. zero
  for (int i = 1; i < size; i++) same = same && bytes[i] == bytes[0];
  if (same && is_contiguous(out)) {
    parallel_for(numel(out), kCheapGrain, [&](int64_t begin, int64_t end) {
      memset(static_cast<char *>(out->data) + begin * size, bytes[0], static_cast<size_t>((end - begin) * size));
    });
    return FB_OK;
  }
  fb_tensor element = {};
  element.data = bytes, element.dtype = out->dtype;
  const fb_tensor *tensors[] = {out, &element};
  run_elementwise(movement(size), tensors, 2, kCheapGrain, nullptr, false);
  return FB_OK;
}

template <class T>
T number(double x) { return static_cast<T>(x); }
template <class T>
T number(int64_t x) { return static_cast<T>(x); }
template <>
Half number<Half>(double x) { return to_half(static_cast<float>(x)); }
template <>
BFloat16 number<BFloat16>(double x) { return to_bfloat16(static_cast<float>(x)); }

template <class T, class Number>
void progression(const BroadcastLoop &loop, Number start, Number step) {
  const int64_t stride = loop.inner(0);
  parallel_for(loop.n, kCheapGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const T x = number<T>(start + static_cast<Number>(i) * step);
      memcpy(loop.data[0] + i * stride, &x, sizeof x);
    }
  });
}

// Element i of a 1-D tensor is start + i * step, computed in double, or in int64 for integers.
int32_t arange(const fb_tensor *out, double start, double step) {
  const BroadcastLoop loop(&out, 1);
  const int64_t first = static_cast<int64_t>(start), by = static_cast<int64_t>(step);
  switch (out->dtype) {
    case FB_FLOAT32: progression<float>(loop, start, step); break;
    case FB_FLOAT64: progression<double>(loop, start, step); break;
    case FB_FLOAT16: progression<Half>(loop, start, step); break;
    case FB_BFLOAT16: progression<BFloat16>(loop, start, step); break;
    case FB_INT64: progression<int64_t>(loop, first, by); break;
    case FB_INT32: progression<int32_t>(loop, first, by); break;
    case FB_INT16: progression<int16_t>(loop, first, by); break;
    case FB_INT8: progression<int8_t>(loop, first, by); break;
    case FB_UINT8: progression<uint8_t>(loop, first, by); break;
    default: return unsupported_dtype(out->dtype);
  }
  return FB_OK;
}

}  // namespace

FB_GROUP(copy, FB_ENTRY("copy", copy), FB_ENTRY("fill", fill), FB_ENTRY("arange", arange))

}  // namespace fb::FB_ISA
