// Attention softmax(scale Q Kᵀ + mask) V without the matrix of weights: blocks of queries meet blocks of keys, and the softmax is
// corrected as larger scores appear (Dao et al. 2022; Milakov and Gimelshein 2018).
#include "../attention_block.h"
#include "../thread_memory.h"

namespace fb::FB_ISA {
namespace {

/// The last key that any of the queries before `end` sees, plus one.
inline int64_t visible_keys(int64_t keys, int64_t end, bool causal) { return causal ? min(keys, end) : keys; }

/// Elements of `rows` rows of whole vectors, with room for whole tiles.
template <class T>
inline int64_t rows_size(int64_t rows, int64_t features) { return round_up(rows, kStridedRows) * round_up(features, kLanes<T>); }

template <class T>
struct Attention {
  Heads<T> out, lse, q, k, v, mask;
  T scale;
  bool causal;
  int64_t head_size() const { return q.features; }
  int64_t key_head(int64_t head) const { return head / (q.heads / k.heads); }
  Strided<T> mask_of(int64_t batch, int64_t head) const { return mask.rows(batch, mask.data ? head : 0, 0); }

  int64_t forward_memory() const {
    return part_size<T>(kQueries * head_size()) + 2 * part_size<T>(kKeys * kQueries) + part_size<T>(rows_size<T>(kKeys, v.features)) +
           part_size<T>(rows_size<T>(kQueries, v.features)) + 3 * part_size<T>(kQueries);
  }

  void forward(int64_t batch, int64_t head, int64_t query, T *memory) const {
    constexpr int64_t L = kLanes<T>;
    const int64_t queries = min(kQueries, q.n - query), width = round_up(queries, L), features = round_up(v.features, L), kv = key_head(head);
    Parts<T> parts{memory};
    T *const qt = parts.take(kQueries * head_size()), *const scores = parts.take(kKeys * kQueries), *const spare = parts.take(kKeys * kQueries);
    T *const v_memory = parts.take(rows_size<T>(kKeys, v.features)), *const sum = parts.take(rows_size<T>(kQueries, v.features));
    T *const largest = parts.take(kQueries), *const sums = parts.take(kQueries), *const correction = parts.take(kQueries);
    const Strided<T> from = q.rows(batch, head, query);
    pack_panel(qt, width, queries, head_size(), from.data, from.row, from.step);
    multiply(qt, width * head_size(), scale);
    for (int64_t i = 0; i < width; i++) {
      largest[i] = static_cast<T>(-HUGE_VAL);
      sums[i] = 0;
    }
    const int64_t end = visible_keys(k.n, query + queries, causal);
    if (end == 0) memset(sum, 0, static_cast<size_t>(queries * features) * sizeof(T));
    for (int64_t key = 0; key < end; key += kKeys) {
      const Block<T> block{query, queries, width, key, min(kKeys, k.n - key), causal};
      score_product(block, head_size(), k.rows(batch, kv, key), qt, scores);
      mask_scores(scores, block, mask_of(batch, head), spare);
      online_softmax(scores, block, largest, sums, correction);
      for (int64_t i = 0; key > 0 && i < queries; i++) multiply(sum + i * features, features, correction[i]);
      query_product(block, features, scores, whole_rows(v.rows(batch, kv, key), block.keys, v.features, v_memory), sum, key > 0);
    }
    for (int64_t i = 0; i < width; i += L) {
      // a query that sees no key: zeros, and weights of zero in the backward pass
      const Vec<T> total = load(sums + i), sees = load(largest + i) + log(total);
      store(largest + i, total == 0 ? broadcast(static_cast<T>(HUGE_VAL)) : sees);
      store(correction + i, total == 0 ? Vec<T>{} : 1 / total);
    }
    memcpy(lse.at(batch, head, query), largest, static_cast<size_t>(queries) * sizeof(T));
    write_rows(out, batch, head, query, sum, queries, correction);
  }
};

template <class T>
struct AttentionBackward {
  Heads<T> grad_q, grad_k, grad_v, grad;
  Attention<T> of;

