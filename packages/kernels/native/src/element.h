// Element types as kernels meet them: the type each storage type is computed in, vector loads and stores that convert on the
// way (float16 and bfloat16 are computed as float), and the switch from a dtype to a C++ type.
#pragma once
#include "simd.h"

namespace fb::FB_ISA {
namespace {

template <class T>
struct Type {
  typedef T type;
};
#define FB_TYPE_OF(tag) typename decltype(tag)::type

template <class T>
struct ComputeOf {
  typedef T type;
};
template <>
struct ComputeOf<Half> {
  typedef float type;
};
template <>
struct ComputeOf<BFloat16> {
  typedef float type;
};
/// The type that elements stored as S are computed in.
template <class S>
using Compute = typename ComputeOf<S>::type;
template <class A, class B>
constexpr bool kSame = false;
template <class A>
constexpr bool kSame<A, A> = true;

template <class S>
inline Compute<S> widen(S x) {
  if constexpr (kSame<S, Compute<S>>)
    return x;
  else
    return to_float(x);
}
template <class S>
inline S narrow(Compute<S> x) {
  if constexpr (kSame<S, Half>)
    return to_half(x);
  else if constexpr (kSame<S, BFloat16>)
    return to_bfloat16(x);
  else
    return x;
}

/// As many elements of S as a vector of C has lanes.
template <class C, class S>
using Narrow = typename VectorOf<S, static_cast<int>(kLanes<C> * sizeof(S))>::type;

inline VecF widen_vector(Narrow<float, uint16_t> bits, BFloat16) {
  return (VecF)(__builtin_convertvector(bits, Vec<uint32_t>) << 16);
}
inline Narrow<float, uint16_t> narrow_vector(VecF f, BFloat16) {
  const Vec<uint32_t> bits = (Vec<uint32_t>)f;
  const Vec<uint32_t> rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return __builtin_convertvector(f == f ? rounded : broadcast<uint32_t>(0x7fc0), Narrow<float, uint16_t>);
}
inline VecF widen_vector(Narrow<float, uint16_t> bits, Half) {
#if defined(__AVX512F__)
  return (VecF)_mm512_maskz_cvtph_ps(-1, (__m256i)bits);
#elif defined(__F16C__)
  return (VecF)_mm256_cvtph_ps((__m128i)bits);
#elif defined(__aarch64__)
  return (VecF)vcvt_f32_f16((float16x4_t)bits);
#else
  VecF f = {};
  for (int64_t i = 0; i < kLanes<float>; i++) f[i] = to_float(Half{bits[i]});
  return f;
#endif
}
inline Narrow<float, uint16_t> narrow_vector(VecF f, Half) {
#if defined(__AVX512F__)
  return (Narrow<float, uint16_t>)_mm512_maskz_cvtps_ph(-1, (__m512)f, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(__F16C__)
  return (Narrow<float, uint16_t>)_mm256_cvtps_ph((__m256)f, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(__aarch64__)
  return (Narrow<float, uint16_t>)vcvt_f16_f32((float32x4_t)f);
#else
  Narrow<float, uint16_t> bits;
  for (int64_t i = 0; i < kLanes<float>; i++) bits[i] = to_half(f[i]).bits;
  return bits;
#endif
}

/// kLanes<C> elements of S as a vector of C; `load_as<C>(p, n)` reads only the first n, the other lanes are zero.
template <class C, class S>
inline Vec<C> load_as(const S *p, int64_t n = kLanes<C>) {
  if constexpr (kSame<C, S>) {
    return n == kLanes<C> ? load(p) : load_part(p, n);
  } else if constexpr (kSame<S, Half> || kSame<S, BFloat16>) {
    Narrow<C, uint16_t> bits = {};
    if (n == kLanes<C>) memcpy(&bits, p, sizeof bits);
    else memcpy(&bits, p, static_cast<size_t>(n) * sizeof(S));
    return widen_vector(bits, S{});
  } else {
    Narrow<C, S> v = {};
    if (n == kLanes<C>) memcpy(&v, p, sizeof v);
    else memcpy(&v, p, static_cast<size_t>(n) * sizeof(S));
    return __builtin_convertvector(v, Vec<C>);
  }
}
/// Stores a vector of the compute type as S, rounding to nearest even; with n, only its first n lanes.
template <class S>
inline void store_as(S *p, Vec<Compute<S>> v, int64_t n = kLanes<Compute<S>>) {
  if constexpr (kSame<Compute<S>, S>) {
    if (n == kLanes<S>) store(p, v);
    else store_part(p, v, n);
  } else {
    const Narrow<float, uint16_t> bits = narrow_vector(v, S{});
    if (n == kLanes<float>) memcpy(p, &bits, sizeof bits);
    else memcpy(p, &bits, static_cast<size_t>(n) * sizeof(S));
  }
}

/// A mask of the first n lanes.
template <class C>
inline auto first_lanes(int64_t n) {
  Vec<C> lane;
  for (int64_t i = 0; i < kLanes<C>; i++) lane[i] = static_cast<C>(i);
  return lane < broadcast<C>(static_cast<C>(n));
}

inline int64_t element_size(int32_t dtype) {
  switch (dtype) {
    case FB_COMPLEX128: return 16;
    case FB_FLOAT64: case FB_INT64: case FB_COMPLEX64: return 8;
    case FB_FLOAT32: case FB_INT32: return 4;
    case FB_FLOAT16: case FB_BFLOAT16: case FB_INT16: return 2;
    default: return 1;
  }
}

/// Calls f(Type<T>{}) with the floating-point type of `dtype`.
template <class F>
inline int32_t for_float(int32_t dtype, const F &f) {
  switch (dtype) {
    case FB_FLOAT32: return f(Type<float>{});
    case FB_FLOAT64: return f(Type<double>{});
    case FB_FLOAT16: return f(Type<Half>{});
    case FB_BFLOAT16: return f(Type<BFloat16>{});
    default: return unsupported_dtype(dtype);
  }
}
/// The same for float32 and float64 alone.
template <class F>
inline int32_t for_float_or_double(int32_t dtype, const F &f) {
  switch (dtype) {
    case FB_FLOAT32: return f(Type<float>{});
    case FB_FLOAT64: return f(Type<double>{});
    default: return unsupported_dtype(dtype);
  }
}
/// Every real type, with its order.
template <class F>
inline int32_t for_real(int32_t dtype, const F &f) {
  switch (dtype) {
    case FB_INT64: return f(Type<int64_t>{});
    case FB_INT32: return f(Type<int32_t>{});
    case FB_INT16: return f(Type<int16_t>{});
    case FB_INT8: return f(Type<int8_t>{});
    case FB_UINT8: case FB_BOOL: return f(Type<uint8_t>{});
    default: return for_float(dtype, f);
  }
}
/// Every real type, integers as unsigned ones: for sums and products, whose overflow wraps around.
template <class F>
inline int32_t for_arithmetic(int32_t dtype, const F &f) {
  switch (dtype) {
    case FB_INT64: return f(Type<uint64_t>{});
    case FB_INT32: return f(Type<uint32_t>{});
    case FB_INT16: return f(Type<uint16_t>{});
    case FB_INT8: case FB_UINT8: case FB_BOOL: return f(Type<uint8_t>{});
    default: return for_float(dtype, f);
  }
}
struct Bytes16 {
  uint64_t low, high;
};
/// A type of the same size: for moving data.
template <class F>
inline int32_t for_size(int32_t dtype, const F &f) {
  switch (element_size(dtype)) {
    case 1: return f(Type<uint8_t>{});
    case 2: return f(Type<uint16_t>{});
    case 4: return f(Type<uint32_t>{});
    case 8: return f(Type<uint64_t>{});
    default: return f(Type<Bytes16>{});
  }
}

}  // namespace
}  // namespace fb::FB_ISA
