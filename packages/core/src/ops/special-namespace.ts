/** Special functions of `torch.special` that are not methods of tensors. */
import { floatBinary, type SymmetricBinary, type Unary, unary } from './pointwise.js';
import type { Tensor } from '../tensor.js';
import { polygammaOp } from './special.js';

/** The n-th derivative of `digamma`. PyTorch: `torch.special.polygamma`. */
export const polygamma = (n: number, self: Tensor): Tensor => polygammaOp(self, n);
/** Hurwitz's zeta function, the sum of `(other + k)^-self`; no gradient for `self`. PyTorch: `torch.special.zeta`. */
export const zeta: SymmetricBinary = floatBinary('zeta');

// ---- the normal distribution ----

/** The standard normal distribution function. PyTorch: `torch.special.ndtr`. */
export const ndtr: Unary = unary('ndtr', 'float');
/** Its logarithm, exact far below 0, too. PyTorch: `torch.special.log_ndtr`. */
export const logNdtr: Unary = unary('log_ndtr', 'float');
/** The inverse of `ndtr`. PyTorch: `torch.special.ndtri`. */
export const ndtri: Unary = unary('ndtri', 'float');
/** `e^(x²) erfc(x)`. PyTorch: `torch.special.erfcx`. */
export const erfcx: Unary = unary('erfcx', 'float');

// ---- entropy ----

/** `-x log x`, 0 at 0 and -∞ below. PyTorch: `torch.special.entr`. */
export const entr: Unary = unary('entr', 'float');
/** `self · log(1 + other)`, and 0 where `self` is 0. PyTorch: `torch.special.xlog1py`. */
export const xlog1py: SymmetricBinary = floatBinary('xlog1py');

// ---- Bessel functions ----

/** `e^-|x| I₀(x)`. PyTorch: `torch.special.i0e`. */
export const i0e: Unary = unary('i0e', 'float');
/** `I₁(x)`, the modified Bessel function of the first kind. PyTorch: `torch.special.i1`. */
export const i1: Unary = unary('i1', 'float');
/** `e^-|x| I₁(x)`. PyTorch: `torch.special.i1e`. */
export const i1e: Unary = unary('i1e', 'float');
/** `J₀(x)`. Not differentiable. PyTorch: `torch.special.bessel_j0`. */
export const besselJ0: Unary<false> = unary('bessel_j0', 'float', false);
/** `J₁(x)`. Not differentiable. PyTorch: `torch.special.bessel_j1`. */
export const besselJ1: Unary<false> = unary('bessel_j1', 'float', false);
/** `Y₀(x)`. Not differentiable. PyTorch: `torch.special.bessel_y0`. */
export const besselY0: Unary<false> = unary('bessel_y0', 'float', false);
/** `Y₁(x)`. Not differentiable. PyTorch: `torch.special.bessel_y1`. */
export const besselY1: Unary<false> = unary('bessel_y1', 'float', false);
/** `sin(x) / x`. Not differentiable. PyTorch: `torch.special.spherical_bessel_j0`. */
export const sphericalBesselJ0: Unary<false> = unary('spherical_bessel_j0', 'float', false);
