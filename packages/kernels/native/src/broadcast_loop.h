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

  /// The innermost stride of an operand; 0 for a loop of one element.
  int64_t inner(int operand) const { return ndim ? strides[operand][ndim - 1] : 0; }

  /// Calls row(pointers, length) for the pieces of elements [begin, end), in order; a piece lies within the innermost dim.
  template <class Row>
  void rows(int64_t begin, int64_t end, const Row &row) const {
    char *at[kMaxOperands];
    for (int k = 0; k < count; k++) at[k] = data[k];
    if (ndim <= 1) {
      for (int k = 0; k < count; k++) at[k] += begin * inner(k);
      return row(at, end - begin);
    }
    int64_t position[FB_MAX_DIMS], rest = begin;
    for (int d = ndim - 1; d >= 0; d--) {
      position[d] = rest % dims[d];
      rest /= dims[d];
      for (int k = 0; k < count; k++) at[k] += position[d] * strides[k][d];
    }
    const int last = ndim - 1;
    for (int64_t left = end - begin; left > 0;) {
      int64_t length = dims[last] - position[last];
      if (length > left) length = left;
      row(at, length);
      left -= length;
      for (int k = 0; k < count; k++) at[k] -= position[last] * strides[k][last];
      position[last] = 0;
      for (int d = last - 1; d >= 0; d--) {
        for (int k = 0; k < count; k++) at[k] += strides[k][d];
        if (++position[d] < dims[d]) break;
        for (int k = 0; k < count; k++) at[k] -= dims[d] * strides[k][d];
        position[d] = 0;
      }
    }
  }

 private:
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
    if (ndim) ndim = kept + 1;
  }
};

}  // namespace
}  // namespace fb::FB_ISA
