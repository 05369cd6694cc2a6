// Attention softmax(scale Q Kᵀ + mask) V without the matrix of weights: blocks of queries meet blocks of keys, and the softmax is
// corrected as larger scores appear (Dao et al. 2022; Milakov and Gimelshein 2018). Scores are computed transposed, (key, query), so that
// a vector holds queries: maxima and sums need no horizontal step, and the weights are the next product's B as they lie.
#include "../gemm.h"
#include "../strided_product.h"
#include "../thread_memory.h"
#include "../vector_math.h"

namespace fb::FB_ISA {
namespace {

constexpr int64_t kQueries = 96, kKeys = 64;  // of a block: multiples of all vector and tile sizes, so small that scores stay in the cache

/// Elements of one (batch, head) of a tensor (B, H, n, features).
template <class T>
struct Heads {
  T *data;
  int64_t heads, n, features, strides[4];
  explicit Heads(const fb_tensor *t)
      : data(t ? static_cast<T *>(t->data) : nullptr), heads(t ? t->dims[1] : 1), n(t ? t->dims[2] : 0), features(t ? t->dims[3] : 0), strides{} {
    if (t)
      for (int d = 0; d < 4; d++) strides[d] = t->strides[d];
  }
  T *at(int64_t batch, int64_t head) const { return data + batch * strides[0] + head * strides[1]; }
  Strided<T> rows(int64_t batch, int64_t head, int64_t first) const { return {at(batch, head) + first * strides[2], strides[2], strides[3]}; }
  Strided<T> columns(int64_t batch, int64_t head, int64_t first) const { return {at(batch, head) + first * strides[2], strides[3], strides[2]}; }
};

/// Hands out parts of a thread's memory.
template <class T>
struct Parts {
  T *next;
  T *take(int64_t elements) {
    T *const part = next;
    next += round_up(elements + kPanelSlack<T>, 16);
    return part;
  }
};
template <class T>
constexpr int64_t part_size(int64_t elements) { return round_up(elements + kPanelSlack<T>, 16); }

template <class T>
inline void multiply(T *x, int64_t n, T factor) {
  for (int64_t i = 0; i < n; i += kLanes<T>) store(x + i, load(x + i) * factor);
}

/// `rows` rows of `width` elements, from any strides to rows that are `padded` apart, filled up with zeros.
template <class T>
void copy_rows(T *to, int64_t padded, const Strided<T> &from, int64_t rows, int64_t width) {
  for (int64_t i = 0; i < rows; i++, to += padded) {
    if (from.step == 1) memcpy(to, from.data + i * from.row, static_cast<size_t>(width) * sizeof(T));
    else
      for (int64_t d = 0; d < width; d++) to[d] = from.data[i * from.row + d * from.step];
    for (int64_t d = width; d < padded; d++) to[d] = 0;
  }
}

/// Adds the mask, element (query, key), to scores (key, query); then forbids the keys after each query if `causal`.
template <class T>
void mask_scores(T *scores, int64_t width, int64_t query, int64_t queries, int64_t key, int64_t keys, const Strided<T> &mask, T *transposed,
                 bool causal) {
  constexpr int64_t L = kLanes<T>;
  if (mask.data) {
    const T *const from = mask.data + query * mask.row + key * mask.step;
    if (mask.row != 0) pack_panel(transposed, width, queries, keys, from, mask.row, mask.step);
    for (int64_t j = 0; j < keys; j++)
      for (int64_t i = 0; i < width; i += L) {
        T *const at = scores + j * width + i;
        store(at, load(at) + (mask.row != 0 ? load(transposed + j * width + i) : broadcast(from[j * mask.step])));
      }
  }
  if (causal)
    for (int64_t j = max(0, query + 1 - key); j < keys; j++)
      for (int64_t i = 0, before = min(width, key + j - query); i < before; i++) scores[j * width + i] = static_cast<T>(-HUGE_VAL);
}

/// Scores become weights relative to each query's largest score so far; `correction` is what earlier weights are to be multiplied with.
template <class T>
__attribute__((noinline)) void online_softmax(T *scores, int64_t width, int64_t keys, T *largest, T *sums, T *correction) {
  constexpr int64_t L = kLanes<T>;
  const Vec<T> nothing = broadcast(static_cast<T>(-HUGE_VAL));
  for (int64_t i = 0; i < width; i += L) {
    const Vec<T> before = load(largest + i);
    Vec<T> top = before;
    for (int64_t j = 0; j < keys; j++) {
      const Vec<T> s = load(scores + j * width + i);
      top = s > top ? s : top;
    }
    const Vec<T> shift = top == nothing ? Vec<T>{} : top, factor = exp(before - shift);
    Vec<T> sum = load(sums + i) * factor;
    for (int64_t j = 0; j < keys; j++) {
      T *const at = scores + j * width + i;
      const Vec<T> weight = exp(load(at) - shift);
      store(at, weight);
      sum += weight;
    }
    store(largest + i, top);
    store(sums + i, sum);
    store(correction + i, factor);
  }
}

/// The last key that any of the queries before `end` sees, plus one.
inline int64_t visible_keys(int64_t keys, int64_t end, bool causal) { return causal ? min(keys, end) : keys; }

template <class T>
struct Attention {
  Heads<T> out, lse, q, k, v, mask;
  T scale;
  bool causal;
  int64_t head_size() const { return q.features; }
  int64_t key_head(int64_t head) const { return head / (q.heads / k.heads); }
  Strided<T> mask_of(int64_t batch, int64_t head) const { return mask.rows(batch, mask.data ? head : 0, 0); }

