// Cheap functions of one operand: signs, roots, rounding, bounds.
#include <math.h>

#include "../elementwise.h"

namespace fb::FB_ISA {
namespace {

template <class Op, class T>
void block(char *out, const char *const *in, int64_t n, const double *) {
  const T *a = reinterpret_cast<const T *>(in[0]);
  T *o = reinterpret_cast<T *>(out);
  FB_VECTORIZE
  for (int64_t i = 0; i < n; i++) o[i] = Op::of(a[i]);
}
template <class Op, class T>
void pairs(char *out, const char *const *in, int64_t n, const double *s) { block<Op, T>(out, in, 2 * n, s); }

// Minus an integer wraps around.
inline float negative(float x) { return -x; }
inline double negative(double x) { return -x; }
inline int64_t negative(int64_t x) { return static_cast<int64_t>(uint64_t{0} - static_cast<uint64_t>(x)); }
inline int32_t negative(int32_t x) { return static_cast<int32_t>(0u - static_cast<uint32_t>(x)); }
template <class T>
inline T negative(T x) { return static_cast<T>(-x); }

inline float absolute(float x) { return __builtin_fabsf(x); }
inline double absolute(double x) { return __builtin_fabs(x); }
template <class T>
inline T absolute(T x) { return x < 0 ? negative(x) : x; }

inline int64_t product(int64_t x) { return static_cast<int64_t>(static_cast<uint64_t>(x) * static_cast<uint64_t>(x)); }
inline int32_t product(int32_t x) { return static_cast<int32_t>(static_cast<uint32_t>(x) * static_cast<uint32_t>(x)); }
template <class T>
inline T product(T x) { return static_cast<T>(x * x); }

#define FB_UNARY(Name, expression)                  \
  struct Name {                                     \
    template <class T>                              \
    static T of(T x) { return static_cast<T>(expression); } \
  };
// Functions that the C library names differently for float.
#define FB_FLOATING(Name, function)                        \
  struct Name {                                            \
    static float of(float x) { return __builtin_##function##f(x); } \
    static double of(double x) { return __builtin_##function(x); }  \
  };
FB_UNARY(Neg, negative(x))
FB_UNARY(Abs, absolute(x))
FB_UNARY(Sign, (x > 0) - (x < 0))
FB_UNARY(Square, product(x))
FB_UNARY(Relu, x < 0 ? T(0) : x)
FB_UNARY(Same, x)
FB_UNARY(BitwiseNot, ~x)
FB_UNARY(Not, x ^ 1)
FB_UNARY(Reciprocal, T(1) / x)
FB_UNARY(HardSigmoid, (x < -3 ? T(0) : x > 3 ? T(6) : x + 3) / 6)
FB_UNARY(HardSwish, x * (x < -3 ? T(0) : x > 3 ? T(6) : x + 3) / 6)
FB_FLOATING(Ceil, ceil)
FB_FLOATING(Floor, floor)
FB_FLOATING(Trunc, trunc)
FB_FLOATING(Round, nearbyint)
FB_FLOATING(Sqrt, sqrt)
struct Rsqrt {
  template <class T>
  static T of(T x) { return T(1) / Sqrt::of(x); }
};

template <class Op, class Integer = Op>
constexpr Functions numeric(BlockFunction c64 = nullptr, BlockFunction c128 = nullptr) {
  return {{block<Op, float>, block<Op, double>, nullptr, nullptr, block<Integer, int64_t>, block<Integer, int32_t>,
           block<Integer, int16_t>, block<Integer, int8_t>, block<Integer, uint8_t>, nullptr, c64, c128}};
}
template <class Op>
constexpr Functions floating = {{block<Op, float>, block<Op, double>}};
constexpr Functions kNeg = numeric<Neg>(pairs<Neg, float>, pairs<Neg, double>), kAbs = numeric<Abs>(), kSign = numeric<Sign>(),
                    kSquare = numeric<Square>(), kRelu = numeric<Relu>(), kCeil = numeric<Ceil, Same>(),
                    kFloor = numeric<Floor, Same>(), kTrunc = numeric<Trunc, Same>(), kRound = numeric<Round, Same>();
constexpr Functions kBitwiseNot = {{nullptr, nullptr, nullptr, nullptr, block<BitwiseNot, int64_t>, block<BitwiseNot, int32_t>,
                                    block<BitwiseNot, int16_t>, block<BitwiseNot, int8_t>, block<BitwiseNot, uint8_t>,
                                    block<Not, uint8_t>}};

template <const Functions &Table>
int32_t unary(const fb_tensor *out, const fb_tensor *self) {
  const fb_tensor *tensors[] = {out, self};
  return elementwise(Table, tensors, 2, kCheapGrain);
}

// ---- with scalars ----

// A bound as T: an absent one (NaN) is the most extreme number, one beyond an integer's range the nearest end of it.
template <class T>
T bound(double x, double least, double greatest, double absent) {
  x = x != x ? absent : x;
  if (x <= least) return static_cast<T>(least);
  return x >= greatest ? (sizeof(T) == 8 && greatest < HUGE_VAL ? static_cast<T>(INT64_MAX) : static_cast<T>(greatest)) : static_cast<T>(x);
}
template <class T>
struct Range {
  static constexpr bool kSigned = static_cast<T>(-1) < T(1), kFloat = static_cast<T>(0.5) != T(0);
  static constexpr double kLeast = kFloat ? -HUGE_VAL : kSigned ? -__builtin_ldexp(1.0, 8 * sizeof(T) - 1) : 0.0;
  static constexpr double kGreatest = kFloat    ? HUGE_VAL
                                      : kSigned ? __builtin_ldexp(1.0, 8 * sizeof(T) - 1) - (sizeof(T) == 8 ? 0 : 1)
                                                : 255.0;
};
template <class T>
void clamp_block(char *out, const char *const *in, int64_t n, const double *scalars) {
  typedef Range<T> R;
  const T low = bound<T>(scalars[0], R::kLeast, R::kGreatest, R::kLeast);
  const T high = bound<T>(scalars[1], R::kLeast, R::kGreatest, R::kGreatest);
  const T *a = reinterpret_cast<const T *>(in[0]);
  T *o = reinterpret_cast<T *>(out);
  FB_VECTORIZE
  for (int64_t i = 0; i < n; i++) {
    const T x = a[i] < low ? low : a[i];
    o[i] = x > high ? high : x;
  }
}
constexpr Functions kClamp = {{clamp_block<float>, clamp_block<double>, nullptr, nullptr, clamp_block<int64_t>,
                               clamp_block<int32_t>, clamp_block<int16_t>, clamp_block<int8_t>, clamp_block<uint8_t>}};
int32_t clamp(const fb_tensor *out, const fb_tensor *self, double min, double max) {
  const double scalars[] = {min, max};
  const fb_tensor *tensors[] = {out, self};
  return elementwise(kClamp, tensors, 2, kCheapGrain, scalars);
}

template <class T>
void leaky_relu_block(char *out, const char *const *in, int64_t n, const double *scalars) {
  const T slope = static_cast<T>(scalars[0]);
  const T *a = reinterpret_cast<const T *>(in[0]);
  T *o = reinterpret_cast<T *>(out);
  FB_VECTORIZE
  for (int64_t i = 0; i < n; i++) o[i] = a[i] > 0 ? a[i] : a[i] * slope;
}
constexpr Functions kLeakyRelu = {{leaky_relu_block<float>, leaky_relu_block<double>}};
int32_t leaky_relu(const fb_tensor *out, const fb_tensor *self, double slope) {
  const fb_tensor *tensors[] = {out, self};
  return elementwise(kLeakyRelu, tensors, 2, kCheapGrain, &slope);
}

}  // namespace

FB_GROUP(pointwise_unary,
         FB_ENTRY("neg", unary<kNeg>),
         FB_ENTRY("abs", unary<kAbs>),
         FB_ENTRY("sign", unary<kSign>),
         FB_ENTRY("ceil", unary<kCeil>),
         FB_ENTRY("floor", unary<kFloor>),
         FB_ENTRY("trunc", unary<kTrunc>),
         FB_ENTRY("round", unary<kRound>),
         FB_ENTRY("square", unary<kSquare>),
         FB_ENTRY("sqrt", unary<floating<Sqrt>>),
         FB_ENTRY("rsqrt", unary<floating<Rsqrt>>),
         FB_ENTRY("reciprocal", unary<floating<Reciprocal>>),
         FB_ENTRY("bitwise_not", unary<kBitwiseNot>),
         FB_ENTRY("relu", unary<kRelu>),
         FB_ENTRY("hardsigmoid", unary<floating<HardSigmoid>>),
         FB_ENTRY("hardswish", unary<floating<HardSwish>>),
         FB_ENTRY("leaky_relu", leaky_relu),
         FB_ENTRY("clamp", clamp))

}  // namespace fb::FB_ISA
