// A recurrent layer in one direction over all time steps, in float. Each thread that has multiplied some units with the states of a panel of
// sequences computes these units' gates and states, while their sums are in the cache.
#include "../recurrent_cells.h"
#include "../recurrent_product.h"

namespace fb::FB_ISA {
namespace {

enum CellKind : int64_t { kRnnTanh = 0, kRnnRelu = 1, kLstm = 2, kGru = 3 };
constexpr int64_t kParts[] = {1, 1, 4, 3};

/// Null for an output that is not wanted, which is empty.
inline float *data_of(const fb_tensor *t) { return t && numel(t) > 0 ? static_cast<float *>(t->data) : nullptr; }
inline void start_with(float *state, const fb_tensor *value, const fb_tensor *like) {
  const size_t bytes = static_cast<size_t>(numel(like)) * sizeof(float);
  if (value) memcpy(state, value->data, bytes);
  else memset(state, 0, bytes);
}

// A vector of n units. Not inlined where it is part of one: a cell has dozens of them.
__attribute__((noinline, cold)) VecF read_part(const float *from, int64_t n) { return load_part(from, n); }
__attribute__((noinline, cold)) void write_part(float *to, VecF v, int64_t n) { store_part(to, v, n); }
inline VecF read(const float *from, int64_t n) { return n == kLanes<float> ? load(from) : read_part(from, n); }
inline void write(float *to, VecF v, int64_t n) {
  if (n == kLanes<float>) store(to, v);
  else write_part(to, v, n);
}
/// N of them, `stride` apart.
template <int N>
inline void read_units(VecF (&to)[N], const float *from, int64_t stride, int64_t n) {
#pragma GCC unroll 4
  for (int i = 0; i < N; i++) to[i] = read(from + i * stride, n);
}
template <int N>
inline void write_units(float *to, int64_t stride, int64_t n, const VecF (&from)[N]) {
#pragma GCC unroll 4
  for (int i = 0; i < N; i++) write(to + i * stride, from[i], n);
}

/// What both passes know. Rows of x have `parts` blocks of H units; those of what is kept the gates and the cell state (LSTM) or r, z, n
/// and s (GRU).
struct Layer {
  int64_t kind, parts, units, batch, kept_row;
  Steps steps;
  const float *h, *c;

  Layer(const fb_tensor *state, const fb_tensor *cell, const fb_tensor *kept, int64_t cell_kind, bool reverse, fb_numbers runs)
      : kind(cell_kind), parts(kParts[cell_kind]), units(state->dims[1]), batch(state->dims[0]),
        kept_row(kept->ndim == 2 ? kept->dims[1] : 0), steps(runs, reverse), h(data_of(state)), c(data_of(cell)) {}

  /// Memory for the packed weights and, behind them, two steps' rows for the products.
  float *memory_for(const Weights &weights, int64_t stride, int64_t *bytes) const {
    *bytes = (weights.size() + 2 * batch * stride) * static_cast<int64_t>(sizeof(float));
    return static_cast<float *>(thread_memory(MemoryFor::kCall, *bytes));
  }
};

constexpr int64_t kAhead = 4;  // rows that are asked of the memory before they are needed

struct Forward : Layer {
  float *y, *h_last, *c_last, *kept;
  const float *x, *bias;

