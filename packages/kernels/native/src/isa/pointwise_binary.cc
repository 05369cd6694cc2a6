// Arithmetic of two operands.
#include <math.h>

#include "../elementwise.h"

namespace fb::FB_ISA {
namespace {

template <class T>
constexpr bool kIsFloat = false;
template <>
constexpr bool kIsFloat<float> = true;
template <>
constexpr bool kIsFloat<double> = true;

// Integers are computed as unsigned numbers, which wrap around.
template <class T>
struct Arithmetic {
  typedef uint32_t type;
};
template <>
struct Arithmetic<int64_t> {
  typedef uint64_t type;
};
template <>
struct Arithmetic<float> {
  typedef float type;
};
template <>
struct Arithmetic<double> {
  typedef double type;
};
template <class T>
using As = typename Arithmetic<T>::type;

template <class Op, class T>
void block(char *out, const char *const *in, int64_t n, const double *) {
  const T *a = reinterpret_cast<const T *>(in[0]), *b = reinterpret_cast<const T *>(in[1]);
  T *o = reinterpret_cast<T *>(out);
  FB_VECTORIZE
  for (int64_t i = 0; i < n; i++) o[i] = Op::of(a[i], b[i]);
}

struct Add {
  template <class T>
  static T of(T a, T b) { return static_cast<T>(static_cast<As<T>>(a) + static_cast<As<T>>(b)); }
};
struct Sub {
  template <class T>
  static T of(T a, T b) { return static_cast<T>(static_cast<As<T>>(a) - static_cast<As<T>>(b)); }
};
struct Mul {
  template <class T>
  static T of(T a, T b) { return static_cast<T>(static_cast<As<T>>(a) * static_cast<As<T>>(b)); }
};
struct Or {
  template <class T>
  static T of(T a, T b) { return static_cast<T>(a | b); }
};
struct And {
  template <class T>
  static T of(T a, T b) { return static_cast<T>(a & b); }
};
struct Xor {
  template <class T>
  static T of(T a, T b) { return static_cast<T>(a ^ b); }
};
struct Maximum {
  template <class T>
  static T of(T a, T b) { return a > b || a != a ? a : b; }
};
struct Minimum {
  template <class T>
  static T of(T a, T b) { return a < b || a != a ? a : b; }
};

// Division truncates on integers; by zero it gives 0, and the least integer by -1 wraps around.
template <class T>
bool safe_divisor(T b) { return b != 0 && b != static_cast<T>(-1); }

struct Div {
  template <class T>
  static T of(T a, T b) {
    if constexpr (kIsFloat<T>) return a / b;
    else return safe_divisor(b) ? static_cast<T>(a / b) : (b == 0 ? T(0) : negate_or_quotient(a, b));
  }
  template <class T>
  static T negate_or_quotient(T a, T b) {
    if constexpr (static_cast<T>(-1) > T(0)) return static_cast<T>(a / b);  // unsigned: -1 is an ordinary divisor
    else return static_cast<T>(As<T>(0) - static_cast<As<T>>(a));
  }
};
struct Fmod {
  template <class T>
  static T of(T a, T b) {
    if constexpr (sizeof(T) == 4 && kIsFloat<T>) return fmodf(a, b);
    else if constexpr (kIsFloat<T>) return fmod(a, b);
    else return b == 0 || b == static_cast<T>(-1) ? (b == 0 || T(-1) < T(0) ? T(0) : static_cast<T>(a % b)) : static_cast<T>(a % b);
  }
};
/// The result has the divisor's sign, as in Python.
struct Remainder {
  template <class T>
  static T of(T a, T b) {
    const T r = Fmod::of(a, b);
    return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(r + b) : r;
  }
};
struct FloorDivide {
  template <class T>
  static T of(T a, T b) {
    if constexpr (kIsFloat<T>) {
      // As in Python: exact even where a / b rounds up to the next integer.
      if (b == 0) return a / b;
      const T r = Fmod::of(a, b);
      T q = (a - r) / b;
      if (r != 0 && (r < 0) != (b < 0)) q -= 1;
      if (q == 0) return copysign(T(0), a / b);
      T whole = floor(q);
      return q - whole > T(0.5) ? whole + 1 : whole;
    } else {
      const T q = Div::of(a, b), r = Fmod::of(a, b);
      return r != 0 && (r < 0) != (b < 0) ? static_cast<T>(q - 1) : q;
    }
  }
};

// ---- complex numbers: pairs ----

template <class Op, class T>
void pairs(char *out, const char *const *in, int64_t n, const double *s) { block<Op, T>(out, in, 2 * n, s); }

/// A product that is rounded by itself: GCC 12 fuses the products of complex arithmetic in vector code whatever
/// -ffp-contract says, and then results would depend on where an element stands.
template <class T>
inline T product(T a, T b) {
  T p = a * b;
#if defined(__x86_64__)
  asm("" : "+x"(p));
#elif defined(__aarch64__)
  asm("" : "+w"(p));
#endif
  return p;
}

template <class T>
void complex_mul(char *out, const char *const *in, int64_t n, const double *) {
  const T *a = reinterpret_cast<const T *>(in[0]), *b = reinterpret_cast<const T *>(in[1]);
  T *o = reinterpret_cast<T *>(out);
  for (int64_t i = 0; i < n; i++) {
    const T ar = a[2 * i], ai = a[2 * i + 1], br = b[2 * i], bi = b[2 * i + 1];
    o[2 * i] = product(ar, br) - product(ai, bi);
    o[2 * i + 1] = product(ar, bi) + product(ai, br);
  }
}

// Smith's method: no overflow on the way to a result that has none.
template <class T>
void complex_div(char *out, const char *const *in, int64_t n, const double *) {
  const T *a = reinterpret_cast<const T *>(in[0]), *b = reinterpret_cast<const T *>(in[1]);
  T *o = reinterpret_cast<T *>(out);
  for (int64_t i = 0; i < n; i++) {
    const T ar = a[2 * i], ai = a[2 * i + 1], br = b[2 * i], bi = b[2 * i + 1];
    const T br_abs = br < 0 ? -br : br, bi_abs = bi < 0 ? -bi : bi;
    if (br_abs >= bi_abs) {
      const T ratio = br_abs == 0 ? T(0) : bi / br, scale = 1 / (br + product(bi, ratio));
      o[2 * i] = (ar + product(ai, ratio)) * scale;
      o[2 * i + 1] = (ai - product(ar, ratio)) * scale;
    } else {
      const T ratio = br / bi, scale = 1 / (product(br, ratio) + bi);
      o[2 * i] = (product(ar, ratio) + ai) * scale;
      o[2 * i + 1] = (product(ai, ratio) - ar) * scale;
    }
  }
}

// ---- tables by dtype: float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128 ----

template <class Op>
constexpr Functions numeric(BlockFunction boolean = nullptr, BlockFunction c64 = nullptr, BlockFunction c128 = nullptr) {
  return {{block<Op, float>, block<Op, double>, nullptr, nullptr, block<Op, int64_t>, block<Op, int32_t>, block<Op, int16_t>,
           block<Op, int8_t>, block<Op, uint8_t>, boolean, c64, c128}};
}
template <class Op>
constexpr Functions integral = {{nullptr, nullptr, nullptr, nullptr, block<Op, int64_t>, block<Op, int32_t>, block<Op, int16_t>,
                                 block<Op, int8_t>, block<Op, uint8_t>, block<Op, uint8_t>}};

constexpr Functions kAdd = numeric<Add>(block<Or, uint8_t>, pairs<Add, float>, pairs<Add, double>);
constexpr Functions kSub = numeric<Sub>(nullptr, pairs<Sub, float>, pairs<Sub, double>);
constexpr Functions kMul = numeric<Mul>(block<And, uint8_t>, complex_mul<float>, complex_mul<double>);
constexpr Functions kDiv = numeric<Div>(nullptr, complex_div<float>, complex_div<double>);
constexpr Functions kFmod = numeric<Fmod>(), kRemainder = numeric<Remainder>(), kFloorDivide = numeric<FloorDivide>();
constexpr Functions kMaximum = numeric<Maximum>(block<Or, uint8_t>), kMinimum = numeric<Minimum>(block<And, uint8_t>);

template <const Functions &Table, int64_t Grain = kCheapGrain>
int32_t binary(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b) {
  const fb_tensor *tensors[] = {out, a, b};
  return elementwise(Table, tensors, 3, Grain);
}

}  // namespace

FB_GROUP(pointwise_binary,
         FB_ENTRY("add", binary<kAdd>),
         FB_ENTRY("sub", binary<kSub>),
         FB_ENTRY("mul", binary<kMul>),
         FB_ENTRY("div", binary<kDiv>),
         FB_ENTRY("fmod", binary<kFmod, kMathGrain>),
         FB_ENTRY("remainder", binary<kRemainder, kMathGrain>),
         FB_ENTRY("floor_divide", binary<kFloorDivide, kMathGrain>),
         FB_ENTRY("maximum", binary<kMaximum>),
         FB_ENTRY("minimum", binary<kMinimum>),
         FB_ENTRY("bitwise_and", binary<integral<And>>),
         FB_ENTRY("bitwise_or", binary<integral<Or>>),
         FB_ENTRY("bitwise_xor", binary<integral<Xor>>))

}  // namespace fb::FB_ISA
