/** Losses of classes. */
import { widened } from '../autocast.js';
import { ones } from '../creation.js';
import { DTypeError, formatShape, ShapeError, ValueError } from '../errors.js';
import { numelOf, sameShape } from '../shape.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { requireFloating, requireSameDtype } from './dtype-checks.js';
import { type Indices, toIndices } from './indices.js';
import { type LossOptions, reductionCode } from './loss-reduction.js';
import { nllLossForward } from './nll-loss.js';
import { logSoftmax } from './softmax.js';

export interface NllLossOptions extends LossOptions {
  /** Factor for each class, shape `(C)`. The mean is a weighted mean. */
  readonly weight?: Tensor | null;
  /** Targets of this value do not count. Default -100. */
  readonly ignoreIndex?: number;
}
export interface CrossEntropyOptions extends NllLossOptions {
  /** How much of the target is spread evenly over all classes, in [0, 1]. Default 0. Szegedy et al. 2015. */
  readonly labelSmoothing?: number;
}

const classDim = (input: Tensor): number => (input.ndim === 1 ? 0 : 1);

function requireClasses(op: string, input: Tensor, target: Tensor, weight: Tensor | null): void {
  requireFloating(op, 'input', input);
  const dim = classDim(input);
  if (input.ndim === 0) throw new ShapeError(`${op}: expected scores (C), (N, C) or (N, C, d…), got a 0-d input`);
  const expected = input.shape.filter((_, i) => i !== dim);
  if (!sameShape(target.shape, expected))
    throw new ShapeError(
      `${op}: input ${formatShape(input.shape)} has ${input.shape[dim]} classes in dimension ${dim} and needs a target of shape ${formatShape(expected)}, got ${formatShape(target.shape)}`,
    );
  requireClassWeight(op, input, weight);
}

function requireClassWeight(op: string, input: Tensor, weight: Tensor | null): void {
  if (weight === null) return;
  checkTensor(op, 'weight', weight);
  const classes = input.shape[classDim(input)];
  if (weight.ndim !== 1 || weight.shape[0] !== classes)
    throw new ShapeError(`${op}: expected a weight of shape (${classes},), one for each class, got ${formatShape(weight.shape)}`);
  requireSameDtype(op, ['input', 'weight'], [input, weight]);
}

/** The loss of log-probabilities, in the two layouts that the kernel knows. */
function nll(
  op: string,
  input: Tensor,
  target: Tensor,
  { weight = null, ignoreIndex = -100, reduction = 'mean' }: NllLossOptions,
): Tensor {
  const code = reductionCode(op, reduction);
  const run = (logProbs: Tensor, classes: Tensor): Tensor => nllLossForward(logProbs, classes, weight, code, ignoreIndex)[0];
  if (input.ndim <= 3 && input.ndim >= 2) return run(input, target);
  if (input.ndim === 1) {
    const loss = run(input.unsqueeze(0), target.unsqueeze(0));
    return loss.reshape([]);
  }
  const [n, c] = input.shape;
  const plane = numelOf(input.shape.slice(2));
  const loss = run(input.reshape([n, c, plane]), target.reshape([n, plane]));
  return reduction === 'none' ? loss.reshape(target.shape) : loss;
}

/**
 * The negative log-likelihood of the target classes. PyTorch: `torch.nn.functional.nll_loss`.
 *
 * @param input - Log-probabilities, shape `(C)`, `(N, C)` or `(N, C, d…)`.
 * @param target - Classes in [0, C), shape `()`, `(N)` or `(N, d…)`, integers.
 * @throws {IndexError} If there is no such class.
 */
export function nllLoss(input: Tensor, target: Indices, options: NllLossOptions = {}): Tensor {
  const classes = toIndices('nllLoss', 'target', target, input);
  requireFloating('nllLoss', 'input', input);
  const wide = widened(input);
  if (wide !== input) return nllLoss(wide, target, options);
  requireClasses('nllLoss', input, classes, options.weight ?? null);
  return nll('nllLoss', input, classes, options);
}