  /// What the input and what the state contribute, this with the bias.
  template <int Parts>
  void read_sums(int64_t row, int64_t unit, int64_t n, const float *sums, VecF (&given)[Parts], VecF (&state)[Parts]) const {
    const float *const from = x + row * Parts * units + unit;
    read_units(given, from, units, n);
#pragma GCC unroll 4
    for (int part = 0; part < Parts; part++) {
      __builtin_prefetch(from + (kAhead * Parts + part) * units);
      if (kept) __builtin_prefetch(kept + (row + kAhead) * kept_row + part * units + unit, 1);
      state[part] = load(sums + part * kBlock);
      if (bias) state[part] += read(bias + part * units + unit, n);
    }
  }
  /// Units [begin, end) of a sequence at step s. The products of the state stand in `sums`, block by block, its units before in `from`; `to`
  /// gets the new ones.
  __attribute__((noinline, flatten)) void cells(int64_t s, int64_t sequence, int64_t begin, int64_t end, const float *sums, const float *from,
                                                float *to) const {
    const int64_t row = steps.first[s] + sequence;
    float *const cell = c_last ? c_last + sequence * units : nullptr, *const out = y + row * units;
    for (int64_t unit = begin; unit < end; unit += kLanes<float>, sums += kLanes<float>) {
      if (unit > begin && unit % kBlock == 0) sums += (parts - 1) * kBlock;
      const int64_t n = min(kLanes<float>, end - unit);
      float *const keep = kept ? kept + row * kept_row + unit : nullptr;
      VecF hidden;
      if (kind == kLstm) {
        VecF given[4], sum[4];
        read_sums(row, unit, n, sums, given, sum);
#pragma GCC unroll 4
        for (int part = 0; part < 4; part++) sum[part] += given[part];
        const LstmUnits<float> now = lstm_forward<float>(sum, read(cell + unit, n));
        if (keep) {
          write_units(keep, units, n, now.gates);
          write(keep + 4 * units, now.c, n);
        }
        write(cell + unit, now.c, n);
        write(to + unit, now.gates[3], n);
        continue;
      }
      if (kind == kGru) {
        VecF given[3], state[3];
        read_sums(row, unit, n, sums, given, state);
        const GruUnits<float> now = gru_forward<float>(given, state, read(from + unit, n));
        if (keep) write_units(keep, units, n, now.kept);
        hidden = now.h;
      } else {
        VecF given[1], sum[1];
        read_sums(row, unit, n, sums, given, sum);
        const VecF all = sum[0] + given[0];
        hidden = kind == kRnnTanh ? squash(all) : all < 0 ? VecF{} : all;
      }
      write(out + unit, hidden, n);
      write(to + unit, hidden, n);
    }
    if (kind != kLstm) return;
    // apart, because a vector's tanh would wait for its own gates
    for (int64_t unit = begin; unit < end; unit += kLanes<float>) {
      const int64_t n = min(kLanes<float>, end - unit);
      const VecF hidden = lstm_hidden<float>(read(to + unit, n), read(cell + unit, n));
      write(out + unit, hidden, n);
      write(to + unit, hidden, n);
    }
  }

  int32_t run(const float *weight) const {
    const int64_t H = units, stride = States::stride_of(H);
    Weights weights = {H, parts, 1};
    int64_t bytes;
    weights.data = memory_for(weights, stride, &bytes);
    if (!weights.data) return out_of_memory(bytes);
    const States states[2] = {{weights.data + weights.size(), stride}, {weights.data + weights.size() + batch * stride, stride}};
    weights.pack(weight, 1, H * H, H);

    for_sequences(batch, weights, [&](int64_t begin, int64_t end, const auto &for_groups) {
      for (int64_t i = begin; i < begin + steps.rows_of(0, begin, end); i++) copy_units(states[0].row(i), h_last + i * H, H);
      for (int64_t s = 0; s < steps.count; s++) {
        const int64_t rows = begin + steps.rows_of(s, begin, end), next = begin + steps.rows_of(s + 1, begin, end);
        const States &now = states[s % 2], &then = states[1 - s % 2];
        for_groups(rows - begin, [&](int64_t first, int64_t last) {
          const int64_t unit = first * kBlock, ldc = (last - first) * parts * kBlock;
          for_panels(rows - begin, [&](int64_t row, int64_t height) {
            float sums[kPanelRows * kGroup * 4 * kBlock];
            for (int64_t block = first; block < last; block++)
              weights.multiply(block, now.row(begin + row), stride, height, sums + (block - first) * parts * kBlock, ldc);
            for (int64_t i = 0; i < height; i++)
              cells(s, begin + row + i, unit, min(H, last * kBlock), sums + i * ldc, now.row(begin + row + i), then.row(begin + row + i));
          });
          // sequences that end here, and those that begin with the next step
          const int64_t width = min(H, last * kBlock) - unit;
          for (int64_t i = next; i < rows; i++) copy_units(h_last + i * H + unit, then.row(i) + unit, width);
          for (int64_t i = rows; i < next; i++) copy_units(then.row(i) + unit, h_last + i * H + unit, width);
        });
      }
    });
    return FB_OK;
  }
  static void copy_units(float *to, const float *from, int64_t n) { memcpy(to, from, static_cast<size_t>(n) * sizeof(float)); }
};

struct Backward : Layer {
  float *grad_x, *grad_hidden, *grad_h, *grad_c;  // those of the states are the running ones, too
  const float *grad_y, *y, *kept;

