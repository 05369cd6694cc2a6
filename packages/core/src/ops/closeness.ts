/** Whether tensors are equal or nearly so, and tests of single elements. */
import { DTypeError } from '../errors.js';
import { sameShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { imag } from './complex.js';
import { castTo } from './copy.js';
import { abs, add, mul, sub } from './elementwise.js';
import { eq, gt, isfinite, isinf, isnan, le, logicalAnd, logicalOr, lt } from './comparison.js';
import { dtypeInfo, getDefaultDtype } from '../dtype.js';

export interface ClosenessOptions {
  /** Largest relative difference, as a share of `other`. Default 1e-5. */
  readonly rtol?: number;
  /** Largest absolute difference. Default 1e-8. */
  readonly atol?: number;
  /** Whether NaN is close to NaN. Default false. */
  readonly equalNan?: boolean;
}

/** Where `|self - other| ≤ atol + rtol · |other|`, or both are the same infinity. PyTorch: `torch.isclose`. */
export function isclose(
  self: Tensor,
  other: Tensor,
  { rtol = 1e-5, atol = 1e-8, equalNan = false }: ClosenessOptions = {},
): Tensor {
  checkTensor('isclose', 'self', self);
  checkTensor('isclose', 'other', other);
  if (self.info !== other.info)
    throw new DTypeError(`isclose: self is ${self.dtype} but other is ${other.dtype}; convert one of them with .to(dtype)`);
  const same = eq(self, other);
  if (self.info.kind === 'bool') return same;
  const float = dtypeInfo(getDefaultDtype());
  const [a, b] = self.info.kind === 'int' ? [castTo(self, float), castTo(other, float)] : [self, other];
  const distance = abs(sub(a, b));
  const near = logicalAnd(isfinite(distance), le(distance, add(mul(abs(b), rtol), atol)));
  const close = logicalOr(same, near);
  return equalNan && self.info.category >= 2 ? logicalOr(close, logicalAnd(isnan(self), isnan(other))) : close;
}

/** Whether all elements are close. PyTorch: `torch.allclose`. */
export const allclose = (self: Tensor, other: Tensor, options: ClosenessOptions = {}): boolean =>
  isclose(self, other, options).all().item() as unknown as boolean;

/** Whether both have the same shape and elements. PyTorch: `torch.equal`. */
export function equal(self: Tensor, other: Tensor): boolean {
  checkTensor('equal', 'self', self);
  checkTensor('equal', 'other', other);
  return sameShape(self.shape, other.shape) && (eq(self, other).all().item() as unknown as boolean);
}

/** Where an element is ∞. PyTorch: `torch.isposinf`. */
export const isposinf = (self: Tensor): Tensor => logicalAnd(isinf(self), gt(self, 0));
/** Where an element is -∞. PyTorch: `torch.isneginf`. */
export const isneginf = (self: Tensor): Tensor => logicalAnd(isinf(self), lt(self, 0));
/** Where an element has no imaginary part: everywhere in a real tensor. PyTorch: `torch.isreal`. */
export function isreal(self: Tensor): Tensor {
  checkTensor('isreal', 'self', self);
  if (self.info.kind === 'complex') return eq(imag(self), 0);
  return logicalOr(eq(self, self), isnan(self));
}
