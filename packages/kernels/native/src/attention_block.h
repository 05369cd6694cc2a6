// Where a block of queries meets a block of keys. Scores are computed transposed, (key, query), so that a vector holds queries: maxima and
// sums need no horizontal step. Of causal attention only those tiles are computed that some query sees.
#pragma once
#include "gemm.h"
#include "lanes.h"
#include "strided_product.h"
#include "vector_math.h"

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
  T *at(int64_t batch, int64_t head, int64_t first) const { return data + batch * strides[0] + head * strides[1] + first * strides[2]; }
  Strided<T> rows(int64_t batch, int64_t head, int64_t first) const { return {at(batch, head, first), strides[2], strides[3]}; }
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

/// Queries [query, query + queries) and keys [key, key + keys); rows of scores are `width` apart, which is whole vectors.
template <class T>
struct Block {
  int64_t query, queries, width, key, keys;
  bool causal;

  /// How many of the keys the queries before `end` (counted from the block's first) see at most, in whole tiles.
  int64_t seen(int64_t end) const {
    constexpr int64_t step = kLanes<T> > kStridedRows ? kLanes<T> : kStridedRows;
    return causal ? max(0, min(keys, round_up(query + round_up(end, step) - key, kStridedRows))) : keys;
  }
  /// The first query that sees key j.
  int64_t first(int64_t j) const { return causal ? max(0, key + j - query) : 0; }
  bool sees_all() const { return !causal || query >= key + keys - 1; }
};

/// Rows that lie together and are whole vectors: `from` itself if it is so, else a copy in `memory`, filled up with zeros.
template <class T>
const T *whole_rows(const Strided<T> &from, int64_t rows, int64_t features, T *memory) {
  constexpr int64_t L = kLanes<T>;
  const int64_t padded = round_up(features, L);
  if (from.step == 1 && from.row == padded) return from.data;
  for (int64_t i = 0; i < rows; i++) {
    const T *const row = from.data + i * from.row;
    T *const to = memory + i * padded;
    for (int64_t d = 0; d < padded; d += L)
      if (from.step == 1) store(to + d, load_first(row + d, features - d));
      else
        for (int64_t l = d; l < d + L; l++) to[l] = l < features ? row[l * from.step] : T(0);
  }
  return memory;
}

/// The first `features` of rows of whole vectors, each row times its factor.
template <class T>
void write_rows(const Heads<T> &to, int64_t batch, int64_t head, int64_t first, const T *rows, int64_t count, const T *factors = nullptr) {
  constexpr int64_t L = kLanes<T>;
  const int64_t features = to.features;
  T *at = to.at(batch, head, first);
  for (int64_t i = 0; i < count; i++, at += to.strides[2], rows += round_up(features, L)) {
    const Vec<T> factor = broadcast(factors ? factors[i] : T(1));
    for (int64_t d = 0; d < features; d += L) store_first(at + d, load(rows + d) * factor, features - d);
  }
}

template <class T>
inline void multiply(T *x, int64_t n, T factor) {
  for (int64_t i = 0; i < n; i += kLanes<T>) store(x + i, load(x + i) * factor);
}

// ---- products ----

/// c (key, query) = a (key, d) b (d, query)
template <class T>
void score_product(const Block<T> &block, int64_t depth, const Strided<T> &a, const T *b, T *c) {
  const int64_t width = block.width, piece = block.sees_all() ? width : (kLanes<T> >= 16 ? 2 : 3) * kLanes<T>;
  for (int64_t i = 0, columns; i < width; i += columns) {
    columns = min(piece, width - i);
    strided_product(block.seen(i + columns), columns, depth, a, b + i, width, c + i, width, false);
  }
}

/// c (query, d) = aᵀ b for a (key, query) and b (key, d), or += if `add`.
template <class T>
void query_product(const Block<T> &block, int64_t columns, const T *a, const T *b, T *c, bool add) {
  const int64_t piece = block.sees_all() ? block.queries : kStridedRows;
  for (int64_t i = 0; i < block.queries; i += piece) {
    const int64_t rows = min(piece, block.queries - i), seen = block.seen(i + rows);
    if (seen > 0) strided_product(rows, columns, seen, Strided<T>{a + i, 1, block.width}, b, columns, c + i * columns, columns, add);
  }
}

