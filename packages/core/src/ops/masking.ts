/** Bool masks, and where they are true. Results whose size depends on values read the mask's contents when they are called. */
import { cpu, runKernel } from '../backend/cpu/cpu.js';
import { ShapeError, formatShape } from '../errors.js';
import { defineOp, inplace } from '../op.js';
import { INT64, type Scalar, scalarTensor } from '../promotion.js';
import { broadcastShapes } from '../shape.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { indexLeading } from './indexing.js';
import { expand, reshape, t } from './view.js';
import { checkMask, where } from './where.js';

/** `self` with `value` where the bool `mask`, which broadcasts, is true. PyTorch: `torch.masked_fill`. */
export const maskedFill = defineOp({
  name: 'masked_fill',
  inputs: ['self', 'mask', 'value'],
  args: (self: Tensor, mask: Tensor, value: Scalar | Tensor) => {
    checkTensor('maskedFill', 'self', self);
    checkMask('maskedFill', 'mask', mask);
    if (!isTensor(value)) return [[self, mask, scalarTensor(value, self.info)], {}];
    if (value.ndim > 0)
      throw new ShapeError(`maskedFill: the value must be a number or a 0-d tensor, got shape ${formatShape(value.shape)}`);
    return [[self, mask, castTo(value, self.info)], {}];
  },
  infer: ([self, mask]) => ({
    shape: broadcastShapes('maskedFill', (self as Tensor).shape, (mask as Tensor).shape),
    dtype: (self as Tensor).info,
  }),
  decompose: ([self, mask, value]): Tensor => where(mask as Tensor, value as Tensor, self as Tensor),
  differentiable: true,
});
export const maskedFill_ = inplace(maskedFill);

/** The indices of the nonzero elements in row-major order, one row each. Shape `(n, ndim)`, int64. PyTorch: `torch.nonzero`. */
export const nonzero = defineOp({
  name: 'nonzero',
  inputs: ['self'],
  args: (self: Tensor) => {
    checkTensor('nonzero', 'self', self);
    return [[self], {}];
  },
  infer: ([self]) => ({ shape: [countNow(self as Tensor), (self as Tensor).ndim], dtype: INT64 }),
  kernel: 'nonzero',
  differentiable: false,
});

/** `nonzero` under the name of `torch.argwhere`. */
export const argwhere = (self: Tensor): Tensor => nonzero(self);

function countNow(self: Tensor): number {
  const count = cpu.empty([], INT64, 'nonzero');
  runKernel('count_nonzero', [count, self], { dims: self.shape.map((_, d) => d) });
  return count.item() as number;
}

/** The elements where the bool `mask`, which broadcasts against `self`, is true, as a vector. PyTorch: `torch.masked_select`. */
export function maskedSelect(self: Tensor, mask: Tensor): Tensor {
  checkTensor('maskedSelect', 'self', self);
  checkMask('maskedSelect', 'mask', mask);
  const shape = broadcastShapes('maskedSelect', self.shape, mask.shape);
  const places = nonzero(expand(mask, shape));
  return shape.length === 0 ? expand(reshape(self, [1]), [places.shape[0]]) : indexLeading(expand(self, shape), t(places));
}
