// The engine under the reductions: an operation, given as map and combine on vectors, over any set of dimensions of a strided
// tensor. It reads along memory: either the innermost reduced dimension lies in the vectors (rows) or a kept one does (columns).
// The reduced range is cut into parts of fixed size and their results combined pairwise, so that long float sums stay accurate
// and long reductions of few outputs use all threads; the cuts depend on the shape alone.
#pragma once
#include "convert.h"
#include "strided.h"

namespace fb::FB_ISA {
namespace {

struct ReductionPlan {
  const void *data;
  int32_t dtype;
  Walk kept;     // stride a: in self, b: in the results; without the column dimension
  Walk reduced;  // stride a: in self; outermost first, without the innermost
  int64_t run = 1, run_stride = 1;          // the innermost reduced dimension
  int64_t columns = 1, column_stride = 1;   // the kept dimension with stride 1 in self, its stride in the results
  int64_t outputs = 1, elements = 1;        // elements reduced per output
  bool rows = true;                         // run_stride is 1
};

/// False if no dimension of `self` is contiguous: pack it first.
__attribute__((noinline)) inline bool plan_reduction(const fb_tensor *self, uint32_t mask, ReductionPlan &plan) {
  int64_t offset = 0, result_stride = 1;
  plan.dtype = self->dtype;
  int order[FB_MAX_DIMS], count = 0;
  int64_t result_strides[FB_MAX_DIMS];
  const auto weight = [&](int d) {  // sorts by stride, repeated elements (stride 0) outermost
    const int64_t s = self->strides[d] < 0 ? -self->strides[d] : self->strides[d];
    return s == 0 ? INT64_MAX : s;
  };
  for (int d = self->ndim - 1; d >= 0; d--) {
    if (mask >> d & 1) {
      plan.elements *= self->dims[d];
      int at = count++;
      for (; at > 0 && weight(order[at - 1]) < weight(d); at--) order[at] = order[at - 1];
      order[at] = d;
    } else {
      plan.outputs *= self->dims[d];
      result_strides[d] = result_stride, result_stride *= self->dims[d];
    }
  }
  if (plan.elements == 0 || plan.outputs == 0) return true;
  for (int d = 0; d < self->ndim; d++)
    if (!(mask >> d & 1)) plan.kept.push(self->dims[d], self->strides[d], result_strides[d]);
  for (int i = 0; i < count; i++) {
    const int64_t dim = self->dims[order[i]], stride = self->strides[order[i]];
    if (stride < 0) offset += (dim - 1) * stride;
    plan.reduced.push(dim, stride < 0 ? -stride : stride);
  }
  plan.data = static_cast<const char *>(self->data) + offset * element_size(self->dtype);
  if (plan.reduced.n) {
    const int last = plan.reduced.n - 1;
    plan.run = plan.reduced.dims[last], plan.run_stride = plan.reduced.stride_a[last];
    plan.reduced.remove(last);
  }
  if (plan.run > 1 && plan.run_stride == 1) return true;
  for (int d = plan.kept.n - 1; d >= 0; d--) {
    if (plan.kept.stride_a[d] != 1) continue;
    plan.columns = plan.kept.dims[d], plan.column_stride = plan.kept.stride_b[d], plan.rows = false;
    plan.kept.remove(d);
    return true;
  }
  return plan.outputs == 1 && plan.elements == 1;
}

/// An operation as the driver sees it: vectors and values of the type C it computes in are bytes here, so that the driver is
/// compiled once per size of C.
struct Operation {
  const void *identity;
  bool has_parameters;
  int64_t element_size, size;  // of an element, of C
  void (*row)(const void *p, int64_t n, void *lanes, const void *parameter);
  void (*columns)(const void *p, int64_t n, int64_t stride, int64_t columns, void *totals, const void *parameters);
  void (*fold)(void *lanes);
  void (*combine)(void *a, const void *b, int64_t n);
};

template <class Op, class C, class S>
struct Steps {
  /// Adds n contiguous elements to the vector at `lanes`: four chains of 32 steps at a time, so that rounding errors grow slowly.
  static void row(const void *from, int64_t n, void *lanes, const void *value) {
    constexpr int64_t L = kLanes<C>, kBlock = 32;
    const S *p = static_cast<const S *>(from);
    const Vec<C> identity = broadcast<C>(Op::identity()), parameter = broadcast<C>(*static_cast<const C *>(value));
    Vec<C> total = load(static_cast<C *>(lanes));
    while (n >= 4 * L) {
      Vec<C> a = identity, b = identity, c = identity, d = identity;
      const int64_t left = n / (4 * L), steps = left < kBlock ? left : kBlock;
      for (int64_t s = 0; s < steps; s++, p += 4 * L) {
        a = Op::combine(a, Op::map(load_as<C>(p), parameter));
        b = Op::combine(b, Op::map(load_as<C>(p + L), parameter));
        c = Op::combine(c, Op::map(load_as<C>(p + 2 * L), parameter));
        d = Op::combine(d, Op::map(load_as<C>(p + 3 * L), parameter));
      }
      n -= steps * 4 * L;
      total = Op::combine(total, Op::combine(Op::combine(a, b), Op::combine(c, d)));
    }
    for (; n > 0; n -= L, p += L) {
      const Vec<C> x = Op::map(n >= L ? load_as<C>(p) : load_as<C>(p, n), parameter);
      total = Op::combine(total, first_lanes<C>(n < L ? n : L) ? x : identity);
    }
    store(static_cast<C *>(lanes), total);
  }

