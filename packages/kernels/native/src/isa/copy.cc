// copy between any dtypes and layouts, fill and arange.
#include "../broadcast_loop.h"
#include "../convert.h"
#include "../elementwise.h"
#include "../simd.h"
#include "../transpose.h"

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
  const bool flat = is_contiguous(out) && is_contiguous(self);
  if (out->dtype == self->dtype) {
    if (!flat && portable::copy_transposed(out, self)) return;
    return run_elementwise(movement(item_size(out->dtype)), tensors, 2, kCheapGrain, nullptr, false);
  }
  // What has to be transposed is so before it is converted.
  const int64_t n = flat ? 0 : numel(out);
  const Scratch memory(n >= 4096 ? n * item_size(self->dtype) : 0);
  fb_tensor transposed = *out;
  transposed.data = memory.data, transposed.dtype = self->dtype;
  int64_t stride = 1;
  for (int d = out->ndim - 1; d >= 0; d--) transposed.strides[d] = stride, stride *= out->dims[d];
  if (n >= 4096 && memory.data && is_contiguous(out) && portable::copy_transposed(&transposed, self)) tensors[1] = &transposed;
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

template <class Number>
void progression(const fb_tensor *out, Number start, Number step, int32_t computed) {
  constexpr int64_t kBlock = 64;
  const BroadcastLoop loop(&out, 1);
  const int64_t stride = loop.inner(0), size = item_size(out->dtype);
  const BlockFunction convert_block = conversion(out->dtype, computed);
  parallel_for(loop.n, kCheapGrain, [&](int64_t begin, int64_t end) {
    Number numbers[kBlock];
    alignas(64) char converted[kBlock * 8], halves[kBlock * 2];
    const char *const in = reinterpret_cast<const char *>(numbers);
    for (int64_t i = begin; i < end; i += kBlock) {
      const int64_t n = end - i < kBlock ? end - i : kBlock;
      FB_VECTORIZE
      for (int64_t k = 0; k < kBlock; k++) numbers[k] = start + static_cast<Number>(i + k) * step;
      convert_block(converted, &in, n, nullptr);
      if (is_half(out->dtype)) narrow(halves, reinterpret_cast<const float *>(converted), n, out->dtype);
      const char *const from = is_half(out->dtype) ? halves : converted;
      char *const to = loop.data[0] + i * stride;
      if (stride == size) memcpy(to, from, static_cast<size_t>(n * size));
      else
        for_size(out->dtype, [&](auto tag) {
          typedef FB_TYPE_OF(tag) E;
          for (int64_t k = 0; k < n; k++) memcpy(to + k * stride, from + k * static_cast<int64_t>(sizeof(E)), sizeof(E));
          return int32_t{FB_OK};
        });
    }
  });
}

// Element i of a 1-D tensor is start + i * step, computed in double, or in int64 for integers.
int32_t arange(const fb_tensor *out, double start, double step) {
  if (out->dtype >= FB_BOOL) return unsupported_dtype(out->dtype);
  if (out->dtype <= FB_BFLOAT16) progression(out, start, step, FB_FLOAT64);
  else progression(out, static_cast<int64_t>(start), static_cast<int64_t>(step), FB_INT64);
  return FB_OK;
}

}  // namespace

FB_GROUP(copy, FB_ENTRY("copy", copy), FB_ENTRY("fill", fill), FB_ENTRY("arange", arange))

}  // namespace fb::FB_ISA
