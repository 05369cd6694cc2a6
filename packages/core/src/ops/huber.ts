/** The squared error, at most up to a distance: what several loss functions are made of. */
import { defineOp, type Op } from '../op.js';
import { broadcastMeta, promoteOperands } from '../promotion.js';
import type { Tensor } from '../tensor.js';

type HuberAttributes = { readonly delta: number; readonly scale: number };

/** @internal With d = self - target: `scale d² / 2` for |d| up to delta, then `scale delta (|d| - delta / 2)`. */
export const huberElements: Op<
  [self: Tensor, target: Tensor, delta: number, scale: number],
  Tensor,
  'self' | 'target',
  HuberAttributes,
  true
> = defineOp({
  name: 'huber_elements',
  inputs: ['self', 'target'],
  args: (self: Tensor, target: Tensor, delta: number, scale: number) => [
    promoteOperands('huber_elements', self, target),
    { delta, scale },
  ],
  infer: (inputs) => broadcastMeta('huber_elements', inputs),
  kernel: 'huber',
  pointwise: true,
  decompose: ([self, target], { delta, scale }): Tensor => {
    const d = (self as Tensor).sub(target as Tensor);
    if (delta === Number.POSITIVE_INFINITY) return d.square().mul(scale / 2);
    // with c = min(|d|, delta) both are c (|d| - c/2)
    const distance = d.abs();
    const near = distance.clamp(null, delta);
    return near.mul(distance.sub(near.mul(0.5))).mul(scale);
  },
  differentiable: true,
});

/** @internal `grad · scale · d`, with d kept within delta. */
export const huberBackward: Op<
  [grad: Tensor, self: Tensor, target: Tensor, delta: number, scale: number],
  Tensor,
  'grad' | 'self' | 'target',
  HuberAttributes,
  true
> = defineOp({
  name: 'huber_backward',
  inputs: ['grad', 'self', 'target'],
  args: (grad: Tensor, self: Tensor, target: Tensor, delta: number, scale: number) => [[grad, self, target], { delta, scale }],
  infer: (inputs) => broadcastMeta('huber_backward', inputs),
  kernel: 'huber_backward',
  pointwise: true,
  decompose: ([grad, self, target], { delta, scale }): Tensor =>
    (grad as Tensor).mul(
      (self as Tensor)
        .sub(target as Tensor)
        .clamp(-delta, delta)
        .mul(scale),
    ),
  differentiable: true,
});
