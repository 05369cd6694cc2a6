// Softmax and log-softmax over one dimension of contiguous tensors, seen as (outer, n, inner).
#include <math.h>

#include "../lanes.h"
#include "../reduction_ops.h"
#include "../vector_math.h"

namespace fb::FB_ISA {
namespace {

struct Extent {
  int64_t outer = 1, n = 1, inner = 1;
  Extent(const fb_tensor *t, int64_t dim) {
    if (t->ndim == 0) return;
    if (dim < 0) dim += t->ndim;
    for (int d = 0; d < t->ndim; d++) (d < dim ? outer : d == dim ? n : inner) *= t->dims[d];
  }
};

// One row in contiguous memory. Rows of -inf alone give NaN, as in PyTorch.
template <class S, bool Log>
__attribute__((noinline)) void softmax_row(S *out, const S *x, int64_t n) {
  typedef Compute<S> C;
  constexpr int64_t L = kLanes<C>;
  Vec<C> m = broadcast<C>(least<C>());
  for (int64_t i = 0; i < n; i += L) {
    const Vec<C> v = load_first(x + i, n - i);
    m = Max<C>::combine(m, first_lanes<C>(n - i) ? v : m);
  }
  const Vec<C> top = broadcast<C>(join_lanes<C>(m, [](auto a, auto b) { return Max<C>::combine(a, b); }));
  Vec<C> total = {}, block = {};
  int64_t steps = 0;
  for (int64_t i = 0; i < n; i += L) {
    const Vec<C> e = exp(load_first(x + i, n - i) - top);
    if constexpr (!Log && kSame<S, C>) store_first(out + i, e, n - i);
    block += first_lanes<C>(n - i) ? e : Vec<C>{};
    if (++steps % 64 == 0) total += block, block = Vec<C>{};
  }
  const C sum = sum_lanes<C>(total + block);
  const Vec<C> shift = top + static_cast<C>(::log(static_cast<double>(sum))), scale = broadcast<C>(1 / sum);
  for (int64_t i = 0; i < n; i += L) {
    if constexpr (Log) store_first(out + i, load_first(x + i, n - i) - shift, n - i);
    else if constexpr (kSame<S, C>) store_first(out + i, load_first(out + i, n - i) * scale, n - i);
    else store_first(out + i, exp(load_first(x + i, n - i) - top) * scale, n - i);
  }
}

// n rows `stride` apart, one vector of columns.
template <class S, bool Log>
__attribute__((noinline)) void softmax_columns(S *out, const S *x, int64_t n, int64_t stride, int64_t w) {
  typedef Compute<S> C;
  Vec<C> top = broadcast<C>(least<C>());
  for (int64_t i = 0; i < n; i++) top = Max<C>::combine(top, load_as<C>(x + i * stride, w));
  Vec<C> total = {}, block = {};
  for (int64_t i = 0; i < n; i++) {
    const Vec<C> e = exp(load_as<C>(x + i * stride, w) - top);
    if constexpr (!Log && kSame<S, C>) store_as(out + i * stride, e, w);
    block += e;
    if (i % 64 == 63) total += block, block = Vec<C>{};
  }
  total += block;
  Vec<C> shift = top;
  if constexpr (Log)
    for (int64_t l = 0; l < kLanes<C>; l++) shift[l] += static_cast<C>(::log(static_cast<double>(total[l])));
  const Vec<C> scale = 1 / total;
  for (int64_t i = 0; i < n; i++) {
    if constexpr (Log) store_as(out + i * stride, load_as<C>(x + i * stride, w) - shift, w);
    else if constexpr (kSame<S, C>) store_as(out + i * stride, load_as<C>(out + i * stride, w) * scale, w);
    else store_as(out + i * stride, exp(load_as<C>(x + i * stride, w) - top) * scale, w);
  }
}

// softmax: gi = (g - sum(g r)) r. log_softmax: gi = g - exp(r) sum(g).
template <class S, bool Log>
inline Vec<Compute<S>> summand(Vec<Compute<S>> g, Vec<Compute<S>> r) {
  if constexpr (Log) return g;
  else return g * r;
}
template <class S, bool Log>
inline Vec<Compute<S>> input_grad(Vec<Compute<S>> g, Vec<Compute<S>> r, Vec<Compute<S>> sum) {
  if constexpr (Log) return g - exp(r) * sum;
  else return (g - sum) * r;
}

template <class S, bool Log>
__attribute__((noinline)) void backward_row(S *gi, const S *g, const S *r, int64_t n) {
  typedef Compute<S> C;
  constexpr int64_t L = kLanes<C>;
  Vec<C> total = {}, block = {};
  int64_t steps = 0;
  for (int64_t i = 0; i < n; i += L) {
    block += summand<S, Log>(load_first(g + i, n - i), load_first(r + i, n - i));
    if (++steps % 64 == 0) total += block, block = Vec<C>{};
  }
  const Vec<C> sum = broadcast<C>(sum_lanes<C>(total + block));
  for (int64_t i = 0; i < n; i += L) store_first(gi + i, input_grad<S, Log>(load_first(g + i, n - i), load_first(r + i, n - i), sum), n - i);
}

template <class S, bool Log>
__attribute__((noinline)) void backward_columns(S *gi, const S *g, const S *r, int64_t n, int64_t stride, int64_t w) {
  typedef Compute<S> C;
  Vec<C> total = {}, block = {};
  for (int64_t i = 0; i < n; i++) {
    block += summand<S, Log>(load_as<C>(g + i * stride, w), load_as<C>(r + i * stride, w));
    if (i % 64 == 63) total += block, block = Vec<C>{};
  }
  total += block;
  for (int64_t i = 0; i < n; i++)
    store_as(gi + i * stride, input_grad<S, Log>(load_as<C>(g + i * stride, w), load_as<C>(r + i * stride, w), total), w);
}

/// row(offset) for every row, or columns(offset, width) for every vector of columns, in parallel.
template <class C, class Row, class Columns>
inline void for_lines(const Extent &e, const Row &row, const Columns &columns) {
  if (e.inner == 1) {
    parallel_for(e.outer, rows_per_chunk(e.n, 8192), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++) row(o * e.n);
    });
    return;
  }
  constexpr int64_t L = kLanes<C>;
  const int64_t groups = (e.inner + L - 1) / L;
  parallel_for(e.outer * groups, rows_per_chunk(e.n * L, 8192), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t c = i % groups * L;
      columns(i / groups * e.n * e.inner + c, e.inner - c < L ? e.inner - c : L);
    }
  });
}

