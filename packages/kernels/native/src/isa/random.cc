// Random numbers, a pure function of (seed, offset, element): element i takes word i % 4 of Philox block offset + i / 4, or,
// where 64 bits are needed, pair i % 2 of block offset + i / 2. Outputs are contiguous.
#include "../broadcast_loop.h"
#include "../convert.h"
#include "../elementwise.h"
#include "../philox.h"
#include "../vector_math_wide.h"

namespace fb::FB_ISA {
namespace {

constexpr double kTwoTo32 = 4294967296.0;

/// Calls fill(unit, first element, count) for the pieces of [0, n) that one PhiloxUnit serves.
template <class Fill>
void for_units(int64_t n, int64_t per_unit, int64_t seed, int64_t offset, const Fill &fill) {
  parallel_for(n, kMathGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += per_unit) {
      const PhiloxUnit unit(static_cast<uint64_t>(seed), static_cast<uint64_t>(offset + i / per_unit * (kPhiloxWords / 4)));
      fill(unit, i, end - i < per_unit ? end - i : per_unit);
    }
  });
}

/// Writes `n` computed numbers as the floating dtype of `out`.
void put(const fb_tensor *out, int64_t first, int64_t n, const float *values) {
  char *to = static_cast<char *>(out->data) + first * item_size(out->dtype);
  if (is_half(out->dtype)) return narrow(to, values, n, out->dtype);
  memcpy(to, values, static_cast<size_t>(n) * sizeof(float));
}
void put(const fb_tensor *out, int64_t first, int64_t n, const double *values) {
  memcpy(static_cast<double *>(out->data) + first, values, static_cast<size_t>(n) * sizeof(double));
}

/// Calls make(unit, values) for units of floats or doubles and writes the values.
template <class Make>
int32_t floating(const fb_tensor *out, int64_t seed, int64_t offset, const Make &make) {
  if (out->dtype > FB_BFLOAT16) return unsupported_dtype(out->dtype);
  if (out->dtype == FB_FLOAT64) {
    for_units(numel(out), kPhiloxWords / 2, seed, offset, [&](const PhiloxUnit &unit, int64_t first, int64_t n) {
      alignas(64) double values[kPhiloxWords / 2];
      make(unit, values);
      put(out, first, n, values);
    });
  } else {
    for_units(numel(out), kPhiloxWords, seed, offset, [&](const PhiloxUnit &unit, int64_t first, int64_t n) {
      alignas(64) float values[kPhiloxWords];
      make(unit, values);
      put(out, first, n, values);
    });
  }
  return FB_OK;
}

// As many bits as the dtype's significand holds, so that rounding never gives 1. Of other ranges in half precision the last step may round to `high`.
int32_t random_uniform(const fb_tensor *out, double low, double high, int64_t seed, int64_t offset) {
  struct Uniform {
    double low, high;
    int drop;  // bits of a word that do not matter
    void operator()(const PhiloxUnit &unit, float *values) const {
      const float base = static_cast<float>(low), range = static_cast<float>(high - low), top = static_cast<float>(high);
      const float unit_step = 1.0f / static_cast<float>(1u << (32 - drop));
      for (int64_t i = 0; i < kPhiloxWords; i += kLanes<float>) {
        const VecF x = base + __builtin_convertvector((VecI)(load(unit.words() + i) >> drop), VecF) * unit_step * range;
        store(values + i, x < top ? x : broadcast(base));
      }
    }
    void operator()(const PhiloxUnit &unit, double *values) const {
      for (int64_t i = 0; i < kPhiloxWords / 2; i++) {
        const double x = low + static_cast<double>(static_cast<int64_t>(unit.pairs[i] >> 11)) * 0x1p-53 * (high - low);
        values[i] = x < high ? x : low;
      }
    }
  };
  const int drop = out->dtype == FB_FLOAT16 ? 21 : out->dtype == FB_BFLOAT16 ? 24 : 8;
  return floating(out, seed, offset, Uniform{low, high, drop});
}

