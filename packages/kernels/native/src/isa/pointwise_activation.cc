// Activation functions that need elementary functions, the derivatives of all activations, and operations of three operands.
#include "../math_blocks.h"

namespace fb::FB_ISA {
namespace {

// ---- functions of one operand ----

FB_MATH(Gelu, gelu(x))
FB_MATH(GeluTanh, gelu_tanh(x))
FB_MATH(Silu, silu(x))
FB_MATH(Mish, mish(x))
FB_MATH(LogSigmoid, (x > 0 ? V{} : x) - log1p(exp(-fabs(x))))
struct Elu {
  double alpha;
  explicit Elu(const double *s) : alpha(s[0]) {}
  template <class V>
  V operator()(V x) const { return x > 0 ? x : expm1(x) * static_cast<Element<V>>(alpha); }
};
struct Softplus {
  double beta, threshold;
  explicit Softplus(const double *s) : beta(s[0]), threshold(s[1]) {}
  template <class V>
  V operator()(V x) const {
    typedef Element<V> T;
    const V scaled = x * static_cast<T>(beta);
    return scaled > static_cast<T>(threshold) ? x : log1p(exp(scaled)) / static_cast<T>(beta);
  }
};

// ---- derivatives: from the gradient and either the function's argument x or its result y ----

#define FB_DERIVATIVE(Name, other, expression)         \
  struct Name {                                        \
    explicit Name(const double *) {}                   \
    template <class V>                                 \
    V operator()(V grad, V other) const {              \
      typedef Element<V> T;                            \
      return expression;                               \
    }                                                  \
  };
FB_DERIVATIVE(ReluBackward, y, y <= T(0) ? V{} : grad)
FB_DERIVATIVE(SigmoidBackward, y, grad *(T(1) - y) * y)
FB_DERIVATIVE(TanhBackward, y, grad *(T(1) - y * y))
FB_DERIVATIVE(HardswishBackward, x, x <= T(-3) ? V{} : (x < T(3) ? grad * (x / T(3) + T(0.5)) : grad))
FB_DERIVATIVE(HardsigmoidBackward, x, (x > T(-3)) & (x < T(3)) ? grad / T(6) : V{})
struct GeluBackward {  // Φ(x) + x φ(x)
  explicit GeluBackward(const double *) {}
  template <class V>
  V operator()(V grad, V x) const {
    const auto normal = normal_distribution(x, broadcast(Element<V>(1)));
    return grad * (normal.cdf + x * normal.kernel * Element<V>(0.3989422804014327));
  }
};
struct SiluBackward {
  explicit SiluBackward(const double *) {}
  template <class V>
  V operator()(V grad, V x) const {
    typedef Element<V> T;
    const V s = sigmoid(x);
    return grad * s * (x * (T(1) - s) + T(1));
  }
};
struct GeluTanhBackward {  // d (x sigmoid(2u)), with u as in gelu_tanh
  explicit GeluTanhBackward(const double *) {}
  template <class V>
  V operator()(V grad, V x) const {
    typedef Element<V> T;
    const V square = x * x, c = broadcast(T(1.5957691216057308));
    const V s = sigmoid(x * (square * T(0.044715) + T(1)) * c), slope = (square * T(3 * 0.044715) + T(1)) * c;
    return grad * (s + x * s * (T(1) - s) * slope);
  }
};
struct LeakyReluBackward {
  double slope;
  explicit LeakyReluBackward(const double *s) : slope(s[0]) {}
  template <class V>
  V operator()(V grad, V x) const { return x > 0 ? grad : grad * static_cast<Element<V>>(slope); }
};
struct EluBackward {
  double alpha;
  explicit EluBackward(const double *s) : alpha(s[0]) {}
  template <class V>
  V operator()(V grad, V y) const { return y > 0 ? grad : grad * (y + static_cast<Element<V>>(alpha)); }
};
struct SoftplusBackward {
  double beta, threshold;
  explicit SoftplusBackward(const double *s) : beta(s[0]), threshold(s[1]) {}
  template <class V>
  V operator()(V grad, V x) const {
    typedef Element<V> T;
    const V scaled = x * static_cast<T>(beta);
    return scaled > static_cast<T>(threshold) ? grad : grad * sigmoid(scaled);
  }
};
struct ClampBackward {
  double min, max;  // NaN = absent
  explicit ClampBackward(const double *s) : min(s[0] == s[0] ? s[0] : -HUGE_VAL), max(s[1] == s[1] ? s[1] : HUGE_VAL) {}
  template <class V>
  V operator()(V grad, V x) const {
    typedef Element<V> T;
    return (x >= static_cast<T>(min)) & (x <= static_cast<T>(max)) ? grad : V{};
  }
};

// ---- three operands ----

struct Addcmul {
  double value;
  explicit Addcmul(const double *s) : value(s[0]) {}
  template <class V>
  V operator()(V self, V a, V b) const { return self + a * b * static_cast<Element<V>>(value); }
};
template <class T>
void integer_addcmul(char *out, const char *const *in, int64_t n, const double *scalars) {  // wraps around
  const auto input = [in](int k) { return reinterpret_cast<const T *>(in[k]); };
  T *o = reinterpret_cast<T *>(out);
  const uint64_t value = static_cast<uint64_t>(static_cast<int64_t>(scalars[0]));
  for (int64_t i = 0; i < n; i++)
    o[i] = static_cast<T>(static_cast<uint64_t>(input(0)[i]) +
                          static_cast<uint64_t>(input(1)[i]) * static_cast<uint64_t>(input(2)[i]) * value);
}
constexpr Functions kAddcmul = {{math_block<Addcmul, float, 3>, math_block<Addcmul, double, 3>, nullptr, nullptr,
                                 integer_addcmul<int64_t>, integer_addcmul<int32_t>, integer_addcmul<int16_t>,
                                 integer_addcmul<int8_t>, integer_addcmul<uint8_t>}};
int32_t addcmul(const fb_tensor *out, const fb_tensor *self, const fb_tensor *a, const fb_tensor *b, double value) {
  const fb_tensor *tensors[] = {out, self, a, b};
  return elementwise(kAddcmul, tensors, 4, kMathGrain, &value);
}

struct Addcdiv {
  double value;
  explicit Addcdiv(const double *s) : value(s[0]) {}
  template <class V>
  V operator()(V self, V a, V b) const { return self + a / b * static_cast<Element<V>>(value); }
};
struct Lerp {  // exact at both ends
  explicit Lerp(const double *) {}
  template <class V>
  V operator()(V self, V end, V weight) const {
    typedef Element<V> T;
    const V difference = end - self;
    return fabs(weight) < T(0.5) ? self + weight * difference : end - difference * (T(1) - weight);
  }
};

// ---- losses ----

/// With d = x - y: scale d²/2 for |d| up to delta, then linear. The squared error is one, too.
struct Huber {
  double delta, scale;
  explicit Huber(const double *s) : delta(s[0]), scale(s[1]) {}
  template <class V>
  V operator()(V x, V y) const {
    typedef Element<V> T;
    const V d = x - y, distance = fabs(d);
    const T linear = delta < HUGE_VAL ? static_cast<T>(delta * scale) : T(0);
    return distance > static_cast<T>(delta) ? (distance - static_cast<T>(delta / 2)) * linear : d * d * static_cast<T>(scale / 2);
  }
};
struct HuberBackward {
  double delta, scale;
  explicit HuberBackward(const double *s) : delta(s[0]), scale(s[1]) {}
  template <class V>
  V operator()(V grad, V x, V y) const {
    typedef Element<V> T;
    return grad * (clamp(x - y, static_cast<T>(-delta), static_cast<T>(delta)) * static_cast<T>(scale));
  }
};
/// log(1 + e) for e in [0, 1]. Fit at Chebyshev points.
inline VecF log1p_of_fraction(VecF e) {
  static constexpr float c[] = {1.0f,         -0.49999893f, 0.33329710f,   -0.24951616f, 0.19663274f,
                                -0.15269667f, 0.10543624f,  -0.056373613f, 0.019542527f, -0.0031760571f};
  return polynomial(e, c) * e;
}
inline VecD log1p_of_fraction(VecD e) { return log1p(e); }
/// The cross-entropy with sigmoid(x). Not inlined: a block's vectors and its tail share the long code.
struct LogitsEntropy {
  explicit LogitsEntropy(const double *) {}
  template <class V>
  __attribute__((noinline)) V operator()(V x, V y) const {
    return fma(-x, y, x > 0 ? x : V{}) + log1p_of_fraction(exp(-fabs(x)));
  }
};
struct LogitsEntropyBackward {
  explicit LogitsEntropyBackward(const double *) {}
  template <class V>
  __attribute__((noinline)) V operator()(V grad, V x, V y) const { return grad * (sigmoid(x) - y); }
};

}  // namespace

FB_GROUP(pointwise_activation,
         FB_ENTRY("huber", math2<Huber, double, double>),
         FB_ENTRY("huber_backward", math3<HuberBackward, double, double>),
         FB_ENTRY("logits_entropy", math2<LogitsEntropy>),
         FB_ENTRY("logits_entropy_backward", math3<LogitsEntropyBackward>),
         FB_ENTRY("gelu", math1<Gelu>),
         FB_ENTRY("gelu_tanh", math1<GeluTanh>),
         FB_ENTRY("silu", math1<Silu>),
         FB_ENTRY("mish", math1<Mish>),
         FB_ENTRY("log_sigmoid", math1<LogSigmoid>),
         FB_ENTRY("elu", math1<Elu, double>),
         FB_ENTRY("softplus", math1<Softplus, double, double>),
         FB_ENTRY("relu_backward", math2<ReluBackward>),
         FB_ENTRY("leaky_relu_backward", math2<LeakyReluBackward, double>),
         FB_ENTRY("elu_backward", math2<EluBackward, double>),
         FB_ENTRY("sigmoid_backward", math2<SigmoidBackward>),
         FB_ENTRY("tanh_backward", math2<TanhBackward>),
         FB_ENTRY("gelu_backward", math2<GeluBackward>),
         FB_ENTRY("gelu_tanh_backward", math2<GeluTanhBackward>),
         FB_ENTRY("silu_backward", math2<SiluBackward>),
         FB_ENTRY("softplus_backward", math2<SoftplusBackward, double, double>),
         FB_ENTRY("hardswish_backward", math2<HardswishBackward>),
         FB_ENTRY("hardsigmoid_backward", math2<HardsigmoidBackward>),
         FB_ENTRY("clamp_backward", math2<ClampBackward, double, double>),
         FB_ENTRY("addcmul", addcmul),
         FB_ENTRY("addcdiv", math3<Addcdiv, double>),
         FB_ENTRY("lerp", math3<Lerp>))

}  // namespace fb::FB_ISA