/// c (key, d) += a b for a (key, query) and b (query, d)
template <class T>
void key_product(const Block<T> &block, int64_t columns, const T *a, const T *b, T *c) {
  const int64_t piece = block.sees_all() ? block.keys : kStridedRows;
  for (int64_t j = 0; j < block.keys; j += piece) {
    const int64_t first = block.first(j), depth = block.queries - first;
    if (depth > 0)
      strided_product(min(piece, block.keys - j), columns, depth, Strided<T>{a + j * block.width + first, block.width, 1}, b + first * columns,
                      columns, c + j * columns, columns, true);
  }
}

// ---- scores ----

/// Adds the mask, element (query, key); then forbids the keys after each query if the block is causal.
template <class T>
void mask_scores(T *scores, const Block<T> &block, const Strided<T> &mask, T *transposed) {
  constexpr int64_t L = kLanes<T>;
  const int64_t width = block.width;
  if (mask.data) {
    const T *const from = mask.data + block.query * mask.row + block.key * mask.step;
    if (mask.row != 0) pack_panel(transposed, width, block.queries, block.keys, from, mask.row, mask.step);
    for (int64_t j = 0; j < block.keys; j++)
      for (int64_t i = 0; i < width; i += L) {
        T *const at = scores + j * width + i;
        store(at, load(at) + (mask.row != 0 ? load(transposed + j * width + i) : broadcast(from[j * mask.step])));
      }
  }
  if (block.sees_all()) return;
  const Vec<T> nothing = broadcast(static_cast<T>(-HUGE_VAL));
  for (int64_t i = 0; i < width; i += L) {
    const int64_t last = block.query + i - block.key;  // that the vector's first query sees
    for (int64_t j = max(0, last + 1), seen = block.seen(i + L); j < seen; j++) {
      T *const at = scores + j * width + i;
      store(at, first_lanes<T>(j - last) ? nothing : load(at));
    }
  }
}

/// Scores become weights relative to each query's largest score so far; `correction` is what earlier weights are to be multiplied with.
template <class T>
__attribute__((noinline)) void online_softmax(T *scores, const Block<T> &block, T *largest, T *sums, T *correction) {
  constexpr int64_t L = kLanes<T>;
  const int64_t width = block.width;
  const Vec<T> nothing = broadcast(static_cast<T>(-HUGE_VAL));
  for (int64_t i = 0; i < width; i += L) {
    const int64_t seen = block.seen(i + L);
    const Vec<T> before = load(largest + i);
    const auto larger = [](Vec<T> a, Vec<T> b) { return a > b ? a : b; };
    Vec<T> top = before, other = before;  // two chains
    T *at = scores + i;
    int64_t j = 0;
    for (; j + 2 <= seen; j += 2, at += 2 * width) top = larger(load(at), top), other = larger(load(at + width), other);
    if (j < seen) top = larger(load(at), top);
    top = larger(other, top);
    const Vec<T> shift = top == nothing ? Vec<T>{} : top, factor = exp(before - shift);
    Vec<T> sum = load(sums + i) * factor;
    at = scores + i;
    for (j = 0; j < seen; j++, at += width) {
      const Vec<T> weight = exp(load(at) - shift);
      store(at, weight);
      sum += weight;
    }
    store(largest + i, top);
    store(sums + i, sum);
    store(correction + i, factor);
  }
}

/// Scores become weights, and what `slopes` has of them becomes the gradient of the scores before they were scaled.
template <class T>
__attribute__((noinline)) void score_gradients(T *scores, T *slopes, const Block<T> &block, const T *lse, const T *delta, T scale) {
  constexpr int64_t L = kLanes<T>;
  for (int64_t i = 0; i < block.width; i += L) {
    const Vec<T> shift = load(lse + i), mean = load(delta + i), factor = broadcast(scale);
    const int64_t seen = block.seen(i + L);
    for (int64_t j = 0, at = i; j < seen; j++, at += block.width) {
      const Vec<T> weight = exp(load(scores + at) - shift);
      store(scores + at, weight);
      store(slopes + at, weight * (load(slopes + at) - mean) * factor);
    }
  }
}

}  // namespace
}  // namespace fb::FB_ISA
