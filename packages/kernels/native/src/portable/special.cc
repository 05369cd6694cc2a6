// Special functions and rarer arithmetic. Everything floating is computed in double, one element after the other, and rounded
// once: these functions are about being right. Formulas: Abramowitz and Stegun 1964 (A&S).
#include <math.h>
#include <string.h>

#include "../elementwise.h"

namespace fb::FB_ISA {
namespace {

constexpr double kPi = 3.14159265358979323846, kEpsilon = 1.1102230246251565e-16;
constexpr double kInfinity = __builtin_huge_val(), kNaN = __builtin_nan("");

// ---- gamma functions ----

/// π / tan(πx), with the period taken off first.
double cotangent(double x) { return kPi / ::tan(kPi * (x - ::floor(x))); }

/// Upwards to 10 by the recurrence, there the asymptotic series (A&S 6.3.18).
double digamma(double x) {
  if (x == 0) return ::copysign(kInfinity, -x);
  if (x < 0) return x == ::floor(x) ? kNaN : digamma(1 - x) - cotangent(x);
  double sum = 0;
  for (; x < 10; x += 1) sum -= 1 / x;
  if (x > 1e17) return ::log(x) + sum;
  const double z = 1 / (x * x);
  const double series =
      z * (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132 - z * (691.0 / 32760 - z / 12))))));
  return sum + ::log(x) - 0.5 / x - series;
}

double lgamma(double x) {
  int sign;  // of the gamma function; the other form would write it to a global variable
  return ::lgamma_r(x, &sign);
}

/// Hurwitz's zeta function, the sum of (q + k)^-s, by Euler and Maclaurin (A&S 23.2).
double zeta(double s, double q) {
  constexpr double factorial_over_bernoulli[] = {12.0, -720.0, 30240.0, -1209600.0, 47900160.0, -1892437580.3183791606,
                                                 7.47242496e10, -2.950130727918164224e12, 1.1646782814350067249e14,
                                                 -4.5979787224074726105e15, 1.8152105401943546773e17, -7.1661652561756670113e18};
  if (s != s || q != q) return kNaN;
  if (s == 1) return kInfinity;
  if (s < 1) return kNaN;
  if (q <= 0) {
    if (q == ::floor(q)) return kInfinity;
    if (s != ::floor(s)) return kNaN;  // a power of a negative number
  }
  double sum = ::pow(q, -s), at = q, term = 0;
  for (int i = 0; i < 9 || at <= 9; i++) {
    at += 1;
    term = ::pow(at, -s);
    sum += term;
    if (::fabs(term) < kEpsilon * ::fabs(sum)) return sum;
  }
  sum += term * at / (s - 1) - term / 2;
  double factor = 1, k = 0;
  for (const double c : factorial_over_bernoulli) {
    factor *= s + k;
    term /= at;
    const double t = factor * term / c;
    sum += t;
    if (::fabs(t) < kEpsilon * ::fabs(sum)) break;
    factor *= s + k + 1;
    term /= at;
    k += 2;
  }
  return sum;
}

/// The n-th derivative of digamma.
double polygamma(double n, double x) {
  if (n == 0) return digamma(x);
  // at poles all derivatives of digamma are infinite or, with changing sign, undefined
  const double size = ::exp(lgamma(n + 1)) * zeta(n + 1, x);
  return ::fmod(n, 2) == 1 ? size : -size;
}

/// x^a e^-x / Γ(a + 1) without overflow.
double gamma_prefix(double a, double x) { return ::exp(a * ::log(x) - x - lgamma(a + 1)); }

/// The regularised incomplete gamma functions: the series of P (A&S 6.5.29) for x < a + 1, else the continued fraction of Q
/// (A&S 6.5.31) by Lentz's method.
double incomplete_gamma(double a, double x, bool upper) {
  if (!(a >= 0) || !(x >= 0) || (a == 0 && x == 0) || (a == kInfinity && x == kInfinity)) return kNaN;
  if (x == 0 || a == kInfinity) return upper;
  if (a == 0 || x == kInfinity) return !upper;
  const double prefix = gamma_prefix(a, x);
  const bool series = x < a + 1;
  double result = 0;
  if (series) {
    double term = 1, n = a;
    result = 1;
    while (term > kEpsilon * result) result += term *= x / (n += 1);
    result *= prefix;
  } else {
    double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
    for (double i = 1; i < 1e6; i++) {
      const double numerator = -i * (i - a);
      b += 2;
      d = 1 / (numerator * d + b);
      c = b + numerator / c;
      const double delta = d * c;
      h *= delta;
      if (::fabs(delta - 1) < kEpsilon) break;
    }
    result = prefix * a * h;
  }
  return series == upper ? 1 - result : result;
}
double igamma(double a, double x) { return incomplete_gamma(a, x, false); }
double igammac(double a, double x) { return incomplete_gamma(a, x, true); }

