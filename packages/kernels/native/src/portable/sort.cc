// Order along one dimension: sort, topk, kthvalue (and medians), mode, the lexicographic order of rows.
// Elements become unsigned keys of the same order (NaN last, -0 equal to 0), so that one code sorts every dtype: by radix, digit
// by digit, which is stable, and only over the bits in which a row's keys differ. What is chosen is therefore always unique:
// of equal elements the first ones, in their order.
#include "../strided.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kChunk = 32768;

template <class S>
inline uint64_t key_of(S x) {
  typedef Compute<S> C;
  if constexpr (kSame<C, float> || kSame<C, double>) {
    const C value = widen(x);
    if constexpr (kSame<C, float>) {
      uint32_t bits;
      memcpy(&bits, &value, sizeof bits);
      if (value != value) return 0xffffffffu;
      if (value == 0) bits = 0;
      return bits >> 31 ? ~bits : bits | 0x80000000u;
    } else {
      uint64_t bits;
      memcpy(&bits, &value, sizeof bits);
      if (value != value) return ~uint64_t{0};
      if (value == 0) bits = 0;
      return bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
    }
  } else if constexpr (S(-1) > S(0)) {
    return x;
  } else {
    return static_cast<uint64_t>(static_cast<int64_t>(x)) ^ uint64_t{1} << 63;
  }
}

/// The key of NaN; for integers one that no key is greater than.
uint64_t nan_key(int32_t dtype) { return dtype == FB_FLOAT64 ? ~uint64_t{0} : 0xffffffffu; }
bool has_nan(int32_t dtype) { return dtype <= FB_BFLOAT16; }

/// Keys of n elements; with `flip` all ones they are in reverse order.
__attribute__((noinline)) int32_t load_keys(uint64_t *keys, const void *from, int32_t dtype, int64_t stride, int64_t n, uint64_t flip) {
  return for_real(dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    const S *const p = static_cast<const S *>(from);
    parallel_for(n, kChunk, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
      for (int64_t i = begin; i < end; i++) keys[i] = key_of(p[i * stride]) ^ flip;
    });
    return int32_t{FB_OK};
  });
}

struct Range {
  uint64_t low, high;
  int bits() const { return high == low ? 0 : 64 - __builtin_clzll(high - low); }
};
__attribute__((noinline)) Range range_of(const uint64_t *keys, int64_t n) {
  Range r{~uint64_t{0}, 0};
  for (int64_t i = 0; i < n; i++) {
    r.low = keys[i] < r.low ? keys[i] : r.low;
    r.high = keys[i] > r.high ? keys[i] : r.high;
  }
  return r;
}

struct Item {
  uint64_t key, index;
};
inline uint64_t sort_key(Item x) { return x.key; }
/// A key of 32 bits above an index.
inline uint64_t sort_key(uint64_t x) { return x >> 32; }
inline int64_t index_in(uint64_t x) { return static_cast<int64_t>(x & 0xffffffffu); }

/// Sorts by the lowest `bits` bits of the keys, with `b` as scratch. Returns where the result stands; null without memory.
template <class T>
__attribute__((noinline)) T *radix_sort(T *a, T *b, int64_t n, int bits) {
  if (n <= 32) {
    for (int64_t i = 1; i < n; i++) {
      const T x = a[i];
      int64_t at = i;
      for (; at > 0 && sort_key(a[at - 1]) > sort_key(x); at--) a[at] = a[at - 1];
      a[at] = x;
    }
    return a;
  }
  const int most = n < 2048 ? 8 : 11, passes = (bits + most - 1) / most, width = passes ? (bits + passes - 1) / passes : 0;
  const int64_t chunk = n > 64 * kChunk ? (n + 63) / 64 : kChunk, chunks = (n + chunk - 1) / chunk, digits = int64_t{1} << width;
  const Scratch memory(chunks * digits * 4);
  uint32_t *const places = memory.as<uint32_t>();
  if (!places) return nullptr;
  for (int pass = 0; pass < passes; pass++) {
    const int shift = pass * width;
    const uint64_t mask = static_cast<uint64_t>(digits) - 1;
    parallel_for(chunks, 1, [&](int64_t first, int64_t last) __attribute__((noinline)) {
      for (int64_t c = first; c < last; c++) {
        uint32_t *const count = places + c * digits;
        memset(count, 0, static_cast<size_t>(digits) * 4);
        for (int64_t i = c * chunk, end = i + chunk < n ? i + chunk : n; i < end; i++) count[sort_key(a[i]) >> shift & mask]++;
      }
    });
    uint32_t at = 0;
    bool one_digit = false;
    for (int64_t d = 0; d < digits; d++) {
      const uint32_t start = at;
      for (int64_t c = 0; c < chunks; c++) {
        uint32_t &place = places[c * digits + d];
        const uint32_t count = place;
        place = at;
        at += count;
      }
      one_digit |= at - start == n;
    }
    if (one_digit) continue;
    parallel_for(chunks, 1, [&](int64_t first, int64_t last) __attribute__((noinline)) {
      for (int64_t c = first; c < last; c++) {
        uint32_t *const place = places + c * digits;
        for (int64_t i = c * chunk, end = i + chunk < n ? i + chunk : n; i < end; i++) b[place[sort_key(a[i]) >> shift & mask]++] = a[i];
      }
    });
    T *const swapped = a;
    a = b, b = swapped;
  }
  return a;
}

