/**
 * Functions of complex numbers, made of real ones: for operators whose kernels take only real tensors. They are compositions, so
 * their derivatives and batches are those of their parts.
 */
import { tensor } from '../from-data.js';
import type { AnyOpDef, Attributes } from '../op.js';
import { scalarTensor } from '../promotion.js';
import type { Tensor } from '../tensor.js';
import { isfinite, isinf, isnan, logicalAnd, logicalNot, logicalOr, eq } from './comparison.js';
import { angle, complex, complexAbs, imag, polar, real, viewAsComplex, viewAsReal } from './complex.js';
import { castTo } from './copy.js';
import * as f from './elementwise.js';
import { cat } from './joining.js';
import { matrixProduct } from './matrix-product.js';
import { constantPad } from './padding.js';
import * as reductions from './reduction.js';
import { cumprod } from './scan.js';
import * as special from './special.js';
import { narrow, reshape, transpose } from './view.js';

const { add, cos, cosh, div, exp, log, mul, neg, sin, sinh, sqrt, sub } = f;

/** `i z` */
const timesI = (z: Tensor): Tensor => mul(z, tensor({ re: 0, im: 1 }, { dtype: z.dtype, device: z.device }));
const one = (z: Tensor): Tensor => scalarTensor(1, z.info);

/** Part by part: a product of complex numbers would make NaN of infinities. */
const scaled = (z: Tensor, factor: number): Tensor => viewAsComplex(mul(viewAsReal(z), factor));

type Of1 = (z: Tensor) => Tensor;
const expOf: Of1 = (z) => polar(exp(real(z)), imag(z));
const logOf: Of1 = (z) => complex(log(complexAbs(z)), angle(z));
// the half-plane of the principal root: the angle halves
const sqrtOf: Of1 = (z) => polar(sqrt(complexAbs(z)), mul(angle(z), 0.5));
const sinhOf: Of1 = (z) => complex(mul(sinh(real(z)), cos(imag(z))), mul(cosh(real(z)), sin(imag(z))));
const coshOf: Of1 = (z) => complex(mul(cosh(real(z)), cos(imag(z))), mul(sinh(real(z)), sin(imag(z))));
/** With t = tanh a, u = tan b: (t (1 + u²) + u (1 - t²) i) / (1 + t² u²), which overflows for no a. */
function tanhOf(z: Tensor): Tensor {
  const [t, u] = [f.tanh(real(z)), f.tan(imag(z))];
  const [t2, u2] = [mul(t, t), mul(u, u)];
  const below = add(mul(t2, u2), 1);
  return complex(div(mul(t, add(u2, 1)), below), div(mul(u, add(neg(t2), 1)), below));
}
const minusI = (z: Tensor): Tensor => neg(timesI(z));
const asinhOf: Of1 = (z) => logOf(add(z, sqrtOf(add(mul(z, z), 1))));
const atanhOf: Of1 = (z) => scaled(sub(logOf(add(z, 1)), logOf(add(neg(z), 1))), 0.5);

const ofOne: readonly (readonly [{ readonly def: unknown }, Of1])[] = [
  [f.abs, (z) => complexAbs(z)],
  [f.square, (z) => mul(z, z)],
  [f.reciprocal, (z) => f.trueDivide(one(z), z)],
  [f.exp, expOf],
  [f.exp2, (z) => expOf(mul(z, Math.LN2))],
  [f.expm1, (z) => sub(expOf(z), 1)],
  [f.log, logOf],
  [f.log2, (z) => scaled(logOf(z), Math.LOG2E)],
  [f.log10, (z) => scaled(logOf(z), Math.LOG10E)],
  [f.log1p, (z) => logOf(add(z, 1))],
  [f.sqrt, sqrtOf],
  [f.rsqrt, (z) => f.trueDivide(one(z), sqrtOf(z))],
  [f.sin, (z) => minusI(sinhOf(timesI(z)))],
  [f.cos, (z) => coshOf(timesI(z))],
  [f.tan, (z) => minusI(tanhOf(timesI(z)))],
  [f.sinh, sinhOf],
  [f.cosh, coshOf],
  [f.tanh, tanhOf],
  [f.sigmoid, (z) => f.trueDivide(one(z), add(expOf(neg(z)), 1))],
  [f.asin, (z) => minusI(asinhOf(timesI(z)))],
  [f.acos, (z) => add(neg(minusI(asinhOf(timesI(z)))), Math.PI / 2)],
  [f.atan, (z) => minusI(atanhOf(timesI(z)))],
  [special.asinh, asinhOf],
  [special.acosh, (z) => logOf(add(z, mul(sqrtOf(add(z, 1)), sqrtOf(sub(z, 1)))))],
  [special.atanh, atanhOf],
  [isnan, (z) => logicalOr(isnan(real(z)), isnan(imag(z)))],
  [isinf, (z) => logicalOr(isinf(real(z)), isinf(imag(z)))],
  [isfinite, (z) => logicalAnd(isfinite(real(z)), isfinite(imag(z)))],
  [logicalNot, (z) => eq(z, 0)],
];

