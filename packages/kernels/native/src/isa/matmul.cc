// Matrix products: packed, register-blocked GEMM for the floating-point types (gemm_large.h, gemm_small.h, gemm_in_place.h, gemv.h), plain loops for
// integers and complex numbers.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false alarm inside the AVX-512 conversion intrinsics of GCC 12
#include "../gemm_in_place.h"
#include "../gemm_large.h"
#include "../gemm_small.h"
#include "../gemv.h"

namespace fb::FB_ISA {
namespace {

struct ThreadMemory {
  void *data[2] = {};
  int64_t bytes[2] = {};
  ~ThreadMemory() {
    free(data[0]);
    free(data[1]);
  }
};
thread_local ThreadMemory kept;

template <class S>
int32_t product(const Product<S> &q) {
  if (is_row_product(q)) return row_product(q);
  if (q.n == 1 && is_row_product(exchanged(q))) return row_product(exchanged(q));
  if constexpr (kSame<S, Compute<S>>)
    if (is_in_place(q)) return in_place_product(q);
  if (is_small(q)) return small_products(q);
  for (int64_t x = 0; x < q.batch; x++)
    if (const int32_t status = large_product(q, x); status != FB_OK) return status;
  return FB_OK;
}

/// k = 0: a sum of no products.
template <class S>
void empty_product(const Product<S> &q) {
  typedef Compute<S> T;
  for (int64_t row = 0; row < q.batch * q.m; row++)
    for (int64_t j = 0; j < q.n; j++) {
      T value = 0;
      finish_row(&value, 1, q.bias ? q.bias + j * q.bias_stride : nullptr, 0, q.activation);
      q.out[row * q.n + j] = narrow<S>(value);
    }
}

// ---- integers (as unsigned: overflow wraps around) and complex numbers ----

template <class T>
struct Complex {
  T re, im;
  Complex(T r = 0) : re(r), im(0) {}
  Complex(T r, T i) : re(r), im(i) {}
  Complex operator+(Complex o) const { return {re + o.re, im + o.im}; }
  Complex operator*(Complex o) const { return {re * o.re - im * o.im, re * o.im + im * o.re}; }
};

template <class T>
void plain_product(const Product<T> &q) {
  const int64_t row_work = q.n * q.k + 1;
  parallel_for(q.batch * q.m, divide_up(65536, row_work), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const T *a = q.a + row / q.m * q.a_batch + row % q.m * q.a_row, *b = q.b + row / q.m * q.b_batch;
      T *out = q.out + row * q.n;
      for (int64_t j = 0; j < q.n; j++) out[j] = q.bias ? q.bias[j * q.bias_stride] : T(0);
      for (int64_t p = 0; p < q.k; p++) {
        const T x = a[p * q.a_column];
        for (int64_t j = 0; j < q.n; j++) out[j] = static_cast<T>(out[j] + x * b[p * q.b_row + j * q.b_column]);
      }
    }
  });
}

// ---- entries ----

template <class S>
void set_bias(Product<S> &q, const fb_tensor *bias) {
  q.bias = bias ? static_cast<const S *>(bias->data) : nullptr;
  q.bias_stride = bias ? bias->strides[0] : 0;
}

template <class S>
Product<S> describe_matmul(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b, const fb_tensor *bias, int64_t activation) {
  Product<S> q = {};
  const int o = out->ndim - 2, x = a->ndim - 2, y = b->ndim - 2;
  q.batch = o ? out->dims[0] : 1, q.m = out->dims[o], q.n = out->dims[o + 1], q.k = a->dims[x + 1];
  q.a = static_cast<const S *>(a->data), q.a_row = a->strides[x], q.a_column = a->strides[x + 1];
  q.b = static_cast<const S *>(b->data), q.b_row = b->strides[y], q.b_column = b->strides[y + 1];
  q.a_batch = x && a->dims[0] != 1 ? a->strides[0] : 0;
  q.b_batch = y && b->dims[0] != 1 ? b->strides[0] : 0;
  q.out = static_cast<S *>(out->data), q.out_row = out->strides[o], q.activation = activation;
  set_bias(q, bias);
  return q;
}

