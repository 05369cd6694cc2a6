// What discrete Fourier transforms of one length need: factors, roots of unity, how a line is cut. Plans are kept from call to call.
#pragma once
#include <math.h>
#include <new>

#include "simd.h"

namespace fb::FB_ISA {
namespace {

constexpr int kLargestFactor = 31;  // a length with a larger prime factor goes through a convolution (Bluestein)

/// Memory of a plan; freed with it.
template <class T>
struct Array {
  T *data = nullptr;
  int64_t bytes = 0;
  Array() = default;
  Array(const Array &) = delete;
  /// False if the system has no memory left.
  bool allocate(int64_t n) {
    bytes = (n * static_cast<int64_t>(sizeof(T)) + 127) / 64 * 64;
    data = static_cast<T *>(aligned_alloc(64, static_cast<size_t>(bytes)));
    return data != nullptr;
  }
  ~Array() { free(data); }
  T &operator[](int64_t i) const { return data[i]; }
};

inline bool is_smooth(int64_t n) {
  for (int64_t f = 2; f <= kLargestFactor; f++)
    while (n % f == 0) n /= f;
  return n == 1;
}

struct Number {
  double re, im;
};

/// exp(-2 pi i k / n) for k < n, in double: products of entries of two tables of about sqrt(n).
struct Roots {
  Array<Number> low, high;
  int bits = 0;  // of k, for the low table

  __attribute__((noinline)) bool prepare(int64_t n) {
    while (int64_t{1} << (2 * bits) < n) bits++;
    const int64_t count = (n >> bits) + 1;
    if (!low.allocate(int64_t{1} << bits) || !high.allocate(count)) return false;
    const double step = -2 * M_PI / static_cast<double>(n);
    for (int64_t i = 0; i < int64_t{1} << bits; i++) low[i] = {cos(step * static_cast<double>(i)), sin(step * static_cast<double>(i))};
    for (int64_t i = 0; i < count; i++) {
      const double angle = step * static_cast<double>(i << bits);
      high[i] = {cos(angle), sin(angle)};
    }
    return true;
  }
  Number at(int64_t k) const {
    const Number a = low[k & ((int64_t{1} << bits) - 1)], b = high[k >> bits];
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
  }
};

/// One step of Stockham's algorithm: sums over `radix` values, `m * s` apart, times roots of order m * radix; s stand side by side.
template <class T>
struct Step {
  int radix;
  int64_t m, s;
  const T *unit;  // the `radix` roots of that order, real and imaginary part in turn
  const T *turns;  // for each of m places, radix - 1 roots for the results but the first; null where they all are 1
};

/// A length without large prime factors.
template <class T>
struct Factors {
  int64_t n = 1;
  int count = 0;
  Step<T> steps[64];
  Array<T> roots;  // of all steps

  __attribute__((noinline)) bool prepare(int64_t length) {
    n = length;
    int64_t rest = n, m = n, s = 1, places = 0;
    // 4 * 4 rather than 8 * 2
    const auto take = [&](int radix) {
      m /= radix, rest /= radix;
      steps[count++] = {radix, m, s, nullptr, nullptr};
      s *= radix, places += radix + m * (radix - 1);
    };
    while (rest % 8 == 0 && rest % 32 != 16) take(8);
    for (int f = 4; rest > 1; f = f == 4 ? 2 : f == 2 ? 3 : f + 2)
      while (rest % f == 0) take(f);
    Roots exact;
    if (!roots.allocate(2 * places) || !exact.prepare(n)) return false;
    T *to = roots.data;
    const auto add = [&](int64_t k) {
      const Number w = exact.at(k);
      *to++ = static_cast<T>(w.re), *to++ = static_cast<T>(w.im);
    };
    for (int i = 0; i < count; i++) {
      Step<T> &step = steps[i];
      step.unit = to;
      for (int k = 0; k < step.radix; k++) add(n / step.radix * k);
      if (step.m == 1) continue;
      step.turns = to;
      for (int64_t p = 0; p < step.m; p++)
        for (int k = 1; k < step.radix; k++) add(p * k * step.s);
    }
    return true;
  }
};

template <class T>
struct Plan {
  const int64_t n;
  const bool matrix;  // only for lines on their own, each as a matrix; else for lines side by side, too
  const int64_t real;  // 0, or the length whose real transforms it serves
  const bool chirped;
  int64_t length;  // n, or that of the convolution that stands for it
  Factors<T> whole;  // for lines side by side
  Factors<T> columns, rows;  // of the matrix, which has rows.n columns: they are transformed first
  Roots turns, real_turns;  // of the matrix's elements between the two; of a real transform
  Array<T> lanes;  // for each of the matrix's rows, those of its first elements: a vector of real parts, one of imaginary parts
  // Bluestein: a cyclic convolution with the chirp exp(pi i k^2 / n), whose spectrum is kept. Real and imaginary part in turn.
  Array<T> chirp, spectrum;