template <bool Log>
int32_t forward(const fb_tensor *out, const fb_tensor *self, int64_t dim) {
  const Extent e(self, dim);
  if (numel(self) == 0) return FB_OK;
  return for_float(self->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    S *const o = static_cast<S *>(out->data);
    const S *const x = static_cast<const S *>(self->data);
    for_lines<Compute<S>>(e, [&](int64_t at) { softmax_row<S, Log>(o + at, x + at, e.n); },
                          [&](int64_t at, int64_t w) { softmax_columns<S, Log>(o + at, x + at, e.n, e.inner, w); });
    return int32_t{FB_OK};
  });
}

template <bool Log>
int32_t backward(const fb_tensor *grad_input, const fb_tensor *grad, const fb_tensor *result, int64_t dim) {
  const Extent e(grad, dim);
  if (numel(grad) == 0) return FB_OK;
  return for_float(grad->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    S *const gi = static_cast<S *>(grad_input->data);
    const S *const g = static_cast<const S *>(grad->data), *const r = static_cast<const S *>(result->data);
    for_lines<Compute<S>>(e, [&](int64_t at) { backward_row<S, Log>(gi + at, g + at, r + at, e.n); },
                          [&](int64_t at, int64_t w) { backward_columns<S, Log>(gi + at, g + at, r + at, e.n, e.inner, w); });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(softmax, FB_ENTRY("softmax", forward<false>), FB_ENTRY("log_softmax", forward<true>), FB_ENTRY("softmax_backward", backward<false>),
         FB_ENTRY("log_softmax_backward", backward<true>))

}  // namespace fb::FB_ISA
