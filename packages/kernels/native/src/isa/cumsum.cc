// Running sums along one dimension; floats add up in double.
#include "../strided.h"

namespace fb::FB_ISA {
namespace {

template <class S>
struct SumType {
  typedef S type;
};
template <>
struct SumType<float> {
  typedef double type;
};
template <>
struct SumType<Half> {
  typedef double type;
};
template <>
struct SumType<BFloat16> {
  typedef double type;
};

/// One column, whose total stays in a register.
template <class S>
__attribute__((noinline)) void run_column(S *out, const S *in, int64_t n, int64_t out_step, int64_t in_step) {
  typename SumType<S>::type total = 0;
  for (int64_t i = 0; i < n; i++) {
    total = static_cast<decltype(total)>(total + static_cast<decltype(total)>(widen(in[i * in_step])));
    out[i * out_step] = narrow<S>(static_cast<Compute<S>>(total));
  }
}

/// Columns side by side, n steps down.
template <class S>
__attribute__((noinline)) void run_columns(S *out, const S *in, int64_t n, int64_t out_step, int64_t in_step, int64_t columns, int64_t out_stride,
                                           int64_t in_stride) {
  typedef typename SumType<S>::type A;
  if (in_step == 1 || columns == 1) {
    for (int64_t c = 0; c < columns; c++) run_column(out + c * out_stride, in + c * in_stride, n, out_step, in_step);
    return;
  }
  constexpr int64_t kColumns = 64;
  A total[kColumns];
  for (int64_t first = 0; first < columns; first += kColumns) {
    const int64_t width = columns - first < kColumns ? columns - first : kColumns;
    for (int64_t c = 0; c < width; c++) total[c] = 0;
    for (int64_t i = 0; i < n; i++) {
      const S *const x = in + i * in_step + first * in_stride;
      S *const o = out + i * out_step + first * out_stride;
      for (int64_t c = 0; c < width; c++) {
        total[c] = static_cast<A>(total[c] + static_cast<A>(widen(x[c * in_stride])));
        o[c * out_stride] = narrow<S>(static_cast<Compute<S>>(total[c]));
      }
    }
  }
}

int32_t cumsum(const fb_tensor *out, const fb_tensor *self, int64_t dim) {
  if (is_complex(self->dtype)) {
    const fb_tensor o = as_real(out), s = as_real(self);
    return cumsum(&o, &s, dim < 0 ? dim + self->ndim : dim);
  }
  const int axis = static_cast<int>(dim < 0 ? dim + self->ndim : dim);
  const int64_t total = numel(self);
  if (total == 0) return FB_OK;
  const int64_t n = self->ndim ? self->dims[axis] : 1, in_step = self->ndim ? self->strides[axis] : 1, out_step = self->ndim ? out->strides[axis] : 1;
  Walk walk;
  for (int d = 0; d < self->ndim; d++)
    if (d != axis) walk.push(self->dims[d], self->strides[d], out->strides[d]);
  Run run(walk);
  constexpr int64_t kTile = 256;
  const int64_t tiles = (run.n + kTile - 1) / kTile;
  return for_arithmetic(self->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    parallel_for(walk.size() * tiles, rows_per_chunk(n * (run.n < kTile ? run.n : kTile)), [&](int64_t begin, int64_t end) {
      Walk at = walk;
      at.seek(begin / tiles);
      for (int64_t i = begin; i < end; i++) {
        const int64_t first = i % tiles * kTile, columns = run.n - first < kTile ? run.n - first : kTile;
        run_columns<S>(static_cast<S *>(out->data) + at.b + first * run.b, static_cast<const S *>(self->data) + at.a + first * run.a, n, out_step,
                       in_step, columns, run.b, run.a);
        if (first + columns == run.n) at.next();
      }
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(cumsum, FB_ENTRY("cumsum", cumsum))

}  // namespace fb::FB_ISA
