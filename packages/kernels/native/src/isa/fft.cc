// Discrete Fourier transforms along one dimension of contiguous tensors: complex to complex, real to half of the complex spectrum, and
// back. Lines are transformed as many at a time as a vector has lanes; few or long ones one by one.
#include "../fft_lines.h"

namespace fb::FB_ISA {
namespace {

/// A plan from the cache for the time of a call. `get` gives null if the system has no memory left.
template <class T>
class PlanInUse {
  static inline PlanCache<T> cache_;
  Plan<T> *plan_;

 public:
  /// For lines of n complex numbers, `real` != 0: that stand for so many real ones.
  PlanInUse(const Lines<T> &lines, int64_t n, int64_t real) {
    constexpr int64_t L = kLanes<T>;
    const bool few = lines.inner == 1 && lines.count * 2 <= L && n >= 2 * L;
    const bool alone = few || (lines.inner * 2 <= L && n > 2048);
    plan_ = cache_.take(n, alone, real);
    if (plan_) return;
    plan_ = new (std::nothrow) Plan<T>(n, alone, real);
    if (plan_ && !(plan_->prepare() && prepare_chirp(*plan_))) {
      delete plan_;
      plan_ = nullptr;
    }
  }
  ~PlanInUse() {
    if (plan_) cache_.put(plan_);
  }
  PlanInUse(const PlanInUse &) = delete;
  const Plan<T> *get() const { return plan_; }
};
inline int32_t no_plan(int64_t n) { return out_of_memory(n * 16); }

/// n elements of `width` numbers, which start so many numbers apart.
template <class T>
__attribute__((noinline)) void copy_elements(T *to, int64_t to_step, const T *from, int64_t from_step, int64_t n, int64_t width) {
  for (int64_t i = 0; i < n; i++, to += to_step, from += from_step) {
    to[0] = from[0];
    if (width == 2) to[1] = from[1];
  }
}

/// Calls `body(x, y, memory)` for each line x and its result y, with working memory for transform_line and `extra` more numbers, until
/// one fails. Lines that stand side by side are copied.
template <class T, class Body>
int32_t each_line(const Plan<T> &plan, const Lines<T> &from, const Lines<T> &to, int64_t extra, const Body &body) {
  const int64_t own = line_memory(plan) + extra, x_size = from.n * from.width, y_size = to.n * to.width;
  const int64_t bytes = (own + (to.inner > 1 ? x_size + y_size : 0)) * static_cast<int64_t>(sizeof(T));
  int32_t status = FB_OK;
  parallel_for(to.count, plan.length >= 65536 ? to.count : groups_grain(plan.length), [&](int64_t begin, int64_t end) {
    T *const memory = static_cast<T *>(thread_memory(MemoryFor::kCall, bytes));
    int32_t result = memory ? int32_t{FB_OK} : out_of_memory(bytes);
    for (int64_t i = begin; i < end && result == FB_OK; i++) {
      T *const x = from.start(i), *const y = to.start(i), *const copy = memory + own;
      if (to.inner == 1) {
        result = body(x, y, memory);
      } else {
        copy_elements(copy, from.width, x, from.inner * from.width, from.n, from.width);
        result = body(copy, copy + x_size, memory);
        copy_elements(y, to.inner * to.width, copy + x_size, to.width, to.n, to.width);
      }
    }
    if (result != FB_OK) __atomic_store_n(&status, result, __ATOMIC_RELAXED);
  });
  return status;
}

template <class T>
int32_t complex_transform(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, T scale) {
  const Lines<T> from(self, dim), to(out, dim);
  const int64_t n = to.n;
  if (to.count == 0) return FB_OK;
  const PlanInUse<T> use(to, n, 0);
  const Plan<T> *const plan = use.get();
  if (!plan) return no_plan(n);
  if (plan->matrix)
    return each_line(*plan, from, to, 0, [&](T *x, T *y, T *memory) { return transform_line(*plan, x, y, memory, forward, scale); });
  return each_group(to, plan->length, [&](int64_t first, Vec<T> *data, Vec<T> *work) {
    gather<T>({from, first}, 2 * n, data, 1, !forward);
    scatter<T>({to, first}, 2 * n, transform_group(*plan, data, work), 1, !forward, scale);
  });
}

// ---- real values: n of them go as n / 2 complex ones z(j) = x(2j) + i x(2j + 1), an odd n as n ----

/// X(k) = E(k) + w^k O(k) and X(h - k) = conj(E(k) - w^k O(k)) from a = Z(k) and b = Z(h - k), of h = n / 2 values; w = (c, d), scaled.
template <class V, class T>
inline void unfold_pair(V &a_re, V &a_im, V &b_re, V &b_im, V c, V d, T scale, T sign) {
  const T factor = scale / 2;
  const V even_re = (a_re + b_re) * factor, even_im = (a_im - b_im) * factor;
  V odd_re = (a_im + b_im) * factor, odd_im = (b_re - a_re) * factor;
  turn(odd_re, odd_im, c, d);
  a_re = even_re + odd_re, a_im = (even_im + odd_im) * sign, b_re = even_re - odd_re, b_im = (odd_im - even_im) * sign;
}
/// Z(k) and Z(h - k), doubled, from a = X(k) and b = X(h - k); `sign` belongs to the imaginary parts of X.
template <class V, class T>
inline void fold_pair(V &a_re, V &a_im, V &b_re, V &b_im, V c, V d, T sign) {
  const V p_im = a_im * sign, q_im = b_im * sign, even_re = a_re + b_re, even_im = p_im - q_im;
  V odd_re = a_re - b_re, odd_im = p_im + q_im;
  turn(odd_re, odd_im, c, -d);
  a_re = even_re - odd_im, a_im = even_im + odd_re, b_re = even_re + odd_im, b_im = odd_re - even_im;
}

/// Either of them.
template <bool Unfold, class V, class T>
inline void change_pair(V &a_re, V &a_im, V &b_re, V &b_im, V c, V d, T scale, T sign) {
  if constexpr (Unfold) unfold_pair(a_re, a_im, b_re, b_im, c, d, scale, sign);
  else fold_pair(a_re, a_im, b_re, b_im, c, d, sign);
}

/// All pairs of the vectors of a group, where they stand; with real and imaginary parts exchanged at the end unless Unfold.
template <bool Unfold, class T>
void change_pairs(const Roots &turns, Vec<T> *x, int64_t half, T scale, T sign) {
  for (int64_t k = 0; 2 * k <= half; k++) {
    const Number w = turns.at(k);
    Vec<T> *const a = x + 2 * k, *const b = x + 2 * (half - k);
    Vec<T> a_re = a[0], a_im = a[1], b_re = b[0], b_im = b[1];
    change_pair<Unfold>(a_re, a_im, b_re, b_im, broadcast(static_cast<T>(w.re)), broadcast(static_cast<T>(w.im)), scale, sign);
    b[!Unfold] = b_re, b[Unfold] = b_im;
    a[!Unfold] = a_re, a[Unfold] = a_im;
  }
}
/// The same for one line of pairs, as many k at a time as a vector has lanes. `to` may be `from`.
template <bool Unfold, class T>
void change_line(const Plan<T> &plan, T *to, const T *from, int64_t half, T scale, T sign) {
  typedef Vec<T> V;
  constexpr int64_t L = kLanes<T>;
  typename LaneIndex<sizeof(T)>::type reversed;
  V low_re, low_im;
  for (int64_t l = 0; l < L; l++) {
    const Number w = plan.real_turns.at(l % plan.real);
    reversed[l] = L - 1 - l, low_re[l] = static_cast<T>(w.re), low_im[l] = static_cast<T>(w.im);
  }
  parallel_for((half / 2 + L) / L, 1024, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin * L; k < end * L && 2 * k <= half; k += L) {
      const int64_t count = min(L, half / 2 + 1 - k), mirrored = half - k - count + 1;  // the mirrored ones come in reverse
      const Number w = plan.real_turns.at(k);
      V a_re, a_im, b_re, b_im, c = low_re, d = low_im;
      turn(c, d, broadcast(static_cast<T>(w.re)), broadcast(static_cast<T>(w.im)));
      T a[2 * L] = {}, b[2 * L] = {};
      memcpy(a, from + 2 * k, static_cast<size_t>(2 * count) * sizeof(T));
      memcpy(b + 2 * (L - count), from + 2 * mirrored, static_cast<size_t>(2 * count) * sizeof(T));
      load_pairs(a, L, a_re, a_im), load_pairs(b, L, b_re, b_im);
      b_re = __builtin_shuffle(b_re, reversed), b_im = __builtin_shuffle(b_im, reversed);
      change_pair<Unfold>(a_re, a_im, b_re, b_im, c, d, scale, sign);
      store_pairs(b, L, __builtin_shuffle(b_re, reversed), __builtin_shuffle(b_im, reversed));
      memcpy(to + 2 * mirrored, b + 2 * (L - count), static_cast<size_t>(2 * count) * sizeof(T));
      store_pairs(to + 2 * k, count, a_re, a_im);
    }
  });
}

