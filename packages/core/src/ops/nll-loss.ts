/** The negative log-likelihood of classes; users call the functions of `cross-entropy.ts`. */
import { defineOp, type Op } from '../op.js';
import type { Tensor } from '../tensor.js';

type NllAttributes = { readonly reduction: number; readonly ignoreIndex: number };

/** @internal The loss and the total weight. Log-probabilities (N, C) or (N, C, d), target (N) or (N, d). */
export const nllLossForward: Op<
  [logProbs: Tensor, target: Tensor, weight: Tensor | null, reduction: number, ignoreIndex: number],
  Tensor[],
  'logProbs' | 'target' | 'weight',
  NllAttributes,
  true
> = defineOp({
  name: 'nll_loss',
  inputs: ['logProbs', 'target', 'weight'],
  args: (logProbs: Tensor, target: Tensor, weight: Tensor | null, reduction: number, ignoreIndex: number) => [
    [logProbs, target, weight],
    { reduction, ignoreIndex },
  ],
  infer: ([logProbs, target], { reduction }) => {
    const dtype = (logProbs as Tensor).info;
    return [
      { shape: reduction === 0 ? (target as Tensor).shape : [], dtype },
      { shape: [], dtype },
    ];
  },
  kernel: 'nll_loss',
  contiguous: true,
  differentiable: true,
});

/** @internal The gradient of `nllLossForward`, which is linear in the log-probabilities. */
export const nllLossBackward: Op<
  [
    grad: Tensor,
    target: Tensor,
    weight: Tensor | null,
    totalWeight: Tensor,
    reduction: number,
    ignoreIndex: number,
    inputSize: readonly number[],
  ],
  Tensor,
  'grad' | 'target' | 'weight' | 'totalWeight',
  NllAttributes & { readonly inputSize: readonly number[] },
  true
> = defineOp({
  name: 'nll_loss_backward',
  inputs: ['grad', 'target', 'weight', 'totalWeight'],
  args: (
    grad: Tensor,
    target: Tensor,
    weight: Tensor | null,
    totalWeight: Tensor,
    reduction: number,
    ignoreIndex: number,
    inputSize: readonly number[],
  ) => [[grad, target, weight, totalWeight], { reduction, ignoreIndex, inputSize }],
  infer: ([grad], { inputSize }) => ({ shape: inputSize, dtype: (grad as Tensor).info }),
  kernel: 'nll_loss_backward',
  contiguous: true,
  differentiable: true,
});