// ---- the normal distribution ----

/// e^(x²) erfc(x), from x = 5 on by its continued fraction (A&S 7.1.14).
double erfcx(double x) {
  if (x < 0) return x < -27 ? kInfinity : 2 * ::exp(x * x) - erfcx(-x);
  if (x < 5) return ::exp(x * x) * ::erfc(x);
  if (x > 1e100) return 0.56418958354775628695 / x;
  double tail = 0;
  for (int k = 40; k > 0; k--) tail = k * 0.5 / (x + tail);
  return 0.56418958354775628695 / (x + tail);
}
constexpr double kSqrtHalf = 0.70710678118654752440, kSqrtTwoPi = 2.50662827463100050242;
double ndtr(double x) { return 0.5 * ::erfc(-x * kSqrtHalf); }
double log_ndtr(double x) {
  return x < -1 ? ::log(0.5 * erfcx(-x * kSqrtHalf)) - 0.5 * x * x : ::log1p(-0.5 * ::erfc(x * kSqrtHalf));
}
/// The inverse of ndtr: A&S 26.2.23, made exact by Halley's method.
double ndtri(double p) {
  if (p > 0.5) return p <= 1 ? -ndtri(1 - p) : kNaN;
  if (!(p >= 0)) return kNaN;
  if (p == 0) return -kInfinity;
  const double t = ::sqrt(-2 * ::log(p));
  double x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (int i = 0; i < 3; i++) {
    // (Φ(x) - p) / φ(x), whose parts are far from underflow
    const double u = kSqrtTwoPi * (0.5 * erfcx(-x * kSqrtHalf) - ::exp(::log(p) + 0.5 * x * x));
    x -= u / (1 + 0.5 * x * u);
  }
  return x;
}
double erfinv(double y) {
  const double a = ::fabs(y);
  if (a > 0.5) return ::copysign(ndtri(0.5 * (1 - a)) * kSqrtHalf, y);
  const double z = y * y;
  double x = y * 0.88622692545275801365 * (1 + z * (kPi / 12 + z * (7 * kPi * kPi / 480)));
  for (int i = 0; i < 2; i++) {
    const double u = (::erf(x) - y) * 0.88622692545275801365 * ::exp(x * x);
    x -= u / (1 + x * u);
  }
  return y == 0 ? y : x;
}

// ---- Bessel functions ----

/// e^-|x| I_n(x) for n = 0, 1: the power series (A&S 9.6.10) up to 20, then the asymptotic one (A&S 9.7.1).
double scaled_i(int n, double x) {
  const double a = ::fabs(x);
  double sum = 1, term = 1;
  if (a <= 20) {
    const double z = a * a / 4;
    for (int k = 1; term > kEpsilon * sum; k++) sum += term *= z / (static_cast<double>(k) * (k + n));
    sum *= ::exp(-a) * (n ? a / 2 : 1);
  } else {
    for (int k = 1; k < 60 && ::fabs(term) > kEpsilon; k++) {
      const double odd = 2 * k - 1;
      sum += term *= -(4.0 * n - odd * odd) / (8 * k * a);
    }
    sum /= ::sqrt(2 * kPi * a);
  }
  return n && x < 0 ? -sum : sum;
}
/// I_n from the scaled form, in two steps where e^|x| alone would overflow.
double unscaled(double scaled, double x) {
  const double half = ::exp(0.5 * ::fabs(x));
  return x == x && ::fabs(x) < kInfinity ? scaled * half * half : x;
}
double i0e(double x) { return x == x ? (::fabs(x) < kInfinity ? scaled_i(0, x) : 0) : x; }
double i1e(double x) { return x == x ? (::fabs(x) < kInfinity ? scaled_i(1, x) : 0) : x; }
double i0(double x) { return ::fabs(unscaled(scaled_i(0, x), x)); }
double i1(double x) { return unscaled(scaled_i(1, x), x); }
double spherical_j0(double x) {
  if (::fabs(x) == kInfinity) return 0;
  return ::fabs(x) < 1e-4 ? 1 - x * x / 6 : ::sin(x) / x;
}

