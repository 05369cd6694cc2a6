// Walking strided tensors: dimensions merged where memory allows, an odometer over them, and packing into contiguous memory.
#pragma once
#include "element.h"
#include "transpose.h"

namespace fb::FB_ISA {
namespace {

/// Rows per chunk such that a chunk has some 32K elements.
inline int64_t rows_per_chunk(int64_t elements_per_row, int64_t elements = 32768) {
  return elements_per_row >= elements ? 1 : elements / (elements_per_row > 0 ? elements_per_row : 1);
}

/// Dimensions with up to three strides each, outermost first. `a`, `b` and `c` are where the walk stands.
struct Walk {
  int n = 0;
  int64_t dims[FB_MAX_DIMS + 2], stride_a[FB_MAX_DIMS + 2], stride_b[FB_MAX_DIMS + 2], stride_c[FB_MAX_DIMS + 2];
  int64_t index[FB_MAX_DIMS + 2], a = 0, b = 0, c = 0;

  /// Appends a dimension inside the others, merged with the previous one where all strides allow.
  void push(int64_t dim, int64_t sa, int64_t sb = 0, int64_t sc = 0) {
    if (dim == 1) return;
    if (n > 0 && stride_a[n - 1] == sa * dim && stride_b[n - 1] == sb * dim && stride_c[n - 1] == sc * dim) {
      dims[n - 1] *= dim, stride_a[n - 1] = sa, stride_b[n - 1] = sb, stride_c[n - 1] = sc;
      return;
    }
    dims[n] = dim, stride_a[n] = sa, stride_b[n] = sb, stride_c[n] = sc;
    n++;
  }
  void remove(int d) {
    n--;
    for (; d < n; d++) dims[d] = dims[d + 1], stride_a[d] = stride_a[d + 1], stride_b[d] = stride_b[d + 1], stride_c[d] = stride_c[d + 1];
  }
  int64_t size() const {
    int64_t size = 1;
    for (int d = 0; d < n; d++) size *= dims[d];
    return size;
  }
  /// Moves to element number `linear` in row-major order.
  void seek(int64_t linear) {
    a = b = c = 0;
    if (linear == 0) {  // also where a dimension has no elements
      for (int d = 0; d < n; d++) index[d] = 0;
      return;
    }
    for (int d = n - 1; d >= 0; d--) {
      index[d] = linear % dims[d];
      linear /= dims[d];
      a += index[d] * stride_a[d], b += index[d] * stride_b[d], c += index[d] * stride_c[d];
    }
  }
  void next() {
    for (int d = n - 1; d >= 0; d--) {
      a += stride_a[d], b += stride_b[d], c += stride_c[d];
      if (++index[d] < dims[d]) return;
      a -= dims[d] * stride_a[d], b -= dims[d] * stride_b[d], c -= dims[d] * stride_c[d];
      index[d] = 0;
    }
  }
};

/// The innermost dimension of a walk, taken out of it.
struct Run {
  int64_t n = 1, a = 1, b = 1, c = 1;
  explicit Run(Walk &walk) {
    if (walk.n == 0) return;
    const int last = walk.n - 1;
    n = walk.dims[last], a = walk.stride_a[last], b = walk.stride_b[last], c = walk.stride_c[last];
    walk.remove(last);
  }
};

template <class T>
__attribute__((noinline)) void copy_elements(T *to, int64_t to_stride, const T *from, int64_t from_stride, int64_t n) {
  if (to_stride == 1)
    for (int64_t i = 0; i < n; i++) to[i] = from[i * from_stride];
  else
    for (int64_t i = 0; i < n; i++) to[i * to_stride] = from[i * from_stride];
}

/// Copies the elements of a walk (a: where from, b: where to), whose type matters only by its size.
__attribute__((noinline)) inline void copy_walk(void *to, const void *from, Walk walk, int32_t dtype) {
  const int64_t total = walk.size(), size = element_size(dtype);
  if (total == 0) return;
  const Run run(walk);
  constexpr int64_t kSegment = 32768;  // of a run
  const int64_t segments = (run.n + kSegment - 1) / kSegment;
  parallel_for(total / run.n * segments, rows_per_chunk(run.n), [&](int64_t begin, int64_t end) {
    Walk at = walk;
    at.seek(begin / segments);
    for (int64_t i = begin; i < end; i++) {
      const int64_t first = i % segments * kSegment, n = first + kSegment < run.n ? kSegment : run.n - first;
      char *const o = static_cast<char *>(to) + (at.b + first * run.b) * size;
      const char *const x = static_cast<const char *>(from) + (at.a + first * run.a) * size;
      if (run.a == 1 && run.b == 1) {
        memcpy(o, x, static_cast<size_t>(n * size));
      } else if (run.a == -1 && run.b == 1) {
        portable::copy_reversed(o, x, n, size);
      } else {
        for_size(dtype, [&](auto tag) {
          typedef FB_TYPE_OF(tag) T;
          copy_elements(reinterpret_cast<T *>(o), run.b, reinterpret_cast<const T *>(x), run.a, n);
          return int32_t{FB_OK};
        });
      }
      if (first + n == run.n) at.next();
    }
  });
}

/// Row-major copy of a tensor's elements to `to`.
inline void pack(const fb_tensor *t, void *to) {
  Walk walk;
  int64_t strides[FB_MAX_DIMS], stride = 1;
  for (int d = t->ndim - 1; d >= 0; d--) strides[d] = stride, stride *= t->dims[d];
  for (int d = 0; d < t->ndim; d++) walk.push(t->dims[d], t->strides[d], strides[d]);
  copy_walk(to, t->data, walk, t->dtype);
}

/// `t` with contiguous strides, its elements those at `data`.
inline fb_tensor contiguous_at(const fb_tensor *t, void *data) {
  fb_tensor c = *t;
  c.data = data;
  int64_t stride = 1;
  for (int d = t->ndim - 1; d >= 0; d--) c.strides[d] = stride, stride *= t->dims[d];
  return c;
}

inline bool is_complex(int32_t dtype) { return dtype == FB_COMPLEX64 || dtype == FB_COMPLEX128; }

/// A complex tensor as a real one with a last dimension of 2.
inline fb_tensor as_real(const fb_tensor *t) {
  fb_tensor real = *t;
  real.dtype = t->dtype == FB_COMPLEX64 ? FB_FLOAT32 : FB_FLOAT64;
  for (int d = 0; d < t->ndim; d++) real.strides[d] *= 2;
  real.dims[t->ndim] = 2, real.strides[t->ndim] = 1;
  real.ndim++;
  return real;
}

}  // namespace
}  // namespace fb::FB_ISA