/// Writes the positions of the keys in ascending order. `memory` holds 6 n numbers. False without memory.
__attribute__((noinline)) bool order_keys(const uint64_t *keys, int64_t n, uint64_t *memory, int64_t *order, int64_t step) {
  const Range range = range_of(keys, n);
  const int bits = range.bits() < 32 ? range.bits() : 32, rest = range.bits() - bits;
  // first by the 32 highest bits in which the keys differ
  parallel_for(n, kChunk, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    for (int64_t i = begin; i < end; i++) memory[i] = (keys[i] - range.low) >> rest << 32 | static_cast<uint64_t>(i);
  });
  uint64_t *const sorted = radix_sort(memory, memory + n, n, bits);
  if (!sorted) return false;
  // then those that are equal in them by the others
  if (rest) {
    Item *const items = reinterpret_cast<Item *>(memory + 2 * n);
    for (int64_t i = 0, end; i < n; i = end) {
      for (end = i + 1; end < n && sort_key(sorted[end]) == sort_key(sorted[i]);) end++;
      if (end == i + 1) continue;
      for (int64_t k = i; k < end; k++) items[k - i] = {keys[index_in(sorted[k])] - range.low, static_cast<uint64_t>(index_in(sorted[k]))};
      const Item *const run = radix_sort(items, items + (end - i), end - i, rest);
      if (!run) return false;
      for (int64_t k = i; k < end; k++) sorted[k] = run[k - i].index;
    }
  }
  parallel_for(n, kChunk, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    for (int64_t i = begin; i < end; i++) order[i * step] = index_in(sorted[i]);
  });
  return true;
}

/// The key of the given rank (0: the smallest) and how many keys are less. `scratch` holds n numbers.
__attribute__((noinline)) uint64_t select_key(const uint64_t *keys, int64_t n, int64_t rank, uint64_t *scratch, int64_t &less) {
  less = 0;
  if (n <= 32) {
    for (int64_t i = 0; i < n; i++) {
      int64_t at = i;
      for (; at > 0 && scratch[at - 1] > keys[i]; at--) scratch[at] = scratch[at - 1];
      scratch[at] = keys[i];
    }
    while (scratch[less] != scratch[rank]) less++;
    return scratch[rank];
  }
  uint32_t count[2048];
  Range range = range_of(keys, n);
  for (const int most = n < 1024 ? 6 : 11;;) {
    const int bits = range.bits(), shift = bits > most ? bits - most : 0;
    const uint64_t low = range.low;
    memset(count, 0, sizeof *count << (bits - shift));
    for (int64_t i = 0; i < n; i++) count[(keys[i] - low) >> shift]++;
    uint64_t digit = 0;
    for (; rank - less >= count[digit]; digit++) less += count[digit];
    if (shift == 0) return low + digit;
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
      const uint64_t key = keys[i];
      scratch[kept] = key;
      kept += (key - low) >> shift == digit;
    }
    keys = scratch, n = kept;
    range = range_of(keys, n);
  }
}

/// The rows of a tensor along one dimension and where two results of each stand (with the dimension or without it).
struct Rows {
  Walk walk;
  int64_t n = 1, stride = 1, stride_a = 1, stride_b = 1;
  __attribute__((noinline)) Rows(const fb_tensor *self, const fb_tensor *a, const fb_tensor *b, int64_t dim) {
    const int axis = static_cast<int>(dim < 0 ? dim + self->ndim : dim);
    for (int d = 0, e = 0; d < self->ndim; d++) {
      const bool kept = a->ndim == self->ndim;
      if (d != axis) walk.push(self->dims[d], self->strides[d], a->strides[e], b->strides[e]);
      else if (n = self->dims[d], stride = self->strides[d]; kept) stride_a = a->strides[e], stride_b = b->strides[e];
      if (d != axis || kept) e++;
    }
  }

