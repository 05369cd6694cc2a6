// The weight gradient of a convolution: gradient(m, channel, tap) = sum over images and positions of grad(m, position) *
// source(channel, tap at position). The windows are rows of a matrix read in place from planes; the output gradient, transposed
// block by block, is the other operand. Slices of images and bands are summed apart and then in order.
#pragma once
#include "conv_kernel.h"
#include "planes.h"
#include "thread_memory.h"

namespace fb::FB_ISA {
namespace {

template <class T>
struct WeightGradient {
  Axis y, x;  // of unit step, over all that windows reach; positions are step_y and step_x apart
  int64_t step_y, step_x, height, width;  // and there are height x width of them
  int64_t images, groups, channels, rows;  // channels of the source and of the gradient, per group
  const T *source, *grad;
  T *out;  // groups x rows x channels x taps

  int64_t taps() const { return y.count * x.count; }
  int64_t positions() const { return height * width; }
  /// Rows of the planes that a band of positions spans.
  int64_t span(int64_t band) const { return (band - 1) * step_y + 1; }
  const T *source_of(int64_t image, int64_t group, int64_t channel) const {
    return source + ((image * groups + group) * channels + channel) * y.size * x.size;
  }
  const T *grad_of(int64_t image, int64_t group) const { return grad + (image * groups + group) * rows * positions(); }
};

/// How the work is cut; depends on shapes alone. A unit is one band of one image; small images are computed several at a time.
struct WeightCut {
  int64_t range, ranges;  // channels of a chunk
  int64_t band, bands;
  int64_t units, slices;  // units per slice
  int64_t together;       // units at a time
};

template <class T>
WeightCut cut_weight_gradient(const WeightGradient<T> &q, int64_t slice_bytes) {
  constexpr int64_t kPlaneBytes = 256 << 10, kPartialBytes = 8 << 20, kPositions = 512, kWanted = 16;
  WeightCut cut = {};
  cut.range = q.channels;
  const auto plane_bytes = [&] { return Planes(q.y, q.x, q.span(cut.band)).memory(cut.range, 0) * static_cast<int64_t>(sizeof(T)); };
  cut.band = q.height;
  while (cut.band > 1 && (cut.band * q.width > kPositions || plane_bytes() > kPlaneBytes)) cut.band = divide_up(cut.band, 2);
  while (cut.range > 1 && plane_bytes() > 2 * kPlaneBytes) cut.range = divide_up(cut.range, 2);
  cut.band = even_piece(q.height, cut.band);
  cut.bands = divide_up(q.height, cut.band);
  const int64_t units = q.images * cut.bands;
  const double work = static_cast<double>(q.groups * q.rows * q.channels * q.taps()) * static_cast<double>(q.images * q.positions());
  const int64_t wanted = work < kWanted * 1048576.0 ? static_cast<int64_t>(work / 1048576.0) : kWanted;
  const auto chunks = [&] { return q.groups * divide_up(q.channels, cut.range) * cut.slices; };
  cut.slices = 1;
  while (chunks() < wanted && cut.slices * 2 <= units && cut.slices * 2 * slice_bytes <= kPartialBytes) cut.slices *= 2;
  while (2 * chunks() <= wanted && cut.range * q.taps() >= 4 * kPointerRows && cut.range > 1) cut.range = divide_up(cut.range, 2);
  cut.ranges = divide_up(q.channels, cut.range);
  cut.units = divide_up(units, cut.slices);
  cut.slices = divide_up(units, cut.units);
  cut.together = 1;
  while (cut.bands == 1 && cut.together * 2 <= cut.units && cut.together * 2 * q.positions() <= kPositions && cut.together * 2 * plane_bytes() <= 2 * kPlaneBytes)
    cut.together *= 2;
  return cut;
}

/// sums[panel of rows][(channel, tap)][row] += windows of `base` times the transposed gradients of `count` units, `positions` each.
template <class T>
void add_units(const WeightGradient<T> &q, const T *base, const int64_t *window, int64_t windows, const int64_t *places, const T *grad, int64_t count,
               int64_t positions, T *sums, T *panel) {
  constexpr int64_t L = kLanes<T>, NR = kTileColumns<T>;
  for (int64_t m = 0; m < q.rows; m += NR) {
    const int64_t valid = min(NR, q.rows - m), vectors = divide_up(valid, L), width = vectors * L;
    for (int64_t n = 0; n < count; n++)
      pack_panel(panel + n * positions * width, width, valid, positions, grad + (n * q.groups * q.rows + m) * q.positions(), q.positions(), 1);
    for (int64_t i = 0, height; i < windows; i += height) {
      height = windows - i;
      const PixelKernel<T> kernel = find_pixel_kernel<T>(height, vectors);
      const T *rows[kPointerRows];
      T *to[kPointerRows];
      for (int64_t r = 0; r < height; r++) rows[r] = base + window[i + r], to[r] = sums + m * windows + (i + r) * width;
      kernel(count * positions, rows, places, panel, to, true);
    }
  }
}

/// out[m * windows + w] = the sum of row m and window w, for the `count` windows that were summed together.
template <class T>
void store_sums(T *out, const T *panels, int64_t rows, int64_t count, int64_t windows) {
  constexpr int64_t L = kLanes<T>, NR = kTileColumns<T>;
  const int64_t whole = count / L * L;
  for (int64_t m = 0; m < rows; m += L) {
    const int64_t valid = min(L, rows - m), panel = m / NR * NR, stride = min(NR, round_up(rows, L) - panel);
    const T *const sums = panels + panel * count + m - panel;
    for (int64_t w = 0; w < whole; w += L) {
        Vec<T> v[L];
#pragma GCC unroll 16
        for (int64_t i = 0; i < L; i++) v[i] = load(sums + (w + i) * stride);
        transpose<T>(v);
#pragma GCC unroll 16
        for (int64_t i = 0; i < L; i++)
          if (i < valid) store(out + (m + i) * windows + w, v[i]);
      }
    for (int64_t i = m; i < m + valid; i++)
      for (int64_t w = whole; w < count; w++) out[i * windows + w] = sums[w * stride + i - m];
  }
}

template <class T>
int32_t run_weight_gradient(const WeightGradient<T> &q) {
  constexpr int64_t L = kLanes<T>, NR = kTileColumns<T>, size = static_cast<int64_t>(sizeof(T)), over = 2 * L;
  const int64_t taps = q.taps(), windows = q.channels * taps, count = q.groups * q.rows * windows;
  if (count == 0) return FB_OK;
  if (q.images * q.positions() == 0) return memset(q.out, 0, static_cast<size_t>(count) * sizeof(T)), FB_OK;

  // Sums of one slice and group: for each range of channels, panels of rows x windows x rows of the panel.
  const int64_t stride = round_up(q.rows, L), group_size = windows * stride, slice_size = q.groups * group_size;
  const WeightCut cut = cut_weight_gradient<T>(q, slice_size * size);
  const Planes planes(q.y, q.x, q.span(cut.band));
  // One slice is summed in each thread's own memory, which stays in its cache.
  const bool sliced = cut.slices > 1;
  const int64_t slices_size = sliced ? round_up(cut.slices * slice_size, 16) : 0, own = sliced ? 0 : round_up(cut.range * taps * stride, 16);
  const int64_t shared = slices_size * size + windows * int64_t{8};
  char *const call_memory = static_cast<char *>(thread_memory(MemoryFor::kCall, shared));
  if (!call_memory) return out_of_memory(shared);
  T *const sums = reinterpret_cast<T *>(call_memory);
  int64_t *const offsets = reinterpret_cast<int64_t *>(call_memory + slices_size * size);
  for (int64_t w = 0; w < windows; w++) offsets[w] = planes.offset(w / taps, w % taps / q.x.count, w % q.x.count);

  const int64_t most = cut.together * cut.band * q.width, panel_size = round_up(most * NR + kPanelSlack<T>, 16);
  const int64_t unit_memory = round_up(planes.memory(cut.range, over), 16);
  const int64_t bytes = (own + panel_size + cut.together * unit_memory) * size + most * int64_t{8};
  const double chunk_work = static_cast<double>(q.rows * min(cut.range, q.channels) * taps) * static_cast<double>(cut.units * cut.band * q.width);
  const int64_t grain = static_cast<int64_t>(262144 / (chunk_work + 1)) + 1;
  const int32_t status = parallel_with_memory(cut.slices * q.groups * cut.ranges, grain, bytes, [&](int64_t begin, int64_t end, void *kept) {
    T *const own_sums = static_cast<T *>(kept), *const panel = own_sums + own, *const plane_memory = panel + panel_size;
    int64_t *const places = reinterpret_cast<int64_t *>(plane_memory + cut.together * unit_memory);
    for (int64_t i = 0; i < most; i++) {
      const int64_t y = i / q.width, n = y / cut.band;
      places[i] = n * unit_memory + (y - n * cut.band) * q.step_y * planes.pitch + i % q.width * q.step_x;
    }
    for (int64_t task = begin; task < end; task++) {
      const int64_t channel = task % cut.ranges * cut.range, channels = min(cut.range, q.channels - channel);
      const int64_t group = task / cut.ranges % q.groups, slice = task / cut.ranges / q.groups;
      const int64_t last = min((slice + 1) * cut.units, q.images * cut.bands);
      T *const to = sliced ? sums + slice * slice_size + group * group_size + channel * taps * stride : own_sums;
      memset(to, 0, static_cast<size_t>(channels * taps * stride) * sizeof(T));
      for (int64_t unit = slice * cut.units; unit < last; unit += cut.together) {
        const int64_t image = unit / cut.bands, first = unit % cut.bands * cut.band, band = min(cut.band, q.height - first);
        const int64_t count = min(cut.together, last - unit);
        for (int64_t n = 0; n < count; n++)
          planes.fill(plane_memory + n * unit_memory, q.source_of(image + n, group, channel), channels, first * q.step_y, q.span(band));
        add_units(q, plane_memory + planes.front(), offsets, channels * taps, places, q.grad_of(image, group) + first * q.width, count, band * q.width, to,
                  panel);
      }
      if (!sliced) store_sums(q.out + group * q.rows * windows + channel * taps, to, q.rows, channels * taps, windows);
    }
  });
  if (status != FB_OK || !sliced) return status;

  parallel_for(q.groups * cut.ranges, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; task++) {
      const int64_t group = task / cut.ranges, channel = task % cut.ranges * cut.range, channels = min(cut.range, q.channels - channel);
      T *const to = sums + group * group_size + channel * taps * stride;
      for (int64_t slice = 1; slice < cut.slices; slice++)
        for (int64_t i = 0; i < channels * taps * stride; i += L) store(to + i, load(to + i) + load(to + slice * slice_size + i));
      store_sums(q.out + group * q.rows * windows + channel * taps, to, q.rows, channels * taps, windows);
    }
  });
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
