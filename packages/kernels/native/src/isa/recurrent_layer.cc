// A recurrent layer in one direction over all time steps, in float. Each thread that has multiplied a block of units with the state computes
// these units' gates and states, and packs them for the next step.
#include "../recurrent_cells.h"
#include "../recurrent_product.h"

namespace fb::FB_ISA {
namespace {

enum CellKind : int64_t { kRnnTanh = 0, kRnnRelu = 1, kLstm = 2, kGru = 3 };
constexpr int64_t kParts[] = {1, 1, 4, 3};

inline float *data_of(const fb_tensor *t) { return t ? static_cast<float *>(t->data) : nullptr; }
inline void start_with(float *state, const fb_tensor *value, const fb_tensor *like) {
  const size_t bytes = static_cast<size_t>(numel(like)) * sizeof(float);
  if (value) memcpy(state, value->data, bytes);
  else memset(state, 0, bytes);
}

/// N vectors of up to kLanes units, `stride` apart.
template <int N>
inline void read_units(VecF (&to)[N], const float *from, int64_t stride, int64_t n) {
#pragma GCC unroll 4
  for (int i = 0; i < N; i++) to[i] = load_as<float>(from + i * stride, n);
}
template <int N>
inline void write_units(float *to, int64_t stride, int64_t n, const VecF (&from)[N]) {
#pragma GCC unroll 4
  for (int i = 0; i < N; i++) store_as(to + i * stride, from[i], n);
}

/// What both passes know. Rows of x have `parts` blocks of H units; those of what is kept the gates and the cell state (LSTM) or r, z, n
/// and s (GRU).
struct Layer {
  int64_t kind, parts, units, batch, kept_row;
  Steps steps;
  const float *h, *c;

  Layer(const fb_tensor *state, const fb_tensor *cell, const fb_tensor *kept, int64_t cell_kind, bool reverse, fb_numbers runs)
      : kind(cell_kind), parts(kParts[cell_kind]), units(state->dims[1]), batch(state->dims[0]), kept_row(kept->dims[1]), steps(runs, reverse),
        h(data_of(state)), c(data_of(cell)) {}
};

struct Forward : Layer {
  float *y, *h_last, *c_last, *kept;
  const float *x, *bias;

  /// What the input and what the state contribute, this with the bias.
  template <int Parts>
  void read_sums(int64_t row, int64_t unit, int64_t n, const float *sums, VecF (&given)[Parts], VecF (&state)[Parts]) const {
    read_units(given, x + row * Parts * units + unit, units, n);
#pragma GCC unroll 4
    for (int part = 0; part < Parts; part++) {
      state[part] = load(sums + part * kBlock);
      if (bias) state[part] += load_as<float>(bias + part * units + unit, n);
    }
  }
  /// Units [unit, unit + n), at most a vector, of a sequence at step s. Its products of the state stand in `sums`.
  __attribute__((noinline, flatten)) void cell(int64_t s, int64_t sequence, int64_t unit, int64_t n, const float *sums) const {
    const int64_t row = steps.first[s] + sequence, at = sequence * units + unit;
    float *const keep = kept + row * kept_row + unit;
    VecF hidden;
    if (kind == kLstm) {
      VecF given[4], sum[4];
      read_sums(row, unit, n, sums, given, sum);
#pragma GCC unroll 4
      for (int part = 0; part < 4; part++) sum[part] += given[part];
      const LstmUnits<float> now = lstm_forward<float>(sum, load_as<float>(c_last + at, n));
      write_units(keep, units, n, now.gates);
      store_as(c_last + at, now.c, n);
      store_as(keep + 4 * units, now.c, n);
      hidden = now.h;
    } else if (kind == kGru) {
      VecF given[3], state[3];
      read_sums(row, unit, n, sums, given, state);
      const GruUnits<float> now = gru_forward<float>(given, state, load_as<float>(h_last + at, n));
      write_units(keep, units, n, now.kept);
      hidden = now.h;
    } else {
      VecF given[1], sum[1];
      read_sums(row, unit, n, sums, given, sum);
      const VecF all = sum[0] + given[0];
      hidden = kind == kRnnTanh ? squash(all) : all < 0 ? VecF{} : all;
    }
    store_as(y + row * units + unit, hidden, n);
    store_as(h_last + at, hidden, n);
  }

