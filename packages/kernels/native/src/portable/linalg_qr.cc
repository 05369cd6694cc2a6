// QR decompositions by blocked Householder reflectors. Row-major batches.
#include "../householder.h"

namespace fb::FB_ISA {
namespace {

/// Compact form: R, and below it the reflectors' vectors.
int32_t geqrf(const fb_tensor *out, const fb_tensor *tau, const fb_tensor *input) {
  return for_float_or_double(out->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const int64_t m = rows_of(out), n = columns_of(out), k = min(m, n);
    const double work = 2 * static_cast<double>(m * n) * static_cast<double>(k);
    return for_batch(batch_of(out), work, qr_memory(m, n) * static_cast<int64_t>(sizeof(T)), [&](int64_t i, char *memory) {
      copy(matrix_of<T>(out, i), matrix_of<T>(input, i));
      factor_qr(matrix_of<T>(out, i), vector_of<T>(tau, i, k), reinterpret_cast<T *>(memory));
    });
  });
}

/// The first columns of the product of the reflectors.
int32_t householder_product(const fb_tensor *q, const fb_tensor *a, const fb_tensor *tau) {
  return for_float_or_double(q->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const int64_t m = rows_of(q), n = columns_of(q), k = columns_of(tau);
    const double work = 2 * static_cast<double>(m * n) * static_cast<double>(k);
    return for_batch(batch_of(q), work, product_memory(m, n) * static_cast<int64_t>(sizeof(T)), [&](int64_t i, char *memory) {
      form_product(matrix_of<T>(a, i), 0, vector_of<T>(tau, i, k), k, matrix_of<T>(q, i), reinterpret_cast<T *>(memory));
    });
  });
}

}  // namespace

FB_GROUP(linalg_qr, FB_ENTRY("linalg_geqrf", geqrf), FB_ENTRY("linalg_householder_product", householder_product))

}  // namespace fb::FB_ISA
