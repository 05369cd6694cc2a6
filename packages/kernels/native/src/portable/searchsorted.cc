// Binary searches for many values. A step chooses its half without a branch, which half of the time would be predicted wrongly.
#include "../element.h"

namespace fb::FB_ISA {
namespace {

/// How many of n sorted elements (NaN last) come before x: those less than it and, if `right`, those equal to it.
template <class S>
int64_t count_before(const S *sorted, int64_t n, Compute<S> x, bool right) {
  if (n == 0 || x != x) return n;  // a NaN comes last of all
  const auto before = [&](S element) {
    const Compute<S> e = widen(element);
    return static_cast<int64_t>((e < x) | (right & (e == x)));
  };
  const S *low = sorted;
  while (n > 1) {
    const int64_t half = n / 2;
    low += half & -before(low[half - 1]);
    n -= half;
  }
  return low - sorted + before(*low);
}

/// The number of elements of each value's row of `sorted` (all contiguous; a single row serves all) that come before it.
int32_t searchsorted(const fb_tensor *out, const fb_tensor *sorted, const fb_tensor *values, bool right) {
  const int64_t n = sorted->dims[sorted->ndim - 1], row = sorted->ndim == 1 ? 0 : values->dims[values->ndim - 1];
  int64_t *const places = static_cast<int64_t *>(out->data);
  return for_real(sorted->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    const S *const elements = static_cast<const S *>(sorted->data), *const x = static_cast<const S *>(values->data);
    parallel_for(numel(values), 4096, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
      for (int64_t i = begin; i < end; i++) places[i] = count_before(elements + (row ? i / row * n : 0), n, widen(x[i]), right);
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(searchsorted, FB_ENTRY("searchsorted", searchsorted))

}  // namespace fb::FB_ISA
