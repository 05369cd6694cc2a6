// Iteration over strided operands that broadcast to the first one: size-1 dims dropped, the rest ordered by the output's
// strides and merged where every operand allows it, so that most calls end as one row.
#pragma once
#include "kernel.h"

namespace fb::FB_ISA {
namespace {

/// Bytes of one element.
inline int64_t item_size(int32_t dtype) {
  constexpr int8_t sizes[] = {4, 8, 2, 2, 8, 4, 2, 1, 1, 1, 8, 16};
  return sizes[dtype];
}

constexpr int kMaxOperands = 5;

/// The common loop over up to kMaxOperands tensors; operand 0 is the output, whose dims are the loop's. Strides are in bytes.
struct BroadcastLoop {
  int count, ndim = 0;
  int64_t n = 1;
  char *data[kMaxOperands];
  int64_t dims[FB_MAX_DIMS], strides[kMaxOperands][FB_MAX_DIMS];

  BroadcastLoop(const fb_tensor *const *tensors, int operands) : count(operands) {
    for (int k = 0; k < count; k++) data[k] = static_cast<char *>(tensors[k]->data);
    if (flat(tensors)) return;
    add_dims(tensors);
    sort();
    merge();
  }

  /// The innermost stride of an operand.
  int64_t inner(int operand) const { return strides[operand][ndim - 1]; }

  /// A place in the loop: its indices, and where each operand stands.
  struct Place {
    int64_t index[FB_MAX_DIMS];
    char *at[kMaxOperands];
  };
  Place seek(int64_t element) const {
    Place place;
    for (int k = 0; k < count; k++) place.at[k] = data[k];
    for (int d = ndim - 1; d >= 0; d--) {
      const int64_t rest = element == 0 ? 0 : element / dims[d];  // division is slow, and small calls begin at 0
      place.index[d] = element - rest * dims[d];
      element = rest;
      move(place, d, place.index[d]);
    }
    return place;
  }

  /// Calls piece(pointers, rows, columns) for the next n elements, in order, and moves `place` behind them: rows lie next to each
  /// other in the dim around the innermost one, and more than one of them only where they are whole.
  template <class Piece>
  void pieces(Place &place, int64_t n, const Piece &piece) const {
    const int last = ndim - 1;
    while (n > 0) {
      const int64_t first = place.index[last], rest = dims[last] - first;
      int64_t rows = 1, columns = rest < n ? rest : n;
      if (last > 0 && columns == dims[last]) {
        rows = dims[last - 1] - place.index[last - 1];
        if (rows * columns > n) rows = n / columns;
      }
      piece(place.at, rows, columns);
      n -= rows * columns;
      if (columns < rest) {
        place.index[last] += columns;
        return move(place, last, columns);
      }
      place.index[last] = 0;
      move(place, last, -first);
      int64_t step = rows;
      for (int d = last - 1; d >= 0; d--, step = 1) {
        move(place, d, step);
        if ((place.index[d] += step) < dims[d]) break;
        move(place, d, -dims[d]);
        place.index[d] = 0;
      }
    }
  }

 private:
  void move(Place &place, int d, int64_t steps) const {
    for (int k = 0; k < count; k++) place.at[k] += steps * strides[k][d];
  }

  // The common case: a contiguous output, and inputs that lie as it does or hold one element.
  bool flat(const fb_tensor *const *tensors) {
    if (!is_contiguous(tensors[0])) return false;
    const int64_t total = numel(tensors[0]);
    for (int k = 0; k < count; k++) {
      const int64_t elements = k ? numel(tensors[k]) : total;
      if (elements == 1) {
        strides[k][0] = 0;
      } else if (elements == total && is_contiguous(tensors[k])) {
        strides[k][0] = item_size(tensors[k]->dtype);
      } else {
        return false;
      }
    }
    n = dims[0] = total;
    ndim = 1;
    return true;
  }

  void add_dims(const fb_tensor *const *tensors) {
    const fb_tensor *out = tensors[0];
    for (int d = 0; d < out->ndim; d++) {
      n *= out->dims[d];
      if (out->dims[d] == 1) continue;
      dims[ndim] = out->dims[d];
      for (int k = 0; k < count; k++) {
        const int own = d - (out->ndim - tensors[k]->ndim);
        const bool repeats = own < 0 || tensors[k]->dims[own] == 1;
        strides[k][ndim] = repeats ? 0 : tensors[k]->strides[own] * item_size(tensors[k]->dtype);
      }
      ndim++;
    }
    if (ndim) return;
    dims[0] = ndim = 1;  // a loop of one element
    for (int k = 0; k < count; k++) strides[k][0] = 0;
  }

  static int64_t magnitude(int64_t x) { return x < 0 ? -x : x; }

  void sort() {
    for (int i = 1; i < ndim; i++)
      for (int d = i; d > 0 && magnitude(strides[0][d - 1]) < magnitude(strides[0][d]); d--) swap(d - 1, d);
  }

  void swap(int a, int b) {
    const int64_t dim = dims[a];
    dims[a] = dims[b], dims[b] = dim;
    for (int k = 0; k < count; k++) {
      const int64_t stride = strides[k][a];
      strides[k][a] = strides[k][b], strides[k][b] = stride;
    }
  }

  void merge() {
    int kept = 0;
    for (int d = 1; d < ndim; d++) {
      bool joins = true;
      for (int k = 0; k < count; k++) joins = joins && strides[k][kept] == strides[k][d] * dims[d];
      kept += !joins;
      dims[kept] = joins ? dims[kept] * dims[d] : dims[d];
      for (int k = 0; k < count; k++) strides[k][kept] = strides[k][d];
    }
    ndim = kept + 1;
  }
};

}  // namespace
}  // namespace fb::FB_ISA
