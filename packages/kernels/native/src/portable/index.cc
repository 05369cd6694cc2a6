// Taking from and putting into tensors through indices: along one dimension (index_select, gather, scatter_, embedding and their
// kin) or the leading ones (index, index_put_).
#include "../indexed.h"

namespace fb::FB_ISA {
namespace {

int axis(int64_t dim, const fb_tensor *t) { return static_cast<int>(dim < 0 ? dim + t->ndim : dim); }
// A 0-d tensor is indexed like a 1-d one of one element.
int64_t size_of(const fb_tensor *t, int d) { return t->ndim ? t->dims[d] : 1; }

/// The pairing of `indexed` (whose dimension d is indexed by a 1-D tensor) with `direct`.
Indexed along(const fb_tensor *indexed, const fb_tensor *direct, int dim, const Wrapped &index) {
  Indexed m;
  m.index = index.data;
  for (int d = 0; d < indexed->ndim; d++) {
    if (d == dim) m.push(direct->dims[d], 0, direct->strides[d], index.stride, false), m.index_stride = indexed->strides[d];
    else m.push(direct->dims[d], indexed->strides[d], direct->strides[d], 0, indexed->strides[d] != 0);
  }
  return m;
}

int32_t index_select(const fb_tensor *out, const fb_tensor *self, const fb_tensor *index, int64_t dim) {
  const int d = axis(dim, self);
  const int64_t size = size_of(self, d);
  bool negative = false;
  const int32_t status = check_indices(index, -size, size, &negative);
  if (status != FB_OK) return status;
  if (self->ndim == 0) {
    for_size(self->dtype, [&](auto tag) {
      typedef FB_TYPE_OF(tag) T;
      copy_elements(static_cast<T *>(out->data), out->ndim ? out->strides[0] : 1, static_cast<const T *>(self->data), 0, numel(out));
      return int32_t{FB_OK};
    });
    return FB_OK;
  }
  const Wrapped wrapped(index, size, negative);
  if (negative && !wrapped.data) return out_of_memory(numel(index) * 8);
  return take(along(self, out, d, wrapped), self->dtype, out->data, self->data);
}

int32_t index_add_(const fb_tensor *self, const fb_tensor *index, const fb_tensor *source, int64_t dim, double alpha) {
  const int d = axis(dim, self);
  const int64_t size = size_of(self, d);
  bool negative = false;
  const int32_t status = check_indices(index, -size, size, &negative);
  if (status != FB_OK) return status;
  const Wrapped wrapped(index, size, negative);
  if (negative && !wrapped.data) return out_of_memory(numel(index) * 8);
  return in_float(self, [&](const fb_tensor *sums) {
    Indexed m;
    if (self->ndim) m = along(sums, source, d, wrapped);
    else m.index = wrapped.data, m.push(numel(source), 0, source->ndim ? source->strides[0] : 1, wrapped.stride, false);
    return accumulate(m, sums->data, source->data, source->dtype, alpha);
  });
}

/// The pairing of gather and scatter: index and direct have the same dimensions, `indexed` may be longer.
Indexed elementwise(const fb_tensor *indexed, const fb_tensor *direct, const fb_tensor *index, int dim) {
  Indexed m;
  m.index = static_cast<const int64_t *>(index->data);
  for (int d = 0; d < index->ndim; d++) {
    if (d == dim) m.push(index->dims[d], 0, direct->strides[d], index->strides[d], false), m.index_stride = indexed->ndim ? indexed->strides[d] : 1;
    else m.push(index->dims[d], indexed->strides[d], direct->strides[d], index->strides[d], indexed->strides[d] != 0);
  }
  return m;
}

int32_t gather(const fb_tensor *out, const fb_tensor *self, const fb_tensor *index, int64_t dim) {
  const int d = axis(dim, self);
  const int32_t status = check_indices(index, 0, size_of(self, d));
  return status != FB_OK ? status : take(elementwise(self, out, index, d), self->dtype, out->data, self->data);
}

int32_t scatter_(const fb_tensor *self, const fb_tensor *index, const fb_tensor *src, int64_t dim) {
  const int d = axis(dim, self);
  const int32_t status = check_indices(index, 0, size_of(self, d));
  return status != FB_OK ? status : put(elementwise(self, src, index, d), self->dtype, self->data, src->data);
}

/// One element of a dtype.
struct Element {
  alignas(16) char bytes[16];
};
int32_t make_element(int32_t dtype, double value, Element &element) {
  memset(element.bytes, 0, sizeof element.bytes);
  if (is_complex(dtype)) dtype = dtype == FB_COMPLEX64 ? FB_FLOAT32 : FB_FLOAT64;  // the real part comes first
  if (dtype == FB_BOOL) value = value != 0;
  return for_real(dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) S;
    S x;
    if constexpr (kSame<Compute<S>, float> || kSame<Compute<S>, double>) x = narrow<S>(static_cast<Compute<S>>(value));
    else x = static_cast<S>(static_cast<int64_t>(value));
    memcpy(element.bytes, &x, sizeof x);
    return int32_t{FB_OK};
  });
}

