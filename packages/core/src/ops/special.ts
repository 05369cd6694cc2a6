/** Special functions that are methods of tensors. The others are in `special-namespace.ts`. */
import { ValueError } from '../errors.js';
import { defineOp, inplace } from '../op.js';
import { likeInput, toFloating } from '../promotion.js';
import type { Tensor } from '../tensor.js';
import { add, sub } from './elementwise.js';
import { type Binary, binary, floatBinary, type SymmetricBinary, type Unary, unary } from './pointwise.js';

/** The inverse of `cosh`. PyTorch: `torch.acosh`. */
export const acosh: Unary = unary('acosh', 'float');
/** The inverse of `sinh`. PyTorch: `torch.asinh`. */
export const asinh: Unary = unary('asinh', 'float');
/** The inverse of `tanh`. PyTorch: `torch.atanh`. */
export const atanh: Unary = unary('atanh', 'float');

/** `log |Γ(x)|`. PyTorch: `torch.lgamma`. */
export const lgamma: Unary = unary('lgamma', 'float');
/** The derivative of `lgamma`. PyTorch: `torch.digamma`. */
export const digamma: Unary = unary('digamma', 'float');

/** @internal `polygamma` with the tensor first. */
export const polygammaOp = defineOp({
  name: 'polygamma',
  inputs: ['self'],
  args: (self: Tensor, n: number) => {
    const input = toFloating('polygamma', self);
    if (!Number.isInteger(n) || n < 0) throw new ValueError(`polygamma: the order must be a non-negative integer, got ${n}`);
    return [[input], { n }];
  },
  infer: likeInput,
  kernel: 'polygamma',
  pointwise: true,
  differentiable: true,
});

/** `log` of the multivariate gamma function of dimension `p`; elements must exceed `(p - 1) / 2`. PyTorch: `torch.mvlgamma`. */
export function mvlgamma(self: Tensor, p: number): Tensor {
  const input = toFloating('mvlgamma', self);
  if (!Number.isInteger(p) || p < 1) throw new ValueError(`mvlgamma: the dimension must be a positive integer, got ${p}`);
  const terms = Array.from({ length: p }, (_, i) => lgamma(sub(input, i / 2)));
  return add(
    terms.reduce((sum, term) => add(sum, term)),
    (p * (p - 1) * Math.log(Math.PI)) / 4,
  );
}

/** The regularised lower incomplete gamma function `P(self, other)`; no gradient for `self`. PyTorch: `torch.igamma`. */
export const igamma: Binary = binary('igamma');
/** The regularised upper incomplete gamma function `Q(self, other)`; no gradient for `self`. PyTorch: `torch.igammac`. */
export const igammac: Binary = binary('igammac');

/** The inverse of `erf`. PyTorch: `torch.erfinv`. */
export const erfinv: Unary = unary('erfinv', 'float');
/** `I₀(x)`, the modified Bessel function of the first kind. PyTorch: `torch.i0`. */
export const i0: Unary = unary('i0', 'float');
/** `sin(πx) / πx`, and 1 at 0. PyTorch: `torch.sinc`. */
export const sinc: Unary = unary('sinc', 'float');

export interface LogitOptions {
  /** Elements are first limited to [eps, 1 - eps]. Default: not at all. */
  readonly eps?: number | null;
}
/** `log(x / (1 - x))`. PyTorch: `torch.logit`. */
export const logit = defineOp({
  name: 'logit',
  inputs: ['self'],
  args: (self: Tensor, { eps = null }: LogitOptions = {}) => {
    const input = toFloating('logit', self);
    if (eps !== null && !(eps >= 0 && eps <= 0.5)) throw new ValueError(`logit: eps must be in [0, 0.5], got ${eps}`);
    return [[input], { eps: eps ?? Number.NaN }]; // NaN: no bounds
  },
  infer: likeInput,
  kernel: 'logit',
  pointwise: true,
  differentiable: true,
});

/** `self · log(other)`, and 0 where `self` is 0. PyTorch: `torch.xlogy`. */
export const xlogy: SymmetricBinary = floatBinary('xlogy');

// ---- in-place forms ----

export const acosh_ = inplace(acosh);
export const asinh_ = inplace(asinh);
export const atanh_ = inplace(atanh);
export const lgamma_ = inplace(lgamma);
export const digamma_ = inplace(digamma);
export const igamma_ = inplace(igamma);
export const igammac_ = inplace(igammac);
export const erfinv_ = inplace(erfinv);
export const i0_ = inplace(i0);
export const sinc_ = inplace(sinc);
export const logit_ = inplace(logit);
export const xlogy_ = inplace(xlogy as Binary);
