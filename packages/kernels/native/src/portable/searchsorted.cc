// Binary searches for many values. A step chooses its half without a branch, which half of the time would be predicted wrongly.
#include "../element.h"

namespace fb::FB_ISA {
namespace {

constexpr int kTogether = 8;  // searches, whose steps wait for memory at the same time

/// For each of `count` values x, how many of n sorted elements (NaN last) come before it: those less and, if `right`, those equal.
template <class S>
void count_before(int64_t *places, const S *sorted, int64_t n, const S *x, int64_t count, bool right) {
  typedef Compute<S> C;
  C value[kTogether];
  const S *low[kTogether];
  for (int k = 0; k < kTogether; k++) value[k] = widen(x[k < count ? k : 0]), low[k] = sorted;
  const auto before = [&](int k, S element) {
    const C e = widen(element);
    return static_cast<int64_t>((e < value[k]) | (right & (e == value[k])));
  };
  int64_t left = n;
  while (left > 1) {
    const int64_t half = left / 2;
    for (int k = 0; k < kTogether; k++) low[k] += half & -before(k, low[k][half - 1]);
    left -= half;
  }
  for (int k = 0; k < count; k++)  // a NaN comes last of all
    places[k] = n == 0 || value[k] != value[k] ? n : low[k] - sorted + before(k, *low[k]);
}

/// The number of elements of each value's row of `sorted` (all contiguous; a single row serves all) that come before it.
int32_t searchsorted(const fb_tensor *out, const fb_tensor *sorted, const fb_tensor *values, bool right) {
  const int64_t n = sorted->dims[sorted->ndim - 1], row = sorted->ndim == 1 ? 0 : values->dims[values->ndim - 1];
  int64_t *const places = static_cast<int64_t *>(out->data);
  return for_real(sorted->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    const S *const elements = static_cast<const S *>(sorted->data), *const x = static_cast<const S *>(values->data);
    parallel_for(numel(values), 4096, [&](int64_t begin, int64_t end) __attribute__((noinline)) {
      for (int64_t i = begin, m; i < end; i += m) {
        const int64_t rest = row && row - i % row < end - i ? row - i % row : end - i;
        m = rest < kTogether ? rest : kTogether;
        count_before(places + i, elements + (row ? i / row * n : 0), n, x + i, m, right);
      }
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(searchsorted, FB_ENTRY("searchsorted", searchsorted))

}  // namespace fb::FB_ISA
