/** Reductions made of other reductions. */
import type { DType } from '../dtype.js';
import { DTypeError } from '../errors.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { isnan } from './comparison.js';
import { sub } from './elementwise.js';
import { amax, amin, type Dims, type KeepdimOptions, nansum, norm } from './reduction.js';

export interface AminmaxOptions extends KeepdimOptions {
  /** Default null: of all elements. */
  readonly dim?: number | null;
}
/** A pair that may be read by position or by name. */
export type MinAndMax = [min: Tensor, max: Tensor] & { readonly min: Tensor; readonly max: Tensor };

/** The smallest and the largest element; NaN if there is one. PyTorch: `torch.aminmax`. */
export function aminmax(self: Tensor, { dim = null, keepdim = false }: AminmaxOptions = {}): MinAndMax {
  const [min, max] = [amin(self, dim, { keepdim }), amax(self, dim, { keepdim })];
  return Object.assign([min, max] as [Tensor, Tensor], { min, max });
}

/** The mean of the elements that are not NaN; NaN if there are none. PyTorch: `torch.nanmean`. */
export function nanmean(
  self: Tensor,
  dim: Dims = null,
  { keepdim = false, dtype }: { keepdim?: boolean; dtype?: DType } = {},
): Tensor {
  checkTensor('nanmean', 'self', self);
  if (self.info.kind !== 'float')
    throw new DTypeError(`nanmean: expected a floating-point tensor, got ${self.dtype}; convert it first, e.g. with .float()`);
  const count = isnan(self).logicalNot().sum(dim, { keepdim });
  return nansum(self, dim, { keepdim, dtype }).div(count);
}

/** The p-norm of `self - other`, which broadcast. PyTorch: `torch.dist`. */
export const dist = (self: Tensor, other: Tensor, p = 2): Tensor => norm(sub(self, other), p);