  int64_t memory() const {
    const int64_t e = of.head_size(), f = of.v.features, n = of.k.n;
    return part_size<T>(rows_size<T>(n, e)) + part_size<T>(rows_size<T>(n, f)) + part_size<T>(kQueries * e) + part_size<T>(kQueries * f) +
           2 * part_size<T>(rows_size<T>(kQueries, e)) + part_size<T>(rows_size<T>(kQueries, f)) + part_size<T>(rows_size<T>(kKeys, e)) +
           3 * part_size<T>(kKeys * kQueries) + 2 * part_size<T>(kQueries);
  }

  /// The heads that share one head of keys, one after the other.
  void group(int64_t batch, int64_t key_head, T *memory) const {
    const int64_t gk_size = rows_size<T>(of.k.n, of.head_size()), gv_size = rows_size<T>(of.k.n, of.v.features);
    Parts<T> parts{memory};
    T *const gk = parts.take(gk_size), *const gv = parts.take(gv_size);
    memset(gk, 0, static_cast<size_t>(gk_size) * sizeof(T));
    memset(gv, 0, static_cast<size_t>(gv_size) * sizeof(T));
    const int64_t shared = of.q.heads / of.k.heads;
    for (int64_t head = key_head * shared; head < (key_head + 1) * shared; head++)
      for (int64_t query = 0; query < of.q.n; query += kQueries) queries(batch, head, query, gk, gv, parts);
    write_rows(grad_k, batch, key_head, 0, gk, of.k.n);
    write_rows(grad_v, batch, key_head, 0, gv, of.k.n);
  }