  /// From the gradient of the hidden state of some units to those of the sums and of the states before. `state_sums` gets those of the
  /// state's sums in a row for the next product.
  __attribute__((noinline, flatten)) void cells(int64_t s, int64_t sequence, int64_t begin, int64_t end, float *state_sums) const {
    const int64_t row = steps.first[s] + sequence, before = steps.row_before(s, sequence);
    for (int64_t unit = begin; unit < end; unit += kLanes<float>) {
      const int64_t n = min(kLanes<float>, end - unit), at = sequence * units + unit;
      float *const to = grad_x + row * parts * units + unit;
      const float *const keep = kept + row * kept_row + unit;
      VecF grad = read(grad_h + at, n), values[4];
      if (grad_y) grad += read(grad_y + row * units + unit, n);
      if (kind == kLstm) {
        const float *const c_before = before < 0 ? c + at : kept + before * kept_row + 4 * units + unit;
        read_units(values, keep, units, n);
        const LstmGradients<float> grads = lstm_backward<float>(values, read(c_before, n), read(keep + 4 * units, n), grad, read(grad_c + at, n));
        write_units(to, units, n, grads.sums);
        write_units(state_sums + unit, units, n, grads.sums);
        write(grad_c + at, grads.c, n);
      } else if (kind == kGru) {
        read_units(values, keep, units, n);
        const GruGradients<float> grads = gru_backward<float>(grad, values, read(before < 0 ? h + at : y + before * units + unit, n));
        const VecF of_x[] = {grads.r, grads.z, grads.n}, of_state[] = {grads.r, grads.z, grads.s};
        write_units(to, units, n, of_x);
        write_units(grad_hidden + row * 3 * units + unit, units, n, of_state);
        write_units(state_sums + unit, units, n, of_state);
        write(grad_h + at, grads.h, n);
      } else {
        const VecF result = read(y + row * units + unit, n);
        const VecF sum = kind == kRnnTanh ? grad - grad * result * result : result > 0 ? grad : VecF{};
        write(to, sum, n);
        write(state_sums + unit, sum, n);
      }
    }
  }
  /// The products with the gradients of the next step go into the running gradient, which of a GRU has other parts, too.
  __attribute__((noinline)) void take_products(int64_t sequence, int64_t unit, int64_t width, const float *sums) const {
    float *const to = grad_h + sequence * units + unit;
    for (int64_t u = 0; u < width; u += kLanes<float>) {
      const int64_t n = min(kLanes<float>, width - u);
      write(to + u, kind == kGru ? read(to + u, n) + load(sums + u) : load(sums + u), n);
    }
  }