// ---- elementary combinations ----

double sinc(double x) { return x == 0 ? 1 : ::sin(kPi * x) / (kPi * x); }
double entr(double x) { return x > 0 ? -x * ::log(x) : (x == 0 ? 0 : (x < 0 ? -kInfinity : x)); }
double xlogy(double x, double y) { return y != y ? y : (x == 0 ? 0 : x * ::log(y)); }
double xlog1py(double x, double y) { return y != y ? y : (x == 0 ? 0 : x * ::log1p(y)); }
double logaddexp(double a, double b) {
  if (a == b) return a + 0.69314718055994530942;  // equal infinities, too
  return a != a || b != b ? a + b : ::fmax(a, b) + ::log1p(::exp(-::fabs(a - b)));
}
double logaddexp2(double a, double b) {
  if (a == b) return a + 1;
  return a != a || b != b ? a + b : ::fmax(a, b) + ::log1p(::exp2(-::fabs(a - b))) * 1.44269504088896340736;
}
double heaviside(double x, double at_zero) { return x == 0 ? at_zero : x > 0; }

/// A number of a Poisson distribution from a uniform one: the probabilities are taken off `u` from the most likely number on, in
/// both directions by turns. From a million on the distribution is a rounded normal one with its skewness (Cornish and Fisher 1938).
double poisson(double rate, double u) {
  if (rate == 0) return 0;
  if (rate > 1e6) {
    const double z = ndtri(u > 0 ? u : kEpsilon);
    return ::floor(rate + ::sqrt(rate) * z + (z * z - 1) / 6 + 0.5);
  }
  const double mode = ::floor(rate);
  double up = gamma_prefix(mode, rate), down = up, above = mode, below = mode;
  for (u -= up; u > 0 && (up > 0 || down > 0);) {
    above += 1;
    if ((u -= up *= rate / above) <= 0) return above;
    if (below == 0) continue;
    down *= below / rate;
    below -= 1;
    if ((u -= down) <= 0) return below;
  }
  return mode;
}

// ---- kernels of one floating tensor ----

constexpr int64_t kSpecialGrain = 2048;

/// Functions reach their blocks in place of the call's scalars: one block serves all functions of a form.
template <class F>
F function_at(const double *scalars, int index = 0) {
  F f;
  static_assert(sizeof f == sizeof *scalars);
  memcpy(&f, scalars + index, sizeof f);
  return f;
}
template <class F>
void put_function(double *scalars, F f) { memcpy(scalars, &f, sizeof f); }

typedef double (*OfOne)(double);
/// A function of one element and of the call's own scalars.
typedef double (*OfOneAndScalars)(double, const double *);

template <class T>
void unary_block(char *out, const char *const *in, int64_t n, const double *scalars) {
  const OfOne f = function_at<OfOne>(scalars);
  for (int64_t i = 0; i < n; i++) reinterpret_cast<T *>(out)[i] = static_cast<T>(f(static_cast<double>(reinterpret_cast<const T *>(in[0])[i])));
}
constexpr Functions kUnary = {{unary_block<float>, unary_block<double>}};
int32_t run_unary(const fb_tensor *out, const fb_tensor *self, OfOne f) {
  const fb_tensor *tensors[] = {out, self};
  double scalars[1];
  put_function(scalars, f);
  return elementwise(kUnary, tensors, 2, kSpecialGrain, scalars);
}
template <OfOne F>
int32_t unary(const fb_tensor *out, const fb_tensor *self) {
  return run_unary(out, self, F);
}

template <class T>
void scalar_block(char *out, const char *const *in, int64_t n, const double *scalars) {
  const OfOneAndScalars f = function_at<OfOneAndScalars>(scalars);
  for (int64_t i = 0; i < n; i++)
    reinterpret_cast<T *>(out)[i] = static_cast<T>(f(static_cast<double>(reinterpret_cast<const T *>(in[0])[i]), scalars + 1));
}
constexpr Functions kWithScalars = {{scalar_block<float>, scalar_block<double>}};
int32_t with_scalars(const Functions &functions, const fb_tensor *out, const fb_tensor *self, OfOneAndScalars f, double a, double b = 0,
                     double c = 0) {
  const fb_tensor *tensors[] = {out, self};
  double scalars[] = {0, a, b, c};
  put_function(scalars, f);
  return elementwise(functions, tensors, 2, kSpecialGrain, scalars);
}

