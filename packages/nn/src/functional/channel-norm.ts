/** Normalisations of channels that keep running statistics or look at neighbours. */
import { noGrad } from '@flambeau/autograd';
import { batchNorm, formatShape, instanceNorm as ownStatistics, pad, ShapeError, type Tensor, ValueError } from '@flambeau/core';

export interface InstanceNormOptions {
  /** Shape `(C)`. Updated in place if `useInputStats`, else used. */
  readonly runningMean?: Tensor | null;
  /** The same for the variance. */
  readonly runningVar?: Tensor | null;
  /** Factor for each channel, shape `(C)`. */
  readonly weight?: Tensor | null;
  /** Addend for each channel, shape `(C)`. */
  readonly bias?: Tensor | null;
  /** Normalise by each sample's own statistics. Default true. */
  readonly useInputStats?: boolean;
  /** Weight of the new statistics in the running ones. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/**
 * Normalises each channel of each sample of (N, C, *). Ulyanov et al. 2016. PyTorch: `torch.nn.functional.instance_norm`.
 *
 * @throws {ValueError} If running statistics are wanted and not given.
 */
export function instanceNorm(input: Tensor, options: InstanceNormOptions = {}): Tensor {
  const { runningMean = null, runningVar = null, weight = null, bias = null } = options;
  const { useInputStats = true, momentum = 0.1, eps = 1e-5 } = options;
  if (!useInputStats) {
    if (runningMean === null || runningVar === null)
      throw new ValueError('instanceNorm: runningMean and runningVar are needed without useInputStats');
    return batchNorm(input, runningMean, runningVar, { weight, bias, eps });
  }
  if (input.ndim >= 3 && input.shape.slice(2).reduce((n, size) => n * size, 1) === 1)
    throw new ValueError(`instanceNorm: expected more than one place per channel, got ${formatShape(input.shape)}`);
  if (runningMean !== null && runningVar !== null) updateStatistics(input, runningMean, runningVar, momentum);
  return ownStatistics(input, { weight, bias, eps });
}

/** Moves the running statistics towards the average over the samples of their own statistics. */
function updateStatistics(input: Tensor, runningMean: Tensor, runningVar: Tensor, momentum: number): void {
  noGrad(() => {
    const places = input.detach().flatten(2);
    runningMean.lerp_(places.mean(2).mean(0).to(runningMean.dtype), momentum);
    runningVar.lerp_(places.var(2).mean(0).to(runningVar.dtype), momentum);
  });
}

export interface LocalResponseNormOptions {
  /** Factor of the sum of squares. Default 1e-4. */
  readonly alpha?: number;
  /** Exponent. Default 0.75. */
  readonly beta?: number;
  /** Addend. Default 1. */
  readonly k?: number;
}

/**
 * `x / (k + alpha * mean of the squares of size neighbouring channels) ** beta` for (N, C, *). Krizhevsky et al. 2012. PyTorch:
 * `torch.nn.functional.local_response_norm`.
 */
export function localResponseNorm(
  input: Tensor,
  size: number,
  { alpha = 1e-4, beta = 0.75, k = 1 }: LocalResponseNormOptions = {},
): Tensor {
  if (input.ndim < 3) throw new ShapeError(`localResponseNorm: expected (N, C, *), got ${formatShape(input.shape)}`);
  if (!Number.isInteger(size) || size < 1)
    throw new ValueError(`localResponseNorm: size must be a positive integer, got ${size}`);
  const before = Math.floor(size / 2);
  const channels = input.shape[1];
  const squares = input.square();
  // the channels at distance d, with zeros past both ends; running sums would lose digits
  let sum = squares;
  for (let d = 1; d <= before; d++) {
    if (d < channels) sum = sum.add(shifted(squares, d));
    if (d < size - before && d < channels) sum = sum.add(shifted(squares, -d));
  }
  return input.div(
    sum
      .mul(alpha / size)
      .add(k)
      .pow(beta),
  );
}

/** Channel c - d in the place of channel c. */
function shifted(x: Tensor, d: number): Tensor {
  const channels = x.shape[1];
  const trailing = Array<number>(2 * (x.ndim - 2)).fill(0);
  const kept = d > 0 ? x.narrow(1, 0, channels - d) : x.narrow(1, -d, channels + d);
  return pad(kept, [...trailing, Math.max(d, 0), Math.max(-d, 0)]);
}
