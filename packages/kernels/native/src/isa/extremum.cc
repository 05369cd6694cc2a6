// Positions of extrema along one dimension: argmax, argmin, max_dim, min_dim. The first of equal elements counts; NaN wins.
// self is brought into the form (outer, n, inner) with contiguous memory.
#include "../reduction_ops.h"

namespace fb::FB_ISA {
namespace {

template <class T, bool Greatest>
inline bool better(T x, T best) {
  if constexpr (kIsFloat<T>) return (Greatest ? x > best : x < best) || (x != x && best == best);
  else return Greatest ? x > best : x < best;
}

/// Best of one contiguous row: values by vectors, block by block, then the position within the best block.
template <class C, bool Greatest>
__attribute__((noinline)) int64_t best_in_row(const C *p, int64_t n) {
  constexpr int64_t L = kLanes<C>, kBlock = 1024;
  C best = p[0];
  int64_t block = 0;
  if (n <= 2 * L) {
    for (int64_t i = 1; i < n; i++)
      if (better<C, Greatest>(p[i], best)) best = p[i], block = i;
    return block;
  }
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t stop = n < i + kBlock ? n : i + kBlock;
    const Vec<C> start = broadcast<C>(p[i]);
    Vec<C> v = start;
    for (int64_t k = i; k < stop; k += L) {
      const int64_t w = stop - k < L ? stop - k : L;
      Vec<C> x = load_as<C>(p + k, w);
      if (w < L) x = first_lanes<C>(w) ? x : start;
      if constexpr (Greatest) v = Max<C>::combine(v, x);
      else v = Min<C>::combine(v, x);
    }
    C lanes[L];
    store(lanes, v);
    for (int64_t l = 0; l < L; l++)
      if (better<C, Greatest>(lanes[l], best)) best = lanes[l], block = i;
  }
  for (int64_t i = block;; i++) {
    const C x = p[i];
    if (x == best || (x != x && best != best)) return i;
  }
}

/// Best of each of `columns` columns, rows `stride` apart.
template <class C, bool Greatest>
__attribute__((noinline)) void best_in_columns(const C *p, int64_t n, int64_t stride, int64_t columns, C *best, int64_t *where) {
  for (int64_t c = 0; c < columns; c++) best[c] = p[c], where[c] = 0;
  for (int64_t r = 1; r < n; r++)
    for (int64_t c = 0; c < columns; c++) {
      const C x = p[r * stride + c];
      const bool take = better<C, Greatest>(x, best[c]);
      best[c] = take ? x : best[c];
      where[c] = take ? r : where[c];
    }
}

/// Element `linear` (row-major) of a tensor, in elements from its start.
inline int64_t address_of(const fb_tensor *t, int64_t linear) {
  int64_t at = 0;
  for (int d = t->ndim - 1; d >= 0; d--) at += linear % t->dims[d] * t->strides[d], linear /= t->dims[d];
  return at;
}

/// Stores the results of one position; values are float for float16 and bfloat16.
struct Results {
  const fb_tensor *values, *indices;
  bool direct;
  Results(const fb_tensor *v, const fb_tensor *i) : values(v), indices(i), direct(is_contiguous(i) && (!v || is_contiguous(v))) {}

  template <class C>
  void write(int64_t at, int64_t where, C value) const {
    static_cast<int64_t *>(indices->data)[direct ? at : address_of(indices, at)] = where;
    if (!values) return;
    const int64_t to = direct ? at : address_of(values, at);
    if constexpr (kSame<C, float>) {
      if (values->dtype != FB_FLOAT32) return narrow(static_cast<Half *>(values->data) + to, &value, 1, values->dtype);
    }
    static_cast<C *>(values->data)[to] = value;
  }
};

template <class C, bool Greatest>
void along(const Results &results, const C *x, int64_t outer, int64_t n, int64_t inner) {
  constexpr int64_t kColumns = 256;
  const int64_t width = inner < kColumns ? inner : kColumns, tiles = (inner + width - 1) / width;
  parallel_for(outer * tiles, rows_per_chunk(n * width), [&](int64_t begin, int64_t end) {
    C best[kColumns];
    int64_t where[kColumns];
    for (int64_t i = begin; i < end; i++) {
      const int64_t c = i % tiles * width, columns = inner - c < width ? inner - c : width;
      const C *const p = x + i / tiles * n * inner + c;
      if (inner == 1) where[0] = best_in_row<C, Greatest>(p, n), best[0] = p[where[0]];
      else best_in_columns<C, Greatest>(p, n, inner, columns, best, where);
      for (int64_t k = 0; k < columns; k++) results.write(i / tiles * inner + c + k, where[k], best[k]);
    }
  });
}

template <bool Greatest>
int32_t values_and_indices(const fb_tensor *values, const fb_tensor *indices, const fb_tensor *self, int64_t dim) {
  const int axis = static_cast<int>(dim < 0 ? dim + self->ndim : dim);
  int64_t outer = 1, n = 1, inner = 1;
  for (int d = 0; d < self->ndim; d++) (d < axis ? outer : d == axis ? n : inner) *= self->dims[d];
  const int64_t total = numel(self), bytes = total * element_size(self->dtype);
  if (total == 0) return FB_OK;
  const bool contiguous = is_contiguous(self), half = self->dtype == FB_FLOAT16 || self->dtype == FB_BFLOAT16;
  Scratch packed(contiguous ? 0 : bytes), widened(half ? total * 4 : 0);
  if (!packed.data || !widened.data) return out_of_memory(bytes + total * 4);
  if (!contiguous) pack(self, packed.data);
  const void *x = contiguous ? self->data : packed.data;
  if (half) {
    parallel_for(total, 32768, [&](int64_t begin, int64_t end) {
      widen(widened.as<float>() + begin, static_cast<const Half *>(x) + begin, end - begin, self->dtype);
    });
    x = widened.data;
  }
  return for_real(half ? FB_FLOAT32 : self->dtype, [&](auto tag) {
    typedef Compute<FB_TYPE_OF(tag)> C;
    along<C, Greatest>(Results(values, indices), static_cast<const C *>(x), outer, n, inner);
    return int32_t{FB_OK};
  });
}

template <bool Greatest>
int32_t indices_only(const fb_tensor *out, const fb_tensor *self, int64_t dim) {
  return values_and_indices<Greatest>(nullptr, out, self, dim);
}

}  // namespace

FB_GROUP(extremum, FB_ENTRY("argmax", indices_only<true>), FB_ENTRY("argmin", indices_only<false>),
         FB_ENTRY("max_dim", values_and_indices<true>), FB_ENTRY("min_dim", values_and_indices<false>))

}  // namespace fb::FB_ISA