  int64_t forward_memory() const {
    return part_size<T>(kQueries * head_size()) + 2 * part_size<T>(kKeys * kQueries) + part_size<T>(round_up(v.features, kStridedRows) * kQueries) +
           part_size<T>(kQueries * v.features) + 3 * part_size<T>(kQueries);
  }

  void forward(int64_t batch, int64_t head, int64_t query, T *memory) const {
    constexpr int64_t L = kLanes<T>;
    const int64_t queries = min(kQueries, q.n - query), width = round_up(queries, L), features = v.features;
    Parts<T> parts{memory};
    T *const qt = parts.take(kQueries * head_size()), *const scores = parts.take(kKeys * kQueries), *const spare = parts.take(kKeys * kQueries);
    T *const sum = parts.take(round_up(features, kStridedRows) * kQueries), *const rows = parts.take(kQueries * features);
    T *const largest = parts.take(kQueries), *const sums = parts.take(kQueries), *const correction = parts.take(kQueries);
    const Strided<T> from = q.rows(batch, head, query);
    pack_panel(qt, width, queries, head_size(), from.data, from.row, from.step);
    multiply(qt, width * head_size(), scale);
    for (int64_t i = 0; i < width; i++) {
      largest[i] = static_cast<T>(-HUGE_VAL);
      sums[i] = 0;
    }
    memset(sum, 0, static_cast<size_t>(features * width) * sizeof(T));
    const int64_t end = visible_keys(k.n, query + queries, causal);
    for (int64_t key = 0; key < end; key += kKeys) {
      const int64_t keys = min(kKeys, end - key);
      strided_product<T>(keys, width, head_size(), k.rows(batch, key_head(head), key), qt, width, scores, width, false);
      mask_scores(scores, width, query, queries, key, keys, mask_of(batch, head), spare, causal);
      online_softmax(scores, width, keys, largest, sums, correction);
      for (int64_t d = 0; d < features; d++)
        for (int64_t i = 0; i < width; i += L) store(sum + d * width + i, load(sum + d * width + i) * load(correction + i));
      strided_product<T>(features, width, keys, v.columns(batch, key_head(head), key), scores, width, sum, width, true);
    }
    T *const lse_row = lse.at(batch, head) + query;
    for (int64_t i = 0; i < width; i++) {
      // a query that sees no key: zeros, and weights of zero in the backward pass
      const T lse_value = sums[i] == 0 ? static_cast<T>(HUGE_VAL) : largest[i] + static_cast<T>(::log(static_cast<double>(sums[i])));
      if (i < queries) lse_row[i] = lse_value;
      correction[i] = sums[i] == 0 ? T(0) : 1 / sums[i];
    }
    for (int64_t d = 0; d < features; d++)
      for (int64_t i = 0; i < width; i += L) store(sum + d * width + i, load(sum + d * width + i) * load(correction + i));
    pack_panel(rows, features, features, queries, sum, width, int64_t{1});
    memcpy(out.at(batch, head) + query * features, rows, static_cast<size_t>(queries * features) * sizeof(T));
  }
};

template <class T>
struct AttentionBackward {
  Heads<T> grad_q, grad_k, grad_v, grad;
  Attention<T> of;

  int64_t memory() const {
    const int64_t e = of.head_size(), f = of.v.features, ep = round_up(e, kLanes<T>), fp = round_up(f, kLanes<T>), n = round_up(of.k.n, kStridedRows);
    return part_size<T>(n * ep) + part_size<T>(n * fp) + 2 * part_size<T>(kQueries * e) + part_size<T>(kQueries * f) + part_size<T>(kQueries * ep) +
           part_size<T>(kQueries * fp) + part_size<T>(round_up(e, kStridedRows) * kQueries) + 3 * part_size<T>(kKeys * kQueries) +
           2 * part_size<T>(kQueries);
  }

