// Operations for the reduction engine: `map` takes a vector of elements (and a parameter), `combine` joins two of map's results;
// combine is also applied to scalars.
#pragma once
#include "reduction.h"

namespace fb::FB_ISA {
namespace {

template <class C>
constexpr bool kIsFloat = kSame<C, float> || kSame<C, double>;

template <class C>
constexpr C least() {
  if constexpr (kIsFloat<C>) return -__builtin_inff();
  else if constexpr (C(-1) > C(0)) return 0;
  else return static_cast<C>(uint64_t{1} << (8 * sizeof(C) - 1));
}
template <class C>
constexpr C greatest() {
  if constexpr (kIsFloat<C>) return __builtin_inff();
  else return static_cast<C>(~least<C>());
}

template <class C>
struct Plain {
  static constexpr bool kParameter = false;
  static Vec<C> map(Vec<C> x, Vec<C>) { return x; }
};
template <class C>
struct Sum : Plain<C> {
  static constexpr C identity() { return 0; }
  template <class V>
  static V combine(V a, V b) { return a + b; }
};
template <class C>
struct Prod : Plain<C> {
  static constexpr C identity() { return 1; }
  template <class V>
  static V combine(V a, V b) { return a * b; }
};
/// The greater one; NaN wins.
template <class C>
struct Max : Plain<C> {
  static constexpr C identity() { return least<C>(); }
  template <class V>
  static V combine(V a, V b) {
    if constexpr (kIsFloat<C>) return (a > b) | (a != a) ? a : b;
    else return a > b ? a : b;
  }
};
template <class C>
struct Min : Plain<C> {
  static constexpr C identity() { return greatest<C>(); }
  template <class V>
  static V combine(V a, V b) {
    if constexpr (kIsFloat<C>) return (a < b) | (a != a) ? a : b;
    else return a < b ? a : b;
  }
};

}  // namespace
}  // namespace fb::FB_ISA
