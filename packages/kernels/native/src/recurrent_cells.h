// Gates and states of recurrent networks behind the matrix products, one vector of units at a time: new values, and gradients.
#pragma once
#include "element.h"
#include "vector_math.h"

namespace fb::FB_ISA {
namespace {

// Sigmoid and tanh in float, within 3 units in the last place but for sigmoids below 1e-38: half the work of those for the whole range.
/// e^x - 1 for |x| <= 87.
inline VecF bounded_expm1(VecF x) {
  const auto n = nearest(x * 1.44269504088896341f);
  const VecF r = fma(n.value, broadcast(2.12194440e-4f), fma(n.value, broadcast(-0.693359375f), x)), power = power_of_two(n.integer);
  return fma(power, fma(polynomial(r, kExpF), r * r, r), power - 1.0f);
}
inline VecF reciprocal(VecF x) {
#if defined(__AVX512F__)
  const VecF guess = (VecF)_mm512_maskz_rcp14_ps(-1, (__m512)x);
  return fma(fma(-x, guess, broadcast(1.0f)), guess, guess);
#else
  return 1.0f / x;
#endif
}
inline VecF gate(VecF x) { return reciprocal(bounded_expm1(clamp(-x, -87.0f, 87.0f)) + 2.0f); }
inline VecF squash(VecF x) {
  const VecF t = bounded_expm1(clamp(x + x, -30.0f, 30.0f));
  return t * reciprocal(t + 2.0f);
}

inline __attribute__((noinline)) VecD gate(VecD x) { return sigmoid(x); }
inline __attribute__((noinline)) VecD squash(VecD x) { return tanh(x); }

/// The gates i, f, g, o after their sigmoids and tanh, and the new cell state.
template <class T>
struct LstmUnits {
  Vec<T> gates[4], c;
};
/// c' = f c + i g with i, f, o sigmoids and g a tanh of what the products of input and state add up to.
template <class T>
inline LstmUnits<T> lstm_forward(const Vec<T> (&sums)[4], Vec<T> c) {
  LstmUnits<T> to;
#pragma GCC unroll 4
  for (int part = 0; part < 4; part++) to.gates[part] = part == 2 ? squash(sums[part]) : gate(sums[part]);
  to.c = fma(to.gates[1], c, to.gates[0] * to.gates[2]);
  return to;
}
/// h = o tanh c'.
template <class T>
inline Vec<T> lstm_hidden(Vec<T> o, Vec<T> c) { return o * squash(c); }

/// Gradients of the sums that the gates were made of and of the cell state before.
template <class T>
struct LstmGradients {
  Vec<T> sums[4], c;
};
template <class T>
inline LstmGradients<T> lstm_backward(const Vec<T> (&gates)[4], Vec<T> c, Vec<T> c_new, Vec<T> grad_h, Vec<T> grad_c) {
  const Vec<T> i = gates[0], f = gates[1], g = gates[2], o = gates[3], t = squash(c_new);
  const Vec<T> slope = grad_c + grad_h * o * (1 - t * t);
  return {{slope * g * i * (1 - i), slope * c * f * (1 - f), slope * i * (1 - g * g), grad_h * t * o * (1 - o)}, slope * f};
}

/// r, z, n and s, which the gradients need, and the new state.
template <class T>
struct GruUnits {
  Vec<T> kept[4], h;
};
/// h' = n + z (h - n) with r, z sigmoids and n = tanh(x + r s), s the state's part.
template <class T>
inline GruUnits<T> gru_forward(const Vec<T> (&x)[3], const Vec<T> (&hidden)[3], Vec<T> h) {
  const Vec<T> r = gate(x[0] + hidden[0]), z = gate(x[1] + hidden[1]), s = hidden[2], n = squash(fma(r, s, x[2]));
  return {{r, z, n, s}, fma(z, h - n, n)};
}

/// Gradients of the sums r, z and n (of the state's part: s in the place of n) and of the state itself.
template <class T>
struct GruGradients {
  Vec<T> r, z, n, s, h;
};
template <class T>
inline GruGradients<T> gru_backward(Vec<T> grad, const Vec<T> (&kept)[4], Vec<T> h) {
  const Vec<T> r = kept[0], z = kept[1], n = kept[2], s = kept[3], gn = grad * (1 - z) * (1 - n * n);
  return {gn * s * r * (1 - r), grad * (h - n) * z * (1 - z), gn, gn * r, grad * z};
}

}  // namespace
}  // namespace fb::FB_ISA
