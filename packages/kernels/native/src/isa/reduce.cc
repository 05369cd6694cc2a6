// Reductions over any set of dimensions: sum, prod, mean, amax, amin, any, all, count_nonzero, and the sums that
// statistics consist of.
#include "../reduction_ops.h"
#include "../vector_math.h"

namespace fb::FB_ISA {
namespace {

/// out = reduction of self, both of the dtype that `op` is for; a mean is divided by the number of elements.
__attribute__((noinline)) int32_t reduce_to(const Operation &op, const fb_tensor *out, const fb_tensor *self, fb_numbers dims, const void *parameters,
                                            bool mean = false) {
  const Reducer reducer(self, dims_mask(dims, self->ndim));
  const bool in_place = is_contiguous(out) && op.size == element_size(out->dtype);
  Scratch memory(in_place ? 0 : numel(out) * op.size);
  void *const results = in_place ? out->data : memory.data;
  if (!memory.data || !reducer.run(op, results, parameters)) return out_of_memory(numel(self) * element_size(self->dtype));
  if (in_place && !mean) return FB_OK;
  return for_arithmetic(out->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    Compute<S> *const x = static_cast<Compute<S> *>(results);
    if constexpr (kIsFloat<Compute<S>>)
      parallel_for(mean ? numel(out) : 0, 32768, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) x[i] /= static_cast<Compute<S>>(reducer.plan.elements);
      });
    write_results<S>(out, x);
    return int32_t{FB_OK};
  });
}

/// The operation `Op` on elements of `dtype`, integers as unsigned ones; null if there is none.
template <template <class> class Op>
const Operation *arithmetic_integer(int32_t dtype) {
  switch (dtype) {
    case FB_INT64: return &Steps<Op<uint64_t>, uint64_t, uint64_t>::kOperation;
    case FB_INT32: return &Steps<Op<uint32_t>, uint32_t, uint32_t>::kOperation;
    case FB_INT16: return &Steps<Op<uint16_t>, uint16_t, uint16_t>::kOperation;
    case FB_INT8: case FB_UINT8: case FB_BOOL: return &Steps<Op<uint8_t>, uint8_t, uint8_t>::kOperation;
    default: return nullptr;
  }
}
template <template <class> class Op>
const Operation *floating(int32_t dtype) {
  switch (dtype) {
    case FB_FLOAT32: case FB_FLOAT16: case FB_BFLOAT16: return &Steps<Op<float>, float, float>::kOperation;
    case FB_FLOAT64: return &Steps<Op<double>, double, double>::kOperation;
    default: return nullptr;
  }
}
template <template <class> class Op>
const Operation *arithmetic(int32_t dtype) {
  return dtype <= FB_BFLOAT16 ? floating<Op>(dtype) : arithmetic_integer<Op>(dtype);
}
/// The same for operations that depend on the order of elements.
template <template <class> class Op>
const Operation *ordered(int32_t dtype) {
  switch (dtype) {
    case FB_INT64: return &Steps<Op<int64_t>, int64_t, int64_t>::kOperation;
    case FB_INT32: return &Steps<Op<int32_t>, int32_t, int32_t>::kOperation;
    case FB_INT16: return &Steps<Op<int16_t>, int16_t, int16_t>::kOperation;
    case FB_INT8: return &Steps<Op<int8_t>, int8_t, int8_t>::kOperation;
    case FB_UINT8: case FB_BOOL: return &Steps<Op<uint8_t>, uint8_t, uint8_t>::kOperation;
    default: return floating<Op>(dtype);
  }
}

constexpr uint64_t kNone = 0;  // parameter of operations that take none

int32_t sum(const fb_tensor *out, const fb_tensor *self, fb_numbers dims) {
  if (is_complex(self->dtype)) {
    const fb_tensor o = as_real(out), s = as_real(self);
    return sum(&o, &s, dims);
  }
  const Operation *const op = arithmetic<Sum>(self->dtype);
  return op ? reduce_to(*op, out, self, dims, &kNone) : unsupported_dtype(self->dtype);
}

