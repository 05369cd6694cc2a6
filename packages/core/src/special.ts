/**
 * Special functions under the names of `torch.special`.
 *
 * @module
 */
export { erf, erfc, exp2, expm1, log1p, round, sigmoid as expit } from './ops/elementwise.js';
export { logsumexp } from './ops/reduction.js';
export { logSoftmax, softmax } from './ops/softmax.js';
export {
  digamma,
  digamma as psi,
  erfinv,
  i0,
  i0 as modifiedBesselI0,
  igamma as gammainc,
  igammac as gammaincc,
  lgamma as gammaln,
  logit,
  mvlgamma as multigammaln,
  sinc,
  xlogy,
} from './ops/special.js';
export {
  besselJ0,
  besselJ1,
  besselY0,
  besselY1,
  entr,
  erfcx,
  i0e,
  i1,
  i1 as modifiedBesselI1,
  i1e,
  logNdtr,
  ndtr,
  ndtri,
  polygamma,
  sphericalBesselJ0,
  xlog1py,
  zeta,
} from './ops/special-namespace.js';