  void queries(int64_t batch, int64_t head, int64_t query, T *gk, T *gv, Parts<T> parts) const {
    constexpr int64_t L = kLanes<T>;
    const Heads<T> &q = of.q, &k = of.k, &v = of.v;
    const int64_t e = of.head_size(), f = v.features, ep = round_up(e, L), fp = round_up(f, L);
    const int64_t queries = min(kQueries, q.n - query), width = round_up(queries, L), kv = of.key_head(head);
    T *const qt = parts.take(kQueries * e), *const gt = parts.take(kQueries * f), *const gq = parts.take(rows_size<T>(kQueries, e));
    T *const q_memory = parts.take(rows_size<T>(kQueries, e)), *const g_memory = parts.take(rows_size<T>(kQueries, f));
    T *const k_memory = parts.take(rows_size<T>(kKeys, e));
    T *const weights = parts.take(kKeys * kQueries), *const slopes = parts.take(kKeys * kQueries), *const spare = parts.take(kKeys * kQueries);
    T *const lse = parts.take(kQueries), *const delta = parts.take(kQueries);
    const Strided<T> from = q.rows(batch, head, query), grads = grad.rows(batch, head, query);
    const T *const q_rows = whole_rows(from, queries, e, q_memory), *const g_rows = whole_rows(grads, queries, f, g_memory);
    pack_panel(qt, width, queries, e, from.data, from.row, from.step);
    multiply(qt, width * e, of.scale);
    pack_panel(gt, width, queries, f, grads.data, grads.row, grads.step);
    const T *out = of.out.at(batch, head, query);
    for (int64_t i = 0; i < width; i++) {
      Vec<T> sum = {};
      for (int64_t d = 0; i < queries && d < f; d += L) sum = fma(load_first(out + d, f - d), load(g_rows + i * fp + d), sum);
      lse[i] = i < queries ? of.lse.at(batch, head, query)[i] : static_cast<T>(HUGE_VAL);
      delta[i] = sum_lanes<T>(sum);
      out += of.out.strides[2];
    }
    const int64_t end = visible_keys(k.n, query + queries, of.causal);
    if (end == 0) memset(gq, 0, static_cast<size_t>(queries * ep) * sizeof(T));
    for (int64_t key = 0; key < end; key += kKeys) {
      const Block<T> block{query, queries, width, key, min(kKeys, k.n - key), of.causal};
      const Strided<T> keys = k.rows(batch, kv, key);
      score_product(block, e, keys, qt, weights);
      mask_scores(weights, block, of.mask_of(batch, head), spare);
      score_product(block, f, v.rows(batch, kv, key), gt, slopes);
      score_gradients(weights, slopes, block, lse, delta, of.scale);
      key_product(block, fp, weights, g_rows, gv + key * fp);
      key_product(block, ep, slopes, q_rows, gk + key * ep);
      query_product(block, ep, slopes, whole_rows(keys, block.keys, e, k_memory), gq, key > 0);
    }
    write_rows(grad_q, batch, head, query, gq, queries);
  }
};

template <class T>
Attention<T> describe(const fb_tensor *out, const fb_tensor *lse, const fb_tensor *q, const fb_tensor *k, const fb_tensor *v, const fb_tensor *mask,
                      double scale, bool causal) {
  Heads<T> rows(nullptr);  // lse (B, H, n) as (B, H, n, 1)
  rows.data = static_cast<T *>(lse->data);
  rows.strides[0] = lse->strides[0];
  rows.strides[1] = lse->strides[1];
  rows.strides[2] = 1;
  return {Heads<T>(out), rows, Heads<T>(q), Heads<T>(k), Heads<T>(v), Heads<T>(mask), static_cast<T>(scale), causal};
}

/// out (B, H, n, F) with its features next to each other, lse (B, H, n) contiguous; the inputs and a mask of (B, H, n, keys) with any
/// strides, H a multiple of the heads of k and v.
int32_t attention(const fb_tensor *out, const fb_tensor *lse, const fb_tensor *q, const fb_tensor *k, const fb_tensor *v, const fb_tensor *mask,
                  double scale, bool causal) {
  return for_float_or_double(q->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const Attention<T> a = describe<T>(out, lse, q, k, v, mask, scale, causal);
    if (numel(lse) == 0) return int32_t{FB_OK};
    const int64_t blocks = divide_up(a.q.n, kQueries), work = min(kQueries, a.q.n) * (a.k.n + 1) * (a.head_size() + a.v.features + 1);
    return parallel_with_memory(q->dims[0] * a.q.heads * blocks, divide_up(1 << 18, work), a.forward_memory() * static_cast<int64_t>(sizeof(T)),
                                [&](int64_t begin, int64_t end, void *memory) {
                                  for (int64_t task = begin; task < end; task++) {
                                    const int64_t head = task / blocks;
                                    a.forward(head / a.q.heads, head % a.q.heads, task % blocks * kQueries, static_cast<T *>(memory));
                                  }
                                });
  });
}

/// Gradients of q, k and v, each with its features next to each other.
int32_t attention_backward(const fb_tensor *grad_q, const fb_tensor *grad_k, const fb_tensor *grad_v, const fb_tensor *grad, const fb_tensor *q,
                           const fb_tensor *k, const fb_tensor *v, const fb_tensor *mask, const fb_tensor *out, const fb_tensor *lse, double scale,
                           bool causal) {
  return for_float_or_double(q->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const AttentionBackward<T> a{Heads<T>(grad_q), Heads<T>(grad_k), Heads<T>(grad_v), Heads<T>(grad),
                                 describe<T>(out, lse, q, k, v, mask, scale, causal)};
    const int64_t heads = a.of.k.heads, tasks = q->dims[0] * heads;
    if (tasks == 0) return int32_t{FB_OK};
    const int64_t work = a.of.q.heads / heads * (a.of.q.n + 1) * (a.of.k.n + 1) * (a.of.head_size() + a.of.v.features + 1);
    const int64_t bytes = a.memory() * static_cast<int64_t>(sizeof(T));
    return parallel_with_memory(tasks, divide_up(1 << 17, work), bytes, [&](int64_t begin, int64_t end, void *memory) {
      for (int64_t task = begin; task < end; task++) a.group(task / heads, task % heads, static_cast<T *>(memory));
    });
  });
}

}  // namespace

FB_GROUP(attention, FB_ENTRY("attention", attention), FB_ENTRY("attention_backward", attention_backward))

}  // namespace fb::FB_ISA
