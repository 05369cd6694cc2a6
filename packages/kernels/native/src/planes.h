// How convolutions read an image. A channel is copied into planes padded with zeros, one plane per phase of the stride, so that a
// tap of the kernel is a constant distance in memory: value(tap, y, x) = planes[tap's offset + y * pitch + x] for all positions.
#pragma once
#include "gemm.h"
#include "packing.h"

namespace fb::FB_ISA {
namespace {

inline int64_t floor_divide(int64_t a, int64_t b) { return (a - (a < 0 ? b - 1 : 0)) / b; }

/// One spatial axis: position i in [0, grid) reads the source at i * step + offset for each tap, zero outside [0, size). With `spread`,
/// which goes with unit steps, the source has a value at every spread-th place only and zeros between them.
struct Axis {
  int64_t size, grid, step, spread = 1;
  int64_t count = 0, phases = 0, lead = 0, reach = 0;  // reach: the largest shift; lead: zeros that shifts below 0 need
  int64_t *tap, *slot, *shift;                         // per tap: its index in the kernel, its phase's slot, its shift in the plane
  int64_t *phase;                                      // per slot

  /// `memory` holds 4 numbers for each tap to be added.
  Axis(int64_t size, int64_t grid, int64_t step, int64_t *memory, int64_t taps)
      : size(size), grid(grid), step(step), tap(memory), slot(memory + taps), shift(memory + 2 * taps), phase(memory + 3 * taps) {}

  void add(int64_t index, int64_t offset) {
    const int64_t q = floor_divide(offset, step), remainder = offset - q * step;
    int64_t s = 0;
    while (s < phases && phase[s] != remainder) s++;
    if (s == phases) phase[phases++] = remainder;
    reach = count ? max(reach, q) : q;
    lead = max(lead, -q);
    tap[count] = index, slot[count] = s, shift[count++] = q;
  }
  /// Values of the source as they lie in memory.
  int64_t values() const { return spread == 1 ? size : divide_up(size, spread); }
};

/// Every second of 2 * kLanes values, from the first on.
template <class T>
inline Vec<T> every_second(Vec<T> a, Vec<T> b) {
  typename LaneIndex<sizeof(T)>::type index;
  for (int i = 0; i < static_cast<int>(kLanes<T>); i++) index[i] = 2 * i;
  return __builtin_shuffle(a, b, index);
}
/// The lanes of v from lane `first` on with a zero after each.
template <class T>
inline Vec<T> spread_lanes(Vec<T> v, int first) {
  constexpr int L = static_cast<int>(kLanes<T>);
  typename LaneIndex<sizeof(T)>::type index;
  for (int i = 0; i < L; i++) index[i] = i % 2 ? L : first + i / 2;
  return __builtin_shuffle(v, Vec<T>{}, index);
}

/// The planes of a band of rows of some channels.
struct Planes {
  const Axis &y, &x;
  int64_t data, pitch;         // values per row that come from the source; row length with zeros, shared by both ends
  int64_t rows = 0, plane = 0;  // of one plane, for the largest band

  Planes(const Axis &y, const Axis &x, int64_t band) : y(y), x(x) {
    data = max(0, min((x.size + x.step - 1) / x.step, x.grid + x.reach));
    pitch = max(x.grid, data + max(x.lead, x.grid + x.reach - data));
    rows = y.lead + band + y.reach;
    // An odd number of cache lines, so that the same place in different planes does not fall into one cache set.
    plane = (divide_up(rows * pitch, 16) | 1) * 16;
  }
  int64_t channel() const { return y.phases * x.phases * plane; }
  int64_t front() const { return round_up(x.lead, 16); }
  /// Elements for so many channels; `over` more may be read past the last position.
  int64_t memory(int64_t channels, int64_t over) const { return front() + channels * channel() + max(0, x.reach) + over; }

  int64_t offset(int64_t channel_index, int64_t tap_y, int64_t tap_x) const {
    return ((channel_index * y.phases + y.slot[tap_y]) * x.phases + x.slot[tap_x]) * plane + (y.lead + y.shift[tap_y]) * pitch + x.shift[tap_x];
  }

  /// Copies the band that starts at position `first` of the grid and returns where offsets count from.
  template <class T>
  T *fill(T *memory, const T *source, int64_t channels, int64_t first, int64_t band) const {
    T *const base = memory + front();
    memset(memory, 0, static_cast<size_t>(front()) * sizeof(T));
    const int64_t used = y.lead + band + y.reach, width = x.values(), source_plane = y.values() * width;
    const T *const end = source + channels * source_plane;
    T *to = base;
    for (int64_t c = 0; c < channels; c++, source += source_plane)
      for (int64_t sy = 0; sy < y.phases; sy++)
        for (int64_t sx = 0; sx < x.phases; sx++, to += plane) {
          const int64_t n = x.step == 1 ? data : max(0, min(data, divide_up(x.size - x.phase[sx], x.step)));
          int64_t row = (first - y.lead) * y.step + y.phase[sy];
          for (int64_t r = 0; r < used; r++, row += y.step) {
            bool inside = row >= 0 && row < y.size;
            int64_t at = row;
            if (y.spread > 1) inside = inside && row % y.spread == 0, at = row / y.spread;
            fill_row(to + r * pitch, source + at * width + x.phase[sx], inside ? n : 0, end);
          }
          for (int64_t i = used * pitch; i < plane; i++) to[i] = 0;
        }
    return base;
  }

 private:
  /// n values, then zeros up to the next row. Whole vectors are stored, so what follows the row must be filled after it.
  template <class T>
  void fill_row(T *to, const T *from, int64_t n, const T *end) const {
    constexpr int64_t L = kLanes<T>;
    int64_t i = 0;
    if (x.spread > 1) {
      if (x.spread == 2)
        for (; i < n && end - from >= i / 2 + L; i += 2 * L) {
          const Vec<T> v = load(from + i / 2);
          store(to + i, spread_lanes<T>(v, 0)), store(to + i + L, spread_lanes<T>(v, L / 2));
        }
      for (; i < n; i++) to[i] = i % x.spread == 0 ? from[i / x.spread] : T(0);
    } else if (x.step == 1) {
      for (; i < n && end - from >= i + L; i += L) store(to + i, load(from + i));
    } else if (x.step == 2) {
      for (; i < n && end - from >= 2 * (i + L); i += L) store(to + i, every_second<T>(load(from + 2 * i), load(from + 2 * i + L)));
    }
    for (; i < n; i++) to[i] = from[i * x.step];
    for (i = n; i < pitch; i += L) store(to + i, Vec<T>{});
  }
};

}  // namespace
}  // namespace fb::FB_ISA
