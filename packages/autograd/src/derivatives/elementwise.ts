/** Derivatives of `core/src/ops/elementwise.ts`; formulas of real variables, but for the products and quotients of complex ones. */
import type { Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { clampBackward, reluBackward, sigmoidBackward, tanhBackward } = groups.elementwiseBackward;

/** A step function: flat wherever it has a derivative. */
const flat = { self: { vjp: (g: Tensor) => g.mul(0) } };

/** Both operands get half of the gradient where they tie. */
const shareAtTies = (g: Tensor, self: Tensor, other: Tensor): Tensor => g.mul(self.eq(other).to(g.dtype).mul(-0.5).add(1));

export const elementwise = {
  add: { self: { vjp: (g) => g }, other: { vjp: (g) => g } },
  sub: { self: { vjp: (g) => g }, other: { vjp: (g) => g.neg() } },
  mul: {
    self: { saves: ['other'], vjp: (g, { other }) => g.mul(other.conj()) },
    other: { saves: ['self'], vjp: (g, { self }) => g.mul(self.conj()) },
  },
  trueDivide: {
    self: { saves: ['other'], vjp: (g, { other }) => g.div(other.conj()) },
    // d(a/b)/db = -(a/b)/b
    other: { saves: ['result', 'other'], vjp: (g, { result, other }) => g.mul(result.conj()).div(other.conj()).neg() },
  },
  powTensor: {
    // b a^(b-1), and 0 for b = 0 even at a = 0
    self: {
      saves: ['self', 'other'],
      vjp: (g, { self, other }) => g.mul(other.mul(self.pow(other.sub(1))).maskedFill(other.eq(0), 0)),
    },
    // a^b ln a, and 0 for a = 0, b ≥ 0
    other: {
      saves: ['self', 'other', 'result'],
      vjp: (g, { self, other, result }) => g.mul(result.mul(self.log()).maskedFill(self.eq(0).logicalAnd(other.ge(0)), 0)),
    },
  },
  powScalar: {
    self: {
      saves: ['self'],
      vjp: (g, { self }, { exponent }) => (exponent === 0 ? g.mul(0) : g.mul(self.pow(exponent - 1)).mul(exponent)),
    },
  },
  remainder: {
    self: { vjp: (g) => g },
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(self.div(other, { roundingMode: 'floor' })).neg() },
  },
  fmod: {
    self: { vjp: (g) => g },
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(self.div(other, { roundingMode: 'trunc' })).neg() },
  },
  // atan(a/b): db = -a/(a²+b²), da = b/(a²+b²)
  atan2: {
    self: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(other).div(self.square().add(other.square())) },
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(self).div(self.square().add(other.square())).neg() },
  },
  maximum: {
    self: { saves: ['self', 'other'], vjp: (g, { self, other }) => shareAtTies(g, self, other).maskedFill(self.lt(other), 0) },
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => shareAtTies(g, self, other).maskedFill(self.gt(other), 0) },
  },
  minimum: {
    self: { saves: ['self', 'other'], vjp: (g, { self, other }) => shareAtTies(g, self, other).maskedFill(self.gt(other), 0) },
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => shareAtTies(g, self, other).maskedFill(self.lt(other), 0) },
  },

  neg: { self: { vjp: (g) => g.neg() } },
  abs: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.sign()) } },
  sign: flat,
  ceil: flat,
  floor: flat,
  round: flat,
  trunc: flat,
  square: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self).mul(2) } },
  exp: { self: { saves: ['result'], vjp: (g, { result }) => g.mul(result) } },
  exp2: { self: { saves: ['result'], vjp: (g, { result }) => g.mul(result).mul(Math.LN2) } },
  expm1: { self: { saves: ['result'], vjp: (g, { result }) => g.mul(result.add(1)) } },
  log: { self: { saves: ['self'], vjp: (g, { self }) => g.div(self) } },
  log2: { self: { saves: ['self'], vjp: (g, { self }) => g.div(self.mul(Math.LN2)) } },
  log10: { self: { saves: ['self'], vjp: (g, { self }) => g.div(self.mul(Math.LN10)) } },
  log1p: { self: { saves: ['self'], vjp: (g, { self }) => g.div(self.add(1)) } },
  sqrt: { self: { saves: ['result'], vjp: (g, { result }) => g.div(result.mul(2)) } },
  // d x^(-1/2) = -y³/2
  rsqrt: { self: { saves: ['result'], vjp: (g, { result }) => g.mul(result.pow(3)).mul(-0.5) } },
  reciprocal: { self: { saves: ['result'], vjp: (g, { result }) => g.mul(result.square()).neg() } },
  sin: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.cos()) } },
  cos: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.sin()).neg() } },
  tan: { self: { saves: ['result'], vjp: (g, { result }) => g.mul(result.square().add(1)) } },
  asin: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.square().neg().add(1).rsqrt()) } },
  acos: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.square().neg().add(1).rsqrt()).neg() } },
  atan: { self: { saves: ['self'], vjp: (g, { self }) => g.div(self.square().add(1)) } },
  sinh: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.cosh()) } },
  cosh: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.sinh()) } },
  tanh: { self: { saves: ['result'], vjp: (g, { result }) => tanhBackward(g, result) } },
  sigmoid: { self: { saves: ['result'], vjp: (g, { result }) => sigmoidBackward(g, result) } },
  // d erf(x) = 2/√π e^(-x²)
  erf: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.square().neg().exp()).mul(2 / Math.sqrt(Math.PI)) } },
  erfc: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.square().neg().exp()).mul(-2 / Math.sqrt(Math.PI)) } },
  relu: { self: { saves: ['result'], vjp: (g, { result }) => reluBackward(g, result) } },

  // passes within the bounds, borders included
  clamp: { self: { saves: ['self'], vjp: (g, { self }, { min, max }) => clampBackward(g, self, min, max) } },
  addcmul: {
    self: { vjp: (g) => g },
    tensor1: { saves: ['tensor2'], vjp: (g, { tensor2 }, { value }) => g.mul(tensor2).mul(value) },
    tensor2: { saves: ['tensor1'], vjp: (g, { tensor1 }, { value }) => g.mul(tensor1).mul(value) },
  },
  addcdiv: {
    self: { vjp: (g) => g },
    tensor1: { saves: ['tensor2'], vjp: (g, { tensor2 }, { value }) => g.div(tensor2).mul(value) },
    tensor2: {
      saves: ['tensor1', 'tensor2'],
      vjp: (g, { tensor1, tensor2 }, { value }) => g.mul(tensor1).div(tensor2.square()).mul(-value),
    },
  },
  lerp: {
    self: { saves: ['weight'], vjp: (g, { weight }) => g.mul(weight.neg().add(1)) },
    end: { saves: ['weight'], vjp: (g, { weight }) => g.mul(weight) },
    weight: { saves: ['self', 'end'], vjp: (g, { self, end }) => g.mul(end.sub(self)) },
  },
} satisfies Derivatives<typeof groups.elementwise>;
