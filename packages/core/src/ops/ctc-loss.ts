/** Connectionist temporal classification. Graves et al. 2006. */
import { autocasting, inFloat32 } from '../autocast.js';
import { dtypeInfo } from '../dtype.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { tensor } from '../from-data.js';
import { defineOp, type Op } from '../op.js';
import type { Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { requireFloating } from './dtype-checks.js';
import { type Indices, toIndices, toNumbers } from './indices.js';
import { reduce } from './loss-reduction.js';

type CtcAttributes = {
  /** Elements between the targets of two sequences; 0 if they follow one another. */
  readonly stride: number;
  readonly inputLengths: readonly number[];
  readonly targetLengths: readonly number[];
  readonly blank: number;
};

/** @internal The loss of each sequence (B) and the forward probabilities (B, T, states). Log-probabilities (T, B, C). */
export const ctcLossWithAlpha: Op<
  [logProbs: Tensor, targets: Tensor, attributes: CtcAttributes],
  Tensor[],
  'logProbs' | 'targets',
  CtcAttributes,
  true
> = defineOp({
  name: 'ctc_loss',
  inputs: ['logProbs', 'targets'],
  args: (logProbs: Tensor, targets: Tensor, { stride, inputLengths, targetLengths, blank }: CtcAttributes) => [
    [logProbs, targets],
    { stride, inputLengths, targetLengths, blank },
  ],
  infer: ([logProbs], { targetLengths }) => {
    const { shape, info: dtype } = logProbs as Tensor;
    const states = 2 * Math.max(0, ...targetLengths) + 1;
    return [
      { shape: [shape[1]], dtype },
      { shape: [shape[1], shape[0], states], dtype },
    ];
  },
  kernel: 'ctc_loss',
  contiguous: true,
  differentiable: true,
});

/** @internal The gradient of the log-probabilities, as PyTorch has it: right only behind a log-softmax. */
export const ctcLossBackward: Op<
  [grad: Tensor, logProbs: Tensor, targets: Tensor, loss: Tensor, alpha: Tensor, attributes: CtcAttributes],
  Tensor,
  'grad' | 'logProbs' | 'targets' | 'loss' | 'alpha',
  CtcAttributes,
  true
> = defineOp({
  name: 'ctc_loss_backward',
  inputs: ['grad', 'logProbs', 'targets', 'loss', 'alpha'],
  args: (
    grad: Tensor,
    logProbs: Tensor,
    targets: Tensor,
    loss: Tensor,
    alpha: Tensor,
    { stride, inputLengths, targetLengths, blank }: CtcAttributes,
  ) => [[grad, logProbs, targets, loss, alpha], { stride, inputLengths, targetLengths, blank }],
  infer: ([, logProbs]) => ({ shape: (logProbs as Tensor).shape, dtype: (logProbs as Tensor).info }),
  kernel: 'ctc_loss_backward',
  contiguous: true,
  differentiable: true,
});

export interface CtcLossOptions {
  /** The class that stands between labels. Default 0. */
  readonly blank?: number;
  /** `'mean'`: the mean of the losses divided by the lengths of their targets. Default `'mean'`. */
  readonly reduction?: 'none' | 'mean' | 'sum';
  /** Whether infinite losses (of targets that are too long for their input) and their gradients become zero. Default false. */
  readonly zeroInfinity?: boolean;
}

const OP = 'ctcLoss';

/** Lengths as numbers, one for each sequence, from 0 to `most`. */
function toLengths(name: string, lengths: Indices | number, batch: number, most: number): number[] {
  const numbers = toNumbers(OP, name, typeof lengths === 'number' ? [lengths] : lengths);
  if (numbers.length !== batch || numbers.some((n) => !(n >= 0 && n <= most)))
    throw new ValueError(`${OP}: expected ${batch} ${name} from 0 to ${most}, got [${numbers.join(', ')}]`);
  return numbers;
}

/**
 * The negative log-likelihood of target sequences that are not aligned with the input. PyTorch: `torch.nn.functional.ctc_loss`.
 * Graves et al. 2006.
 *
 * @param logProbs - Log-probabilities, the result of a log-softmax: shape `(T, B, C)` or `(T, C)`.
 * @param targets - Classes that are not blank: shape `(B, S)`, padded, or all targets one after the other, `(Σ lengths)`.
 * @param inputLengths - Time steps of each sequence, at most T.
 * @param targetLengths - Labels of each target.
 * @throws {ShapeError} If the shapes do not fit together.
 * @throws {ValueError} If a length does not.
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Indices,
  inputLengths: Indices | number,
  targetLengths: Indices | number,
  { blank = 0, reduction = 'mean', zeroInfinity = false }: CtcLossOptions = {},
): Tensor {
  requireFloating(OP, 'logProbs', logProbs);
  if (autocasting() !== null)
    return inFloat32([logProbs], (wide) =>
      ctcLoss(wide, targets, inputLengths, targetLengths, { blank, reduction, zeroInfinity }),
    );
  if (logProbs.ndim === 2) {
    const own = toIndices(OP, 'targets', targets, logProbs).reshape([-1]);
    const loss = ctcLoss(logProbs.unsqueeze(1), own, inputLengths, targetLengths, { blank, reduction, zeroInfinity });
    return loss.reshape([]);
  }
  if (logProbs.ndim !== 3)
    throw new ShapeError(`${OP}: expected logProbs of shape (T, B, C) or (T, C), got ${formatShape(logProbs.shape)}`);
  const [steps, batch, classes] = logProbs.shape;
  if (!(Number.isInteger(blank) && blank >= 0 && blank < classes))
    throw new ValueError(`${OP}: blank must be one of the ${classes} classes, got ${blank}`);
  const labels = toIndices(OP, 'targets', targets, logProbs);
  const padded = labels.ndim === 2;
  if (labels.ndim !== 1 && !(padded && labels.shape[0] === batch))
    throw new ShapeError(`${OP}: expected targets of shape (${batch}, S) or one dimension, got ${formatShape(labels.shape)}`);
  const longest = labels.shape[labels.ndim - 1];
  const attributes = {
    stride: padded ? longest : 0,
    inputLengths: toLengths('inputLengths', inputLengths, batch, steps),
    targetLengths: toLengths('targetLengths', targetLengths, batch, longest),
    blank,
  };
  const total = attributes.targetLengths.reduce((n, length) => n + length, 0);
  if (!padded && total !== longest)
    throw new ValueError(`${OP}: the targetLengths add up to ${total}, but there are ${longest} targets`);
  const wide = castTo(logProbs, logProbs.itemSize === 2 ? dtypeInfo('float32') : logProbs.info);
  const all = ctcLossWithAlpha(wide, labels, attributes)[0];
  const losses = zeroInfinity ? all.maskedFill(all.eq(Number.POSITIVE_INFINITY), 0) : all;
  const sizes = attributes.targetLengths.map((length) => Math.max(1, length));
  const weighted = reduction === 'mean' ? losses.div(tensor(sizes, { dtype: losses.dtype, device: losses.device })) : losses;
  return castTo(reduce(OP, weighted, reduction), logProbs.info);
}