template <class T>
int32_t real_transform(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, T scale) {
  typedef Vec<T> V;
  const Lines<T> from(self, dim), to(out, dim);
  const int64_t n = from.n, odd = n % 2, half = odd ? n : n / 2;
  if (from.count == 0) return FB_OK;
  const PlanInUse<T> use(to, half, odd ? 0 : n);
  const Plan<T> *const plan = use.get();
  if (!plan) return no_plan(n);
  const T sign = forward ? 1 : -1;
  if (plan->matrix)
    return each_line(*plan, from, to, 2 * half, [&](T *x, T *y, T *memory) -> int32_t {
      T *const z = memory + line_memory(*plan);
      if (odd)
        for (int64_t k = 0; k < n; k++) z[2 * k] = x[k], z[2 * k + 1] = 0;
      const int32_t status = transform_line(*plan, odd ? z : x, odd ? z : y, memory, true, T(1));
      if (odd) {
        for (int64_t k = 0; k < to.n; k++) y[2 * k] = z[2 * k] * scale, y[2 * k + 1] = z[2 * k + 1] * scale * sign;
      } else {
        y[2 * half] = y[0], y[2 * half + 1] = y[1];  // Z(h) = Z(0)
        change_line<true>(*plan, y, y, half, scale, sign);
      }
      return status;
    });
  return each_group(to, max(plan->length, half + 1), [&](int64_t first, V *data, V *work) {
    gather<T>({from, first}, n, data, 1 + odd, false);
    for (int64_t k = 0; odd && k < n; k++) data[2 * k + 1] = V{};
    V *const z = transform_group(*plan, data, work);
    if (odd) {
      for (int64_t k = 0; k < to.n; k++) z[2 * k] *= scale, z[2 * k + 1] *= scale * sign;
    } else {
      z[2 * half] = z[0], z[2 * half + 1] = z[1];
      change_pairs<true>(plan->real_turns, z, half, scale, sign);
    }
    scatter<T>({to, first}, 2 * to.n, z, 1, false, 1);
  });
}

