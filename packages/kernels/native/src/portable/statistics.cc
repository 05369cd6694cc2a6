// Reductions with a function around them: var, norm, logsumexp. Floating-point dtypes.
#include <math.h>

#include "../reduction_ops.h"
#include "../vector_math.h"

namespace fb::FB_ISA {
namespace {

template <class C>
inline Vec<C> magnitude(Vec<C> x) {
  return x < 0 ? -x : x;
}
template <class C>
struct SquaredDeviation : Sum<C> {
  static constexpr bool kParameter = true;
  static Vec<C> map(Vec<C> x, Vec<C> mean) { return (x - mean) * (x - mean); }
};
template <class C>
struct ExpDifference : Sum<C> {
  static constexpr bool kParameter = true;
  static Vec<C> map(Vec<C> x, Vec<C> top) { return exp(x - top); }
};
template <class C>
struct Squares : Sum<C> {
  static Vec<C> map(Vec<C> x, Vec<C>) { return x * x; }
};
template <class C>
struct Magnitudes : Sum<C> {
  static Vec<C> map(Vec<C> x, Vec<C>) { return magnitude<C>(x); }
};
template <class C>
struct Nonzeros : Sum<C> {
  static Vec<C> map(Vec<C> x, Vec<C>) { return x != 0 ? Vec<C>{} + 1 : Vec<C>{}; }
};
template <class C>
struct Powers : Sum<C> {
  static Vec<C> map(Vec<C> x, Vec<C> p) {
    for (int64_t i = 0; i < kLanes<C>; i++) x[i] = static_cast<C>(pow(::fabs(static_cast<double>(x[i])), static_cast<double>(p[i])));
    return x;
  }
};
template <class C>
struct LargestMagnitude : Max<C> {
  static constexpr C identity() { return 0; }
  static Vec<C> map(Vec<C> x, Vec<C>) { return magnitude<C>(x); }
};
template <class C>
struct SmallestMagnitude : Min<C> {
  static Vec<C> map(Vec<C> x, Vec<C>) { return magnitude<C>(x); }
};

/// Two values per output in the compute type, float or double.
template <class C>
struct Values {
  const fb_tensor *out;
  const Reducer reducer;
  const int64_t n, bytes;
  Scratch first, second;
  C *a, *b;

  Values(const fb_tensor *o, const fb_tensor *self, fb_numbers dims)
      : out(o), reducer(self, dims_mask(dims, self->ndim)), n(numel(out)), bytes(numel(self) * element_size(self->dtype)),
        first(n * static_cast<int64_t>(sizeof(C))), second(n * static_cast<int64_t>(sizeof(C))), a(first.as<C>()), b(second.as<C>()) {}

  template <template <class> class Op>
  bool run(C *results, const C *parameters) const {
    return a && b && reducer.run(Steps<Op<C>, C, C>::kOperation, results, parameters);
  }
  int32_t write(const C *results) const {
    return for_float(out->dtype, [&](auto tag) {
      typedef FB_TYPE_OF(tag) S;
      if constexpr (kSame<Compute<S>, C>) write_results<S>(out, results);
      return int32_t{FB_OK};
    });
  }
};

template <class C>
int32_t variance(const Values<C> &v, double correction) {
  const C none = 0;
  if (!v.template run<Sum>(v.a, &none)) return out_of_memory(v.bytes);
  const double count = static_cast<double>(v.reducer.plan.elements), degrees = count > correction ? count - correction : 0;
  for (int64_t i = 0; i < v.n; i++) v.a[i] = static_cast<C>(static_cast<double>(v.a[i]) / count);
  if (!v.template run<SquaredDeviation>(v.b, v.a)) return out_of_memory(v.bytes);
  for (int64_t i = 0; i < v.n; i++) v.b[i] = static_cast<C>(static_cast<double>(v.b[i]) / degrees);
  return v.write(v.b);
}

template <class C>
int32_t vector_norm(const Values<C> &v, double p) {
  const C power = static_cast<C>(p);
  const bool ok = p == 2   ? v.template run<Squares>(v.a, &power)
                  : p == 1 ? v.template run<Magnitudes>(v.a, &power)
                  : p == 0 ? v.template run<Nonzeros>(v.a, &power)
                  : isinf(p) ? p > 0 ? v.template run<LargestMagnitude>(v.a, &power) : v.template run<SmallestMagnitude>(v.a, &power)
                             : v.template run<Powers>(v.a, &power);
  if (!ok) return out_of_memory(v.bytes);
  if (p == 2)
    for (int64_t i = 0; i < v.n; i++) v.a[i] = static_cast<C>(sqrt(static_cast<double>(v.a[i])));
  else if (p != 1 && p != 0 && !isinf(p))
    for (int64_t i = 0; i < v.n; i++) v.a[i] = static_cast<C>(pow(static_cast<double>(v.a[i]), 1 / p));
  return v.write(v.a);
}

template <class C>
int32_t log_sum_exp(const Values<C> &v) {
  const C none = 0;
  if (!v.template run<Max>(v.a, &none)) return out_of_memory(v.bytes);
  for (int64_t i = 0; i < v.n; i++)
    if (isinf(v.a[i])) v.a[i] = 0;
  if (!v.template run<ExpDifference>(v.b, v.a)) return out_of_memory(v.bytes);
  for (int64_t i = 0; i < v.n; i++) v.b[i] = static_cast<C>(static_cast<double>(v.a[i]) + ::log(static_cast<double>(v.b[i])));
  return v.write(v.b);
}

int32_t var(const fb_tensor *out, const fb_tensor *self, fb_numbers dims, double correction) {
  if (self->dtype > FB_BFLOAT16) return unsupported_dtype(self->dtype);
  return self->dtype == FB_FLOAT64 ? variance(Values<double>(out, self, dims), correction) : variance(Values<float>(out, self, dims), correction);
}
int32_t norm(const fb_tensor *out, const fb_tensor *self, fb_numbers dims, double p) {
  if (self->dtype > FB_BFLOAT16) return unsupported_dtype(self->dtype);
  return self->dtype == FB_FLOAT64 ? vector_norm(Values<double>(out, self, dims), p) : vector_norm(Values<float>(out, self, dims), p);
}
int32_t logsumexp(const fb_tensor *out, const fb_tensor *self, fb_numbers dims) {
  if (self->dtype > FB_BFLOAT16) return unsupported_dtype(self->dtype);
  return self->dtype == FB_FLOAT64 ? log_sum_exp(Values<double>(out, self, dims)) : log_sum_exp(Values<float>(out, self, dims));
}

}  // namespace

FB_GROUP(statistics, FB_ENTRY("var", var), FB_ENTRY("norm", norm), FB_ENTRY("logsumexp", logsumexp))

}  // namespace fb::FB_ISA