  Plan(int64_t n, bool matrix, int64_t real) : n(n), matrix(matrix), real(real), chirped(!is_smooth(n)), length(n) {
    for (int64_t odd = 1; chirped && odd <= 15; odd += 2) {
      int64_t size = odd;
      while (size < 2 * n - 1) size *= 2;
      if (is_smooth(odd) && odd != 7 && odd != 11 && odd != 13 && (odd == 1 || size < length)) length = size;
    }
  }

  /// False if the system has no memory left.
  bool prepare() {
    if (real && !real_turns.prepare(real)) return false;
    if (!matrix && !whole.prepare(length)) return false;
    constexpr int64_t L = kLanes<T>;
    const int64_t height = best_height(length), width = length / height;
    if (!columns.prepare(height) || !rows.prepare(width) || !turns.prepare(length) || !lanes.allocate(2 * L * height)) return false;
    for (int64_t i = 0; i < height; i++)
      for (int64_t l = 0; l < L; l++) {
        const Number w = turns.at(i * l % length);
        lanes[2 * L * i + l] = static_cast<T>(w.re), lanes[2 * L * i + L + l] = static_cast<T>(w.im);
      }
    return true;
  }

  /// The matrix whose lines fill vectors best, among those that are about square.
  static int64_t best_height(int64_t length) {
    constexpr int64_t L = kLanes<T>;
    int64_t best = 1, least = INT64_MAX;
    for (int64_t height = 1; height * height <= length; height++) {
      if (length % height) continue;
      const int64_t width = length / height, vectors = (width + L - 1) / L * height + (height + L - 1) / L * width;
      const int64_t cost = height * height * 16 < length ? INT64_MAX - height : vectors;
      if (cost <= least) best = height, least = cost;
    }
    return best;
  }

  int64_t bytes() const {
    return whole.roots.bytes + columns.roots.bytes + rows.roots.bytes + turns.low.bytes + turns.high.bytes + real_turns.low.bytes +
           real_turns.high.bytes + lanes.bytes + chirp.bytes + spectrum.bytes;
  }
};

/// The plans of a process's last calls, the latest at the end. A call takes its plan out and puts it back, so that a plan has one user.
template <class T>
class PlanCache {
  static constexpr int kMost = 16;
  static constexpr int64_t kMostBytes = 16 << 20;
  Plan<T> *plans_[kMost] = {};
  int count_ = 0;
  int64_t bytes_ = 0;
  bool locked_ = false;

  void lock() {
    while (__atomic_test_and_set(&locked_, __ATOMIC_ACQUIRE)) {}
  }
  void unlock() { __atomic_clear(&locked_, __ATOMIC_RELEASE); }
  Plan<T> *remove(int at) {
    Plan<T> *const plan = plans_[at];
    bytes_ -= plan->bytes(), count_--;
    for (int i = at; i < count_; i++) plans_[i] = plans_[i + 1];
    return plan;
  }

 public:
  /// Null if there is none.
  Plan<T> *take(int64_t n, bool matrix, int64_t real) {
    Plan<T> *found = nullptr;
    lock();
    for (int i = 0; i < count_ && !found; i++)
      if (plans_[i]->n == n && plans_[i]->matrix == matrix && plans_[i]->real == real) found = remove(i);
    unlock();
    return found;
  }
  void put(Plan<T> *plan) {
    Plan<T> *old[kMost + 1];
    int olds = 0;
    lock();
    if (plan->bytes() > kMostBytes) {
      old[olds++] = plan;
    } else {
      while (count_ == kMost || bytes_ + plan->bytes() > kMostBytes) old[olds++] = remove(0);
      plans_[count_++] = plan, bytes_ += plan->bytes();
    }
    unlock();
    while (olds > 0) delete old[--olds];
  }
};

}  // namespace
}  // namespace fb::FB_ISA