double logit_of(double x, const double *eps) {  // NaN: no bounds
  const double low = *eps, high = 1 - *eps, z = x < low ? low : (x > high ? high : x);
  return ::log(z / (1 - z));
}
int32_t logit(const fb_tensor *out, const fb_tensor *self, double eps) { return with_scalars(kWithScalars, out, self, logit_of, eps); }
double polygamma_of(double x, const double *n) { return polygamma(*n, x); }
int32_t polygamma_kernel(const fb_tensor *out, const fb_tensor *self, double n) {
  return with_scalars(kWithScalars, out, self, polygamma_of, n);
}
double replaced(double x, const double *by) { return x != x ? by[0] : (x == kInfinity ? by[1] : (x == -kInfinity ? by[2] : x)); }
template <class T>
void copy_block(char *out, const char *const *in, int64_t n, const double *) {
  memcpy(out, in[0], static_cast<size_t>(n) * sizeof(T));
}
constexpr Functions kReplaced = {{scalar_block<float>, scalar_block<double>, nullptr, nullptr,
                                  copy_block<int64_t>, copy_block<int32_t>, copy_block<int16_t>, copy_block<int8_t>,
                                  copy_block<int8_t>, copy_block<int8_t>}};
int32_t nan_to_num(const fb_tensor *out, const fb_tensor *self, double nan, double posinf, double neginf) {
  return with_scalars(kReplaced, out, self, replaced, nan, posinf, neginf);
}

// ---- kernels of two tensors ----

typedef double (*OfTwo)(double, double);
/// Integers through int64; the last argument is the width of the dtype without its sign.
typedef int64_t (*OfTwoIntegers)(int64_t, int64_t, int);

template <class T>
void binary_block(char *out, const char *const *in, int64_t n, const double *scalars) {
  const OfTwo f = function_at<OfTwo>(scalars);
  const T *a = reinterpret_cast<const T *>(in[0]), *b = reinterpret_cast<const T *>(in[1]);
  for (int64_t i = 0; i < n; i++) reinterpret_cast<T *>(out)[i] = static_cast<T>(f(static_cast<double>(a[i]), static_cast<double>(b[i])));
}
template <class T>
void integer_block(char *out, const char *const *in, int64_t n, const double *scalars) {
  const OfTwoIntegers f = function_at<OfTwoIntegers>(scalars, 1);
  const T *a = reinterpret_cast<const T *>(in[0]), *b = reinterpret_cast<const T *>(in[1]);
  for (int64_t i = 0; i < n; i++) reinterpret_cast<T *>(out)[i] = static_cast<T>(f(a[i], b[i], 8 * sizeof(T) - (T(-1) < T(0))));
}
constexpr Functions kFloating = {{binary_block<float>, binary_block<double>}};
constexpr Functions kInteger = {{nullptr, nullptr, nullptr, nullptr, integer_block<int64_t>, integer_block<int32_t>,
                                 integer_block<int16_t>, integer_block<int8_t>, integer_block<uint8_t>}};
constexpr Functions kReal = {{binary_block<float>, binary_block<double>, nullptr, nullptr, integer_block<int64_t>,
                              integer_block<int32_t>, integer_block<int16_t>, integer_block<int8_t>, integer_block<uint8_t>,
                              integer_block<uint8_t>}};

/// F of floating tensors and I of integers; null where there is none.
int32_t run_binary(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b, OfTwo f, OfTwoIntegers i) {
  const fb_tensor *tensors[] = {out, a, b};
  double scalars[2];
  put_function(scalars, f);
  put_function(scalars + 1, i);
  return elementwise(!i ? kFloating : !f ? kInteger : kReal, tensors, 3, kSpecialGrain, scalars);
}
template <OfTwo F, OfTwoIntegers I = nullptr>
int32_t binary(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b) {
  return run_binary(out, a, b, F, I);
}

int64_t larger(int64_t a, int64_t b, int) { return a > b ? a : b; }
int64_t smaller(int64_t a, int64_t b, int) { return a < b ? a : b; }
int64_t step(int64_t x, int64_t at_zero, int) { return x == 0 ? at_zero : x > 0; }

