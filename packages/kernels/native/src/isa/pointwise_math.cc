// Elementary functions of one operand, pow and atan2.
#include "../math_blocks.h"

namespace fb::FB_ISA {
namespace {

FB_MATH(Exp, exp(x))
FB_MATH(Exp2, exp2(x))
FB_MATH(Expm1, expm1(x))
FB_MATH(Log, log(x))
FB_MATH(Log2, log2(x))
FB_MATH(Log10, log10(x))
FB_MATH(Log1p, log1p(x))
FB_MATH(Sin, sin(x))
FB_MATH(Cos, cos(x))
FB_MATH(Tan, tan(x))
FB_MATH(Asin, asin(x))
FB_MATH(Acos, acos(x))
FB_MATH(Atan, atan(x))
FB_MATH(Sinh, sinh(x))
FB_MATH(Cosh, cosh(x))
FB_MATH(Tanh, tanh(x))
FB_MATH(Erf, erf(x))
FB_MATH(Erfc, erfc(x))
FB_MATH(Sigmoid, sigmoid(x))

struct Atan2 {
  explicit Atan2(const double *) {}
  template <class V>
  V operator()(V y, V x) const { return atan2(y, x); }
};
struct Pow {
  explicit Pow(const double *) {}
  template <class V>
  V operator()(V x, V y) const { return pow(x, y); }
};

// Integers wrap around; a negative exponent gives 0 except for the bases 1 and -1.
template <class T>
T integer_power(T base, int64_t exponent) {
  if (exponent < 0) {
    if (base == T(1)) return 1;
    if (base == static_cast<T>(-1) && static_cast<T>(-1) < T(1)) return exponent & 1 ? base : T(1);
    return 0;
  }
  uint64_t result = 1, square = static_cast<uint64_t>(base);
  for (; exponent; exponent >>= 1, square *= square)
    if (exponent & 1) result *= square;
  return static_cast<T>(result);
}
template <class T>
void integer_pow(char *out, const char *const *in, int64_t n, const double *) {
  const T *x = reinterpret_cast<const T *>(in[0]), *y = reinterpret_cast<const T *>(in[1]);
  T *o = reinterpret_cast<T *>(out);
  for (int64_t i = 0; i < n; i++) o[i] = integer_power(x[i], static_cast<int64_t>(y[i]));
}
template <class T>
void integer_pow_scalar(char *out, const char *const *in, int64_t n, const double *scalars) {
  const T *x = reinterpret_cast<const T *>(in[0]);
  T *o = reinterpret_cast<T *>(out);
  const int64_t exponent = static_cast<int64_t>(scalars[0]);
  for (int64_t i = 0; i < n; i++) o[i] = integer_power(x[i], exponent);
}

constexpr Functions kPow = {{math_block<Pow, float, 2>, math_block<Pow, double, 2>, nullptr, nullptr, integer_pow<int64_t>,
                             integer_pow<int32_t>, integer_pow<int16_t>, integer_pow<int8_t>, integer_pow<uint8_t>}};
int32_t pow_tensor(const fb_tensor *out, const fb_tensor *self, const fb_tensor *exponent) {
  const fb_tensor *tensors[] = {out, self, exponent};
  return elementwise(kPow, tensors, 3, kMathGrain);
}

struct PowScalar {
  double exponent;
  explicit PowScalar(const double *s) : exponent(s[0]) {}
  template <class V>
  V operator()(V x) const { return pow(x, broadcast(static_cast<Element<V>>(exponent))); }
};
FB_MATH(Square, x *x)
FB_MATH(Cube, x *x *x)
FB_MATH(Root, sqrt(x + Element<V>(0)))  // pow(-0, 0.5) is +0
FB_MATH(Reciprocal, Element<V>(1) / x)
constexpr Functions kPowScalar = {{math_block<PowScalar, float, 1>, math_block<PowScalar, double, 1>, nullptr, nullptr,
                                   integer_pow_scalar<int64_t>, integer_pow_scalar<int32_t>, integer_pow_scalar<int16_t>,
                                   integer_pow_scalar<int8_t>, integer_pow_scalar<uint8_t>}};
int32_t pow_scalar(const fb_tensor *out, const fb_tensor *self, double exponent) {
  const fb_tensor *tensors[] = {out, self};
  const bool floating = self->dtype <= FB_BFLOAT16;
  const Functions &functions = !floating         ? kPowScalar
                               : exponent == 2   ? math_functions<Square, 1>
                               : exponent == 3   ? math_functions<Cube, 1>
                               : exponent == 0.5 ? math_functions<Root, 1>
                               : exponent == -1  ? math_functions<Reciprocal, 1>
                                                 : kPowScalar;
  return elementwise(functions, tensors, 2, kMathGrain, &exponent);
}

}  // namespace

FB_GROUP(pointwise_math,
         FB_ENTRY("exp", math1<Exp>),
         FB_ENTRY("exp2", math1<Exp2>),
         FB_ENTRY("expm1", math1<Expm1>),
         FB_ENTRY("log", math1<Log>),
         FB_ENTRY("log2", math1<Log2>),
         FB_ENTRY("log10", math1<Log10>),
         FB_ENTRY("log1p", math1<Log1p>),
         FB_ENTRY("sin", math1<Sin>),
         FB_ENTRY("cos", math1<Cos>),
         FB_ENTRY("tan", math1<Tan>),
         FB_ENTRY("asin", math1<Asin>),
         FB_ENTRY("acos", math1<Acos>),
         FB_ENTRY("atan", math1<Atan>),
         FB_ENTRY("sinh", math1<Sinh>),
         FB_ENTRY("cosh", math1<Cosh>),
         FB_ENTRY("tanh", math1<Tanh>),
         FB_ENTRY("erf", math1<Erf>),
         FB_ENTRY("erfc", math1<Erfc>),
         FB_ENTRY("sigmoid", math1<Sigmoid>),
         FB_ENTRY("atan2", math2<Atan2>),
         FB_ENTRY("pow", pow_tensor),
         FB_ENTRY("pow_scalar", pow_scalar))

}  // namespace fb::FB_ISA