  /// Adds n rows, `stride` apart, to totals[0..columns), in blocks of 32 rows. Totals and parameters are padded to whole vectors.
  static void columns(const void *from, int64_t n, int64_t stride, int64_t columns, void *to, const void *given) {
    constexpr int64_t L = kLanes<C>, kBlock = 32;
    const S *p = static_cast<const S *>(from);
    C *const totals = static_cast<C *>(to);
    const C *const parameters = static_cast<const C *>(given);
    const Vec<C> identity = broadcast<C>(Op::identity());
    const S *const end = p + (n - 1) * stride + columns;  // behind the last element that may be read
    for (; n > 0; n -= kBlock, p += kBlock * stride) {
      const int64_t rows = n < kBlock ? n : kBlock;
      int64_t i = 0;
      for (; i + 4 * L <= columns; i += 4 * L) {
        const C *const at = parameters + (Op::kParameter ? i : 0);
        constexpr int64_t step = Op::kParameter ? L : 0;
        const Vec<C> u = load(at), v = load(at + step), w = load(at + 2 * step), x = load(at + 3 * step);
        Vec<C> a = identity, b = identity, c = identity, d = identity;
        const S *q = p + i;
        for (int64_t k = 0; k < rows; k++, q += stride) {
          a = Op::combine(a, Op::map(load_as<C>(q), u));
          b = Op::combine(b, Op::map(load_as<C>(q + L), v));
          c = Op::combine(c, Op::map(load_as<C>(q + 2 * L), w));
          d = Op::combine(d, Op::map(load_as<C>(q + 3 * L), x));
        }
        store(totals + i, Op::combine(load(totals + i), a));
        store(totals + i + L, Op::combine(load(totals + i + L), b));
        store(totals + i + 2 * L, Op::combine(load(totals + i + 2 * L), c));
        store(totals + i + 3 * L, Op::combine(load(totals + i + 3 * L), d));
      }
      for (; i < columns; i += L) {
        const int64_t width = columns - i < L ? columns - i : L;
        const Vec<C> parameter = load(parameters + (Op::kParameter ? i : 0));
        Vec<C> acc = identity;
        const S *q = p + i;
        for (int64_t k = 0; k < rows; k++, q += stride)  // lanes past `width` hold what follows in memory and are never used
          acc = Op::combine(acc, Op::map(stride > 0 && end - q >= L ? load_as<C>(q) : load_as<C>(q, width), parameter));
        store(totals + i, Op::combine(load(totals + i), acc));
      }
    }
  }

