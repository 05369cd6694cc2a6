/** Random zeros, for regularisation. Hinton et al. 2012. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import { BOOL } from '../promotion.js';
import { ones } from '../creation.js';
import { defaultGenerator } from '../random.js';
import type { Tensor } from '../tensor.js';
import { requireFloating } from './dtype-checks.js';

type DropoutAttributes = { readonly p: number; readonly seed: number; readonly offset: number };

/** @internal `self · mask / (1 - p)` and the mask, which is false with probability `p`. */
export const dropoutWithMask: Op<[self: Tensor, p: number], Tensor[], 'self', DropoutAttributes, true> = defineOp({
  name: 'native_dropout',
  inputs: ['self'],
  args: (self: Tensor, p: number) => {
    const { seed, offset } = defaultGenerator.draw(self.numel);
    return [[self], { p, seed, offset }];
  },
  infer: ([self]) => [
    { shape: (self as Tensor).shape, dtype: (self as Tensor).info },
    { shape: (self as Tensor).shape, dtype: BOOL },
  ],
  kernel: 'dropout',
  contiguous: true,
  random: true,
  differentiable: true,
});

export interface DropoutOptions {
  /** Without training nothing is dropped. Default true. */
  readonly training?: boolean;
}

/** Whether anything is random at all. */
function drops(op: string, self: Tensor, p: number, training: boolean): boolean {
  requireFloating(op, 'input', self);
  if (!(p >= 0 && p <= 1)) throw new ValueError(`${op}: p must be a probability in [0, 1], got ${p}`);
  return training && p > 0;
}

/**
 * Sets elements to zero with probability `p` and multiplies the others by `1 / (1 - p)`. PyTorch: `torch.nn.functional.dropout`.
 *
 * @returns The input itself if `p` is 0 or `training` is false.
 */
export function dropout(self: Tensor, p: number = 0.5, { training = true }: DropoutOptions = {}): Tensor {
  if (!drops('dropout', self, p, training)) return self;
  return p === 1 ? self.mul(0) : dropoutWithMask(self, p)[0];
}

function channelDropout(op: string, spatial: number, self: Tensor, p: number, { training = true }: DropoutOptions): Tensor {
  if (!drops(op, self, p, training)) return self;
  if (self.ndim !== spatial + 1 && self.ndim !== spatial + 2)
    throw new ShapeError(`${op}: expected ${spatial + 1} or ${spatial + 2} dimensions, got ${formatShape(self.shape)}`);
  const channels = self.shape.map((size, dim) => (dim < self.ndim - spatial ? size : 1));
  return self.mul(dropout(ones(channels, { dtype: self.dtype, device: self.device }), p));
}

/** Sets whole channels of (N, C, L) or (C, L) to zero. PyTorch: `torch.nn.functional.dropout1d`. */
export function dropout1d(self: Tensor, p: number = 0.5, options: DropoutOptions = {}): Tensor {
  return channelDropout('dropout1d', 1, self, p, options);
}
/** Sets whole channels of (N, C, H, W) or (C, H, W) to zero. PyTorch: `torch.nn.functional.dropout2d`. */
export function dropout2d(self: Tensor, p: number = 0.5, options: DropoutOptions = {}): Tensor {
  return channelDropout('dropout2d', 2, self, p, options);
}
/** Sets whole channels of (N, C, D, H, W) or (C, D, H, W) to zero. PyTorch: `torch.nn.functional.dropout3d`. */
export function dropout3d(self: Tensor, p: number = 0.5, options: DropoutOptions = {}): Tensor {
  return channelDropout('dropout3d', 3, self, p, options);
}
