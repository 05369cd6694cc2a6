/** Running products and log-sum-exps, and differences, along a dimension. */
import { dtypeInfo } from '../dtype.js';
import { ValueError } from '../errors.js';
import { defineOp, inplace } from '../op.js';
import { INT64, likeInput, toFloating } from '../promotion.js';
import { normalizeDim } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { logicalXor } from './comparison.js';
import { castTo } from './copy.js';
import { sub } from './elementwise.js';
import { cat } from './joining.js';
import type { DTypeOptions } from './reduction.js';
import { narrow } from './view.js';

/** The product of the elements up to and including each one. Integers and bools give int64. PyTorch: `torch.cumprod`. */
export const cumprod = defineOp({
  name: 'cumprod',
  inputs: ['self'],
  args: (self: Tensor, dim: number, { dtype }: DTypeOptions = {}) => {
    checkTensor('cumprod', 'self', self);
    const input = castTo(self, dtype !== undefined ? dtypeInfo(dtype) : self.info.category < 2 ? INT64 : self.info);
    return [[input], { dim: normalizeDim('cumprod', dim, input.ndim) }];
  },
  infer: likeInput,
  kernel: 'cumprod',
  differentiable: true,
});
export const cumprod_ = inplace(cumprod);

/** `log Σ exp(x)` over the elements up to and including each one, without overflow. PyTorch: `torch.logcumsumexp`. */
export const logcumsumexp = defineOp({
  name: 'logcumsumexp',
  inputs: ['self'],
  args: (self: Tensor, dim: number) => {
    const input = toFloating('logcumsumexp', self);
    return [[input], { dim: normalizeDim('logcumsumexp', dim, input.ndim) }];
  },
  infer: likeInput,
  kernel: 'logcumsumexp',
  differentiable: true,
});

export interface DiffOptions {
  /** How often differences are taken. Default 1. */
  readonly n?: number;
  /** Default -1. */
  readonly dim?: number;
  /** Put in front of the tensor along `dim` first. */
  readonly prepend?: Tensor | null;
  /** Put behind the tensor along `dim` first. */
  readonly append?: Tensor | null;
}
/** The `n`-th differences between neighbours along `dim`; of bools whether they differ. PyTorch: `torch.diff`. */
export function diff(self: Tensor, { n = 1, dim = -1, prepend = null, append = null }: DiffOptions = {}): Tensor {
  checkTensor('diff', 'self', self);
  if (!Number.isInteger(n) || n < 0) throw new ValueError(`diff: n must be a non-negative integer, got ${n}`);
  if (self.ndim === 0) throw new ValueError('diff: expected at least one dimension, got a 0-d tensor');
  const along = normalizeDim('diff', dim, self.ndim);
  let x =
    prepend === null && append === null
      ? self
      : cat(
          [prepend, self, append].filter((t) => t !== null),
          along,
        );
  for (let i = 0; i < n && x.shape[along] > 0; i++) {
    const count = x.shape[along] - 1;
    const [after, before] = [narrow(x, along, 1, count), narrow(x, along, 0, count)];
    x = x.dtype === 'bool' ? logicalXor(after, before) : sub(after, before);
  }
  return x;
}