  /// Runs body(row, place in a, place in b, memory of `words` numbers) for every row; a false from it means lack of memory.
  template <class Body>
  int32_t each(int64_t words, const Body &body) const {
    return run(
        words, [](const void *context, int64_t a, int64_t b, int64_t c, uint64_t *memory) { return (*static_cast<const Body *>(context))(a, b, c, memory); },
        &body);
  }
  __attribute__((noinline)) int32_t run(int64_t words, bool (*body)(const void *, int64_t, int64_t, int64_t, uint64_t *), const void *context) const {
    if (n > 0xffffffff) return out_of_memory(words * 8);
    bool failed = false;
    parallel_for(walk.size(), rows_per_chunk(n), [&](int64_t begin, int64_t end) __attribute__((noinline)) {
      const Scratch memory(words * 8);
      Walk at = walk;
      at.seek(begin);
      bool good = memory.data;
      for (int64_t r = begin; r < end && good; r++, at.next()) good = body(context, at.a, at.b, at.c, memory.as<uint64_t>());
      if (!good) __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    });
    return failed ? out_of_memory(words * 8) : int32_t{FB_OK};
  }
};

const char *element(const fb_tensor *t, int64_t at) { return static_cast<const char *>(t->data) + at * element_size(t->dtype); }

/// values[i] = row[indices[i]]
__attribute__((noinline)) void take_values(const fb_tensor *values, int64_t at, int64_t step, const void *row, int64_t stride, const int64_t *indices, int64_t index_step,
                 int64_t n) {
  for_size(values->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    T *const o = static_cast<T *>(values->data) + at;
    const T *const x = static_cast<const T *>(row);
    parallel_for(n, kChunk, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
      for (int64_t i = begin; i < end; i++) o[i * step] = x[indices[i * index_step] * stride];
    });
    return int32_t{FB_OK};
  });
}

int32_t check_dtype(const fb_tensor *t) { return is_complex(t->dtype) ? unsupported_dtype(t->dtype) : int32_t{FB_OK}; }

int32_t sort(const fb_tensor *values, const fb_tensor *indices, const fb_tensor *self, int64_t dim, bool descending) {
  const int32_t status = check_dtype(self);
  if (status != FB_OK) return status;
  const Rows rows(self, values, indices, dim);
  const int64_t n = rows.n;
  return rows.each(7 * n, [&](int64_t from, int64_t to, int64_t to_index, uint64_t *memory) {
    const void *const row = element(self, from);
    int64_t *const order = static_cast<int64_t *>(indices->data) + to_index;
    load_keys(memory + 6 * n, row, self->dtype, rows.stride, n, descending ? ~uint64_t{0} : 0);
    if (!order_keys(memory + 6 * n, n, memory, order, rows.stride_b)) return false;
    take_values(values, to, rows.stride_a, row, rows.stride, order, rows.stride_b, n);
    return true;
  });
}

/// The best candidates of a row so far, in the order of their places.
struct Candidates {
  static constexpr int64_t kBlock = 128;
  uint64_t *keys;
  int64_t *where, k, count = 0;
  uint64_t limit = ~uint64_t{0};
  bool full = false;  // k elements are as good as `limit`: only better ones matter

  void add(const uint64_t *block, int64_t n, int64_t first) {
    for (int64_t i = 0; i < n; i++) {
      keys[count] = block[i], where[count] = first + i;
      count += !full || block[i] < limit;
    }
  }
  /// Leaves the k best; of equal ones the first.
  void reduce(uint64_t *scratch) {
    if (count <= k) return;
    int64_t less, found = 0;
    limit = select_key(keys, count, k - 1, scratch, less);
    int64_t equal = k - less;
    for (int64_t i = 0; found < k; i++) {
      if (keys[i] > limit || (keys[i] == limit && equal-- <= 0)) continue;
      keys[found] = keys[i], where[found] = where[i];
      found++;
    }
    count = k, full = true;
  }
};

int32_t topk(const fb_tensor *values, const fb_tensor *indices, const fb_tensor *self, int64_t k, int64_t dim, bool largest, bool sorted) {
  const int32_t status = check_dtype(self);
  if (status != FB_OK || k == 0) return status;
  const Rows rows(self, values, indices, dim);
  const int64_t n = rows.n, room = 2 * k + 4 * Candidates::kBlock < n ? 2 * k + 4 * Candidates::kBlock : n, block = Candidates::kBlock;
  return rows.each(3 * (room + block) + 7 * k, [&](int64_t from, int64_t to, int64_t to_index, uint64_t *memory) {
    const char *const row = element(self, from);
    int64_t *const result = static_cast<int64_t *>(indices->data) + to_index;
    uint64_t keys[Candidates::kBlock], *const scratch = memory + 2 * (room + block), *const work = scratch + room + block;
    int64_t *const order = reinterpret_cast<int64_t *>(work + 6 * k);
    Candidates best{memory, reinterpret_cast<int64_t *>(memory + room + block), k};
    for (int64_t i = 0; i < n; i += block) {
      const int64_t count = n - i < block ? n - i : block;
      load_keys(keys, row + i * rows.stride * element_size(self->dtype), self->dtype, rows.stride, count, largest ? ~uint64_t{0} : 0);
      if (best.count + count > room) best.reduce(scratch);
      best.add(keys, count, i);
    }
    best.reduce(scratch);
    if (sorted && !order_keys(best.keys, k, work, order, 1)) return false;
    for (int64_t i = 0; i < k; i++) result[i * rows.stride_b] = best.where[sorted ? order[i] : i];
    take_values(values, to, rows.stride_a, row, rows.stride, result, rows.stride_b, k);
    return true;
  });
}

