/** Normalised exponentials along a dimension. */
import { type DType, dtypeInfo } from '../dtype.js';
import { defineOp, type Op } from '../op.js';
import { likeInput } from '../promotion.js';
import { normalizeDim } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { requireFloating } from './dtype-checks.js';

export interface SoftmaxOptions {
  /** Convert to this dtype first. */
  readonly dtype?: DType;
}
type Softmax = Op<[self: Tensor, dim: number, options?: SoftmaxOptions], Tensor, 'self', { readonly dim: number }, true>;

function softmaxLike(name: string): Softmax {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor, dim: number, { dtype }: SoftmaxOptions = {}) => {
      checkTensor(name, 'self', self);
      const input = dtype === undefined ? self : castTo(self, dtypeInfo(dtype));
      requireFloating(name, 'self', input);
      return [[input], { dim: normalizeDim(name, dim, input.ndim) }];
    },
    infer: likeInput,
    kernel: name,
    contiguous: true,
    differentiable: true,
  });
}

/** `exp(x) / Σ exp(x)` along `dim`, without overflow. PyTorch: `torch.softmax`. */
export const softmax: Softmax = softmaxLike('softmax');
/** `x - log Σ exp(x)` along `dim`, without overflow. PyTorch: `torch.log_softmax`. */
export const logSoftmax: Softmax = softmaxLike('log_softmax');
