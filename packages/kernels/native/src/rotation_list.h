// Plane rotations of an eigenvalue or singular value iteration, kept until there are enough of them to be applied together.
#pragma once
#include <math.h>

#include "householder.h"

namespace fb::FB_ISA {
namespace {

/// Changes of neighbouring rows of one matrix, each with the plane that it begins at and `Numbers` numbers, which a kernel makes in order.
/// Without a matrix they are forgotten.
template <int Numbers, int64_t Capacity>
class RowChanges {
 public:
  static constexpr int64_t kBytes = Capacity * (8 * Numbers + 4) + 128;

  void apply() {
    if (count_ == 0) return;
    const double n = static_cast<double>(count_);
    const double rest[] = {static_cast<double>(reinterpret_cast<uintptr_t>(planes_)), FB_INT32, 1, n, 1,
                           static_cast<double>(reinterpret_cast<uintptr_t>(numbers_)), FB_FLOAT64, 2, n, Numbers, Numbers, 1};
    frame_[0] = kernel_;
    memcpy(frame_ + 8, rest, sizeof rest);
    fb_call(frame_);
    count_ = 0;
  }

 protected:
  template <class T>
  RowChanges(int32_t kernel, const Matrix<T> *rows, char *memory)
      : kernel_(kernel), wanted_(rows && rows->columns > 0), numbers_(take<double>(memory, Numbers * Capacity)), planes_(take<int32_t>(memory, Capacity)) {
    if (wanted_) push(frame_ + 1, *rows);
  }
  bool wanted() const { return wanted_; }
  void add(int64_t plane, const double (&numbers)[Numbers]) {
    planes_[count_] = static_cast<int32_t>(plane);
    memcpy(numbers_ + Numbers * count_, numbers, sizeof numbers);
    if (++count_ == Capacity) apply();
  }

 private:
  int32_t kernel_;
  bool wanted_;
  int64_t count_ = 0;
  double *numbers_;
  int32_t *planes_;
  double frame_[24];
};

/// Rotations of two neighbouring rows.
class Rotations : public RowChanges<2, 8192> {
 public:
  template <class T>
  Rotations(const Matrix<T> *rows, char *memory) : RowChanges(kernel(), rows, memory) {}

  /// lower = c lower - s upper, upper = s lower + c upper, for rows `plane` and plane + 1.
  void add(int64_t plane, double c, double s) {
    if (wanted() && (c != 1 || s != 0)) RowChanges::add(plane, {c, s});
  }

 private:
  static int32_t kernel() {
    static const int32_t id = fb_find("rotate_rows");
    return id;
  }
};

/// Reflectors of three neighbouring rows of a float64 matrix (of two at its end).
class Reflectors : public RowChanges<3, 4096> {
 public:
  Reflectors(const Matrix<double> &rows, char *memory) : RowChanges(kernel(), &rows, memory) {}

  /// x -= tau v (v · x) with v = (1, v1, v2) for the rows x from `plane` on.
  void add(int64_t plane, double v1, double v2, double tau) {
    if (wanted()) RowChanges::add(plane, {v1, v2, tau});
  }

 private:
  static int32_t kernel() {
    static const int32_t id = fb_find("reflect_rows");
    return id;
  }
};

/// c and s with c f + s g = r and -s f + c g = 0.
inline void make_rotation(double f, double g, double &c, double &s, double &r) {
  if (g == 0) {
    c = 1, s = 0, r = f;
  } else if (f == 0) {
    c = 0, s = 1, r = g;
  } else {
    r = sqrt(f * f + g * g);
    if (!(r > 1e-140 && r < 1e140)) r = hypot(f, g);
    if (f < 0) r = -r;
    c = f / r, s = g / r;
  }
}

/// A power of two that brings the largest element near 1 (1 if all are 0); 0 if an element is not finite.
template <class T>
double scale_of(const Matrix<T> &a) {
  T largest = 0;
  bool finite = true;
  for (int64_t i = 0; i < a.rows; i++)
    for (int64_t j = 0; j < a.columns; j++) {
      const T x = absolute(a(i, j));
      finite = finite && x - x == 0;
      if (x > largest) largest = x;
    }
  if (!finite) return 0;
  int exponent = 0;
  frexp(static_cast<double>(largest), &exponent);
  return largest == 0 ? 1 : ldexp(1, -exponent < 1000 ? -exponent : 1000);
}
template <class T>
void scale(const Matrix<T> &a, double factor) {
  if (factor == 1) return;
  for (int64_t i = 0; i < a.rows; i++)
    for (int64_t j = 0; j < a.columns; j++) a(i, j) = static_cast<T>(static_cast<double>(a(i, j)) * factor);
}

/// The order in which `x` rises: a stable merge sort.
inline void sort_indices(const double *x, int64_t n, int32_t *order, int32_t *spare) {
  for (int64_t i = 0; i < n; i++) order[i] = static_cast<int32_t>(i);
  for (int64_t width = 1; width < n; width *= 2) {
    for (int64_t low = 0; low < n; low += 2 * width) {
      const int64_t middle = min(low + width, n), high = min(low + 2 * width, n);
      int64_t a = low, b = middle;
      for (int64_t k = low; k < high; k++) spare[k] = a < middle && (b >= high || x[order[a]] <= x[order[b]]) ? order[a++] : order[b++];
    }
    memcpy(order, spare, static_cast<size_t>(n) * sizeof(int32_t));
  }
}

constexpr int32_t kNotFinite = -1, kNotConverged = 1;  // what `info` of a spectral decomposition says besides 0

}  // namespace
}  // namespace fb::FB_ISA
