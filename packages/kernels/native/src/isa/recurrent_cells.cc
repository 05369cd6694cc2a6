// One time step of LSTMs and GRUs behind the matrix products: gates, states and their gradients. Rows are sequences, H units each.
#include "../element.h"
#include "../vector_math.h"

namespace fb::FB_ISA {
namespace {

// Out of line: each is called in several places, and code is compiled at every level.
template <class V>
__attribute__((noinline)) V squash(V x) { return tanh(x); }
template <class V>
__attribute__((noinline)) V gate(V x) { return sigmoid(x); }

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

/// c' = f c + i g, h = o tanh c', with i, f, o sigmoids and g a tanh of what the products of input and state add up to.
int32_t lstm_cell(const fb_tensor *h_new, const fb_tensor *c_new, const fb_tensor *gates, const fb_tensor *x, const fb_tensor *hidden,
                  const fb_tensor *c) {
  return for_float_or_double(c->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const Units<T> out(h_new, c), cell(c_new, c), active(gates, c), from_x(x, c), from_h(hidden, c), before(c, c);
    for_units<T>(c, [&](int64_t row, int64_t u, int64_t n) {
      Vec<T> a[4];
      for (int part = 0; part < 4; part++) {
        const Vec<T> sum = from_x.read(row, part, u, n) + from_h.read(row, part, u, n);
        a[part] = part == 2 ? squash(sum) : gate(sum);
        active.write(row, part, u, n, a[part]);
      }
      const Vec<T> now = fma(a[1], before.read(row, 0, u, n), a[0] * a[2]);
      cell.write(row, 0, u, n, now);
      out.write(row, 0, u, n, a[3] * squash(now));
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
      const Vec<T> i = active.read(row, 0, u, n), f = active.read(row, 1, u, n), g = active.read(row, 2, u, n), o = active.read(row, 3, u, n);
      const Vec<T> t = squash(cell.read(row, 0, u, n)), grad = gh.read(row, 0, u, n);
      const Vec<T> slope = gc.read(row, 0, u, n) + grad * o * (1 - t * t);
      sums.write(row, 0, u, n, slope * g * i * (1 - i));
      sums.write(row, 1, u, n, slope * old.read(row, 0, u, n) * f * (1 - f));
      sums.write(row, 2, u, n, slope * i * (1 - g * g));
      sums.write(row, 3, u, n, grad * t * o * (1 - o));
      before.write(row, 0, u, n, slope * f);
    });
    return int32_t{FB_OK};
  });
}

/// h' = n + z (h - n) with r, z sigmoids and n = tanh(x + r s), s the state's part; keeps r, z, n and s.
int32_t gru_cell(const fb_tensor *h_new, const fb_tensor *kept, const fb_tensor *x, const fb_tensor *hidden, const fb_tensor *h) {
  return for_float_or_double(h->dtype, [&](auto tag) {
    typedef FB_TYPE_OF(tag) T;
    const Units<T> out(h_new, h), keep(kept, h), from_x(x, h), from_h(hidden, h), before(h, h);
    for_units<T>(h, [&](int64_t row, int64_t u, int64_t w) {
      const Vec<T> r = gate(from_x.read(row, 0, u, w) + from_h.read(row, 0, u, w)), z = gate(from_x.read(row, 1, u, w) + from_h.read(row, 1, u, w));
      const Vec<T> s = from_h.read(row, 2, u, w), n = squash(fma(r, s, from_x.read(row, 2, u, w)));
      keep.write(row, 0, u, w, r);
      keep.write(row, 1, u, w, z);
      keep.write(row, 2, u, w, n);
      keep.write(row, 3, u, w, s);
      out.write(row, 0, u, w, fma(z, before.read(row, 0, u, w) - n, n));
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
    for_units<T>(h, [&](int64_t row, int64_t u, int64_t w) {
      const Vec<T> r = keep.read(row, 0, u, w), z = keep.read(row, 1, u, w), n = keep.read(row, 2, u, w), s = keep.read(row, 3, u, w);
      const Vec<T> slope = g.read(row, 0, u, w), gn = slope * (1 - z) * (1 - n * n);
      const Vec<T> gr = gn * s * r * (1 - r), gz = slope * (before.read(row, 0, u, w) - n) * z * (1 - z);
      gx.write(row, 0, u, w, gr);
      gx.write(row, 1, u, w, gz);
      gx.write(row, 2, u, w, gn);
      gs.write(row, 0, u, w, gr);
      gs.write(row, 1, u, w, gz);
      gs.write(row, 2, u, w, gn * r);
      gh.write(row, 0, u, w, slope * z);
    });
    return int32_t{FB_OK};
  });
}

}  // namespace

FB_GROUP(recurrent_cells, FB_ENTRY("lstm_cell", lstm_cell), FB_ENTRY("lstm_cell_backward", lstm_cell_backward), FB_ENTRY("gru_cell", gru_cell),
         FB_ENTRY("gru_cell_backward", gru_cell_backward))

}  // namespace fb::FB_ISA
