// Elementary functions on whole vectors, in the vector's own precision: exponentials, logarithms and what is made of them.
// Within 2 units in the last place over the whole range (2.5: sigmoid, silu, erf; 6: erfc; 7: gelu), including NaN, infinities and
// subnormal numbers; test/sweep.cc looks.
// Coefficients: Cephes (float exp), fdlibm (double log), Taylor (double exp), else a fit at Chebyshev points.
#pragma once
#include <math.h>

#include "mills_ratio.h"
#include "simd.h"

namespace fb::FB_ISA {
namespace {

// ---- pieces ----

inline VecF fabs(VecF x) { return (VecF)((VecI)x & 0x7fffffff); }
inline VecD fabs(VecD x) { return (VecD)((VecL)x & 0x7fffffffffffffff); }
/// |magnitude| with the sign of `sign`.
inline VecF copysign(VecF magnitude, VecF sign) { return (VecF)(((VecI)magnitude & 0x7fffffff) | ((VecI)sign & INT32_MIN)); }
inline VecD copysign(VecD magnitude, VecD sign) {
  return (VecD)(((VecL)magnitude & 0x7fffffffffffffff) | ((VecL)sign & INT64_MIN));
}

/// c[0] + c[1] x + …: Horner's rule on the even and the odd terms side by side, because one chain would wait for each addition.
template <class V, class T, int N>
inline V polynomial(V x, const T (&c)[N]) {
  const V square = x * x;
  V last = broadcast(c[N - 1]), other = broadcast(c[N - 2]);
#pragma GCC unroll 16
  for (int i = N - 3; i >= 0; i--) {
    const V next = fma(last, square, broadcast(c[i]));
    last = other;
    other = next;
  }
  // `other` starts with c[0], `last` with c[1].
  return fma(last, x, other);
}

/// Bit patterns plus a number: they wrap around, which signed integers may not.
inline VecI add_bits(VecI bits, int32_t n) { return (VecI)((Vec<uint32_t>)bits + static_cast<uint32_t>(n)); }
inline VecL add_bits(VecL bits, int64_t n) { return (VecL)((Vec<uint64_t>)bits + static_cast<uint64_t>(n)); }

/// The nearest integer of |x| < 2^22 (float) or 2^51 (double), as a number and as an integer.
template <class V, class I>
struct Rounded {
  V value;
  I integer;
};
inline Rounded<VecF, VecI> nearest(VecF x, float factor = 1) {  // of factor * x
  const VecF shifted = fma(x, broadcast(factor), broadcast(12582912.0f));  // 1.5 * 2^23
  return {shifted - 12582912.0f, add_bits((VecI)shifted, -0x4b400000)};
}
inline Rounded<VecD, VecL> nearest(VecD x) {
  const VecD shifted = x + 6755399441055744.0;  // 1.5 * 2^52
  return {shifted - 6755399441055744.0, add_bits((VecL)shifted, -0x4338000000000000)};
}

inline VecF power_of_two(VecI n) { return (VecF)((n + 127) << 23); }
inline VecD power_of_two(VecL n) { return (VecD)((n + 1023) << 52); }

/// x * 2^n, where n may reach past the normal exponents on either side (hence two steps where there is no instruction for it).
inline VecF scale(VecF x, VecI n) {
#if defined(__AVX512F__)
  return (VecF)_mm512_maskz_scalef_ps(-1, (__m512)x, _mm512_maskz_cvtepi32_ps(-1, (__m512i)n));
#else
  const VecI half = n >> 1;
  return x * power_of_two(half) * power_of_two(n - half);
#endif
}
inline VecF scale(VecF x, const Rounded<VecF, VecI> &n) {
#if defined(__AVX512F__)
  return (VecF)_mm512_maskz_scalef_ps(-1, (__m512)x, (__m512)n.value);
#else
  return scale(x, n.integer);
#endif
}
inline VecD scale(VecD x, VecL n) {
  const VecL half = n >> 1;
  return x * power_of_two(half) * power_of_two(n - half);
}

template <class V, class T>
inline V clamp(V x, T low, T high) {  // keeps NaN
  x = x > high ? broadcast(high) : x;
  return x < low ? broadcast(low) : x;
}

// ---- exponentials: x = n ln 2 + r, |r| <= ln 2 / 2 ----

constexpr float kExpF[] = {5.0000001201e-1f, 1.6666665459e-1f, 4.1665795894e-2f, 8.3334519073e-3f, 1.3981999507e-3f, 1.9875691500e-4f};
struct ReducedF {
  VecI n;
  VecF expm1;  // of r
};
inline ReducedF reduce_exp(VecF x) {
  const auto n = nearest(x * 1.44269504088896341f);
  const VecF high = fma(n.value, broadcast(-0.693359375f), x), low = n.value * 2.12194440e-4f;
  const VecF r = high + low, lost = (high - r) + low;  // what r lost to rounding
  return {n.integer, r + fma(polynomial(r, kExpF), r * r, lost)};
}

struct ReducedD {
  VecL n;
  VecD expm1;
};
inline ReducedD reduce_exp(VecD x) {
  const auto n = nearest(x * 1.4426950408889634074);
  const VecD high = fma(n.value, broadcast(-6.93147180369123816490e-01), x), low = n.value * -1.90821492927058770002e-10;
  const VecD r = high + low, lost = (high - r) + low;
  constexpr double c[] = {1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880,
                          1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};
  return {n.integer, r + fma(polynomial(r, c), r * r, lost)};
}

// Where e^x rounds to zero (masked attention is full of it) nothing is computed: processors take ten times as long for a result that
// underflows.
inline VecF exp(VecF x) {
  const VecF in_range = x < -104.0f ? VecF{} : x > 89.0f ? broadcast(89.0f) : x;
  const auto n = nearest(in_range, 1.44269504088896341f);
  const VecF r = fma(n.value, broadcast(2.12194440e-4f), fma(n.value, broadcast(-0.693359375f), in_range));
  return x < -104.0f ? VecF{} : scale(fma(polynomial(r, kExpF), r * r, r) + 1.0f, n);
}
inline VecD exp(VecD x) {
  const auto e = reduce_exp(x < -746.0 ? VecD{} : x > 710.0 ? broadcast(710.0) : x);
  return x < -746.0 ? VecD{} : scale(e.expm1 + 1.0, e.n);
}

/// e^x - 1 in double.
inline VecD expm1(VecD x) {
  const auto e = reduce_exp(clamp(x, -50.0, 709.9));
  const VecL half = e.n >> 1;
  const VecD a = power_of_two(half), b = power_of_two(e.n - half);
  const VecD result = e.expm1 * a * b + (a * b - 1.0);
  const VecD overflow = broadcast(HUGE_VAL);
  return x > 709.78271289338397 ? overflow : (x == 0.0 ? x : result);
}

// ---- logarithms: x = 2^e m, m in [sqrt(1/2), sqrt(2)) ----

inline VecF log(VecF x) {
  const VecI subnormal = x < 1.17549435e-38f;
  const VecF normal = subnormal ? x * 8388608.0f : x;
  const VecI bits = add_bits((VecI)normal, -0x3f3504f3);
  const VecI e = (bits >> 23) - (subnormal & 23);
  const VecF f = (VecF)((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
  constexpr float c[] = {3.3333331180e-1f, -2.4999996958e-1f, 2.0000715749e-1f, -1.6667802320e-1f, 1.4249057646e-1f,
                         -1.2425687331e-1f, 1.1685419923e-1f, -1.1479733846e-1f, 6.9716114515e-2f};
  const VecF n = __builtin_convertvector(e, VecF), square = f * f;
  VecF tail = polynomial(f, c) * square * f;
  tail = fma(n, broadcast(-2.12194440e-4f), tail);
  tail = fma(square, broadcast(-0.5f), tail);
  VecF result = fma(n, broadcast(0.693359375f), f + tail);
  const VecF infinity = broadcast(HUGE_VALF), nan = infinity - infinity;
  result = x == infinity ? x : result;
  result = x == 0.0f ? -infinity : result;
  return x >= 0.0f ? result : nan;
}

inline VecD log(VecD x) {
  const VecL subnormal = x < 2.2250738585072014e-308;
  const VecD normal = subnormal ? x * 18014398509481984.0 : x;
  const VecL bits = add_bits((VecL)normal, -0x3fe6a09e667f3bcd);
  const VecL e = (bits >> 52) - (subnormal & 54);
  const VecD f = (VecD)((bits & 0xfffffffffffff) + 0x3fe6a09e667f3bcd) - 1.0;
  // The exponent as a double without a 64-bit conversion, which AVX2 lacks.
  const VecD n = (VecD)(e + 0x4338000000000000) - 6755399441055744.0;
  const VecD s = f / (f + 2.0), z = s * s, half_square = f * f * 0.5;
  constexpr double c[] = {6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
                          1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01};
  const VecD r = polynomial(z, c) * z;
  VecD result = n * 6.93147180369123816490e-01 - ((half_square - (s * (half_square + r) + n * 1.90821492927058770002e-10)) - f);
  const VecD infinity = broadcast(HUGE_VAL), nan = infinity - infinity;
  result = x == infinity ? x : result;
  result = x == 0.0 ? -infinity : result;
  return x >= 0.0 ? result : nan;
}

/// log(1 + x) in double: the rounding of 1 + x is put back.
inline VecD log1p(VecD x) {
  const VecD u = x + 1.0, correction = (x - (u - 1.0)) / u;
  const VecD result = log(u) + (u > 0.0 && u < HUGE_VAL ? correction : broadcast(0.0));
  return fabs(x) < 1e-17 ? x : result;
}

// ---- compositions ----

/// top / (1 + z) with the rounding of 1 + z put back.
inline VecF over_one_plus(VecF top, VecF z) {
  const VecF sum = z + 1.0f, lost = (1.0f - sum) + z, quotient = top / sum;
  return lost == 0.0f ? quotient : fma(-lost, quotient, quotient);  // 0 * infinity is no correction
}
inline VecF sigmoid(VecF x) {
  const VecF z = exp(-fabs(x));
  return over_one_plus(x < 0.0f ? z : broadcast(1.0f), z);
}
inline VecD sigmoid(VecD x) {
  const VecD z = exp(-fabs(x)), top = x < 0.0 ? z : broadcast(1.0);
  return top / (z + 1.0);
}

/// x sigmoid(x). For negative x the exponent comes last, so that a subnormal e^x costs no precision.
inline VecF silu(VecF x) {
  const auto e = reduce_exp(clamp(-fabs(x), -112.0f, 0.0f));
  const VecF z = scale(e.expm1 + 1.0f, e.n), negative = x < -112.0f ? x * 0.0f : scale(fma(e.expm1, x, x), e.n);
  return over_one_plus(x < 0.0f ? negative : x, z);
}
inline VecD silu(VecD x) { return x * sigmoid(x); }

inline VecF tanh(VecF x) {
  const VecF a = fabs(x), z = x * x;
  constexpr float c[] = {-3.33332819422e-1f, 1.33314422036e-1f, -5.37397155531e-2f, 2.06390887954e-2f, -5.70498872745e-3f};
  const VecF small = fma(polynomial(z, c) * z, x, x);
  const VecF large = 1.0f - 2.0f / (exp(a + a) + 1.0f);
  return copysign(a < 0.625f ? small : large, x);
}
inline VecD tanh(VecD x) {
  const VecD a = fabs(x), t = expm1(a > 22.0 ? broadcast(44.0) : a + a);
  const VecD result = copysign(t / (t + 2.0), x);
  return x == x ? result : x;
}

// ---- the error function and the normal distribution, in float ----

/// e^(high + low) for high <= 0, where `low` is the part of the exponent that a float cannot hold beside `high`.
inline VecF exp_sum(VecF high, VecF low) {
  const auto n = nearest(high, 1.44269504088896341f);
  const VecF r = fma(n.value, broadcast(-0.693359375f), high) + fma(n.value, broadcast(2.12194440e-4f), low);
  return scale(fma(polynomial(r, kExpF), r * r, r) + 1.0f, n);
}
/// e^(factor x²) for a factor of -1 or -1/2 and |x| <= 16: a rounded x² would lose what it weighs in the exponent.
inline VecF exp_of_square(VecF x, float factor) {
  const VecF high = x * x;
#if defined(__SSE2__) && !defined(__FMA__)
  const VecF head = (VecF)((VecI)x & ~0xfff), tail = x - head;  // 12 bits each: their products are exact
  const VecF low = ((head * head - high) + head * tail * 2.0f) + tail * tail;
#else
  const VecF low = fma(x, x, -high);
#endif
  return exp_sum(high * factor, low * factor);
}
/// e^(a²) erfc(a) for 0 <= a <= 10.3: P((a - 2) / (a + 2)) / (1 + 2a), after Shepherd and Laframboise 1981.
inline VecF erfcx(VecF a) {
  constexpr float c[] = {1.276978374f,     -0.09276399016f, -0.1660314947f, 0.1640554965f,   -0.05420346558f,
                         -0.008060399443f, 0.00862851087f,  0.001313076122f, -0.001226091525f, -0.0003983248025f};
  const VecF b = a + 2.0f, d = fma(a, broadcast(2.0f), broadcast(1.0f)), inverse = 1.0f / (b * d);  // one division for both
  return polynomial((a - 2.0f) * d * inverse, c) * (b * inverse);
}
/// erf(x) for |x| <= 1.
inline VecF erf_center(VecF x) {
  constexpr float c[] = {0.1283791065f, -0.3761262596f, 0.1128358543f, -0.02685381286f, 0.005188327748f, -0.0008010193706f, 7.853860734e-05f};
  return fma(polynomial(x * x, c), x, x);
}
inline VecF erfc(VecF x) {
  const VecF a = clamp(fabs(x), 0.0f, 10.2f);  // beyond it erfc is below any float
  const VecF tail = erfcx(a) * exp_of_square(a, -1.0f);
  return fabs(x) < 0.5f ? 1.0f - erf_center(x) : (x < 0.0f ? 2.0f - tail : tail);
}
inline VecF erf(VecF x) {
  const VecF a = clamp(fabs(x), 0.0f, 4.0f);  // beyond 3.9 erf is 1
  const VecF large = 1.0f - erfcx(a) * exp(-a * a);
  return a < 1.0f ? erf_center(x) : copysign(large, x);
}

template <class V>
struct Normal {
  V cdf, kernel;  // the distribution function times a factor, and e^(-x²/2)
};
/// The standard normal distribution function times `factor`, which enters before a tail gets too small for full precision.
[[gnu::always_inline]] inline Normal<VecF> normal_distribution(VecF x, VecF factor) {
  const VecF absolute = fabs(x), a = absolute > 14.5f ? broadcast(14.5f) : absolute, kernel = exp_of_square(a, -0.5f);
#if defined(__AVX512F__)
  const VecF tail = mills_ratio(a);
#else
  const VecF tail = erfcx(a * 0.70710678118654752f) * 0.5f;
#endif
  return {x < 0.0f ? factor * tail * kernel : fma(factor, -tail * kernel, factor), kernel};
}
/// x Φ(x), infinite at infinity and NaN at -infinity; zeros keep their sign.
inline VecF gelu(VecF x) { return (x == 0.0f) | (x > 14.5f) ? x : normal_distribution(x, x).cdf; }

}  // namespace
}  // namespace fb::FB_ISA