int32_t scatter_fill_(const fb_tensor *self, const fb_tensor *index, int64_t dim, double value) {
  const int d = axis(dim, self);
  Element element;
  int32_t status = check_indices(index, 0, size_of(self, d));
  if (status == FB_OK) status = make_element(self->dtype, value, element);
  if (status != FB_OK) return status;
  fb_tensor src = *index;
  for (int i = 0; i < src.ndim; i++) src.strides[i] = 0;
  return put(elementwise(self, &src, index, d), self->dtype, self->data, element.bytes);
}

int32_t scatter_add_(const fb_tensor *self, const fb_tensor *index, const fb_tensor *src, int64_t dim) {
  const int d = axis(dim, self);
  const int32_t status = check_indices(index, 0, size_of(self, d));
  if (status != FB_OK) return status;
  return in_float(self, [&](const fb_tensor *sums) {
    return accumulate(elementwise(sums, src, index, d), sums->data, src->data, src->dtype, 1);
  });
}

enum Reduce { kProduct, kGreatest, kLeast };

template <class T, class S>
__attribute__((noinline)) void combine(const Indexed &m, T *indexed, const S *direct, int64_t reduce) {
  for_lines(m, m.disjoint, [&](int64_t a, int64_t b, const int64_t *index, const Run &run) {
    for (int64_t i = 0; i < run.n; i++) {
      T &to = indexed[a + i * run.a + index[i * run.c] * m.index_stride];
      const T x = widen(direct[b + i * run.b]);
      if (reduce == kGreatest) to = x > to || x != x ? x : to;
      else if (reduce == kLeast) to = x < to || x != x ? x : to;
      else if constexpr (kSame<T, float> || kSame<T, double>) to *= x;
      else to = static_cast<T>(static_cast<uint64_t>(to) * static_cast<uint64_t>(x));  // wraps around
    }
  });
}

/// Products, greatest or least elements of all of src that go to one place; its own element takes part if `include_self`.
int32_t scatter_reduce_(const fb_tensor *self, const fb_tensor *index, const fb_tensor *src, int64_t dim, int64_t reduce, bool include_self) {
  const int d = axis(dim, self);
  int32_t status = check_indices(index, 0, size_of(self, d));
  if (status == FB_OK && is_complex(self->dtype)) status = unsupported_dtype(self->dtype);
  if (status == FB_OK && !include_self)  // any one of the elements does not change their extreme
    status = reduce == kProduct ? scatter_fill_(self, index, dim, 1) : scatter_(self, index, src, dim);
  if (status != FB_OK) return status;
  return in_float(self, [&](const fb_tensor *to) {
    return for_real(src->dtype, [&](auto tag) {
      typedef FB_TYPE_OF(tag) S;
      combine(elementwise(to, src, index, d), static_cast<Compute<S> *>(to->data), static_cast<const S *>(src->data), reduce);
      return int32_t{FB_OK};
    });
  });
}

/// Rows of `weight` paired with the last dimension of `direct`.
Indexed rows(const fb_tensor *weight, const fb_tensor *direct, const fb_tensor *indices) {
  Indexed m;
  m.index = static_cast<const int64_t *>(indices->data), m.index_stride = weight->strides[0];
  for (int d = 0; d < indices->ndim; d++) m.push(indices->dims[d], 0, direct->strides[d], indices->strides[d], false);
  m.push(weight->dims[1], weight->strides[1], direct->strides[indices->ndim], 0, true);
  return m;
}

int32_t embedding(const fb_tensor *out, const fb_tensor *weight, const fb_tensor *indices) {
  const int32_t status = check_indices(indices, 0, weight->dims[0]);
  return status != FB_OK ? status : take(rows(weight, out, indices), weight->dtype, out->data, weight->data);
}

void zero(const fb_tensor *t) {
  static const Element nothing = {};
  Walk walk;
  for (int d = 0; d < t->ndim; d++) walk.push(t->dims[d], 0, t->strides[d]);
  if (!is_contiguous(t)) return copy_walk(t->data, nothing.bytes, walk, t->dtype);
  const int64_t bytes = numel(t) * element_size(t->dtype);
  parallel_for(bytes, 1 << 18, [&](int64_t begin, int64_t end) { memset(static_cast<char *>(t->data) + begin, 0, static_cast<size_t>(end - begin)); });
}