int32_t mean(const fb_tensor *out, const fb_tensor *self, fb_numbers dims) {
  if (is_complex(self->dtype)) {
    const fb_tensor o = as_real(out), s = as_real(self);
    return mean(&o, &s, dims);
  }
  if (self->dtype > FB_BFLOAT16) return unsupported_dtype(self->dtype);
  return reduce_to(*arithmetic<Sum>(self->dtype), out, self, dims, &kNone, true);
}

int32_t prod(const fb_tensor *out, const fb_tensor *self, fb_numbers dims) {
  const Operation *const op = arithmetic<Prod>(self->dtype);
  return op ? reduce_to(*op, out, self, dims, &kNone) : unsupported_dtype(self->dtype);
}

template <class C>
struct NanSum : Sum<C> {
  static Vec<C> map(Vec<C> x, Vec<C>) { return x == x ? x : Vec<C>{}; }
};
int32_t nansum(const fb_tensor *out, const fb_tensor *self, fb_numbers dims) {
  if (self->dtype > FB_BFLOAT16) return sum(out, self, dims);  // there are no NaNs
  return reduce_to(*floating<NanSum>(self->dtype), out, self, dims, &kNone);
}

// What portable/statistics.cc makes variances, norms and log-sum-exps of, into float or double results.
template <class C>
struct Squares : Sum<C> {
  static Vec<C> map(Vec<C> x, Vec<C>) { return x * x; }
};
template <class C>
struct SquaredDeviations : Sum<C> {
  static constexpr bool kParameter = true;
  static Vec<C> map(Vec<C> x, Vec<C> mean) { return (x - mean) * (x - mean); }
};
template <class C>
struct Exponentials : Sum<C> {
  static constexpr bool kParameter = true;
  static Vec<C> map(Vec<C> x, Vec<C> top) { return exp(x - top); }
};
/// Sums of Op over elements of a floating-point dtype; the contiguous `parameters` hold one value for each.
template <template <class> class Op>
int32_t sum_of(const fb_tensor *out, const fb_tensor *self, fb_numbers dims, const fb_tensor *parameters) {
  return reduce_to(*floating<Op>(self->dtype), out, self, dims, parameters ? parameters->data : &kNone);
}

template <template <class> class Op>
int32_t extreme(const fb_tensor *out, const fb_tensor *self, fb_numbers dims) {
  const Operation *const op = ordered<Op>(self->dtype);
  return op ? reduce_to(*op, out, self, dims, &kNone) : unsupported_dtype(self->dtype);
}

// Truth of an element is read off its bits: parameter = the bits that are not a float's sign.
template <class C>
struct Any {
  static constexpr bool kParameter = false;
  static constexpr C identity() { return 0; }
  static Vec<C> map(Vec<C> bits, Vec<C> mask) { return bits & mask; }
  template <class V>
  static V combine(V a, V b) { return a | b; }
};
template <class C>
struct All {
  static constexpr bool kParameter = false;
  static constexpr C identity() { return static_cast<C>(-1); }
  static Vec<C> map(Vec<C> bits, Vec<C> mask) { return (Vec<C>)((bits & mask) != 0); }
  template <class V>
  static V combine(V a, V b) { return a & b; }
};
struct Count : Sum<uint64_t> {
  static Vec<uint64_t> map(Vec<uint64_t> bits, Vec<uint64_t> mask) { return (Vec<uint64_t>)((bits & mask) != 0) & 1; }
};

uint64_t value_bits(int32_t dtype) {
  switch (dtype) {
    case FB_FLOAT16: case FB_BFLOAT16: return 0x7fff;
    case FB_FLOAT32: return 0x7fffffff;
    case FB_FLOAT64: return ~uint64_t{0} >> 1;
    case FB_COMPLEX64: return 0x7fffffff7fffffff;
    default: return ~uint64_t{0};
  }
}

