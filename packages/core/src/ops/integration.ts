/** Integrals of sampled functions. */
import { checkTensor, type Tensor } from '../tensor.js';
import { ShapeError, formatShape } from '../errors.js';
import { normalizeDim } from '../shape.js';
import { diff } from './scan.js';

export interface TrapezoidOptions {
  /** The distance between samples, if `x` is not given. Default 1. */
  readonly dx?: number;
  /** Default -1. */
  readonly dim?: number;
}

/** The areas between neighbouring samples, with the dimension last. */
function areas(op: string, y: Tensor, x: Tensor | null, { dx = 1, dim = -1 }: TrapezoidOptions): Tensor {
  checkTensor(op, 'y', y);
  const along = normalizeDim(op, dim, y.ndim);
  const last = y.ndim === 0 ? y.reshape([1]) : y.movedim(along, -1);
  const count = Math.max(last.shape[last.ndim - 1] - 1, 0);
  const sums = last.narrow(-1, 1 - Number(count === 0), count).add(last.narrow(-1, 0, count));
  if (x === null) return sums.div(2).mul(dx);
  checkTensor(op, 'x', x);
  const points = x.ndim === 1 ? x : x.movedim(along - y.ndim, -1);
  if (points.shape[points.ndim - 1] !== last.shape[last.ndim - 1])
    throw new ShapeError(
      `${op}: x of shape ${formatShape(x.shape)} must have as many points as y of shape ${formatShape(y.shape)} along dimension ${along}`,
    );
  return sums.mul(diff(points)).div(2);
}

/** The integral of `y` along a dimension by the trapezoidal rule, at the points `x` or `dx` apart. PyTorch: `torch.trapezoid`. */
export function trapezoid(y: Tensor, x: Tensor | null = null, options: TrapezoidOptions = {}): Tensor {
  return areas('trapezoid', y, x, options).sum(-1);
}

/** The integral of `y` up to each sample but the first. PyTorch: `torch.cumulative_trapezoid`. */
export function cumulativeTrapezoid(y: Tensor, x: Tensor | null = null, options: TrapezoidOptions = {}): Tensor {
  const { dim = -1 } = options;
  const running = areas('cumulativeTrapezoid', y, x, options).cumsum(-1);
  return y.ndim === 0 ? running : running.movedim(-1, normalizeDim('cumulativeTrapezoid', dim, y.ndim));
}