enum Choice { kRank, kMedian, kNanMedian };

/// The element of rank k (from 0), or the lower median: of a row with NaN the NaN, or that of the other elements.
int32_t kthvalue(const fb_tensor *values, const fb_tensor *indices, const fb_tensor *self, int64_t k, int64_t dim, int64_t choice) {
  const int32_t status = check_dtype(self);
  if (status != FB_OK) return status;
  const Rows rows(self, values, indices, dim);
  const int64_t n = rows.n;
  return rows.each(2 * n, [&](int64_t from, int64_t to, int64_t to_index, uint64_t *keys) {
    const void *const row = element(self, from);
    load_keys(keys, row, self->dtype, rows.stride, n, 0);
    int64_t rank = k;
    if (choice != kRank) {
      int64_t nans = 0;
      if (has_nan(self->dtype))
        for (int64_t i = 0; i < n; i++) nans += keys[i] == nan_key(self->dtype);
      const int64_t others = n - nans;
      rank = (choice == kMedian && nans) || others == 0 ? others : (others - 1) / 2;
    }
    int64_t less, where = 0;
    const uint64_t key = select_key(keys, n, rank, keys + n, less);
    for (int64_t equal = rank - less;; where++)
      if (keys[where] == key && equal-- == 0) break;
    static_cast<int64_t *>(indices->data)[to_index] = where;
    take_values(values, to, 1, row, rows.stride, &where, 1, 1);
    return true;
  });
}

/// The most frequent element (of several the smallest), where it stands last.
int32_t mode(const fb_tensor *values, const fb_tensor *indices, const fb_tensor *self, int64_t dim) {
  const int32_t status = check_dtype(self);
  if (status != FB_OK) return status;
  const Rows rows(self, values, indices, dim);
  const int64_t n = rows.n;
  return rows.each(8 * n, [&](int64_t from, int64_t to, int64_t to_index, uint64_t *memory) {
    const void *const row = element(self, from);
    uint64_t *const keys = memory + 6 * n;
    int64_t *const order = reinterpret_cast<int64_t *>(keys + n);
    load_keys(keys, row, self->dtype, rows.stride, n, 0);
    if (!order_keys(keys, n, memory, order, 1)) return false;
    int64_t best = 0, run = 0, where = 0;
    for (int64_t i = 0; i < n; i++) {
      run = i > 0 && keys[order[i]] == keys[order[i - 1]] ? run + 1 : 1;
      if (run > best || (run == best && keys[order[i]] == keys[where])) best = run, where = order[i];
    }
    static_cast<int64_t *>(indices->data)[to_index] = where;
    take_values(values, to, 1, row, rows.stride, &where, 1, 1);
    return true;
  });
}

/// The lexicographic order of the rows of a matrix: sorted by its columns, the last one first.
int32_t sort_rows(const fb_tensor *order, const fb_tensor *self) {
  const int32_t status = check_dtype(self);
  if (status != FB_OK) return status;
  const int64_t n = self->dims[0];
  const Scratch scratch(n * 8 * 9);
  uint64_t *const memory = scratch.as<uint64_t>(), *const keys = memory + 6 * n, *const permuted = keys + n;
  int64_t *const result = static_cast<int64_t *>(order->data), *const step = reinterpret_cast<int64_t *>(permuted + n);
  if (!memory || n > 0xffffffff) return out_of_memory(n * 8 * 9);
  for (int64_t i = 0; i < n; i++) result[i] = i;
  for (int64_t c = self->dims[1] - 1; c >= 0; c--) {
    load_keys(keys, element(self, c * self->strides[1]), self->dtype, self->strides[0], n, 0);
    for (int64_t i = 0; i < n; i++) permuted[i] = keys[result[i]];
    if (!order_keys(permuted, n, memory, step, 1)) return out_of_memory(n * 8 * 9);
    for (int64_t i = 0; i < n; i++) memory[i] = static_cast<uint64_t>(result[step[i]]);
    memcpy(result, memory, static_cast<size_t>(n) * 8);
  }
  return FB_OK;
}

}  // namespace

FB_GROUP(sort, FB_ENTRY("sort", sort), FB_ENTRY("topk", topk), FB_ENTRY("kthvalue", kthvalue), FB_ENTRY("mode", mode),
         FB_ENTRY("sort_rows", sort_rows))

}  // namespace fb::FB_ISA
