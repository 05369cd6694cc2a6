// One time step of LSTMs and GRUs behind the matrix products: gates, states and their gradients. Rows are sequences, H units each.
#include "../recurrent_cells.h"

namespace fb::FB_ISA {
namespace {

/// Calls body(row, unit, count) for each vector of `count` <= kLanes units of each row.
template <class T, class Body>
inline void for_units(const fb_tensor *state, const Body &body) {
  const int64_t units = state->dims[1];
  parallel_for(state->dims[0], 1024 / (units + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++)
      for (int64_t i = 0; i < units; i += kLanes<T>) body(row, i, units - i < kLanes<T> ? units - i : kLanes<T>);
  });
}

/// A part of a row: `parts` blocks of H units lie side by side.
template <class T>
struct Units {
  T *data;
  int64_t units, parts;
  explicit Units(const fb_tensor *t, const fb_tensor *state)
      : data(t ? static_cast<T *>(t->data) : nullptr), units(state->dims[1]), parts(t && units > 0 ? t->dims[1] / units : 1) {}
  T *at(int64_t row, int64_t part, int64_t i) const { return data + (row * parts + part) * units + i; }
  /// Zero if the tensor is absent.
  Vec<T> read(int64_t row, int64_t part, int64_t i, int64_t n) const { return data ? load_as<T>(at(row, part, i), n) : Vec<T>{}; }
  void write(int64_t row, int64_t part, int64_t i, int64_t n, Vec<T> v) const { store_as(at(row, part, i), v, n); }
};

int32_t lstm_cell(const fb_tensor *h_new, const fb_tensor *c_new, const fb_tensor *gates, const fb_tensor *x, const fb_tensor *hidden,
                  const fb_tensor *c) {
  return for_float_or_double(c->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const Units<T> out(h_new, c), cell(c_new, c), active(gates, c), from_x(x, c), from_h(hidden, c), before(c, c);
    for_units<T>(c, [&](int64_t row, int64_t u, int64_t n) {
      Vec<T> sums[4];
      for (int part = 0; part < 4; part++) sums[part] = from_x.read(row, part, u, n) + from_h.read(row, part, u, n);
      const LstmUnits<T> now = lstm_forward<T>(sums, before.read(row, 0, u, n));
      for (int part = 0; part < 4; part++) active.write(row, part, u, n, now.gates[part]);
      cell.write(row, 0, u, n, now.c);
      out.write(row, 0, u, n, lstm_hidden<T>(now.gates[3], now.c));
    });
    return int32_t{FB_OK};
  });
}

/// Gradients of the sums that the gates were made of and of the cell state before; those of h and c' may be absent.
int32_t lstm_cell_backward(const fb_tensor *grad_sums, const fb_tensor *grad_c, const fb_tensor *grad_h, const fb_tensor *grad_c_new,
                           const fb_tensor *gates, const fb_tensor *c, const fb_tensor *c_new) {
  return for_float_or_double(c->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const Units<T> sums(grad_sums, c), before(grad_c, c), gh(grad_h, c), gc(grad_c_new, c), active(gates, c), old(c, c), cell(c_new, c);
    for_units<T>(c, [&](int64_t row, int64_t u, int64_t n) {
      Vec<T> kept[4];
      for (int part = 0; part < 4; part++) kept[part] = active.read(row, part, u, n);
      const LstmGradients<T> grad =
          lstm_backward<T>(kept, old.read(row, 0, u, n), cell.read(row, 0, u, n), gh.read(row, 0, u, n), gc.read(row, 0, u, n));
      for (int part = 0; part < 4; part++) sums.write(row, part, u, n, grad.sums[part]);
      before.write(row, 0, u, n, grad.c);
    });
    return int32_t{FB_OK};
  });
}

int32_t gru_cell(const fb_tensor *h_new, const fb_tensor *kept, const fb_tensor *x, const fb_tensor *hidden, const fb_tensor *h) {
  return for_float_or_double(h->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const Units<T> out(h_new, h), keep(kept, h), from_x(x, h), from_h(hidden, h), before(h, h);
    for_units<T>(h, [&](int64_t row, int64_t u, int64_t n) {
      Vec<T> given[3], state[3];
      for (int part = 0; part < 3; part++) given[part] = from_x.read(row, part, u, n), state[part] = from_h.read(row, part, u, n);
      const GruUnits<T> now = gru_forward<T>(given, state, before.read(row, 0, u, n));
      for (int part = 0; part < 4; part++) keep.write(row, part, u, n, now.kept[part]);
      out.write(row, 0, u, n, now.h);
    });
    return int32_t{FB_OK};
  });
}

/// Gradients of the input's part, of the state's part and of the state itself.
int32_t gru_cell_backward(const fb_tensor *grad_x, const fb_tensor *grad_hidden, const fb_tensor *grad_h, const fb_tensor *grad,
                          const fb_tensor *kept, const fb_tensor *h) {
  return for_float_or_double(h->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const Units<T> gx(grad_x, h), gs(grad_hidden, h), gh(grad_h, h), g(grad, h), keep(kept, h), before(h, h);
    for_units<T>(h, [&](int64_t row, int64_t u, int64_t n) {
      Vec<T> values[4];
      for (int part = 0; part < 4; part++) values[part] = keep.read(row, part, u, n);
      const GruGradients<T> grads = gru_backward<T>(g.read(row, 0, u, n), values, before.read(row, 0, u, n));
      const Vec<T> parts[] = {grads.r, grads.z, grads.n, grads.s};
      for (int part = 0; part < 3; part++) {
        gx.write(row, part, u, n, parts[part]);
        gs.write(row, part, u, n, parts[part < 2 ? part : 3]);
      }
      gh.write(row, 0, u, n, grads.h);
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(recurrent_cells, FB_ENTRY("lstm_cell", lstm_cell), FB_ENTRY("lstm_cell_backward", lstm_cell_backward), FB_ENTRY("gru_cell", gru_cell),
         FB_ENTRY("gru_cell_backward", gru_cell_backward))

}  // namespace fb::FB_ISA