template <class S>
Product<S> describe_linear(const fb_tensor *out, const fb_tensor *input, const fb_tensor *weight, const fb_tensor *bias, int64_t activation) {
  Product<S> q = {};
  q.batch = 1, q.n = weight->dims[0], q.k = weight->dims[1], q.m = q.n ? numel(out) / q.n : 0;
  q.a = static_cast<const S *>(input->data), q.a_row = q.k, q.a_column = 1;
  q.b = static_cast<const S *>(weight->data), q.b_row = weight->strides[1], q.b_column = weight->strides[0];
  q.out = static_cast<S *>(out->data), q.out_row = q.n, q.activation = activation;
  set_bias(q, bias);
  return q;
}

/// `describe(Type<S>{})` gives the product for elements of S.
template <class Describe>
int32_t run_product(const fb_tensor *out, int64_t activation, const Describe &describe) {
  if (numel(out) == 0) return FB_OK;
  const auto floating = [&](auto type) {
    typedef FB_TYPE_OF(type) S;
    const Product<S> q = describe(Type<S>{});
    if (q.k > 0) return product(q);
    empty_product(q);
    return int32_t{FB_OK};
  };
  const auto exact = [&](auto type) {
    typedef FB_TYPE_OF(type) S;
    if (activation != kNone) return unsupported_dtype(out->dtype);
    plain_product(describe(Type<S>{}));
    return int32_t{FB_OK};
  };
  switch (out->dtype) {
    case FB_FLOAT32: return floating(Type<float>{});
    case FB_FLOAT64: return floating(Type<double>{});
    case FB_FLOAT16: return floating(Type<Half>{});
    case FB_BFLOAT16: return floating(Type<BFloat16>{});
    case FB_INT64: return exact(Type<uint64_t>{});
    case FB_INT32: return exact(Type<uint32_t>{});
    case FB_INT16: return exact(Type<uint16_t>{});
    case FB_INT8: case FB_UINT8: return exact(Type<uint8_t>{});
    case FB_COMPLEX64: return exact(Type<Complex<float>>{});
    case FB_COMPLEX128: return exact(Type<Complex<double>>{});
    default: return unsupported_dtype(out->dtype);
  }
}

int32_t matmul(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b, const fb_tensor *bias, int64_t activation) {
  return run_product(out, activation, [&](auto type) { return describe_matmul<FB_TYPE_OF(type)>(out, a, b, bias, activation); });
}

int32_t linear(const fb_tensor *out, const fb_tensor *input, const fb_tensor *weight, const fb_tensor *bias, int64_t activation) {
  return run_product(out, activation, [&](auto type) { return describe_linear<FB_TYPE_OF(type)>(out, input, weight, bias, activation); });
}

/// out += factor * (a @ b) for two float32 or float64 matrices and factor 1 or -1; the rows of out may lie apart. What the blocked
/// decompositions of linear algebra spend their time in.
int32_t matmul_update(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b, int64_t factor) {
  return for_float_or_double(out->dtype, [&](auto type) {
    typedef FB_TYPE_OF(type) S;
    Product<S> q = describe_matmul<S>(out, a, b, nullptr, kNone);
    q.add = static_cast<int>(factor);
    return is_small(q) ? small_products(q) : large_product(q, 0);
  });
}

}  // namespace

void *thread_memory(MemoryFor use, int64_t bytes) {
  constexpr int64_t kKeep = int64_t{4} << 20;
  const int slot = static_cast<int>(use);
  if (bytes > kept.bytes[slot] || kept.bytes[slot] > kKeep || !kept.data[slot]) {
    free(kept.data[slot]);
    kept.data[slot] = aligned_alloc(64, static_cast<size_t>((bytes + 127) / 64 * 64));
    kept.bytes[slot] = kept.data[slot] ? bytes : 0;
  }
  return kept.data[slot];
}

template <class T>
int32_t run_large_product(const Product<T> &q) {
  return large_product(q, 0);
}
template int32_t run_large_product(const Product<float> &);
template int32_t run_large_product(const Product<double> &);

FB_GROUP(matmul, FB_ENTRY("matmul", matmul), FB_ENTRY("matmul_update", matmul_update), FB_ENTRY("linear", linear))

}  // namespace fb::FB_ISA
