/** Losses of the probabilities of two classes. */
import { widened } from '../autocast.js';
import { formatShape, ShapeError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import { broadcastMeta, NO_ATTRIBUTES } from '../promotion.js';
import { broadcastShapes, sameShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { logSigmoid } from './activation.js';
import { castTo } from './copy.js';
import { requireFloating, requireSameDtype } from './dtype-checks.js';
import { addcmul } from './elementwise.js';
import { type LossOptions, reduce, requireSameShape } from './loss-reduction.js';

type Elements = Op<[self: Tensor, target: Tensor], Tensor, 'self' | 'target', Record<never, never>, true>;

/** @internal `-(y log p + (1 - y) log(1 - p))`, with logarithms not below -100, so that it stays finite. */
export const binaryCrossEntropyElements: Elements = defineOp({
  name: 'binary_cross_entropy_elements',
  inputs: ['self', 'target'],
  args: (self: Tensor, target: Tensor) => [[self, target], {}],
  infer: (inputs) => broadcastMeta('binaryCrossEntropy', inputs),
  decompose: ([p, target]): Tensor => {
    const [x, y] = [p as Tensor, target as Tensor];
    const log = x.log().clamp(-100);
    const logOfRest = x.neg().log1p().clamp(-100);
    return y.sub(1).mul(logOfRest).sub(y.mul(log));
  },
  differentiable: true,
});

/** @internal The same of scores: p = sigmoid(self), without overflow. */
export const logitsEntropyElements: Elements = defineOp({
  name: 'logits_entropy_elements',
  inputs: ['self', 'target'],
  args: (self: Tensor, target: Tensor) => [[self, target], NO_ATTRIBUTES],
  infer: (inputs) => broadcastMeta('binaryCrossEntropyWithLogits', inputs),
  kernel: 'logits_entropy',
  pointwise: true,
  decompose: ([self, target]): Tensor => {
    const x = self as Tensor;
    return addcmul(x, x, target as Tensor, { value: -1 }).sub(logSigmoid(x));
  },
  differentiable: true,
});

/** @internal `grad (sigmoid(self) - target)` */
export const logitsEntropyBackward: Op<
  [grad: Tensor, self: Tensor, target: Tensor],
  Tensor,
  'grad' | 'self' | 'target',
  Record<never, never>,
  true
> = defineOp({
  name: 'logits_entropy_backward',
  inputs: ['grad', 'self', 'target'],
  args: (grad: Tensor, self: Tensor, target: Tensor) => [[grad, self, target], NO_ATTRIBUTES],
  infer: (inputs) => broadcastMeta('logits_entropy_backward', inputs),
  kernel: 'logits_entropy_backward',
  pointwise: true,
  decompose: ([grad, self, target]): Tensor => (grad as Tensor).mul((self as Tensor).sigmoid().sub(target as Tensor)),
  differentiable: true,
});

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** Factor for each element; broadcasts. */
  readonly weight?: Tensor | null;
}

function weightedLoss(op: string, losses: Tensor, weight: Tensor | null, reduction: 'none' | 'mean' | 'sum'): Tensor {
  if (weight === null) return reduce(op, losses, reduction);
  checkTensor(op, 'weight', weight);
  if (!sameShape(broadcastShapes(op, losses.shape, weight.shape), losses.shape))
    throw new ShapeError(
      `${op}: a weight of shape ${formatShape(weight.shape)} does not broadcast to ${formatShape(losses.shape)}`,
    );
  return reduce(op, losses.mul(weight), reduction);
}

/**
 * The cross-entropy of probabilities of two classes. PyTorch: `torch.nn.functional.binary_cross_entropy`.
 *
 * @param input - Probabilities in [0, 1].
 * @param target - Probabilities in [0, 1], same shape and dtype.
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  { weight = null, reduction = 'mean' }: BinaryCrossEntropyOptions = {},
): Tensor {
  requireSameShape('binaryCrossEntropy', input, target);
  requireFloating('binaryCrossEntropy', 'input', input);
  const [p, y] = [widened(input), widened(target)];
  requireSameDtype('binaryCrossEntropy', ['input', 'target'], [p, y]);
  return weightedLoss('binaryCrossEntropy', binaryCrossEntropyElements(p, y), weight, reduction);
}

export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** Factor for the positive class of each element; broadcasts. */
  readonly posWeight?: Tensor | null;
}
/**
 * The cross-entropy of two classes from scores (logits), without overflow. PyTorch:
 * `torch.nn.functional.binary_cross_entropy_with_logits`.
 *
 * @param target - Probabilities in [0, 1], same shape as the scores.
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
  const op = 'binaryCrossEntropyWithLogits';
  const { weight = null, posWeight = null, reduction = 'mean' } = options;
  requireSameShape(op, input, target);
  requireFloating(op, 'input', input);
  const x = widened(input);
  const y = castTo(target, x.info);
  if (posWeight === null) return weightedLoss(op, logitsEntropyElements(x, y), weight, reduction);
  // (1 - y) x - (1 + (w - 1) y) log sigmoid(x)
  const factor = logSigmoid(x).mul(posWeight.sub(1).mul(y).add(1));
  return weightedLoss(op, x.sub(x.mul(y)).sub(factor), weight, reduction);
}