  static void fold(void *vector) {  // room for two vectors
    C *const lanes = static_cast<C *>(vector);
    for (int64_t width = kLanes<C> / 2; width > 0; width /= 2) store(lanes, Op::combine(load(lanes), load(lanes + width)));
  }
  static void combine(void *to, const void *from, int64_t n) {
    C *const a = static_cast<C *>(to);
    const C *const b = static_cast<const C *>(from);
    for (int64_t i = 0; i < n; i += kLanes<C>) {
      const int64_t w = n - i < kLanes<C> ? n - i : kLanes<C>;
      store_as(a + i, Op::combine(load_as<C>(a + i, w), load_as<C>(b + i, w)), w);
    }
  }
  static constexpr C kIdentity = Op::identity();
  static constexpr Operation kOperation = {&kIdentity, Op::kParameter, sizeof(S), sizeof(C), row, columns, fold, combine};
};

// Elements reduced by one task, columns it takes at once, and room behind them for two vectors of any type.
constexpr int64_t kPart = 32768, kTile = 1024, kPad = 2 * FB_VECTOR_BYTES;

/// One run of float16 or bfloat16 elements, through a buffer of floats.
__attribute__((noinline)) inline void reduce_half(const ReductionPlan &plan, const Operation &op, const char *from, int64_t n, int64_t columns,
                                                  void *totals, const void *given) {
  constexpr int64_t kRows = 8;
  float buffer[kRows * kTile];
  if (plan.rows) {
    for (int64_t i = 0; i < n; i += kTile * kRows) {
      const int64_t width = n - i < kTile * kRows ? n - i : kTile * kRows;
      widen(buffer, from + i * 2, width, plan.dtype);
      op.row(buffer, width, totals, given);
    }
    return;
  }
  for (int64_t i = 0; i < n; i += kRows) {
    const int64_t rows = n - i < kRows ? n - i : kRows;
    for (int64_t r = 0; r < rows; r++) widen(buffer + r * columns, from + (i + r) * plan.run_stride * 2, columns, plan.dtype);
    op.columns(buffer, rows, columns, columns, totals, given);
  }
}

/// results[o] = combine over the reduced elements of map(element, parameters[o]), o in row-major order of the kept dimensions.
/// `parameters` is one value for all outputs unless the operation has_parameters. False: out of memory.
template <class C>
__attribute__((noinline)) bool run_reduction(const ReductionPlan &plan, const Operation &op, C *results, const C *parameters) {
  const C identity = *static_cast<const C *>(op.identity);
  const int64_t outputs = plan.outputs, elements = plan.elements;
  if (elements == 0 || outputs == 0) {
    for (int64_t o = 0; o < outputs; o++) results[o] = identity;
    return true;
  }
  const bool half = plan.dtype == FB_FLOAT16 || plan.dtype == FB_BFLOAT16;
  const int64_t element_size = half ? 2 : op.element_size;
  const int64_t width = plan.rows ? 1 : plan.columns < kTile ? plan.columns : kTile;
  int64_t part = (kPart / width + 31) / 32 * 32;  // reduced elements per part
  if (part < 256) part = 256;
  const int64_t parts = elements <= 2 * part ? 1 : (elements + part - 1) / part;
  if (parts == 1) part = elements;
  Scratch memory(parts > 1 ? parts * outputs * static_cast<int64_t>(sizeof(C)) : 0);
  if (!memory.data) return false;
  C *const partial = parts > 1 ? memory.as<C>() : results;
  const int64_t groups = plan.kept.size(), tiles = plan.rows ? 1 : (plan.columns + width - 1) / width;

  if (plan.rows && parts == 1 && plan.reduced.n == 0 && !half) {  // one run per output: short rows need a short loop
    parallel_for(groups, rows_per_chunk(elements), [&](int64_t begin, int64_t end) {
      Walk at = plan.kept;
      at.seek(begin);
      alignas(64) C totals[kPad];
      for (int64_t g = begin; g < end; g++, at.next()) {
        for (int64_t i = 0; i < 2 * kLanes<C>; i++) totals[i] = identity;
        op.row(static_cast<const char *>(plan.data) + at.a * element_size, elements, totals, parameters + (op.has_parameters ? at.b : 0));
        op.fold(totals);
        results[at.b] = totals[0];
      }
    });
    return true;
  }
  parallel_for(parts * groups * tiles, rows_per_chunk(part * width), [&](int64_t begin, int64_t end) {
    Walk at = plan.kept, run = plan.reduced;
    alignas(64) C totals[kTile + kPad], given[kTile + kPad];
    int64_t group = -1;
    for (int64_t task = begin; task < end; task++) {
      const int64_t p = task / (groups * tiles), g = task / tiles % groups, tile = task % tiles;
      if (group >= 0 && g == group + 1) at.next();
      else if (g != group) at.seek(g);
      group = g;
      const int64_t last = (p + 1) * part < elements ? (p + 1) * part : elements;
      const int64_t c = tile * width, columns = plan.rows ? 0 : c + width < plan.columns ? width : plan.columns - c;
      const char *const from = static_cast<const char *>(plan.data) + (at.a + c) * element_size;
      C *const to = partial + p * outputs + at.b;
      for (int64_t i = 0; i < columns + 2 * kLanes<C>; i++) totals[i] = identity;
      for (int64_t i = 0; i < kLanes<C>; i++) given[columns + i] = given[i] = parameters[op.has_parameters ? at.b : 0];
      if (op.has_parameters)
        for (int64_t i = 0; i < columns; i++) given[i] = parameters[at.b + (c + i) * plan.column_stride];
      run.seek(p * part / plan.run);
      for (int64_t i = p * part; i < last; run.next()) {  // the runs that make up this part
        const int64_t skip = i % plan.run, n = plan.run - skip < last - i ? plan.run - skip : last - i;
        const char *const q = from + (run.a + skip * plan.run_stride) * element_size;
        if (half) reduce_half(plan, op, q, n, columns, totals, given);
        else if (plan.rows) op.row(q, n, totals, given);
        else op.columns(q, n, plan.run_stride, columns, totals, given);
        i += n;
      }
      if (plan.rows) op.fold(totals), *to = totals[0];
      for (int64_t i = 0; i < columns; i++) to[(c + i) * plan.column_stride] = totals[i];
    }
  });
  if (parts == 1) return true;
  parallel_for(outputs, rows_per_chunk(parts), [&](int64_t begin, int64_t end) {
    for (int64_t step = 1; step < parts; step *= 2)
      for (int64_t p = 0; p + step < parts; p += 2 * step)
        op.combine(partial + p * outputs + begin, partial + (p + step) * outputs + begin, end - begin);
    memcpy(results + begin, partial + begin, static_cast<size_t>(end - begin) * sizeof(C));
  });
  return true;
}

// Any type of a size; the driver only moves them.
typedef uint8_t __attribute__((may_alias)) Any8;
typedef uint16_t __attribute__((may_alias)) Any16;
typedef uint32_t __attribute__((may_alias)) Any32;
typedef uint64_t __attribute__((may_alias)) Any64;

/// The dimensions to reduce, as bits.
inline uint32_t dims_mask(fb_numbers dims, int ndim) {
  uint32_t mask = 0;
  for (int64_t i = 0; i < dims.count; i++) {
    const int d = static_cast<int>(dims.items[i]);
    mask |= 1u << (d < 0 ? d + ndim : d);
  }
  return mask;
}

/// Reductions of one tensor over the same dimensions: the plan, and a packed copy where the tensor needs one.
struct Reducer {
  ReductionPlan plan;
  bool fits;
  Scratch packed;

