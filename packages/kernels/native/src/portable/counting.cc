// How often numbers come: bincount, and histograms over equal intervals.
#include "../element.h"

namespace fb::FB_ISA {
namespace {

/// totals[slot(i)] += amount(i) for i < n, without those whose slot is negative. Many elements for few slots are counted in parts,
/// which are added up in their order; the parts depend on n and the slots alone.
template <class A, class Slot, class Amount>
int32_t tally(A *totals, int64_t slots, int64_t n, const Slot &slot, const Amount &amount) {
  constexpr int64_t kPart = 65536, kMostParts = 16;
  const int64_t wanted = n / (kPart + 16 * slots) + 1, parts = wanted < kMostParts ? wanted : kMostParts, grain = (n + parts - 1) / parts;
  const int64_t bytes = parts * slots * static_cast<int64_t>(sizeof(A));
  const Scratch memory(bytes);
  A *const tables = memory.as<A>();
  if (!tables) return out_of_memory(bytes);
  memset(tables, 0, static_cast<size_t>(bytes));
  parallel_for(n, grain, [&](int64_t begin, int64_t end) {
    A *const table = tables + begin / grain * slots;
    for (int64_t i = begin; i < end; i++) {
      const int64_t at = slot(i);
      if (at >= 0) table[at] += amount(i);
    }
  });
  for (int64_t s = 0; s < slots; s++) {
    A total = 0;
    for (int64_t p = 0; p < parts; p++) total += tables[p * slots + s];
    totals[s] = total;
  }
  return FB_OK;
}

/// How often each number below `length` comes in `self` (int64, from 0), or the sums of their weights.
int32_t bincount(const fb_tensor *out, const fb_tensor *self, const fb_tensor *weights, int64_t length) {
  const int64_t n = numel(self);
  const int64_t *const x = static_cast<const int64_t *>(self->data);
  const auto slot = [&](int64_t i) { return x[i]; };
  if (!weights) return tally(static_cast<int64_t *>(out->data), length, n, slot, [](int64_t) { return int64_t{1}; });
  return for_float_or_double(weights->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const T *const w = static_cast<const T *>(weights->data);
    return tally(static_cast<T *>(out->data), length, n, slot, [&](int64_t i) { return w[i]; });
  });
}

/// How many elements fall into each of `bins` equal intervals between `low` and `high`, which belongs to the last one.
int32_t histc(const fb_tensor *out, const fb_tensor *self, int64_t bins, double low, double high) {
  const Scratch memory(bins * 8);
  int64_t *const counts = memory.as<int64_t>();
  if (!counts) return out_of_memory(bins * 8);
  return for_float_or_double(self->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const T *const x = static_cast<const T *>(self->data);
    const T first = static_cast<T>(low), last = static_cast<T>(high), width = static_cast<T>(high - low), scale = static_cast<T>(bins);
    const auto slot = [&](int64_t i) {
      if (!(x[i] >= first && x[i] <= last)) return int64_t{-1};
      const int64_t at = static_cast<int64_t>((x[i] - first) / width * scale);
      return at < bins ? at : bins - 1;
    };
    const int32_t status = tally(counts, bins, numel(self), slot, [](int64_t) { return int64_t{1}; });
    for (int64_t i = 0; i < bins; i++) static_cast<T *>(out->data)[i] = static_cast<T>(counts[i]);
    return status;
  });
}

}  // namespace

FB_GROUP(counting, FB_ENTRY("bincount", bincount), FB_ENTRY("histc", histc))

}  // namespace fb::FB_ISA
