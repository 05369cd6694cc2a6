// Reductions with a function around them: var, norm, logsumexp. Floating-point dtypes. The sums that most calls consist of are kernels
// of the ISA level.
#include <math.h>

#include "../reduction_ops.h"

namespace fb::FB_ISA {
namespace {

template <class C>
inline Vec<C> magnitude(Vec<C> x) {
  return x < 0 ? -x : x;
}
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

double *push(double *at, const fb_tensor *t) {
  if (!t) return *at = 0, at + 1;
  *at++ = static_cast<double>(reinterpret_cast<uintptr_t>(t->data)), *at++ = t->dtype, *at++ = t->ndim;
  for (int d = 0; d < t->ndim; d++) at[d] = static_cast<double>(t->dims[d]), at[t->ndim + d] = static_cast<double>(t->strides[d]);
  return at + 2 * t->ndim;
}

/// Two values per output in the compute type, float or double.
template <class C>
struct Values {
  const fb_tensor *out;
  const fb_numbers dims;
  const Reducer reducer;
  const fb_tensor self;  // packed where kernels would pack it
  const int64_t n, bytes;
  Scratch first, second;
  C *a, *b;

  Values(const fb_tensor *o, const fb_tensor *x, fb_numbers d)
      : out(o), dims(d), reducer(x, dims_mask(d, x->ndim)), self(reducer.fits || !reducer.packed.data ? *x : contiguous_at(x, reducer.packed.data)),
        n(numel(out)), bytes(numel(x) * element_size(x->dtype)), first(n * static_cast<int64_t>(sizeof(C))),
        second(n * static_cast<int64_t>(sizeof(C))), a(first.as<C>()), b(second.as<C>()) {}

  template <template <class> class Op>
  bool run(C *results, const C *parameters) const {
    return a && b && reducer.run(Steps<Op<C>, C, C>::kOperation, results, parameters);
  }
  /// The same with a kernel of the ISA level.
  bool call(int32_t kernel, C *results, const C *parameters = nullptr) const {
    if (!a || !b || !reducer.packed.data) return false;
    fb_tensor to = contiguous_at(out, results), given = contiguous_at(out, const_cast<C *>(parameters));
    to.dtype = given.dtype = kSame<C, float> ? FB_FLOAT32 : FB_FLOAT64;
    double frame[8 + 7 * FB_MAX_DIMS + 9], *at = frame;
    *at++ = kernel;
    at = push(push(at, &to), &self);
    *at++ = static_cast<double>(dims.count);
    for (int64_t i = 0; i < dims.count; i++) *at++ = dims.items[i];
    push(at, parameters ? &given : nullptr);
    fb_call(frame);
    return static_cast<int32_t>(frame[0]) == FB_OK;
  }
  /// results[i] = f(i)
  template <class F>
  void each(C *results, const F &f) const {
    parallel_for(n, 4096, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) results[i] = static_cast<C>(f(i));
    });
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
  static const int32_t sum = fb_find("sum"), deviations = fb_find("sum_squared_deviations");
  if (!v.call(sum, v.a)) return out_of_memory(v.bytes);
  const double count = static_cast<double>(v.reducer.plan.elements), degrees = count > correction ? count - correction : 0;
  v.each(v.a, [&](int64_t i) { return static_cast<double>(v.a[i]) / count; });
  if (!v.call(deviations, v.b, v.a)) return out_of_memory(v.bytes);
  v.each(v.b, [&](int64_t i) { return static_cast<double>(v.b[i]) / degrees; });
  return v.write(v.b);
}

template <class C>
int32_t vector_norm(const Values<C> &v, double p) {
  static const int32_t squares = fb_find("sum_squares");
  const C power = static_cast<C>(p);
  const bool ok = p == 2   ? v.call(squares, v.a)
                  : p == 1 ? v.template run<Magnitudes>(v.a, &power)
                  : p == 0 ? v.template run<Nonzeros>(v.a, &power)
                  : isinf(p) ? p > 0 ? v.template run<LargestMagnitude>(v.a, &power) : v.template run<SmallestMagnitude>(v.a, &power)
                             : v.template run<Powers>(v.a, &power);
  if (!ok) return out_of_memory(v.bytes);
  if (p == 2) v.each(v.a, [&](int64_t i) { return sqrt(static_cast<double>(v.a[i])); });
  else if (p != 1 && p != 0 && !isinf(p)) v.each(v.a, [&](int64_t i) { return pow(static_cast<double>(v.a[i]), 1 / p); });
  return v.write(v.a);
}

template <class C>
int32_t log_sum_exp(const Values<C> &v) {
  static const int32_t amax = fb_find("amax"), exponentials = fb_find("sum_exponentials");
  if (!v.call(amax, v.a)) return out_of_memory(v.bytes);
  for (int64_t i = 0; i < v.n; i++)
    if (isinf(v.a[i])) v.a[i] = 0;
  if (!v.call(exponentials, v.b, v.a)) return out_of_memory(v.bytes);
  v.each(v.b, [&](int64_t i) { return static_cast<double>(v.a[i]) + ::log(static_cast<double>(v.b[i])); });
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