  __attribute__((noinline)) Reducer(const fb_tensor *self, uint32_t mask)
      : fits(plan_reduction(self, mask, plan)), packed(fits ? 0 : numel(self) * element_size(self->dtype)) {
    if (fits || !packed.data) return;
    const fb_tensor copy = contiguous_at(self, packed.data);
    pack(self, packed.data);
    plan = ReductionPlan();
    plan_reduction(&copy, mask, plan);
  }

  /// See run_reduction; results and parameters are of the type the operation computes in.
  __attribute__((noinline)) bool run(const Operation &op, void *results, const void *parameters) const {
    if (!packed.data) return false;
    switch (op.size) {
      case 1: return run_reduction(plan, op, static_cast<Any8 *>(results), static_cast<const Any8 *>(parameters));
      case 2: return run_reduction(plan, op, static_cast<Any16 *>(results), static_cast<const Any16 *>(parameters));
      case 4: return run_reduction(plan, op, static_cast<Any32 *>(results), static_cast<const Any32 *>(parameters));
      default: return run_reduction(plan, op, static_cast<Any64 *>(results), static_cast<const Any64 *>(parameters));
    }
  }
};

/// out[i] = results[i], narrowed from the compute type of S, for `out` of any strides.
template <class S, class C>
__attribute__((noinline)) void write_results(const fb_tensor *out, const C *results) {
  S *const o = static_cast<S *>(out->data);
  if (is_contiguous(out) && static_cast<const void *>(o) == results) return;
  Walk at;
  for (int d = 0; d < out->ndim; d++) at.push(out->dims[d], out->strides[d]);
  at.seek(0);
  const int64_t n = numel(out);
  for (int64_t i = 0; i < n; i++, at.next()) {
    if constexpr (kSame<C, Compute<S>>) o[at.a] = narrow<S>(results[i]);
    else o[at.a] = results[i] != 0;
  }
}

}  // namespace
}  // namespace fb::FB_ISA
