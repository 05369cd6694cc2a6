// Elementary functions whose float32 form is computed in float64, which needs no care about cancellation or long reductions and
// rounds almost correctly. float64 itself goes to the C library, lane by lane. Coefficients: fdlibm (sine, cosine), else fits
// at Chebyshev points.
#pragma once
#include "vector_math.h"

namespace fb::FB_ISA {
namespace {

typedef VectorOf<float, FB_VECTOR_BYTES / 2>::type HalfVecF;

/// f of every float, in double.
template <VecD (*F)(VecD)>
inline VecF wide(VecF x) {
  HalfVecF parts[2];
  memcpy(parts, &x, sizeof x);
#pragma GCC unroll 2
  for (HalfVecF &p : parts) p = __builtin_convertvector(F(__builtin_convertvector(p, VecD)), HalfVecF);
  memcpy(&x, parts, sizeof x);
  return x;
}
template <VecD (*F)(VecD, VecD)>
inline VecF wide(VecF x, VecF y) {
  HalfVecF a[2], b[2];
  memcpy(a, &x, sizeof x);
  memcpy(b, &y, sizeof y);
#pragma GCC unroll 2
  for (int i = 0; i < 2; i++)
    a[i] = __builtin_convertvector(F(__builtin_convertvector(a[i], VecD), __builtin_convertvector(b[i], VecD)), HalfVecF);
  memcpy(&x, a, sizeof x);
  return x;
}

/// f of every lane, by the C library.
template <double (*F)(double)>
inline VecD lanes(VecD x) {
  for (int64_t i = 0; i < kLanes<double>; i++) x[i] = F(x[i]);
  return x;
}
template <double (*F)(double, double)>
inline VecD lanes(VecD x, VecD y) {
  for (int64_t i = 0; i < kLanes<double>; i++) x[i] = F(x[i], y[i]);
  return x;
}
inline bool any(VecL mask) {
  int64_t found = 0;
  for (int64_t i = 0; i < kLanes<double>; i++) found |= mask[i];
  return found != 0;
}

inline VecD sqrt(VecD x) {
#if defined(__AVX512F__)
  return (VecD)_mm512_maskz_sqrt_pd(-1, (__m512d)x);
#elif defined(__AVX2__)
  return (VecD)_mm256_sqrt_pd((__m256d)x);
#else
  for (int64_t i = 0; i < kLanes<double>; i++) x[i] = __builtin_sqrt(x[i]);
  return x;
#endif
}

// ---- float accuracy, in double arithmetic ----
// About 30 correct bits are enough for a result that is rounded to float, so these series are shorter than vector_math.h's.

/// 1 / x for |x| in float's range: float's quotient and one Newton step.
inline VecD inverse_wide(VecD x) {
  const VecD y = __builtin_convertvector(1.0f / __builtin_convertvector(x, HalfVecF), VecD);
  return fma(y, fma(-x, y, broadcast(1.0)), y);
}

struct ReducedWide {
  VecD power, expm1;  // e^x = power * (1 + expm1)
};
inline ReducedWide reduce_exp_wide(VecD x) {
  const auto n = nearest(x * 1.4426950408889634074);
  const VecD r = fma(n.value, broadcast(-6.93147180559945309417e-01), x);
  constexpr double c[] = {1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320};
  return {power_of_two(n.integer), fma(polynomial(r, c), r * r, r)};
}
/// Beyond +-700 every float is 0 or infinity.
inline VecD exp_wide(VecD x) {
  const auto e = reduce_exp_wide(clamp(x, -700.0, 700.0));
  return fma(e.expm1, e.power, e.power);
}
inline VecD expm1_wide(VecD x) {
  const auto e = reduce_exp_wide(clamp(x, -50.0, 700.0));
  const VecD result = fma(e.expm1, e.power, e.power - 1.0);
  return x == 0.0 ? x : result;
}
inline VecD log1p_wide(VecD x) {
  const VecD u = x + 1.0;
  const VecD lost = fabs(x) < 1.0 ? x - (u - 1.0) : broadcast(0.0);  // what u lost to rounding, where u is about 1
  const VecD result = log(u) + lost;
  return fabs(x) < 1e-17 ? x : result;
}

struct SinCos {
  VecD sin, cos;
  VecL quadrant;
};
// For |x| <= 2^20: x = quadrant * pi/2 + r.
inline SinCos reduced_sincos(VecD x) {
  const auto n = nearest(x * 0.63661977236758134308);
  VecD r = fma(n.value, broadcast(-1.57079632673412561417e+00), x);
  r = fma(n.value, broadcast(-6.07710050650619224932e-11), r);
  constexpr double s[] = {-1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
                          2.75573137070700676789e-06, -2.50507602534068634195e-08};
  constexpr double c[] = {4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
                          -2.75573143513906633035e-07, 2.08757232129817482790e-09};
  const VecD z = r * r;
  return {fma(polynomial(z, s) * z, r, r), fma(polynomial(z, c), z * z, fma(z, broadcast(-0.5), broadcast(1.0))), n.integer};
}
inline VecL sincos_out_of_range(VecD x) { return ~(fabs(x) <= 1048576.0); }

inline VecD sin_wide(VecD x) {
  if (any(sincos_out_of_range(x))) return lanes<::sin>(x);
  const SinCos r = reduced_sincos(x);
  const VecD value = (r.quadrant & 1) != 0 ? r.cos : r.sin;
  return (r.quadrant & 2) != 0 ? -value : (x == 0.0 ? x : value);
}
inline VecD cos_wide(VecD x) {
  if (any(sincos_out_of_range(x))) return lanes<::cos>(x);
  const SinCos r = reduced_sincos(x);
  const VecD value = (r.quadrant & 1) != 0 ? r.sin : r.cos;
  return ((r.quadrant + 1) & 2) != 0 ? -value : value;
}
inline VecD tan_wide(VecD x) {
  if (any(sincos_out_of_range(x))) return lanes<::tan>(x);
  const SinCos r = reduced_sincos(x);
  const VecL odd = (r.quadrant & 1) != 0;
  const VecD value = (odd ? -r.cos : r.sin) / (odd ? r.sin : r.cos);
  return x == 0.0 ? x : value;
}

inline VecD atan_wide(VecD x) {
  const VecD a = fabs(x);
  const VecL inverted = a > 1.0;
  const VecD t = inverted ? 1.0 / a : a;
  constexpr double c[] = {0.99999999992930368,   -0.33333331290889988, 0.19999901102171554,   -0.14283813255743194,
                          0.11091922963683302,   -0.089741719583638811, 0.072282783453772522, -0.053956680571371718,
                          0.033826218952786872,  -0.015828322749149416, 0.0047324841934219207, -0.00066339545711047872};
  const VecD p = polynomial(t * t, c) * t;
  return copysign(inverted ? 1.57079632679489661923 - p : p, x);
}
inline VecD asin_wide(VecD x) { return atan_wide(x / sqrt((1.0 - x) * (x + 1.0))); }
inline VecD acos_wide(VecD x) {
  const VecD half = atan_wide(sqrt((1.0 - x) / (x + 1.0)));
  return half + half;
}
inline VecD atan2_wide(VecD y, VecD x) {
  const VecD ay = fabs(y), ax = fabs(x);
  const VecL steep = ay > ax;
  const VecD larger = steep ? ay : ax, smaller = steep ? ax : ay;
  // 0 / 0 and infinity / infinity: the angle of the quadrant's axis or diagonal.
  VecD ratio = smaller / larger;
  ratio = larger == 0.0 ? broadcast(0.0) : ratio;
  ratio = smaller == HUGE_VAL ? broadcast(1.0) : ratio;
  VecD angle = atan_wide(ratio);
  angle = steep ? 1.57079632679489661923 - angle : angle;
  angle = (VecL)x < 0 ? 3.14159265358979323846 - angle : angle;
  const VecD result = copysign(angle, y);
  return (x != x) | (y != y) ? x + y : result;
}

inline VecD sinh_wide(VecD x) {
  const VecD t = expm1(fabs(x));
  return copysign((t + (t > 1e300 ? broadcast(0.0) : t / (t + 1.0))) * 0.5, x);
}
inline VecD cosh_wide(VecD x) {
  const VecD e = exp_wide(fabs(x));
  return (e + 1.0 / e) * 0.5;
}
inline VecD exp2_wide(VecD x) { return exp_wide(x * 0.69314718055994530942); }
inline VecD log2_wide(VecD x) { return log(x) * 1.44269504088896340736; }
inline VecD log10_wide(VecD x) { return log(x) * 0.43429448190325182765; }

/// x 0.5 (1 + tanh u) = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x³); NaN at -infinity, as the formula has it.
inline VecD gelu_tanh_wide(VecD x) {
  const VecD u = x * fma(x * x, broadcast(0.071354816272600243), broadcast(1.5957691216057308));
  const VecD z = fabs(x) > 1e30 ? VecD{} : exp_wide(-fabs(u)), quotient = x * inverse_wide(z + 1.0);
  return u < 0.0 ? quotient * z : quotient;
}
template <VecD (*Exp)(VecD)>
inline VecD mish_with(VecD x) {  // x tanh(log(1 + e^x)) = x n / (n + 2), n = e^x (e^x + 2)
  const VecD e = Exp(x > 40.0 ? broadcast(40.0) : x), n = e * (e + 2.0);
  return x < -1e30 ? x * 0.0 : x * (n / (n + 2.0));  // NaN at -infinity, as the formula has it with an exact exponential
}

inline VecD pow_wide(VecD x, VecD y) {
  const VecL negative = (VecL)x < 0;
  const VecD half = y * 0.5, bound = broadcast(4503599627370496.0), infinity = broadcast(HUGE_VAL);
  const VecL small = fabs(y) < bound;  // above it every float is an even integer
  const VecD whole = small ? nearest(y).value : y, half_whole = small ? nearest(half).value : half;
  const VecL integer = whole == y, odd = integer & (half_whole != half);
  const VecD a = fabs(x);
  VecD result = exp_wide(y * log(a));
  result = negative & odd ? -result : result;
  result = negative & ~integer & (a != 0.0) & (a != infinity) ? infinity - infinity : result;
  result = (x != x) | (y != y) ? x + y : result;
  result = (a == 1.0) & (fabs(y) == infinity) ? broadcast(1.0) : result;
  return (x == 1.0) | (y == 0.0) ? broadcast(1.0) : result;
}

// ---- the functions, by name ----

#define FB_WIDE(name)                                        \
  inline VecF name(VecF x) { return wide<name##_wide>(x); }  \
  inline VecD name(VecD x) { return lanes<::name>(x); }
FB_WIDE(sin) FB_WIDE(cos) FB_WIDE(tan) FB_WIDE(asin) FB_WIDE(acos) FB_WIDE(atan) FB_WIDE(sinh) FB_WIDE(cosh)
FB_WIDE(exp2) FB_WIDE(log2) FB_WIDE(log10)
#undef FB_WIDE

inline VecF expm1(VecF x) { return wide<expm1_wide>(x); }
inline VecF log1p(VecF x) { return wide<log1p_wide>(x); }
inline VecF pow(VecF x, VecF y) { return wide<pow_wide>(x, y); }
inline VecD pow(VecD x, VecD y) { return lanes<::pow>(x, y); }
inline VecF atan2(VecF y, VecF x) { return wide<atan2_wide>(y, x); }
inline VecD atan2(VecD y, VecD x) { return lanes<::atan2>(y, x); }
inline VecD erf(VecD x) { return lanes<::erf>(x); }
inline VecD erfc(VecD x) { return lanes<::erfc>(x); }
inline Normal<VecD> normal_distribution(VecD x, VecD factor) {
  return {factor * (erfc(x * -0.70710678118654752440) * 0.5), exp(x * x * -0.5)};
}
inline VecD gelu(VecD x) { return x * (erfc(x * -0.70710678118654752440) * 0.5); }
inline VecF gelu_tanh(VecF x) { return wide<gelu_tanh_wide>(x); }
inline VecD gelu_tanh(VecD x) { return x * sigmoid(x * fma(x * x, broadcast(0.071354816272600243), broadcast(1.5957691216057308))); }
inline VecF mish(VecF x) { return wide<mish_with<exp_wide>>(x); }
inline VecD mish(VecD x) { return mish_with<exp>(x); }
inline VecF sqrt(VecF x) {
#if defined(__AVX512F__)
  return (VecF)_mm512_maskz_sqrt_ps(-1, (__m512)x);
#elif defined(__AVX2__)
  return (VecF)_mm256_sqrt_ps((__m256)x);
#else
  for (int64_t i = 0; i < kLanes<float>; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

}  // namespace
}  // namespace fb::FB_ISA