  /// The heads that share one head of keys, one after the other.
  void group(int64_t batch, int64_t key_head, T *memory) const {
    const int64_t e = of.head_size(), f = of.v.features, ep = round_up(e, kLanes<T>), fp = round_up(f, kLanes<T>), n = round_up(of.k.n, kStridedRows);
    Parts<T> parts{memory};
    T *const gk = parts.take(n * ep), *const gv = parts.take(n * fp);
    memset(gk, 0, static_cast<size_t>(n * ep) * sizeof(T));
    memset(gv, 0, static_cast<size_t>(n * fp) * sizeof(T));
    const int64_t shared = of.q.heads / of.k.heads;
    for (int64_t head = key_head * shared; head < (key_head + 1) * shared; head++)
      for (int64_t query = 0; query < of.q.n; query += kQueries) block(batch, head, query, gk, ep, gv, fp, parts);
    for (int64_t j = 0; j < of.k.n; j++) {
      memcpy(grad_k.at(batch, key_head) + j * e, gk + j * ep, static_cast<size_t>(e) * sizeof(T));
      memcpy(grad_v.at(batch, key_head) + j * f, gv + j * fp, static_cast<size_t>(f) * sizeof(T));
    }
  }

  void block(int64_t batch, int64_t head, int64_t query, T *gk, int64_t ep, T *gv, int64_t fp, Parts<T> parts) const {
    constexpr int64_t L = kLanes<T>;
    const Heads<T> &q = of.q, &k = of.k, &v = of.v;
    const int64_t e = of.head_size(), f = v.features, queries = min(kQueries, q.n - query), width = round_up(queries, L), kv = of.key_head(head);
    T *const qt = parts.take(kQueries * e), *const gt = parts.take(kQueries * f), *const q_rows = parts.take(kQueries * ep);
    T *const g_rows = parts.take(kQueries * fp), *const gq = parts.take(round_up(e, kStridedRows) * kQueries);
    T *const gq_rows = parts.take(kQueries * e);
    T *const weights = parts.take(kKeys * kQueries), *const slopes = parts.take(kKeys * kQueries), *const spare = parts.take(kKeys * kQueries);
    T *const lse = parts.take(kQueries), *const delta = parts.take(kQueries);
    const Strided<T> from = q.rows(batch, head, query), grads = grad.rows(batch, head, query);
    pack_panel(qt, width, queries, e, from.data, from.row, from.step);
    multiply(qt, width * e, of.scale);
    copy_rows(q_rows, ep, from, queries, e);
    multiply(q_rows, queries * ep, of.scale);
    pack_panel(gt, width, queries, f, grads.data, grads.row, grads.step);
    copy_rows(g_rows, fp, grads, queries, f);
    memset(gq, 0, static_cast<size_t>(e * width) * sizeof(T));
    const T *const out = of.out.at(batch, head) + query * f;
    for (int64_t i = 0; i < width; i++) {
      lse[i] = i < queries ? of.lse.at(batch, head)[query + i] : static_cast<T>(HUGE_VAL);
      delta[i] = 0;
      for (int64_t d = 0; i < queries && d < f; d++) delta[i] += out[i * f + d] * g_rows[i * fp + d];
    }
    const int64_t end = visible_keys(k.n, query + queries, of.causal);
    for (int64_t key = 0; key < end; key += kKeys) {
      const int64_t keys = min(kKeys, end - key);
      strided_product<T>(keys, width, e, k.rows(batch, kv, key), qt, width, weights, width, false);
      mask_scores(weights, width, query, queries, key, keys, of.mask_of(batch, head), spare, of.causal);
      strided_product<T>(keys, width, f, v.rows(batch, kv, key), gt, width, slopes, width, false);
      for (int64_t j = 0; j < keys; j++)
        for (int64_t i = 0; i < width; i += L) {
          T *const w = weights + j * width + i, *const s = slopes + j * width + i;
          const Vec<T> p = exp(load(w) - load(lse + i));
          store(w, p);
          store(s, p * (load(s) - load(delta + i)));
        }
      strided_product<T>(keys, fp, queries, Strided<T>{weights, width, 1}, g_rows, fp, gv + key * fp, fp, true);
      strided_product<T>(keys, ep, queries, Strided<T>{slopes, width, 1}, q_rows, ep, gk + key * ep, ep, true);
      strided_product<T>(e, width, keys, k.columns(batch, kv, key), slopes, width, gq, width, true);
    }
    multiply(gq, e * width, of.scale);
    pack_panel(gq_rows, e, e, queries, gq, width, int64_t{1});
    memcpy(grad_q.at(batch, head) + query * e, gq_rows, static_cast<size_t>(queries * e) * sizeof(T));
  }
};

template <class T>
Attention<T> describe(const fb_tensor *out, const fb_tensor *lse, const fb_tensor *q, const fb_tensor *k, const fb_tensor *v, const fb_tensor *mask,
                      double scale, bool causal) {
  Heads<T> rows(nullptr);  // lse (B, H, n) as (B, H, n, 1)
  rows.data = static_cast<T *>(lse->data);
  rows.strides[0] = lse->strides[0];
  rows.strides[1] = lse->strides[1];
  return {Heads<T>(out), rows, Heads<T>(q), Heads<T>(k), Heads<T>(v), Heads<T>(mask), static_cast<T>(scale), causal};
}

/// out (B, H, n, F) and lse (B, H, n) contiguous; the inputs and a mask of (B, H, n, keys) with any strides, H a multiple of the heads of
/// k and v.
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

/// Gradients of q, k and v, contiguous.
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