/** `z^w = exp(w log z)`; 0^w is 0, and 1 for w = 0. */
function power(z: Tensor, w: Tensor): Tensor {
  const zero = eq(z, 0);
  const result = expOf(mul(w, logOf(z.maskedFill(zero, 1))));
  return result.mul(castTo(logicalOr(logicalNot(zero), eq(w, 0)), z.info));
}

/** Halves a dimension until one element is left. */
function productAlong(z: Tensor, dim: number): Tensor {
  let rest = z;
  for (let n = z.shape[dim]; n > 1; n = rest.shape[dim]) {
    const half = Math.floor(n / 2);
    const pairs = mul(narrow(rest, dim, 0, half), narrow(rest, dim, half, half));
    rest = n % 2 === 0 ? pairs : cat([pairs, narrow(rest, dim, n - 1, 1)], dim);
  }
  return rest;
}
function product(z: Tensor, { dim, keepdim }: reductions.Reduction): Tensor {
  const flat = dim.length === 1 ? z : reshape(z, [z.numel]);
  const d = dim.length === 1 ? dim[0] : 0;
  const whole = flat.shape[d] === 0 ? constantPad(flat, [...new Array<number>(2 * (flat.ndim - 1 - d)).fill(0), 0, 1], 1) : flat;
  return reshape(productAlong(whole, d), shapeWithout(z, dim, keepdim));
}
const shapeWithout = ({ shape }: Tensor, dim: readonly number[], keepdim: boolean): number[] =>
  shape.flatMap((n, d) => (dim.includes(d) ? (keepdim ? [1] : []) : [n]));

/** Products of windows that double in length. */
function runningProduct(z: Tensor, dim: number): Tensor {
  if (z.ndim === 0) return z.clone();
  let result = transpose(z, dim, -1);
  const n = z.shape[dim];
  for (let step = 1; step < n; step *= 2) result = mul(result, constantPad(result, [step, -step], 1));
  return transpose(result, dim, -1).contiguous();
}

/**
 * A product of complex matrices as one of real ones, which has fast kernels: rows of A as (re, im) pairs, times the pairs of B with
 * those of iB below each row.
 */
function complexProduct(A: Tensor, B: Tensor, bias: Tensor | null): Tensor {
  const [k, n] = B.shape.slice(-2);
  const pairs = (z: Tensor, sizes: readonly number[]): Tensor =>
    reshape(viewAsReal(z), [...z.shape.slice(0, A.ndim - 2), ...sizes]);
  const right = cat([B.unsqueeze(-2), timesI(B).unsqueeze(-2)], -2);
  const result = matrixProduct(pairs(A, [A.shape[A.ndim - 2], 2 * k]), pairs(right, [2 * k, 2 * n]));
  const z = viewAsComplex(reshape(result, [...result.shape.slice(0, -1), n, 2]));
  return bias === null ? z : add(z, bias);
}

type Numbers = { readonly [name: string]: number };
// biome-ignore lint/suspicious/noExplicitAny: inputs and attributes of any op
type Composition = (inputs: readonly any[], attributes: any) => Tensor;
const ofSeveral: readonly (readonly [{ readonly def: unknown }, Composition])[] = [
  [f.powTensor, ([z, w]) => power(z, w)],
  [f.addcmul, ([self, a, b], { value }: Numbers) => add(self, mul(mul(a, b), value))],
  [f.addcdiv, ([self, a, b], { value }: Numbers) => add(self, mul(div(a, b), value))],
  [f.lerp, ([self, end, weight]) => add(self, mul(weight, sub(end, self)))],
  [reductions.prod, ([z], reduction: reductions.Reduction) => product(z, reduction)],
  [cumprod, ([z], { dim }: Numbers) => runningProduct(z, dim)],
  [
    reductions.var,
    ([z], { dim, ...options }) => add(reductions.var(real(z), dim, options), reductions.var(imag(z), dim, options)),
  ],
  [
    reductions.std,
    ([z], { dim, ...options }) => sqrt(add(reductions.var(real(z), dim, options), reductions.var(imag(z), dim, options))),
  ],
  [reductions.norm, ([z], { p, dim, keepdim }) => reductions.norm(complexAbs(z), p, dim, { keepdim })],
  [matrixProduct, ([A, B, bias]) => complexProduct(A, B, bias)],
];

for (const [op, compose] of ofOne) (op.def as AnyOpDef).ofComplex = ([z]) => compose(z as Tensor);
for (const [op, compose] of ofSeveral)
  (op.def as AnyOpDef).ofComplex = compose as (inputs: readonly (Tensor | null)[], a: Attributes) => Tensor;