// Box-Muller: two words give two numbers.
int32_t random_normal(const fb_tensor *out, double mean, double std, int64_t seed, int64_t offset) {
  struct Normal {
    double mean, std;
    void operator()(const PhiloxUnit &unit, float *values) const {
      const float m = static_cast<float>(mean), s = static_cast<float>(std);
      constexpr int64_t lanes = kLanes<float>, half = kPhiloxWords / 2;
      alignas(64) uint32_t words[2][half];
      for (int64_t i = 0; i < half; i++) {
        words[0][i] = static_cast<uint32_t>(unit.pairs[i]);
        words[1][i] = static_cast<uint32_t>(unit.pairs[i] >> 32);
      }
      for (int64_t i = 0; i < half; i += lanes) {
        const Vec<uint32_t> a = load(words[0] + i), b = load(words[1] + i);
        // (0, 1]; then the quarter turn nearest to the angle and the rest, in [-1/8, 1/8) turns.
        const VecF u = __builtin_convertvector((VecI)(a >> 8), VecF) * 0x1p-24f + 0x1p-24f;
        const VecF radius = sqrt(log(u) * -2.0f) * s;
        const VecI quarter = (VecI)((b + 0x20000000) >> 30);
        const VecF r = __builtin_convertvector((VecI)(b - ((Vec<uint32_t>)quarter << 30)), VecF) * 1.4629180792671596e-9f;  // pi/2 / 2^30
        const VecF z = r * r;
        constexpr float sine[] = {-1.6666654611e-1f, 8.3321608736e-3f, -1.9515295891e-4f};
        constexpr float cosine[] = {4.166664568298827e-2f, -1.388731625493765e-3f, 2.443315711809948e-5f};
        const VecF sin = fma(polynomial(z, sine) * z, r, r);
        const VecF cos = fma(polynomial(z, cosine), z * z, fma(z, broadcast(-0.5f), broadcast(1.0f)));
        const VecI odd = (quarter & 1) != 0;
        const VecF x = odd ? sin : cos, y = odd ? cos : sin;
        const VecF first = ((quarter + 1) & 2) != 0 ? -x : x, second = (quarter & 2) != 0 ? -y : y;
        const VecF p = fma(first, radius, broadcast(m)), q = fma(second, radius, broadcast(m));
        for (int64_t j = 0; j < lanes; j++) {
          values[2 * (i + j)] = p[j];
          values[2 * (i + j) + 1] = q[j];
        }
      }
    }
    void operator()(const PhiloxUnit &unit, double *values) const {
      for (int64_t i = 0; i < kPhiloxWords / 2; i += 2) {
        const double u = (static_cast<double>(unit.pairs[i] >> 11) + 1) * 0x1p-53;
        const double angle = static_cast<double>(unit.pairs[i + 1] >> 11) * 0x1p-53 * 6.28318530717958647693;
        const double radius = __builtin_sqrt(-2 * ::log(u)) * std;
        values[i] = ::cos(angle) * radius + mean;
        values[i + 1] = ::sin(angle) * radius + mean;
      }
    }
  };
  return floating(out, seed, offset, Normal{mean, std});
}

/// Stores the number 1 of a dtype, or zero, by element size: 1 where an element's word is below its limit. `read(limits, first, n)`
/// gives the limits of elements.
template <class Read>
void zeros_and_ones(const fb_tensor *out, int64_t seed, int64_t offset, const Read &read) {
  constexpr uint64_t ones[] = {0x3f800000, 0x3ff0000000000000, 0x3c00, 0x3f80, 1, 1, 1, 1, 1, 1};
  const uint64_t one = ones[out->dtype];
  const int64_t size = item_size(out->dtype);
  for_units(numel(out), kPhiloxWords, seed, offset, [&](const PhiloxUnit &unit, int64_t first, int64_t n) {
    double limits[kPhiloxWords];
    read(limits, first, n);
    char *const to = static_cast<char *>(out->data) + first * size;
    const auto fill = [&](auto zero) {
      typedef decltype(zero) E;
      for (int64_t i = 0; i < n; i++) {
        const E x = static_cast<double>(unit.word(i)) < limits[i] ? static_cast<E>(one) : E(0);
        memcpy(to + i * static_cast<int64_t>(sizeof(E)), &x, sizeof x);
      }
    };
    switch (size) {
      case 1: return fill(uint8_t{});
      case 2: return fill(uint16_t{});
      case 4: return fill(uint32_t{});
      default: return fill(uint64_t{});
    }
  });
}

