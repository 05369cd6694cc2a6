// Rearranging elements: cat, flip, tril, triu, nonzero.
#include "../strided.h"

namespace fb::FB_ISA {
namespace {

/// Short rows of the result one after another, each with its part of every tensor. False if a tensor is not row-major, or rows are long.
bool cat_rows(const fb_tensor *out, fb_tensors tensors, int along) {
  int64_t rows = 1, inner = 1;
  for (int d = 0; d < along; d++) rows *= out->dims[d];
  for (int d = along + 1; d < out->ndim; d++) inner *= out->dims[d];
  const int64_t length = out->dims[along] * inner, size = element_size(out->dtype);
  if (rows == 1 || length > 32768 || !is_contiguous(out)) return false;
  for (int64_t i = 0; i < tensors.count; i++)
    if (tensors.items[i].ndim != out->ndim || !is_contiguous(&tensors.items[i])) return false;
  parallel_for(rows, rows_per_chunk(length), [&](int64_t begin, int64_t end) {
    char *to = static_cast<char *>(out->data) + begin * length * size;
    for (int64_t r = begin; r < end; r++)
      for (int64_t i = 0; i < tensors.count; i++) {
        const int64_t bytes = tensors.items[i].dims[along] * inner * size;
        memcpy(to, static_cast<const char *>(tensors.items[i].data) + r * bytes, static_cast<size_t>(bytes));
        to += bytes;
      }
  });
  return true;
}

int32_t cat(const fb_tensor *out, fb_tensors tensors, int64_t dim) {
  const int along = static_cast<int>(dim < 0 ? dim + out->ndim : dim);
  if (cat_rows(out, tensors, along)) return FB_OK;
  int64_t offset = 0;
  for (int64_t i = 0; i < tensors.count; i++) {
    const fb_tensor *const t = &tensors.items[i];
    if (t->ndim != out->ndim) continue;  // torch.cat skips empty 1-d tensors
    Walk walk;
    for (int d = 0; d < t->ndim; d++) walk.push(t->dims[d], t->strides[d], out->strides[d]);
    copy_walk(static_cast<char *>(out->data) + offset * element_size(out->dtype), t->data, walk, out->dtype);
    offset += t->dims[along] * out->strides[along];
  }
  return FB_OK;
}

int32_t flip(const fb_tensor *out, const fb_tensor *self, fb_numbers dims) {
  uint32_t mask = 0;
  for (int64_t i = 0; i < dims.count; i++) {
    const int d = static_cast<int>(dims.items[i]);
    mask |= 1u << (d < 0 ? d + self->ndim : d);
  }
  int64_t offset = 0;
  Walk walk;
  for (int d = 0; d < self->ndim; d++) {
    const bool reversed = mask >> d & 1;
    if (reversed) offset += (self->dims[d] - 1) * self->strides[d];
    walk.push(self->dims[d], reversed ? -self->strides[d] : self->strides[d], out->strides[d]);
  }
  if (numel(self) == 0) return FB_OK;
  copy_walk(out->data, static_cast<const char *>(self->data) + offset * element_size(self->dtype), walk, self->dtype);
  return FB_OK;
}

/// Keeps, in row i, the columns [0, i + diagonal] (lower) or [i + diagonal, columns), zeroes the others.
template <bool Lower>
int32_t triangle(const fb_tensor *out, const fb_tensor *self, int64_t diagonal) {
  const int n = self->ndim;
  const int64_t rows = self->dims[n - 2], columns = self->dims[n - 1];
  Walk walk;
  for (int d = 0; d < n - 2; d++) walk.push(self->dims[d], self->strides[d], out->strides[d]);
  return for_size(self->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    parallel_for(walk.size() * rows, rows_per_chunk(columns), [&](int64_t begin, int64_t end) {
      Walk at = walk;
      at.seek(begin / rows);
      for (int64_t r = begin; r < end; r++) {
        const int64_t i = r % rows, edge = i + diagonal + (Lower ? 1 : 0), cut = edge < 0 ? 0 : edge > columns ? columns : edge;
        const T *const x = static_cast<const T *>(self->data) + at.a + i * self->strides[n - 2];
        T *const o = static_cast<T *>(out->data) + at.b + i * out->strides[n - 2];
        const int64_t sx = self->strides[n - 1], so = out->strides[n - 1];
        for (int64_t j = 0; j < cut; j++) o[j * so] = Lower ? x[j * sx] : T{};
        for (int64_t j = cut; j < columns; j++) o[j * so] = Lower ? T{} : x[j * sx];
        if (i == rows - 1) at.next();
      }
    });
    return int32_t{FB_OK};
  });
}

// An element's truth; complex numbers are two parts.
template <class S>
inline bool is_nonzero(const S *p) {
  return widen(*p) != 0;
}

/// Rows of `out` are the positions of the elements that are not zero, in row-major order; the caller has counted them.
template <class S, int Parts>
void find_nonzero(const fb_tensor *out, const fb_tensor *self) {
  int64_t total = 1;
  for (int d = 0; d < self->ndim; d++) total *= self->dims[d];
  int64_t *to = static_cast<int64_t *>(out->data), index[FB_MAX_DIMS] = {}, at = 0;
  const S *const p = static_cast<const S *>(self->data);
  int64_t *const end = to + out->dims[0] * out->strides[0];
  for (int64_t i = 0; i < total && to != end; i++) {
    bool truth = is_nonzero(p + at * Parts);
    if constexpr (Parts == 2) truth = truth || is_nonzero(p + at * Parts + 1);
    if (truth) {
      for (int d = 0; d < self->ndim; d++) to[d * out->strides[1]] = index[d];
      to += out->strides[0];
    }
    for (int d = self->ndim - 1; d >= 0; d--) {
      at += self->strides[d];
      if (++index[d] < self->dims[d]) break;
      at -= self->dims[d] * self->strides[d];
      index[d] = 0;
    }
  }
}

int32_t nonzero(const fb_tensor *out, const fb_tensor *self) {
  if (self->dtype == FB_COMPLEX64) return find_nonzero<float, 2>(out, self), FB_OK;
  if (self->dtype == FB_COMPLEX128) return find_nonzero<double, 2>(out, self), FB_OK;
  return for_real(self->dtype, [&](auto tag) {
    find_nonzero<FB_TYPE_OF(tag), 1>(out, self);
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(arrange, FB_ENTRY("cat", cat), FB_ENTRY("flip", flip), FB_ENTRY("tril", triangle<true>), FB_ENTRY("triu", triangle<false>),
         FB_ENTRY("nonzero", nonzero))

}  // namespace fb::FB_ISA
