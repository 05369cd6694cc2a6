// Distances of all rows of matrices: cdist, pdist with the norms of order 1, 2 and infinity.
#include <math.h>

#include "../lanes.h"
#include "../reduction_ops.h"

namespace fb::FB_ISA {
namespace {

template <class C>
struct Absolute : Sum<C> {
  static Vec<C> map(Vec<C> d) { return d < 0 ? -d : d; }
  static C finish(C total) { return total; }
};
template <class C>
struct Squared : Sum<C> {
  static Vec<C> map(Vec<C> d) { return d * d; }
  static C finish(C total) { return static_cast<C>(sqrt(total)); }
};
template <class C>
struct Largest : Max<C> {
  static constexpr C identity() { return 0; }
  static Vec<C> map(Vec<C> d) { return d < 0 ? -d : d; }
  static C finish(C total) { return total; }
};

/// The distance of a row of m elements from each of `count` rows. Sums of 64 steps are added up.
template <class Op, class C>
__attribute__((noinline)) void from_row(C *out, const C *a, const C *rows, int64_t count, int64_t m) {
  constexpr int64_t L = kLanes<C>, kBlock = 64;
  for (int64_t r = 0; r < count; r++, rows += m) {
    Vec<C> total = broadcast<C>(Op::identity());
    for (int64_t i = 0; i < m;) {
      Vec<C> sum = broadcast<C>(Op::identity());
      const int64_t stop = m < i + kBlock * L ? m : i + kBlock * L;
      for (; i + L <= stop; i += L) sum = Op::combine(sum, Op::map(load(a + i) - load(rows + i)));
      for (; i < stop; i += L) sum = Op::combine(sum, Op::map(load_first(a + i, stop - i) - load_first(rows + i, stop - i)));
      total = Op::combine(total, sum);
    }
    out[r] = Op::finish(join_lanes<C>(total, [](auto x, auto y) { return Op::combine(x, y); }));
  }
}

/// Calls f(from_row<…>, element type) for the norm of order p.
template <class F>
int32_t with_norm(int32_t dtype, double p, const F &f) {
  return for_float_or_double(dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) C;
    return f(p == 1 ? from_row<Absolute<C>, C> : p == 2 ? from_row<Squared<C>, C> : from_row<Largest<C>, C>);
  });
}

/// out (batch, n, r) from a (batch, n, m) and b (batch, r, m).
int32_t cdist(const fb_tensor *out, const fb_tensor *a, const fb_tensor *b, double p) {
  const int64_t n = a->dims[1], r = b->dims[1], m = a->dims[2];
  return with_norm(a->dtype, p, [&]<class C>(void (*run)(C *, const C *, const C *, int64_t, int64_t)) {
    parallel_for(a->dims[0] * n, rows_per_chunk(r * (m + 8)), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        run(static_cast<C *>(out->data) + i * r, static_cast<const C *>(a->data) + i * m, static_cast<const C *>(b->data) + i / n * r * m, r, m);
    });
    return int32_t{FB_OK};
  });
}

/// Row i of x (n, m) from the rows after it.
int32_t pdist(const fb_tensor *out, const fb_tensor *x, double p) {
  const int64_t n = x->dims[0], m = x->dims[1];
  return with_norm(x->dtype, p, [&]<class C>(void (*run)(C *, const C *, const C *, int64_t, int64_t)) {
    parallel_for(n, rows_per_chunk(n * (m + 8) / 2), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        run(static_cast<C *>(out->data) + i * (2 * n - i - 1) / 2, static_cast<const C *>(x->data) + i * m,
            static_cast<const C *>(x->data) + (i + 1) * m, n - 1 - i, m);
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(distance, FB_ENTRY("cdist", cdist), FB_ENTRY("pdist", pdist))

}  // namespace fb::FB_ISA