int32_t random_bernoulli(const fb_tensor *out, double p, int64_t seed, int64_t offset) {
  if (out->dtype >= FB_COMPLEX64) return unsupported_dtype(out->dtype);
  const double threshold = static_cast<double>(static_cast<uint64_t>(p * kTwoTo32 + 0.5));
  zeros_and_ones(out, seed, offset, [threshold](double *limits, int64_t, int64_t n) {
    for (int64_t i = 0; i < n; i++) limits[i] = threshold;
  });
  return FB_OK;
}

/// limits[i] = probability of element first + i, as a number of words.
template <class S>
void read_limits(double *limits, const BroadcastLoop &loop, int64_t first, int64_t n) {
  const auto limit = [](const char *at) {
    S p;
    memcpy(&p, at, sizeof p);
    return static_cast<double>(widen(p)) * kTwoTo32;
  };
  if (loop.ndim == 1) {
    for (int64_t i = 0; i < n; i++) limits[i] = limit(loop.data[1] + (first + i) * loop.strides[1][0]);
    return;
  }
  for (int64_t i = 0; i < n; i++) {
    const char *at = loop.data[1];
    int64_t rest = first + i;
    for (int d = loop.ndim - 1; d >= 0; d--) {
      at += rest % loop.dims[d] * loop.strides[1][d];
      rest /= loop.dims[d];
    }
    limits[i] = limit(at);
  }
}

int32_t random_bernoulli_tensor(const fb_tensor *out, const fb_tensor *p, int64_t seed, int64_t offset) {
  if (out->dtype >= FB_COMPLEX64) return unsupported_dtype(out->dtype);
  const fb_tensor *tensors[] = {out, p};
  const BroadcastLoop loop(tensors, 2);
  return for_float(p->dtype, [&](auto tag) {
    zeros_and_ones(out, seed, offset, [&](double *limits, int64_t first, int64_t n) { read_limits<FB_TYPE_OF(tag)>(limits, loop, first, n); });
    return int32_t{FB_OK};
  });
}

// Multiply and shift: the bias is range / 2^32 (2^64 for int64 and float64) at most.
int32_t random_integers(const fb_tensor *out, int64_t low, int64_t high, int64_t seed, int64_t offset) {
  const uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  const auto wide = [&](auto zero) {
    typedef decltype(zero) T;
    T *data = static_cast<T *>(out->data);
    for_units(numel(out), kPhiloxWords / 2, seed, offset, [&](const PhiloxUnit &unit, int64_t first, int64_t n) {
      for (int64_t i = 0; i < n; i++) {
        const uint64_t x = static_cast<uint64_t>(static_cast<unsigned __int128>(unit.pairs[i]) * range >> 64);
        data[first + i] = static_cast<T>(static_cast<int64_t>(static_cast<uint64_t>(low) + x));
      }
    });
    return FB_OK;
  };
  const auto narrow_ = [&](auto store) {
    for_units(numel(out), kPhiloxWords, seed, offset, [&](const PhiloxUnit &unit, int64_t first, int64_t n) {
      for (int64_t i = 0; i < n; i++) store(first + i, low + static_cast<int64_t>(unit.word(i) * range >> 32));
    });
    return FB_OK;
  };
  const auto store_as = [&](auto zero) {
    typedef decltype(zero) T;
    T *data = static_cast<T *>(out->data);
    return narrow_([data](int64_t i, int64_t x) { data[i] = static_cast<T>(x); });
  };
  switch (out->dtype) {
    case FB_INT64: return wide(int64_t{});
    case FB_FLOAT64: return wide(double{});
    case FB_FLOAT32: return store_as(float{});
    case FB_INT32: return store_as(int32_t{});
    case FB_INT16: return store_as(int16_t{});
    case FB_INT8: return store_as(int8_t{});
    case FB_UINT8:
    case FB_BOOL: return store_as(uint8_t{});
    case FB_FLOAT16: {
      Half *data = static_cast<Half *>(out->data);
      return narrow_([data](int64_t i, int64_t x) { data[i] = to_half(static_cast<float>(x)); });
    }
    case FB_BFLOAT16: {
      BFloat16 *data = static_cast<BFloat16 *>(out->data);
      return narrow_([data](int64_t i, int64_t x) { data[i] = to_bfloat16(static_cast<float>(x)); });
    }
    default: return unsupported_dtype(out->dtype);
  }
}