/// self != 0 for complex128, whose elements fill no vector lane.
void nonzero_complex128(const fb_tensor *self, uint8_t *to) {
  const double *p = static_cast<const double *>(self->data);
  Walk walk;
  for (int d = 0; d < self->ndim; d++) walk.push(self->dims[d], self->strides[d]);
  parallel_for(numel(self), 32768, [&](int64_t begin, int64_t end) {
    Walk at = walk;
    at.seek(begin);
    for (int64_t i = begin; i < end; i++, at.next()) to[i] = (p[2 * at.a] != 0) | (p[2 * at.a + 1] != 0);
  });
}

/// Runs f(tensor, mask) on the elements of `self` as unsigned integers of its size: float16 and bfloat16 must not be widened.
template <class F>
inline int32_t on_bits(const fb_tensor *self, const F &f) {
  constexpr int32_t kBitsOf[9] = {0, FB_UINT8, FB_INT16, 0, FB_INT32, 0, 0, 0, FB_INT64};
  fb_tensor bits = *self;
  if (self->dtype != FB_COMPLEX128) {
    bits.dtype = kBitsOf[element_size(self->dtype)];
    return f(&bits, value_bits(self->dtype));
  }
  Scratch truth(numel(self));
  if (!truth.data) return out_of_memory(numel(self));
  nonzero_complex128(self, truth.as<uint8_t>());
  bits = contiguous_at(self, truth.data);
  bits.dtype = FB_UINT8;
  return f(&bits, ~uint64_t{0});
}

template <template <class> class Op>
int32_t truth(const fb_tensor *out, const fb_tensor *self, fb_numbers dims) {
  return on_bits(self, [&](const fb_tensor *bits, uint64_t mask) {  // the low bytes of the mask are the parameter (little-endian)
    const Operation &op = *arithmetic_integer<Op>(bits->dtype);
    const Reducer reducer(bits, dims_mask(dims, bits->ndim));
    Scratch results(numel(out) * op.size);
    if (!results.data || !reducer.run(op, results.data, &mask)) return out_of_memory(numel(self) * element_size(self->dtype));
    switch (op.size) {
      case 1: write_results<bool>(out, results.as<uint8_t>()); break;
      case 2: write_results<bool>(out, results.as<uint16_t>()); break;
      case 4: write_results<bool>(out, results.as<uint32_t>()); break;
      default: write_results<bool>(out, results.as<uint64_t>());
    }
    return int32_t{FB_OK};
  });
}

int32_t count_nonzero(const fb_tensor *out, const fb_tensor *self, fb_numbers dims) {
  return on_bits(self, [&](const fb_tensor *bits, uint64_t mask) {
    switch (element_size(bits->dtype)) {
      case 1: return reduce_to(Steps<Count, uint64_t, uint8_t>::kOperation, out, bits, dims, &mask);
      case 2: return reduce_to(Steps<Count, uint64_t, uint16_t>::kOperation, out, bits, dims, &mask);
      case 4: return reduce_to(Steps<Count, uint64_t, uint32_t>::kOperation, out, bits, dims, &mask);
      default: return reduce_to(Steps<Count, uint64_t, uint64_t>::kOperation, out, bits, dims, &mask);
    }
  });
}

}  // namespace

FB_GROUP(reduce, FB_ENTRY("sum", sum), FB_ENTRY("nansum", nansum), FB_ENTRY("sum_squares", sum_of<Squares>),
         FB_ENTRY("sum_squared_deviations", sum_of<SquaredDeviations>), FB_ENTRY("sum_exponentials", sum_of<Exponentials>),
         FB_ENTRY("prod", prod), FB_ENTRY("mean", mean), FB_ENTRY("amax", extreme<Max>), FB_ENTRY("amin", extreme<Min>),
         FB_ENTRY("any", truth<Any>), FB_ENTRY("all", truth<All>), FB_ENTRY("count_nonzero", count_nonzero))

}  // namespace fb::FB_ISA