  int32_t run(const float *weight) const {
    const int64_t H = units;
    Weights weights = {H, parts, H};
    const int64_t bytes = (weights.size() + 2 * batch * H) * static_cast<int64_t>(sizeof(float));
    weights.data = static_cast<float *>(thread_memory(MemoryFor::kCall, bytes));
    if (!weights.data) return out_of_memory(bytes);
    float *const packed = weights.data + weights.size();
    weights.pack(weight, 1, H * H, H);

    for_sequences(batch, weights, [&](int64_t begin, int64_t end) {
      const States state[2] = {{packed + begin * H, H}, {packed + (batch + begin) * H, H}};
      state[0].pack(steps.rows_of(0, begin, end), 0, H, h_last + begin * H, H);
      for (int64_t s = 0; s < steps.count; s++) {
        const int64_t rows = steps.rows_of(s, begin, end), next = s + 1 < steps.count ? steps.rows_of(s + 1, begin, end) : 0;
        for_blocks(weights, rows, [&](int64_t block) {
          const int64_t unit = block * kBlock, width = weights.width(block);
          for_panels(rows, [&](int64_t row, int64_t height) {
            float sums[4 * kPanelRows * kBlock];
            weights.multiply(block, state[s % 2].panel(row), height, sums);
            for (int64_t i = 0; i < height; i++)
              for (int64_t u = 0; u < width; u += kLanes<float>)
                cell(s, begin + row + i, unit + u, min(kLanes<float>, width - u), sums + i * parts * kBlock + u);
          });
          state[1 - s % 2].pack(next, unit, width, h_last + begin * H + unit, H);
        });
      }
    });
    return FB_OK;
  }
};

struct Backward : Layer {
  float *grad_x, *grad_hidden, *grad_h, *grad_c;  // those of the states are the running ones, too
  const float *grad_y, *y, *kept;

  /// From the gradient of the hidden state of some units to those of the sums and of the states before.
  __attribute__((noinline, flatten)) void cell(int64_t s, int64_t sequence, int64_t unit, int64_t n) const {
    const int64_t row = steps.first[s] + sequence, before = steps.row_before(s, sequence), at = sequence * units + unit;
    float *const to = grad_x + row * parts * units + unit;
    const float *const keep = kept + row * kept_row + unit;
    VecF grad = load_as<float>(grad_h + at, n), values[4];
    if (grad_y) grad += load_as<float>(grad_y + row * units + unit, n);
    if (kind == kLstm) {
      const float *const c_before = before < 0 ? c + at : kept + before * kept_row + 4 * units + unit;
      read_units(values, keep, units, n);
      const LstmGradients<float> grads =
          lstm_backward<float>(values, load_as<float>(c_before, n), load_as<float>(keep + 4 * units, n), grad, load_as<float>(grad_c + at, n));
      write_units(to, units, n, grads.sums);
      store_as(grad_c + at, grads.c, n);
    } else if (kind == kGru) {
      read_units(values, keep, units, n);
      const GruGradients<float> grads = gru_backward<float>(grad, values, load_as<float>(before < 0 ? h + at : y + before * units + unit, n));
      const VecF of_x[] = {grads.r, grads.z, grads.n}, of_state[] = {grads.r, grads.z, grads.s};
      write_units(to, units, n, of_x);
      write_units(grad_hidden + row * 3 * units + unit, units, n, of_state);
      store_as(grad_h + at, grads.h, n);
    } else {
      const VecF result = load_as<float>(y + row * units + unit, n);
      store_as(to, kind == kRnnTanh ? grad - grad * result * result : result > 0 ? grad : VecF{}, n);
    }
  }

  int32_t run(const float *weight) const {
    const int64_t H = units, depth = parts * H;
    Weights weights = {H, 1, depth};
    const int64_t bytes = (weights.size() + 2 * batch * depth) * static_cast<int64_t>(sizeof(float));
    weights.data = static_cast<float *>(thread_memory(MemoryFor::kCall, bytes));
    if (!weights.data) return out_of_memory(bytes);
    float *const packed = weights.data + weights.size();
    const float *const of_state = kind == kGru ? grad_hidden : grad_x;
    weights.pack(weight, H, 0, 1);

    for_sequences(batch, weights, [&](int64_t begin, int64_t end) {
      const States sums_of[2] = {{packed + begin * depth, depth}, {packed + (batch + begin) * depth, depth}};
      for (int64_t s = steps.count - 1; s >= -1; s--) {  // gradients go through the products of step s + 1 and the cells of step s
        const int64_t rows = s < 0 ? 0 : steps.rows_of(s, begin, end), after = s + 1 < steps.count ? steps.rows_of(s + 1, begin, end) : 0;
        for_blocks(weights, max(rows, after), [&](int64_t block) {
          const int64_t unit = block * kBlock, width = weights.width(block);
          for_panels(after, [&](int64_t row, int64_t height) {
            float sums[kPanelRows * kBlock];
            weights.multiply(block, sums_of[(s + 1) % 2].panel(row), height, sums);
            for (int64_t i = 0; i < height; i++) {
              float *const to = grad_h + (begin + row + i) * H + unit;
              for (int64_t u = 0; u < width; u++) to[u] = kind == kGru ? to[u] + sums[i * kBlock + u] : sums[i * kBlock + u];
            }
          });
          if (s < 0) return;
          for (int64_t sequence = begin; sequence < begin + rows; sequence++)
            for (int64_t u = 0; u < width; u += kLanes<float>) cell(s, sequence, unit + u, min(kLanes<float>, width - u));
          for (int64_t k = unit; k < depth; k += H)
            sums_of[s % 2].pack(rows, k, width, of_state + (steps.first[s] + begin) * depth + k, depth);
        });
      }
    });
    return FB_OK;
  }
};

/// Both know no projection, whose tensors are there for the operation's other form. y = all hidden states in the order of time, the last states, and what `recurrent_layer_backward` needs; x holds the products of the data.
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