uint64_t magnitude(int64_t x) { return x < 0 ? -static_cast<uint64_t>(x) : static_cast<uint64_t>(x); }
int64_t gcd(int64_t a, int64_t b, int) {
  uint64_t x = magnitude(a), y = magnitude(b);
  while (y) {
    const uint64_t rest = x % y;
    x = y;
    y = rest;
  }
  return static_cast<int64_t>(x);
}
int64_t lcm(int64_t a, int64_t b, int bits) {
  const uint64_t divisor = static_cast<uint64_t>(gcd(a, b, bits));
  return divisor ? static_cast<int64_t>(magnitude(a) / divisor * magnitude(b)) : 0;
}
int64_t left_shift(int64_t a, int64_t b, int bits) {
  return b < 0 || b > bits ? 0 : static_cast<int64_t>(static_cast<uint64_t>(a) << (b & 63));
}
int64_t right_shift(int64_t a, int64_t b, int bits) { return a >> (b < 0 || b >= bits ? (bits < 63 ? bits : 63) : b); }

template <class T>
void signbit_block(char *out, const char *const *in, int64_t n, const double *) {
  for (int64_t i = 0; i < n; i++) {
    const T x = reinterpret_cast<const T *>(in[0])[i];
    if constexpr (static_cast<T>(0.5) != T(0)) out[i] = __builtin_signbit(x) != 0;
    else out[i] = x < T(0);
  }
}
constexpr Functions kSignbit = {{signbit_block<float>, signbit_block<double>, nullptr, nullptr, signbit_block<int64_t>,
                                 signbit_block<int32_t>, signbit_block<int16_t>, signbit_block<int8_t>, signbit_block<uint8_t>,
                                 signbit_block<uint8_t>}};
int32_t signbit(const fb_tensor *out, const fb_tensor *self) {
  const fb_tensor *tensors[] = {out, self};
  return elementwise(kSignbit, tensors, 2, kCheapGrain);
}

}  // namespace

FB_GROUP(special,
         FB_ENTRY("acosh", unary<::acosh>),
         FB_ENTRY("asinh", unary<::asinh>),
         FB_ENTRY("atanh", unary<::atanh>),
         FB_ENTRY("digamma", unary<digamma>),
         FB_ENTRY("lgamma", unary<lgamma>),
         FB_ENTRY("polygamma", polygamma_kernel),
         FB_ENTRY("zeta", binary<zeta>),
         FB_ENTRY("igamma", binary<igamma>),
         FB_ENTRY("igammac", binary<igammac>),
         FB_ENTRY("erfcx", unary<erfcx>),
         FB_ENTRY("erfinv", unary<erfinv>),
         FB_ENTRY("ndtr", unary<ndtr>),
         FB_ENTRY("log_ndtr", unary<log_ndtr>),
         FB_ENTRY("ndtri", unary<ndtri>),
         FB_ENTRY("i0", unary<i0>),
         FB_ENTRY("i0e", unary<i0e>),
         FB_ENTRY("i1", unary<i1>),
         FB_ENTRY("i1e", unary<i1e>),
         FB_ENTRY("bessel_j0", unary<::j0>),
         FB_ENTRY("bessel_j1", unary<::j1>),
         FB_ENTRY("bessel_y0", unary<::y0>),
         FB_ENTRY("bessel_y1", unary<::y1>),
         FB_ENTRY("spherical_bessel_j0", unary<spherical_j0>),
         FB_ENTRY("sinc", unary<sinc>),
         FB_ENTRY("logit", logit),
         FB_ENTRY("entr", unary<entr>),
         FB_ENTRY("xlogy", binary<xlogy>),
         FB_ENTRY("xlog1py", binary<xlog1py>),
         FB_ENTRY("logaddexp", binary<logaddexp>),
         FB_ENTRY("logaddexp2", binary<logaddexp2>),
         FB_ENTRY("hypot", binary<::hypot>),
         FB_ENTRY("copysign", binary<::copysign>),
         FB_ENTRY("heaviside", binary<heaviside, step>),
         FB_ENTRY("fmax", binary<::fmax, larger>),
         FB_ENTRY("fmin", binary<::fmin, smaller>),
         FB_ENTRY("nan_to_num", nan_to_num),
         FB_ENTRY("poisson_quantile", binary<poisson>),
         FB_ENTRY("signbit", signbit),
         FB_ENTRY("gcd", binary<nullptr, gcd>),
         FB_ENTRY("lcm", binary<nullptr, lcm>),
         FB_ENTRY("bitwise_left_shift", binary<nullptr, left_shift>),
         FB_ENTRY("bitwise_right_shift", binary<nullptr, right_shift>))

}  // namespace fb::FB_ISA