int32_t embedding_backward(const fb_tensor *grad_weight, const fb_tensor *grad, const fb_tensor *indices, int64_t padding_idx) {
  const int32_t status = check_indices(indices, 0, grad_weight->dims[0]);
  if (status != FB_OK) return status;
  zero(grad_weight);
  const int32_t done = in_float(grad_weight, [&](const fb_tensor *sums) {
    return accumulate(rows(sums, grad, indices), sums->data, grad->data, grad->dtype, 1);
  });
  if (done == FB_OK && padding_idx >= 0 && padding_idx < grad_weight->dims[0]) {
    fb_tensor row = *grad_weight;
    row.data = static_cast<char *>(row.data) + padding_idx * row.strides[0] * element_size(row.dtype);
    row.dims[0] = 1;
    zero(&row);
  }
  return done;
}

/// Addresses in self that the index tensors name, in elements.
struct Offsets {
  Scratch memory;
  int32_t status = FB_OK;

  Offsets(const fb_tensor *self, fb_tensors indices) : memory(indices.count ? numel(&indices.items[0]) * 8 : 0) {
    if (!memory.data) {
      status = out_of_memory(numel(&indices.items[0]) * 8);
      return;
    }
    int64_t *const offset = memory.as<int64_t>();
    offset[0] = 0;
    for (int k = 0; k < indices.count; k++) {
      const fb_tensor *const index = &indices.items[k];
      const int64_t size = self->dims[k], stride = self->strides[k], n = numel(index);
      status = check_indices(index, -size, size);
      if (status != FB_OK) return;
      Walk at;
      for (int d = 0; d < index->ndim; d++) at.push(index->dims[d], index->strides[d]);
      at.seek(0);
      for (int64_t i = 0; i < n; i++, at.next()) {
        const int64_t value = static_cast<const int64_t *>(index->data)[at.a];
        offset[i] = (k ? offset[i] : 0) + (value < 0 ? value + size : value) * stride;
      }
    }
  }
};

/// self[indices] paired with `direct`, which has its dimensions (or stride 0 where it is broadcast).
Indexed pairing(const fb_tensor *self, const fb_tensor *direct, fb_tensors indices, const Offsets &offsets) {
  Indexed m;
  m.index = offsets.memory.as<int64_t>();
  const int leading = indices.count ? indices.items[0].ndim : 0, k = static_cast<int>(indices.count);
  const int missing = leading + self->ndim - k - direct->ndim;  // dimensions that `direct` is broadcast along
  int64_t strides[FB_MAX_DIMS], stride = 1;
  for (int d = leading - 1; d >= 0; d--) strides[d] = stride, stride *= indices.items[0].dims[d];
  for (int d = 0; d < leading + self->ndim - k; d++) {
    const int e = d - missing;
    const int64_t step = e < 0 || direct->dims[e] == 1 ? 0 : direct->strides[e];
    if (d < leading) m.push(indices.items[0].dims[d], 0, step, strides[d], false);
    else m.push(self->dims[d - leading + k], self->strides[d - leading + k], step, 0, self->strides[d - leading + k] != 0);
  }
  return m;
}

int32_t index(const fb_tensor *out, const fb_tensor *self, fb_tensors indices) {
  const Offsets offsets(self, indices);
  return offsets.status != FB_OK ? offsets.status : take(pairing(self, out, indices, offsets), self->dtype, out->data, self->data);
}

int32_t index_put_(const fb_tensor *self, const fb_tensor *values, fb_tensors indices, bool accumulate_values) {
  const auto pair = [&](const fb_tensor *target, const auto &write) {
    const Offsets offsets(target, indices);
    return offsets.status != FB_OK ? offsets.status : write(pairing(target, values, indices, offsets), target);
  };
  if (!accumulate_values) return pair(self, [&](const Indexed &m, const fb_tensor *target) { return put(m, target->dtype, target->data, values->data); });
  return in_float(self, [&](const fb_tensor *sums) {
    return pair(sums, [&](const Indexed &m, const fb_tensor *target) { return accumulate(m, target->data, values->data, values->dtype, 1); });
  });
}

}  // namespace

FB_GROUP(index, FB_ENTRY("index_select", index_select), FB_ENTRY("index_add_", index_add_), FB_ENTRY("gather", gather),
         FB_ENTRY("scatter_", scatter_), FB_ENTRY("scatter_fill_", scatter_fill_), FB_ENTRY("scatter_add_", scatter_add_), FB_ENTRY("scatter_reduce_", scatter_reduce_),
         FB_ENTRY("embedding", embedding), FB_ENTRY("embedding_backward", embedding_backward), FB_ENTRY("index", index),
         FB_ENTRY("index_put_", index_put_))

}  // namespace fb::FB_ISA
