/** Choosing element by element. As a method it reads `self.where(condition, other)`. */
import { dtypeInfo, getDefaultDtype } from '../dtype.js';
import { DTypeError } from '../errors.js';
import { defineOp } from '../op.js';
import { BOOL, INT64, promoteOperands, type Scalar, scalarTensor } from '../promotion.js';
import { broadcastShapes } from '../shape.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';

/** @internal Throws unless `mask` is a bool tensor. */
export function checkMask(op: string, parameter: string, mask: Tensor): void {
  checkTensor(op, parameter, mask);
  if (mask.info !== BOOL)
    throw new DTypeError(`${op}: ${parameter} must be a bool tensor, got ${mask.dtype}; convert it with .bool()`);
}

/** `self` where the bool `condition` is true, else `other`. All broadcast; dtypes are promoted. PyTorch: `torch.where`. */
export const where = defineOp({
  name: 'where',
  inputs: ['condition', 'self', 'other'],
  args: (condition: Tensor, self: Tensor | Scalar, other: Tensor | Scalar) => {
    checkMask('where', 'condition', condition);
    return [[condition, ...choices(self, other)], {}];
  },
  infer: ([condition, self, other]) => {
    const values = broadcastShapes('where', (self as Tensor).shape, (other as Tensor).shape);
    return { shape: broadcastShapes('where', (condition as Tensor).shape, values), dtype: (self as Tensor).info };
  },
  kernel: 'where',
  differentiable: true,
});

function choices(self: Tensor | Scalar, other: Tensor | Scalar): readonly [Tensor, Tensor] {
  if (isTensor(self) || isTensor(other)) return promoteOperands('where', self, other);
  const both = (type: 'boolean' | 'bigint') => typeof self === type && typeof other === type;
  const dtype = both('boolean') ? BOOL : both('bigint') ? INT64 : dtypeInfo(getDefaultDtype());
  return [scalarTensor(self, dtype), scalarTensor(other, dtype)];
}
