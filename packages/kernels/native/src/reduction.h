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
  bool half;     // of float16 or bfloat16
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
  plan.half = plan.dtype == FB_FLOAT16 || plan.dtype == FB_BFLOAT16;
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
  void (*rows)(const void *p, int64_t n, int64_t rows, int64_t stride, void *lanes, bool own_lanes, const void *parameters);
  void (*columns)(const void *p, int64_t n, int64_t stride, int64_t columns, void *totals, const void *parameters);
  void (*fold)(const void *lanes, int64_t rows, void *results);
  void (*combine)(void *a, const void *b, int64_t n);
};

template <class Op, class C, class S>
struct Steps {
  /// Adds rows of n contiguous elements, `stride` apart, to the vector at `lanes`, or each to its own vector and with its own parameter:
  /// four chains of 32 steps at a time, so that rounding errors grow slowly.
  static void rows(const void *from, int64_t n, int64_t rows, int64_t stride, void *to, bool own, const void *given) {
    constexpr int64_t L = kLanes<C>, kBlock = 32;
    const S *row = static_cast<const S *>(from);
    C *lanes = static_cast<C *>(to);
    const C *parameters = static_cast<const C *>(given);
    const S *const end = row + (rows - 1) * stride + n;  // behind the last element that may be read
    const auto within = first_lanes<C>(n % L);
    const Vec<C> identity = broadcast<C>(Op::identity());
    for (; rows > 0; rows--, row += stride, lanes += own ? L : 0, parameters += own && Op::kParameter) {
      const Vec<C> parameter = broadcast<C>(*parameters);
      Vec<C> total = load(lanes);
      const S *p = row;
      int64_t left = n;
      while (left >= 4 * L) {
        Vec<C> a = identity, b = identity, c = identity, d = identity;
        const int64_t quads = left / (4 * L), steps = quads < kBlock ? quads : kBlock;
        for (int64_t s = 0; s < steps; s++, p += 4 * L) {
          a = Op::combine(a, Op::map(load_as<C>(p), parameter));
          b = Op::combine(b, Op::map(load_as<C>(p + L), parameter));
          c = Op::combine(c, Op::map(load_as<C>(p + 2 * L), parameter));
          d = Op::combine(d, Op::map(load_as<C>(p + 3 * L), parameter));
        }
        left -= steps * 4 * L;
        total = Op::combine(total, Op::combine(Op::combine(a, b), Op::combine(c, d)));
      }
      for (; left >= L; left -= L, p += L) total = Op::combine(total, Op::map(load_as<C>(p), parameter));
      if (left > 0) {
        const Vec<C> x = Op::map(end - p >= L ? load_as<C>(p) : load_as<C>(p, left), parameter);
        total = Op::combine(total, within ? x : identity);
      }
      store(lanes, total);
    }
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

  /// results[i] = the lanes of vector i, joined pairwise: by halves down to 16 bytes.
  static void fold(const void *vectors, int64_t rows, void *results) {
    const C *lanes = static_cast<const C *>(vectors);
    for (int64_t i = 0; i < rows; i++, lanes += kLanes<C>) static_cast<C *>(results)[i] = join(load(lanes));
  }
  template <class V>
  static C join(V v) {
    constexpr int64_t half = sizeof(V) / 2 / sizeof(C);
    if constexpr (sizeof(V) > 16) {
      typename VectorOf<C, sizeof(V) / 2>::type low, high;
      memcpy(&low, &v, sizeof low);
      memcpy(&high, reinterpret_cast<const char *>(&v) + sizeof low, sizeof high);
      return join(Op::combine(low, high));
    } else if constexpr (half == 2) {
      v = Op::combine(v, __builtin_shufflevector(v, v, 2, 3, 0, 1));
      return Op::combine(v, __builtin_shufflevector(v, v, 1, 0, 3, 2))[0];
    } else if constexpr (half == 1) {
      return Op::combine(v, __builtin_shufflevector(v, v, 1, 0))[0];
    } else {
      C lanes[2 * half];
      memcpy(lanes, &v, sizeof lanes);
      for (int64_t width = half; width > 0; width /= 2)
        for (int64_t i = 0; i < width; i++) lanes[i] = Op::combine(lanes[i], lanes[i + width]);
      return lanes[0];
    }
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
  static constexpr Operation kOperation = {&kIdentity, Op::kParameter, sizeof(S), sizeof(C), rows, columns, fold, combine};
};

// Elements reduced by one task, columns it takes at once, and room behind them for two vectors of any type.
constexpr int64_t kPart = 32768, kTile = 1024, kPad = 2 * FB_VECTOR_BYTES;

constexpr int64_t kHalfRows = 8;

/// op.rows on elements of the plan's dtype, float16 and bfloat16 ones through a buffer of floats.
__attribute__((noinline)) inline void add_rows(const ReductionPlan &plan, const Operation &op, const char *from, int64_t n, int64_t rows,
                                               int64_t stride, char *lanes, bool own_lanes, const char *parameters) {
  if (!plan.half) return op.rows(from, n, rows, stride, lanes, own_lanes, parameters);
  constexpr int64_t room = kHalfRows * kTile;
  alignas(64) float buffer[room];
  for (int64_t first = 0, together; first < rows; first += together) {
    together = n > room ? 1 : room / n < rows - first ? room / n : rows - first;
    char *const to = lanes + (own_lanes ? first * FB_VECTOR_BYTES : 0);
    const char *const given = parameters + (own_lanes && op.has_parameters ? first * op.size : 0);
    for (int64_t i = 0, width; i < n; i += width) {
      width = n - i < room ? n - i : room;
      for (int64_t r = 0; r < together; r++) widen(buffer + r * width, from + ((first + r) * stride + i) * 2, width, plan.dtype);
      op.rows(buffer, width, together, width, to, own_lanes, given);
    }
  }
}
/// The same for op.columns.
__attribute__((noinline)) inline void add_columns(const ReductionPlan &plan, const Operation &op, const char *from, int64_t n, int64_t stride,
                                                  int64_t columns, void *totals, const void *parameters) {
  if (!plan.half) return op.columns(from, n, stride, columns, totals, parameters);
  alignas(64) float buffer[kHalfRows * kTile];
  for (int64_t i = 0; i < n; i += kHalfRows) {
    const int64_t rows = n - i < kHalfRows ? n - i : kHalfRows;
    for (int64_t r = 0; r < rows; r++) widen(buffer + r * columns, from + (i + r) * stride * 2, columns, plan.dtype);
    op.columns(buffer, rows, columns, columns, totals, parameters);
  }
}

/// Reduces along rows where each output has one part. Rows may be short, so a call takes many: one of each of many outputs, or many
/// of one output, whichever are more.
__attribute__((noinline)) inline void reduce_rows(const ReductionPlan &plan, const Operation &op, char *results, const char *parameters) {
  const int64_t size = plan.half ? 2 : op.element_size;
  alignas(64) char identity[FB_VECTOR_BYTES];
  for (int64_t i = 0; i < FB_VECTOR_BYTES; i += op.size) memcpy(identity + i, op.identity, static_cast<size_t>(op.size));
  parallel_for(plan.outputs, rows_per_chunk(plan.elements), [&](int64_t begin, int64_t end) {
    constexpr int64_t kTogether = 64;
    alignas(64) char lanes[kTogether * FB_VECTOR_BYTES];
    Walk group = plan.kept, run = plan.reduced;
    const Run outputs(group), repeats(run);
    group.seek(begin / outputs.n);
    for (int64_t o = begin, count; o < end; o += count) {
      const int64_t first = o % outputs.n;
      count = outputs.n - first < end - o ? outputs.n - first : end - o;
      if (count > kTogether) count = kTogether;
      const char *const from = static_cast<const char *>(plan.data) + (group.a + first * outputs.a) * size;
      const int64_t parameter_size = op.has_parameters ? op.size : 0;
      const char *const given = parameters + o * parameter_size;
      if (first + count == outputs.n) group.next();
      for (int64_t i = 0; i < count; i++) memcpy(lanes + i * FB_VECTOR_BYTES, identity, sizeof identity);
      run.seek(0);
      for (int64_t r = run.size(); r > 0; r--, run.next()) {
        const char *const p = from + run.a * size;
        if (count >= repeats.n)
          for (int64_t i = 0; i < repeats.n; i++) add_rows(plan, op, p + i * repeats.a * size, plan.run, count, outputs.a, lanes, true, given);
        else
          for (int64_t i = 0; i < count; i++)
            add_rows(plan, op, p + i * outputs.a * size, plan.run, repeats.n, repeats.a, lanes + i * FB_VECTOR_BYTES, false,
                     given + i * parameter_size);
      }
      op.fold(lanes, count, results + o * op.size);
    }
  });
}

/// Copies n values of `size` bytes; strides count values.
__attribute__((noinline)) inline void copy_values(char *to, int64_t to_stride, const char *from, int64_t from_stride, int64_t n, int64_t size) {
  const auto copy = [&](auto tag) {
    constexpr size_t bytes = sizeof(tag);
    for (int64_t i = 0; i < n; i++) memcpy(to + i * to_stride * static_cast<int64_t>(bytes), from + i * from_stride * static_cast<int64_t>(bytes), bytes);
  };
  switch (size) {
    case 1: return copy(uint8_t());
    case 2: return copy(uint16_t());
    case 4: return copy(uint32_t());
    default: return copy(uint64_t());
  }
}

/// results[o] = combine over the reduced elements of map(element, parameters[o]), o in row-major order of the kept dimensions.
/// `parameters` is one value for all outputs unless the operation has_parameters. False: out of memory.
__attribute__((noinline)) inline bool run_reduction(const ReductionPlan &plan, const Operation &op, char *results, const char *parameters) {
  const int64_t outputs = plan.outputs, elements = plan.elements, size = op.size, lanes = FB_VECTOR_BYTES / size;
  if (elements == 0 || outputs == 0) {
    copy_values(results, 1, static_cast<const char *>(op.identity), 0, outputs, size);
    return true;
  }
  const int64_t element_size = plan.half ? 2 : op.element_size;
  const int64_t width = plan.rows ? 1 : plan.columns < kTile ? plan.columns : kTile;
  int64_t part = (kPart / width + 31) / 32 * 32;  // reduced elements per part
  if (part < 256) part = 256;
  const int64_t parts = elements <= 2 * part ? 1 : (elements + part - 1) / part;
  if (parts == 1 && plan.rows) {
    reduce_rows(plan, op, results, parameters);
    return true;
  }
  if (parts == 1) part = elements;
  Scratch memory(parts > 1 ? parts * outputs * size : 0);
  if (!memory.data) return false;
  char *const partial = parts > 1 ? memory.as<char>() : results;
  const int64_t groups = plan.kept.size(), tiles = plan.rows ? 1 : (plan.columns + width - 1) / width;
  // Of few columns without gaps several rows are taken as one, whose pieces are combined in the end.
  int64_t pieces = 1;
  if (!plan.rows && plan.run_stride == plan.columns)
    while (2 * pieces * plan.columns <= 4 * lanes && 16 * pieces <= plan.run) pieces *= 2;

  parallel_for(parts * groups * tiles, rows_per_chunk(part * width), [&](int64_t begin, int64_t end) {
    Walk at = plan.kept, run = plan.reduced;
    alignas(64) char totals[8 * kTile + kPad * 8], given[8 * kTile + kPad * 8];
    int64_t group = -1;
    for (int64_t task = begin; task < end; task++) {
      const int64_t p = task / (groups * tiles), g = task / tiles % groups, tile = task % tiles;
      if (group >= 0 && g == group + 1) at.next();
      else if (g != group) at.seek(g);
      group = g;
      const int64_t last = (p + 1) * part < elements ? (p + 1) * part : elements;
      const int64_t c = tile * width, columns = plan.rows ? 0 : c + width < plan.columns ? width : plan.columns - c;
      const char *const from = static_cast<const char *>(plan.data) + (at.a + c) * element_size;
      char *const to = partial + (p * outputs + at.b) * size;
      const int64_t wide = pieces * columns;
      char *const rest = totals + (pieces > 1 ? (wide + lanes) * size : 0);  // of rows that do not fill a wide one
      copy_values(totals, 1, static_cast<const char *>(op.identity), 0, wide + (pieces > 1 ? columns : 0) + 2 * lanes, size);
      const char *const own = parameters + (op.has_parameters ? at.b * size : 0);
      copy_values(given, 1, own, 0, lanes, size);
      copy_values(given + wide * size, 1, own, 0, lanes, size);
      for (int64_t i = 0; op.has_parameters && i < pieces; i++)
        copy_values(given + i * columns * size, 1, own + c * plan.column_stride * size, plan.column_stride, columns, size);
      run.seek(p * part / plan.run);
      for (int64_t i = p * part; i < last; run.next()) {  // the runs that make up this part
        const int64_t skip = i % plan.run, n = plan.run - skip < last - i ? plan.run - skip : last - i;
        const char *const q = from + (run.a + skip * plan.run_stride) * element_size;
        i += n;
        if (plan.rows) {
          add_rows(plan, op, q, n, 1, n, totals, true, given);
          continue;
        }
        const int64_t left = pieces > 1 ? n % pieces : n;
        if (left < n) add_columns(plan, op, q, n / pieces, wide, wide, totals, given);
        if (left > 0) add_columns(plan, op, q + (n - left) * plan.run_stride * element_size, left, plan.run_stride, columns, rest, given);
      }
      if (pieces > 1) {
        for (int64_t step = wide / 2; step >= columns; step /= 2) op.combine(totals, totals + step * size, step);
        op.combine(totals, rest, columns);
      }
      if (plan.rows) op.fold(totals, 1, to);
      copy_values(to + c * plan.column_stride * size, plan.column_stride, totals, 1, columns, size);
    }
  });
  if (parts == 1) return true;
  parallel_for(outputs, rows_per_chunk(parts), [&](int64_t begin, int64_t end) {
    const auto row = [&](int64_t p) { return partial + (p * outputs + begin) * size; };
    for (int64_t step = 1; step < parts; step *= 2)
      for (int64_t p = 0; p + step < parts; p += 2 * step) op.combine(row(p), row(p + step), end - begin);
    memcpy(results + begin * size, row(0), static_cast<size_t>((end - begin) * size));
  });
  return true;
}

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
    return packed.data && run_reduction(plan, op, static_cast<char *>(results), static_cast<const char *>(parameters));
  }
};

/// out[i] = results[i], narrowed from the compute type of S, for `out` of any strides.
template <class S, class C>
__attribute__((noinline)) void write_results(const fb_tensor *out, const C *results) {
  S *const o = static_cast<S *>(out->data);
  const bool dense = is_contiguous(out);
  if (dense && static_cast<const void *>(o) == results) return;
  Walk at;
  for (int d = 0; d < out->ndim; d++) at.push(out->dims[d], out->strides[d]);
  at.seek(0);
  const int64_t n = numel(out);
  for (int64_t i = 0; i < n; i++) {
    S &to = o[dense ? i : at.a];
    if constexpr (kSame<C, Compute<S>>) to = narrow<S>(results[i]);
    else to = results[i] != 0;
    if (!dense) at.next();
  }
}

}  // namespace
}  // namespace fb::FB_ISA