/// Half a spectrum to n real values; the imaginary parts of its ends do not count.
template <class T>
int32_t real_back_transform(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, T scale) {
  typedef Vec<T> V;
  const Lines<T> from(self, dim), to(out, dim);
  const int64_t n = to.n, odd = n % 2, half = odd ? n : n / 2;
  if (to.count == 0) return FB_OK;
  const PlanInUse<T> use(to, half, odd ? 0 : n);
  const Plan<T> *const plan = use.get();
  if (!plan) return no_plan(n);
  const T sign = forward ? -1 : 1;  // the result is real: forward is back of the conjugate
  // The conjugate of an odd spectrum with its other half.
  const auto complete = [&](auto *z) {
    for (int64_t k = 1; k <= n / 2; k++) z[2 * k + 1] *= -sign, z[2 * (n - k)] = z[2 * k], z[2 * (n - k) + 1] = -z[2 * k + 1];
  };
  if (plan->matrix)
    return each_line(*plan, from, to, 2 * (half + 1), [&](const T *x, T *y, T *memory) -> int32_t {
      T *const z = memory + line_memory(*plan);
      if (odd) {
        memcpy(z, x, static_cast<size_t>(2 * from.n) * sizeof(T));
        z[1] = 0;
        complete(z);
      } else {
        change_line<false>(*plan, z, x, half, scale, sign);
        z[0] = x[0] + x[2 * half], z[1] = x[0] - x[2 * half];
      }
      const int32_t status = transform_line(*plan, z, odd ? z : y, memory, odd, scale);
      for (int64_t k = 0; odd && k < n; k++) y[k] = z[2 * k];
      return status;
    });
  return each_group(to, max(plan->length, half + 1), [&](int64_t first, V *data, V *work) {
    gather<T>({from, first}, 2 * from.n, data, 1, false);
    data[1] = V{};
    if (odd) {
      complete(data);
    } else {
      data[2 * half + 1] = V{};
      change_pairs<false>(plan->real_turns, data, half, scale, sign);
    }
    scatter<T>({to, first}, n, transform_group(*plan, data, work), 1 + odd, !odd, scale);
  });
}

template <class F>
int32_t for_precision(int32_t dtype, const F &f) {
  switch (dtype) {
    case FB_FLOAT32: case FB_COMPLEX64: return f(float());
    case FB_FLOAT64: case FB_COMPLEX128: return f(double());
    default: return unsupported_dtype(dtype);
  }
}

/// out = scale * sum over j of self(j) exp(-+ 2 pi i j k / n), - for `forward`.
int32_t fft_complex(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, double scale) {
  return for_precision(out->dtype, [&](auto t) { return complex_transform(out, self, dim, forward, static_cast<__typeof__(t)>(scale)); });
}
/// The first n / 2 + 1 values of the transform of n real ones.
int32_t fft_real(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, double scale) {
  return for_precision(out->dtype, [&](auto t) { return real_transform(out, self, dim, forward, static_cast<__typeof__(t)>(scale)); });
}
/// The real transform of n values of which the first n / 2 + 1 are given and the others are their conjugates.
int32_t fft_real_back(const fb_tensor *out, const fb_tensor *self, int64_t dim, bool forward, double scale) {
  return for_precision(out->dtype, [&](auto t) { return real_back_transform(out, self, dim, forward, static_cast<__typeof__(t)>(scale)); });
}

}  // namespace

FB_GROUP(fft, FB_ENTRY("fft_complex", fft_complex), FB_ENTRY("fft_real", fft_real), FB_ENTRY("fft_real_back", fft_real_back))

}  // namespace fb::FB_ISA
