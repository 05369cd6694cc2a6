// Convolution of every channel by itself, and its gradients: no matrix worth the name. A plane with its zeros lies in the L1 cache,
// and all its positions are computed as if they were one row, tap by tap; what falls between the rows is left out when they are stored.
// The input gradient of a stride is a pass at unit stride over the output gradient with zeros between its values.
#pragma once
#include "lanes.h"
#include "planes.h"
#include "thread_memory.h"

namespace fb::FB_ISA {
namespace {

template <class T>
struct Depthwise {
  Axis y, x;                         // how `image` is read
  int64_t images, channels, copies;  // outputs per channel
  const T *image;                    // images x channels x its plane

  int64_t taps() const { return y.count * x.count; }
  int64_t grid() const { return y.grid * x.grid; }
  int64_t plane() const { return y.values() * x.values(); }
  /// The tap's index in a kernel whose rows have the given length.
  int64_t index(int64_t t, int64_t kernel_x) const { return y.tap[t / x.count] * kernel_x + x.tap[t % x.count]; }

  /// Rows of the grid at a time, so that their planes stay in the L1 cache.
  int64_t band() const {
    int64_t rows = y.grid;
    while (rows > 4 && Planes(y, x, rows).channel() * static_cast<int64_t>(sizeof(T)) > (20 << 10)) rows = divide_up(rows, 2);
    return even_piece(y.grid, rows);
  }
};

/// The offset of each tap in the planes, then its index in the kernel.
template <class T>
inline void list_taps(const Depthwise<T> &q, const Planes &planes, int64_t kernel_x, int64_t *list) {
  for (int64_t t = 0; t < q.taps(); t++) list[t] = planes.offset(0, t / q.x.count, t % q.x.count), list[q.taps() + t] = q.index(t, kernel_x);
}

/// to[p] = start + sum over t of weights[t] * base[offsets[t] + p] for V vectors.
template <int V, class T>
inline void sum_taps(T *to, T start, int64_t taps, const T *weights, const T *base, const int64_t *offsets) {
  constexpr int64_t L = kLanes<T>;
  Vec<T> sums[V];
#pragma GCC unroll 4
  for (int v = 0; v < V; v++) sums[v] = broadcast(start);
#pragma GCC unroll 1
  for (int64_t t = 0; t < taps; t++) {
    const Vec<T> w = broadcast(weights[t]);
    const T *const at = base + offsets[t];
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) sums[v] = fma(w, load(at + v * L), sums[v]);
  }
#pragma GCC unroll 4
  for (int v = 0; v < V; v++) store(to + v * L, sums[v]);
}

/// out(image, channel * copies + m, y, x) = bias + sum over taps of weight(channel * copies + m, tap) * image(channel, tap at (y, x)).
template <class T>
int32_t run_depthwise(const Depthwise<T> &q, const T *weight, int64_t kernel_x, int64_t kernel, const T *bias, T *out) {
  constexpr int64_t L = kLanes<T>, V = 4, size = static_cast<int64_t>(sizeof(T));
  if (q.images * q.channels * q.copies * q.grid() == 0) return FB_OK;
  const int64_t taps = q.taps(), band = q.band(), bands = divide_up(q.y.grid, band), units = q.images * q.channels * bands;
  const Planes planes(q.y, q.x, band);
  Scratch lists(2 * taps * static_cast<int64_t>(sizeof(int64_t)));
  if (!lists.data) return out_of_memory(2 * taps * static_cast<int64_t>(sizeof(int64_t)));
  int64_t *const offsets = lists.as<int64_t>();
  list_taps(q, planes, kernel_x, offsets);

  const int64_t places = round_up(band * planes.pitch, L) + V * L, plane_memory = round_up(planes.memory(1, V * L), 16);
  const int64_t bytes = (plane_memory + 2 * places + taps) * size, work = q.copies * (taps + 4) * band * planes.pitch;
  return parallel_with_memory(units, divide_up(131072, work), bytes, [&](int64_t begin, int64_t end, void *memory) {
    T *const plane = static_cast<T *>(memory), *const sums = plane + plane_memory, *const dense = sums + places, *const weights = dense + places;
    int64_t unit = begin / bands, first = begin % bands * band, channel = unit % q.channels;
    for (int64_t task = begin; task < end; task++) {
      const int64_t rows = min(band, q.y.grid - first), positions = (rows - 1) * planes.pitch + q.x.grid, n = rows * q.x.grid;
      const T *const base = planes.fill(plane, q.image + unit * q.plane(), 1, first, rows);
      for (int64_t m = 0; m < q.copies; m++) {
        const int64_t output = channel * q.copies + m;
        for (int64_t t = 0; t < taps; t++) weights[t] = weight[output * kernel + offsets[taps + t]];
        const T start = bias ? bias[output] : T(0);
        int64_t p = 0;
        for (; p + V * L <= positions; p += V * L) sum_taps<V>(sums + p, start, taps, weights, base + p, offsets);
        for (; p < positions; p += L) sum_taps<1>(sums + p, start, taps, weights, base + p, offsets);
        const T *from = sums;
        if (planes.pitch != q.x.grid) {
          // Each row's last vector runs over into the place of the next one.
          for (int64_t r = 0; r < rows; r++)
            for (int64_t i = 0; i < q.x.grid; i += L) store(dense + r * q.x.grid + i, load(sums + r * planes.pitch + i));
          from = dense;
        }
        T *const to = out + (unit * q.copies + m) * q.grid() + first * q.x.grid;
        for (p = 0; p + L <= n; p += L) store(to + p, load(from + p));
        if (p < n) store_first(to + p, load(from + p), n - p);
      }
      first += band;
      if (first < q.y.grid) continue;
      first = 0, unit++, channel = channel + 1 == q.channels ? 0 : channel + 1;
    }
  });
}

/// sums[t] += products of the real places of `grad` with those of each tap, by lanes.
template <int Taps, class T>
inline void dot_taps(Vec<T> *sums, int64_t places, const T *grad, const T *real, const T *base, const int64_t *offsets) {
  constexpr int64_t L = kLanes<T>;
  const T *at[Taps];
  Vec<T> dots[Taps];
#pragma GCC unroll 9
  for (int t = 0; t < Taps; t++) at[t] = base + offsets[t], dots[t] = Vec<T>{};
#pragma GCC unroll 1
  for (int64_t p = 0; p < places; p += L) {
    const Vec<T> g = load(grad + p);
    const auto is_real = load(real + p) != Vec<T>{};
#pragma GCC unroll 9
    for (int t = 0; t < Taps; t++) dots[t] = fma(g, is_real ? load(at[t] + p) : Vec<T>{}, dots[t]);
  }
#pragma GCC unroll 9
  for (int t = 0; t < Taps; t++) sums[t] += dots[t];
}

/// grad_weight(channel * copies + m, tap) = sum over images and positions of grad(channel * copies + m) * image(channel, tap at the position).
template <class T>
int32_t run_depthwise_weight(const Depthwise<T> &q, const T *grad, int64_t kernel_x, T *grad_weight) {
  constexpr int64_t L = kLanes<T>, V = 9, size = static_cast<int64_t>(sizeof(T));
  const int64_t taps = q.taps(), count = q.channels * q.copies * taps;
  if (count == 0) return FB_OK;
  if (q.images * q.grid() == 0) return memset(grad_weight, 0, static_cast<size_t>(count) * sizeof(T)), FB_OK;
  const int64_t band = q.band();
  const Planes planes(q.y, q.x, band);
  Scratch lists(2 * taps * static_cast<int64_t>(sizeof(int64_t)));
  if (!lists.data) return out_of_memory(2 * taps * static_cast<int64_t>(sizeof(int64_t)));
  int64_t *const offsets = lists.as<int64_t>();
  list_taps(q, planes, kernel_x, offsets);

  const int64_t places = round_up(band * planes.pitch, L) + 2 * L, plane_memory = round_up(planes.memory(1, 2 * L), 16);
  const int64_t bytes = (plane_memory + 2 * places + q.copies * taps * L) * size;
  const int64_t work = q.copies * (taps + 4) * q.images * q.y.grid * planes.pitch;
  return parallel_with_memory(q.channels, divide_up(131072, work), bytes, [&](int64_t begin, int64_t end, void *memory) {
    T *const plane = static_cast<T *>(memory), *const at_places = plane + plane_memory, *const real = at_places + places;
    Vec<T> *const sums = reinterpret_cast<Vec<T> *>(real + places);
    int64_t marked = 0;  // rows whose places `real` knows
    for (int64_t channel = begin; channel < end; channel++) {
      memset(sums, 0, static_cast<size_t>(q.copies * taps) * sizeof(Vec<T>));
      for (int64_t image = 0; image < q.images; image++)
        for (int64_t first = 0; first < q.y.grid; first += band) {
          const int64_t unit = image * q.channels + channel, rows = min(band, q.y.grid - first), used = rows * planes.pitch;
          const T *const base = planes.fill(plane, q.image + unit * q.plane(), 1, first, rows);
          if (rows != marked) {  // behind the last row the plane holds anything
            marked = rows;
            for (int64_t p = 0; p < used + L; p++) real[p] = p < used && p % planes.pitch < q.x.grid;
          }
          for (int64_t m = 0; m < q.copies; m++) {
            const T *const from = grad + (unit * q.copies + m) * q.grid() + first * q.x.grid;
            for (int64_t r = 0; r < rows; r++) {
              T *const to = at_places + r * planes.pitch;
              int64_t i = 0;
              for (; i + L <= q.x.grid; i += L) store(to + i, load(from + r * q.x.grid + i));
              if (i < q.x.grid) store(to + i, load_first(from + r * q.x.grid + i, q.x.grid - i));
              for (i = q.x.grid; i < planes.pitch; i += L) store(to + i, Vec<T>{});
            }
            store(at_places + used, Vec<T>{});
            int64_t t = 0;
            for (; t + V <= taps; t += V) dot_taps<V>(sums + m * taps + t, used, at_places, real, base, offsets + t);
            for (; t < taps; t++) dot_taps<1>(sums + m * taps + t, used, at_places, real, base, offsets + t);
          }
        }
      for (int64_t m = 0; m < q.copies; m++)
        for (int64_t t = 0; t < taps; t++)
          grad_weight[(channel * q.copies + m) * taps + offsets[taps + t]] = sum_lanes<T>(sums[m * taps + t]);
    }
  });
}

}  // namespace
}  // namespace fb::FB_ISA