/**
 * The cross-entropy between the softmax of scores and the target. PyTorch: `torch.nn.functional.cross_entropy`.
 *
 * @param input - Scores (logits), shape `(C)`, `(N, C)` or `(N, C, d…)`.
 * @param target - Classes in [0, C), shape `()`, `(N)` or `(N, d…)`, integers; or probabilities of the input's shape and dtype.
 * @throws {DTypeError} If classes are not integers.
 * @throws {IndexError} If there is no such class.
 */
export function crossEntropy(input: Tensor, target: Indices, options: CrossEntropyOptions = {}): Tensor {
  const { weight = null, labelSmoothing = 0, reduction = 'mean' } = options;
  reductionCode('crossEntropy', reduction);
  requireFloating('crossEntropy', 'input', input);
  const wide = widened(input);
  if (wide !== input) return crossEntropy(wide, target, { ...options, weight: widened(weight) });
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ValueError(`crossEntropy: labelSmoothing must lie in [0, 1], got ${labelSmoothing}`);
  if (isTensor(target) && target.info.kind === 'float') {
    requireClassWeight('crossEntropy', input, weight);
    return softCrossEntropy(input, widened(target), weight, labelSmoothing, reduction);
  }
  const classes = toIndices('crossEntropy', 'target', target, input);
  requireClasses('crossEntropy', input, classes, weight);
  const logProbs = logSoftmax(input, classDim(input));
  const loss = nll('crossEntropy', logProbs, classes, options);
  return labelSmoothing === 0 ? loss : smoothed(loss, logProbs, classes, options);
}

/** Class weights as a row along dimension `dim` of something with `ndim` dimensions. */
const alongClasses = (weight: Tensor, dim: number, ndim: number): Tensor =>
  weight.reshape([weight.shape[0], ...new Array<number>(ndim - 1 - dim).fill(1)]);

/** Probabilities as targets. */
function softCrossEntropy(
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  labelSmoothing: number,
  reduction: 'none' | 'mean' | 'sum',
): Tensor {
  if (!sameShape(input.shape, target.shape))
    throw new DTypeError(
      `crossEntropy: a ${target.dtype} target of shape ${formatShape(target.shape)} is neither classes, which are integers (convert with .long()), nor probabilities of the input's shape ${formatShape(input.shape)}`,
    );
  requireSameDtype('crossEntropy', ['input', 'target'], [input, target]);
  const dim = classDim(input);
  const classes = input.shape[dim];
  const wanted = labelSmoothing === 0 ? target : target.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const logProbs = logSoftmax(input, dim);
  const weighted = weight === null ? logProbs : logProbs.mul(alongClasses(weight, dim, input.ndim));
  const losses = weighted.mul(wanted).sum(dim).neg();
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? losses.sum() : losses.sum().div(losses.numel);
}

/** `(1 - s) · loss + s / C · Σ over classes`, each reduced like the loss itself. */
function smoothed(loss: Tensor, logProbs: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight = null, ignoreIndex = -100, labelSmoothing = 0, reduction = 'mean' } = options;
  const dim = classDim(logProbs);
  const classes = logProbs.shape[dim];
  const weighted = weight === null ? logProbs : logProbs.mul(alongClasses(weight, dim, logProbs.ndim));
  const ignored = target.eq(ignoreIndex);
  const losses = weighted.sum(dim).neg().maskedFill(ignored, 0);
  let spread = reduction === 'none' ? losses : losses.sum();
  if (reduction === 'mean') {
    // the same total weight as in the loss: the targets' weights
    const counted = target.maskedFill(ignored, 0);
    const weights =
      weight === null
        ? ones(target.shape, { dtype: losses.dtype, device: losses.device })
        : weight.gather(0, counted.flatten()).reshape(target.shape);
    spread = spread.div(weights.maskedFill(ignored, 0).sum());
  }
  return loss.mul(1 - labelSmoothing).add(spread.mul(labelSmoothing / classes));
}