// Fisher-Yates from the first element on: element i swaps with one of [i, n).
int32_t random_permutation(const fb_tensor *out, int64_t seed, int64_t offset) {
  if (out->dtype != FB_INT64) return unsupported_dtype(out->dtype);
  const int64_t n = numel(out);
  int64_t *data = static_cast<int64_t *>(out->data);
  for (int64_t i = 0; i < n; i++) data[i] = i;
  for (int64_t first = 0; first < n; first += kPhiloxWords / 2) {
    const PhiloxUnit unit(static_cast<uint64_t>(seed), static_cast<uint64_t>(offset + first / 2));
    const int64_t end = n - first < kPhiloxWords / 2 ? n : first + kPhiloxWords / 2;
    for (int64_t i = first; i < end; i++) {
      const unsigned __int128 scaled = static_cast<unsigned __int128>(unit.pairs[i - first]) * static_cast<uint64_t>(n - i);
      const int64_t j = i + static_cast<int64_t>(scaled >> 64), x = data[i];
      data[i] = data[j], data[j] = x;
    }
  }
  return FB_OK;
}

template <class T>
void keep_and_scale(char *out, const char *const *in, int64_t n, const double *scalars) {
  const T *self = reinterpret_cast<const T *>(in[0]);
  const uint8_t *mask = reinterpret_cast<const uint8_t *>(in[1]);
  T *o = reinterpret_cast<T *>(out);
  const T scale = static_cast<T>(scalars[0]);
  FB_VECTORIZE
  for (int64_t i = 0; i < n; i++) o[i] = mask[i] ? self[i] * scale : T(0);
}
constexpr Functions kDropout = {{keep_and_scale<float>, keep_and_scale<double>}};

int32_t dropout(const fb_tensor *out, const fb_tensor *mask, const fb_tensor *self, double p, int64_t seed, int64_t offset) {
  if (self->dtype > FB_BFLOAT16) return unsupported_dtype(self->dtype);
  random_bernoulli(mask, 1 - p, seed, offset);
  const fb_tensor *tensors[] = {out, self, mask};
  const double scale = p == 1 ? 0 : 1 / (1 - p);
  return elementwise(kDropout, tensors, 3, kCheapGrain, &scale);
}

}  // namespace

FB_GROUP(random,
         FB_ENTRY("random_uniform", random_uniform),
         FB_ENTRY("random_normal", random_normal),
         FB_ENTRY("random_bernoulli", random_bernoulli),
         FB_ENTRY("random_bernoulli_tensor", random_bernoulli_tensor),
         FB_ENTRY("random_integers", random_integers),
         FB_ENTRY("random_permutation", random_permutation),
         FB_ENTRY("dropout", dropout))

}  // namespace fb::FB_ISA
