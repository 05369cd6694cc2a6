// Rearranging elements: cat, flip, tril, triu, nonzero.
#include "../strided.h"
#include "../transpose.h"

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
  const int64_t row = length * size;
  parallel_for(rows, rows_per_chunk(length), [&](int64_t begin, int64_t end) {
    char *to = static_cast<char *>(out->data) + begin * row;
    for (int64_t i = 0; i < tensors.count; i++) {
      const int64_t bytes = tensors.items[i].dims[along] * inner * size;
      const char *from = static_cast<const char *>(tensors.items[i].data) + begin * bytes;
      if (bytes == size) {  // an element at a time
        for_size(out->dtype, [&](auto tag) {
          typedef FB_TYPE_OF(tag) T;
          copy_elements(reinterpret_cast<T *>(to), length, reinterpret_cast<const T *>(from), 1, end - begin);
          return int32_t{FB_OK};
        });
      } else {
        for (int64_t r = 0; r < end - begin; r++) memcpy(to + r * row, from + r * bytes, static_cast<size_t>(bytes));
      }
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
  if (numel(self) == 0) return FB_OK;
  fb_tensor from = *self;
  int64_t offset = 0;
  Walk walk;
  for (int d = 0; d < self->ndim; d++) {
    if (mask >> d & 1) {
      offset += (self->dims[d] - 1) * self->strides[d];
      from.strides[d] = -self->strides[d];
    }
    walk.push(self->dims[d], from.strides[d], out->strides[d]);
  }
  from.data = static_cast<char *>(self->data) + offset * element_size(self->dtype);
  if (!copy_transposed(out, &from)) copy_walk(out->data, from.data, walk, self->dtype);
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
        const int64_t kept = Lower ? 0 : cut, zeroed = Lower ? cut : 0;
        const auto bytes = [](int64_t elements) { return static_cast<size_t>(elements) * sizeof(T); };
        if (so == 1) memset(static_cast<void *>(o + zeroed), 0, bytes(Lower ? columns - cut : cut));
        else
          for (int64_t j = zeroed; j < (Lower ? columns : cut); j++) o[j * so] = T{};
        const int64_t n = Lower ? cut : columns - cut;
        if (so == 1 && sx == 1) memmove(static_cast<void *>(o + kept), x + kept, bytes(n));
        else copy_elements(o + kept * so, so, x + kept * sx, sx, n);
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
  const int last = self->ndim - 1;
  const int64_t columns = last < 0 ? 1 : self->dims[last], step = last < 0 ? 1 : self->strides[last], rows = numel(self) / (columns > 0 ? columns : 1);
  int64_t *to = static_cast<int64_t *>(out->data);
  int64_t *const end = to + out->dims[0] * out->strides[0];
  Walk outer;
  for (int d = 0; d < last; d++) {  // not merged: its index is the element's
    outer.dims[d] = self->dims[d], outer.stride_a[d] = self->strides[d];
    outer.stride_b[d] = outer.stride_c[d] = 0;
  }
  outer.n = last < 0 ? 0 : last;
  outer.seek(0);
  for (int64_t r = 0; r < rows && to != end; r++, outer.next()) {
    const S *const row = static_cast<const S *>(self->data) + outer.a * Parts;
    for (int64_t j = 0; j < columns && to != end; j++) {
      if constexpr (sizeof(S) == 1) {  // masks are often of few elements
        uint64_t eight = 1;
        if (step == 1 && j % 8 == 0 && j + 8 <= columns) memcpy(&eight, row + j, 8);
        if (eight == 0) {
          j += 7;
          continue;
        }
      }
      bool truth = is_nonzero(row + j * step * Parts);
      if constexpr (Parts == 2) truth = truth || is_nonzero(row + j * step * Parts + 1);
      // written in any case: what a branch would do cannot be foreseen
      for (int d = 0; d < last; d++) to[d * out->strides[1]] = outer.index[d];
      if (last >= 0) to[last * out->strides[1]] = j;
      to += truth ? out->strides[0] : 0;
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
