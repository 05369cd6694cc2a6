// The weight gradient of a convolution: gradient(m, channel, tap) = sum over images and positions of grad(m, position) *
// source(channel, tap at position). The windows are rows of a matrix read in place from planes; the output gradient, transposed
// block by block, is the other operand. Slices of images and bands are summed apart and then in order.
#pragma once
#include "conv_kernel.h"
#include "planes.h"
#include "thread_memory.h"

namespace fb::FB_ISA {
namespace {

template <class S>
struct WeightGradient {
  Axis y, x;
  int64_t images, groups, channels, rows;  // channels of the source and of the gradient, per group
  const S *source, *grad;
  S *out;  // groups x rows x channels x taps

  int64_t taps() const { return y.count * x.count; }
  int64_t positions() const { return y.grid * x.grid; }
  const S *source_of(int64_t image, int64_t group, int64_t channel) const {
    return source + ((image * groups + group) * channels + channel) * y.size * x.size;
  }
  const S *grad_of(int64_t image, int64_t group) const { return grad + (image * groups + group) * rows * positions(); }
};

/// How the work is cut; depends on shapes alone. A unit is one band of one image.
struct WeightCut {
  int64_t range, ranges;  // channels of a chunk
  int64_t band, bands;
  int64_t units, slices;  // units per slice
};

template <class T, class S>
WeightCut cut_weight_gradient(const WeightGradient<S> &q, int64_t slice_bytes) {
  constexpr int64_t kPlaneBytes = 256 << 10, kPartialBytes = 8 << 20, kPositions = 512, kWanted = 16;
  WeightCut cut = {};
  cut.range = q.channels;
  const auto plane_bytes = [&] { return Planes(q.y, q.x, cut.band).memory(cut.range, 0) * static_cast<int64_t>(sizeof(T)); };
  cut.band = q.y.grid;
  while (cut.band > 1 && (cut.band * q.x.grid > kPositions || plane_bytes() > kPlaneBytes)) cut.band = divide_up(cut.band, 2);
  while (cut.range > 1 && plane_bytes() > 2 * kPlaneBytes) cut.range = divide_up(cut.range, 2);
  cut.band = even_piece(q.y.grid, cut.band);
  cut.bands = divide_up(q.y.grid, cut.band);
  const int64_t units = q.images * cut.bands;
  const double work = static_cast<double>(q.groups * q.rows * q.channels * q.taps()) * static_cast<double>(q.images * q.positions());
  const int64_t wanted = work < kWanted * 1048576.0 ? static_cast<int64_t>(work / 1048576.0) : kWanted;
  const auto chunks = [&] { return q.groups * divide_up(q.channels, cut.range) * cut.slices; };
  cut.slices = 1;
  while (chunks() < wanted && cut.slices * 2 <= units && cut.slices * 2 * slice_bytes <= kPartialBytes) cut.slices *= 2;
  while (chunks() < wanted && cut.range * q.taps() >= 4 * kPointerRows && cut.range > 1) cut.range = divide_up(cut.range, 2);
  cut.ranges = divide_up(q.channels, cut.range);
  cut.units = divide_up(units, cut.slices);
  cut.slices = divide_up(units, cut.units);
  return cut;
}

/// sums[(channel, tap) x stride] += windows of `base` times the transposed gradient of one band.
template <class T, class S>
void add_band(const WeightGradient<S> &q, const T *base, const int64_t *offsets, int64_t windows, int64_t pitch, const S *grad, int64_t band,
              T *sums, int64_t stride, T *panel) {
  constexpr int64_t L = kLanes<T>, NR = kTileColumns<T>;
  for (int64_t m = 0; m < q.rows; m += NR) {
    const int64_t valid = min(NR, q.rows - m), vectors = divide_up(valid, L), width = vectors * L;
    pack_panel(panel, width, valid, band * q.x.grid, grad + m * q.positions(), q.positions(), 1);
    for (int64_t i = 0, height; i < windows; i += height) {
      height = windows - i;
      const PixelKernel<T> kernel = find_pixel_kernel<T>(height, vectors);
      const T *rows[kPointerRows];
      for (int64_t r = 0; r < height; r++) rows[r] = base + offsets[i + r];
      kernel(band, q.x.grid, pitch, rows, panel, width, sums + i * stride + m, stride, true);
    }
  }
}

/// The same for one channel per group: sums[taps x m] += dot products along the rows.
template <class T, class S>
void add_depthwise_band(const WeightGradient<S> &q, const T *base, const int64_t *offsets, int64_t pitch, const S *grad, int64_t band, T *sums) {
  constexpr int64_t L = kLanes<T>, V = 8;
  const int64_t taps = q.taps();
  for (int64_t m = 0; m < q.rows; m++, grad += q.positions())
    for (int64_t t = 0; t < taps; t += V) {
      Vec<T> dots[V] = {};
      const T *at[V];
      for (int64_t v = 0; v < V; v++) at[v] = base + offsets[min(t + v, taps - 1)];
      for (int64_t y = 0; y < band; y++)
        for (int64_t x = 0; x < q.x.grid; x += L) {
          const int64_t n = min(L, q.x.grid - x);
          const Vec<T> g = load_as<T>(grad + y * q.x.grid + x, n);
          const auto real = first_lanes<T>(n);
#pragma GCC unroll 8
          for (int v = 0; v < V; v++) dots[v] = fma(g, real ? load(at[v] + y * pitch + x) : Vec<T>{}, dots[v]);
        }
      for (int64_t v = 0; v < min(V, taps - t); v++) sums[(t + v) * q.rows + m] += hsum<T>(dots[v]);
    }
}

template <class S>
int32_t run_weight_gradient(const WeightGradient<S> &q) {
  typedef Compute<S> T;
  constexpr int64_t L = kLanes<T>, NR = kTileColumns<T>, size = static_cast<int64_t>(sizeof(T)), over = 2 * L;
  const int64_t taps = q.taps(), windows = q.channels * taps, count = q.groups * q.rows * windows;
  if (count == 0) return FB_OK;
  if (q.images * q.positions() == 0) return memset(q.out, 0, static_cast<size_t>(count) * sizeof(S)), FB_OK;
  const bool depthwise = q.channels == 1 && q.rows <= 2;

  // Sums of one slice and group: windows x stride, rows across.
  const int64_t stride = depthwise ? q.rows : round_up(q.rows, L), group_size = windows * stride, slice_size = q.groups * group_size;
  const WeightCut cut = cut_weight_gradient<T>(q, slice_size * size);
  const Planes planes(q.y, q.x, cut.band);
  const int64_t shared = round_up(cut.slices * slice_size, 16) * size + windows * int64_t{8};
  char *const call_memory = static_cast<char *>(thread_memory(MemoryFor::kCall, shared));
  if (!call_memory) return out_of_memory(shared);
  T *const sums = reinterpret_cast<T *>(call_memory);
  int64_t *const offsets = reinterpret_cast<int64_t *>(call_memory + round_up(cut.slices * slice_size, 16) * size);
  for (int64_t w = 0; w < windows; w++) offsets[w] = planes.offset(w / taps, w % taps / q.x.count, w % q.x.count);

  const int64_t panel_size = depthwise ? 0 : round_up(cut.band * q.x.grid * NR + kPanelSlack<T>, 16);
  const int64_t bytes = (panel_size + planes.memory(cut.range, over)) * size;
  const double chunk_work = static_cast<double>(q.rows * min(cut.range, q.channels) * taps) * static_cast<double>(cut.units * cut.band * q.x.grid);
  const int64_t grain = static_cast<int64_t>(262144 / (chunk_work + 1)) + 1;
  const int32_t status = parallel_with_memory(cut.slices * q.groups * cut.ranges, grain, bytes, [&](int64_t begin, int64_t end, void *kept) {
    T *const memory = static_cast<T *>(kept);
    for (int64_t task = begin; task < end; task++) {
      const int64_t channel = task % cut.ranges * cut.range, channels = min(cut.range, q.channels - channel);
      const int64_t group = task / cut.ranges % q.groups, slice = task / cut.ranges / q.groups;
      T *const to = sums + slice * slice_size + group * group_size + channel * taps * stride;
      memset(to, 0, static_cast<size_t>(channels * taps * stride) * sizeof(T));
      for (int64_t unit = slice * cut.units; unit < min((slice + 1) * cut.units, q.images * cut.bands); unit++) {
        const int64_t image = unit / cut.bands, first = unit % cut.bands * cut.band, band = min(cut.band, q.y.grid - first);
        const T *const base = planes.fill(memory + panel_size, q.source_of(image, group, channel), channels, first, band);
        const S *const grad = q.grad_of(image, group) + first * q.x.grid;
        if (depthwise)
          add_depthwise_band(q, base, offsets, planes.pitch, grad, band, to);
        else
          add_band(q, base, offsets, channels * taps, planes.pitch, grad, band, to, stride, memory);
      }
    }
  });
  if (status != FB_OK) return status;

  // Slices in order, then from windows x rows to rows x windows.
  parallel_for(divide_up(slice_size, stride * L), divide_up(8192, stride * L), [&](int64_t begin, int64_t end) {
    const int64_t first = begin * L, last = min(end * L, q.groups * windows);
    for (int64_t s = 1; s < cut.slices; s++)
      for (int64_t i = first * stride; i < last * stride; i++) sums[i] += sums[s * slice_size + i];
    for (int64_t group = first / windows; group <= (last - 1) / windows; group++) {
      const int64_t from = max(first - group * windows, 0), to = min(last - group * windows, windows);
      for (int64_t m = 0; m < q.rows; m++)
        for (int64_t w = from; w < to; w++)
          q.out[(group * q.rows + m) * windows + w] = narrow<S>(sums[group * group_size + w * stride + m]);
    }
  });
  return FB_OK;
}

}  // namespace
}  // namespace fb::FB_ISA
