// Running products, extremes and log-sum-exps along one dimension. cumsum, which is the one that must be fast, has its own file.
#include <math.h>

#include "../strided.h"

namespace fb::FB_ISA {
namespace {

/// Runs body(self, out, second) with the start of every line along `dim`, in elements.
struct Lines {
  Walk walk;
  int64_t n = 1, step = 1, out_step = 1, second_step = 1;
  __attribute__((noinline)) Lines(const fb_tensor *self, const fb_tensor *out, const fb_tensor *second, int64_t dim) {
    const int axis = static_cast<int>(dim < 0 ? dim + self->ndim : dim);
    for (int d = 0; d < self->ndim; d++) {
      if (d == axis) n = self->dims[d], step = self->strides[d], out_step = out->strides[d], second_step = second->strides[d];
      else walk.push(self->dims[d], self->strides[d], out->strides[d], second->strides[d]);
    }
  }
  template <class Body>
  void each(const Body &body) const {
    run([](const void *context, int64_t a, int64_t b, int64_t c) { (*static_cast<const Body *>(context))(a, b, c); }, &body);
  }
  __attribute__((noinline)) void run(void (*body)(const void *, int64_t, int64_t, int64_t), const void *context) const {
    parallel_for(walk.size(), rows_per_chunk(n), [&](int64_t begin, int64_t end) __attribute__((noinline)) {
      Walk at = walk;
      at.seek(begin);
      for (int64_t i = begin; i < end; i++, at.next()) body(context, at.a, at.b, at.c);
    });
  }
};

/// Floats are multiplied in double, as they are summed.
template <class S>
struct ProductOf {
  typedef S type;
};
template <>
struct ProductOf<float> {
  typedef double type;
};
template <>
struct ProductOf<Half> {
  typedef double type;
};
template <>
struct ProductOf<BFloat16> {
  typedef double type;
};

int32_t cumprod(const fb_tensor *out, const fb_tensor *self, int64_t dim) {
  const Lines lines(self, out, out, dim);
  return for_arithmetic(self->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    lines.each([&](int64_t from, int64_t to, int64_t) {
      const S *const x = static_cast<const S *>(self->data) + from;
      S *const o = static_cast<S *>(out->data) + to;
      typename ProductOf<S>::type product = 1;
      for (int64_t i = 0; i < lines.n; i++) {
        product = static_cast<decltype(product)>(product * widen(x[i * lines.step]));
        o[i * lines.out_step] = narrow<S>(static_cast<Compute<S>>(product));
      }
    });
    return int32_t{FB_OK};
  });
}

/// The extreme element so far and where it stands: of equal ones the last. From the first NaN on it is NaN.
int32_t cumulative_extreme(const fb_tensor *values, const fb_tensor *indices, const fb_tensor *self, int64_t dim, bool greatest) {
  if (numel(self) == 0) return FB_OK;
  const Lines lines(self, values, indices, dim);
  return for_real(self->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    lines.each([&](int64_t from, int64_t to, int64_t to_index) {
      const S *const x = static_cast<const S *>(self->data) + from;
      S *const o = static_cast<S *>(values->data) + to;
      int64_t *const index = static_cast<int64_t *>(indices->data) + to_index;
      int64_t best = 0;
      S element = x[0];
      Compute<S> extreme = widen(element);
      for (int64_t i = 0; i < lines.n; i++) {
        const S candidate = x[i * lines.step];
        const Compute<S> next = widen(candidate);
        if (next != next || (greatest ? next >= extreme : next <= extreme)) best = i, element = candidate, extreme = next;
        o[i * lines.out_step] = element;
        index[i * lines.second_step] = best;
      }
    });
    return int32_t{FB_OK};
  });
}
int32_t cummax(const fb_tensor *values, const fb_tensor *indices, const fb_tensor *self, int64_t dim) {
  return cumulative_extreme(values, indices, self, dim, true);
}
int32_t cummin(const fb_tensor *values, const fb_tensor *indices, const fb_tensor *self, int64_t dim) {
  return cumulative_extreme(values, indices, self, dim, false);
}

/// log(e^a + e^b)
double log_add_exp(double a, double b) {
  if (a != a || b != b) return a + b;
  const double high = a > b ? a : b, low = a > b ? b : a;
  return isinf(high) ? high : high + log1p(exp(low - high));  // of two equal infinities the difference is not 0
}

int32_t logcumsumexp(const fb_tensor *out, const fb_tensor *self, int64_t dim) {
  const Lines lines(self, out, out, dim);
  return for_float(self->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    lines.each([&](int64_t from, int64_t to, int64_t) {
      const S *const x = static_cast<const S *>(self->data) + from;
      S *const o = static_cast<S *>(out->data) + to;
      double total = -INFINITY;
      for (int64_t i = 0; i < lines.n; i++) {
        total = log_add_exp(widen(x[i * lines.step]), total);
        o[i * lines.out_step] = narrow<S>(static_cast<Compute<S>>(total));
      }
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(scan, FB_ENTRY("cumprod", cumprod), FB_ENTRY("cummax", cummax), FB_ENTRY("cummin", cummin), FB_ENTRY("logcumsumexp", logcumsumexp))

}  // namespace fb::FB_ISA