  int32_t run(const float *weight) const {
    const int64_t H = units, stride = States::stride_of(parts * H);
    Weights weights = {H, 1, parts};
    int64_t bytes;
    weights.data = memory_for(weights, stride, &bytes);
    if (!weights.data) return out_of_memory(bytes);
    const States sums_of[2] = {{weights.data + weights.size(), stride}, {weights.data + weights.size() + batch * stride, stride}};
    weights.pack(weight, H, 0, 1);

    for_sequences(batch, weights, [&](int64_t begin, int64_t end, const auto &for_groups) {
      for (int64_t s = steps.count - 1; s >= -1; s--) {  // gradients go through the products of step s + 1 and the cells of step s
        const int64_t rows = steps.rows_of(s, begin, end), after = steps.rows_of(s + 1, begin, end);
        const States &now = sums_of[s & 1], &next = sums_of[1 - (s & 1)];
        for_groups(max(rows, after), [&](int64_t first, int64_t last) {
          const auto run_cells = [&](int64_t row) {
            if (row < rows) cells(s, begin + row, first * kBlock, min(H, last * kBlock), now.row(begin + row));
          };
          for_panels(after, [&](int64_t row, int64_t height) {
            float sums[kPanelRows * kBlock];
            for (int64_t block = first; block < last; block++) {
              weights.multiply(block, next.row(begin + row), stride, height, sums, kBlock);
              for (int64_t i = 0; i < height; i++) take_products(begin + row + i, block * kBlock, weights.width(block), sums + i * kBlock);
            }
            for (int64_t i = 0; i < height; i++) run_cells(row + i);
          });
          for (int64_t row = after; row < rows; row++) run_cells(row);
        });
      }
    });
    return FB_OK;
  }
};

/// Both know no projection, whose tensors are there for the operation's other form. y = all hidden states in the order of time, the last states, and what `recurrent_layer_backward` needs, if it is wanted; x holds the products of the data.
int32_t recurrent_layer(const fb_tensor *y, const fb_tensor *h_last, const fb_tensor *c_last, const fb_tensor *kept, const fb_tensor *x,
                        const fb_tensor *h, const fb_tensor *c, const fb_tensor *weight, const fb_tensor *bias, const fb_tensor *, int64_t kind,
                        bool reverse, fb_numbers runs) {
  if (x->dtype != FB_FLOAT32) return unsupported_dtype(x->dtype);
  if (numel(h) == 0) return FB_OK;
  const Forward layer = {{h, c, kept, kind, reverse, runs}, data_of(y), data_of(h_last), data_of(c_last), data_of(kept), data_of(x), data_of(bias)};
  if (!layer.steps.rows) return out_of_memory(layer.steps.count * 16);
  start_with(layer.h_last, h, h);
  if (c) start_with(layer.c_last, c, c);
  return layer.run(data_of(weight));
}

/// Gradients of x, of the products of the state (GRU; those of x elsewhere) and of the states.
int32_t recurrent_layer_backward(const fb_tensor *grad_x, const fb_tensor *grad_hidden, const fb_tensor *grad_h, const fb_tensor *grad_c,
                                 const fb_tensor *, const fb_tensor *grad_y, const fb_tensor *grad_h_last, const fb_tensor *grad_c_last,
                                 const fb_tensor *y, const fb_tensor *kept, const fb_tensor *, const fb_tensor *h, const fb_tensor *c,
                                 const fb_tensor *weight, const fb_tensor *, const fb_tensor *, int64_t kind, bool reverse, fb_numbers runs) {
  if (h->dtype != FB_FLOAT32) return unsupported_dtype(h->dtype);
  if (numel(h) == 0) return FB_OK;
  const Backward layer = {{h, c, kept, kind, reverse, runs}, data_of(grad_x), data_of(grad_hidden), data_of(grad_h), data_of(grad_c),
                          data_of(grad_y),                   data_of(y),      data_of(kept)};
  if (!layer.steps.rows) return out_of_memory(layer.steps.count * 16);
  start_with(layer.grad_h, grad_h_last, h);
  if (c) start_with(layer.grad_c, grad_c_last, c);
  return layer.run(data_of(weight));
}

}  // namespace

FB_GROUP(recurrent_layer, FB_ENTRY("recurrent_layer", recurrent_layer), FB_ENTRY("recurrent_layer_backward", recurrent_layer_backward))

}  // namespace fb::FB_ISA
