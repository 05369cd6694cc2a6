import { defineOp } from '../op.js';
import { checkTensor, type Tensor } from '../tensor.js';

/** A row-major copy with memory of its own. PyTorch: `torch.clone`. */
export const clone = defineOp({
  name: 'clone',
  inputs: ['self'],
  args: (self: Tensor) => {
    checkTensor('clone', 'self', self);
    return [[self], {}];
  },
  infer: ([self]) => ({ shape: (self as Tensor).shape, dtype: (self as Tensor).info }),
  kernel: 'copy',
  pointwise: true,
  differentiable: true,
});
