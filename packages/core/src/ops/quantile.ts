/** Medians and other quantiles. */
import { widened } from '../autocast.js';
import { DTypeError, formatShape, ShapeError, ValueError } from '../errors.js';
import { tensor } from '../from-data.js';
import { normalizeDim } from '../shape.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { type ValuesAndIndices, valuesAndIndices } from './extremum.js';
import { lerp } from './elementwise.js';
import { medianAll, medianDim, nanmedianAll, nanmedianDim, sortDim } from './ordering.js';
import type { KeepdimOptions } from './reduction.js';
import { gather } from './indexing.js';

/** The call shapes of `median` and `nanmedian` as methods. */
export interface MedianMethod {
  /** The median of all elements. */
  (): Tensor;
  /** The medians along `dim` and their indices. */
  (dim: number, options?: KeepdimOptions): ValuesAndIndices;
}
/** The call shapes of `median` and `nanmedian`. */
export interface MedianFunction {
  (self: Tensor): Tensor;
  (self: Tensor, dim: number, options?: KeepdimOptions): ValuesAndIndices;
}

const median_ = (all: (self: Tensor) => Tensor, along: typeof medianDim): MedianFunction =>
  ((self: Tensor, dim?: number, options?: KeepdimOptions) =>
    dim === undefined ? all(self) : valuesAndIndices(along(self, dim, options))) as MedianFunction;

/** The median: of an even number of elements the lower one; NaN if there is one. Along a dimension with its index. PyTorch: `torch.median`. */
export const median: MedianFunction = median_(medianAll, medianDim);
/** The median of the elements that are not NaN. PyTorch: `torch.nanmedian`. */
export const nanmedian: MedianFunction = median_(nanmedianAll, nanmedianDim);

export interface QuantileOptions extends KeepdimOptions {
  /** What lies between two elements: a straight line, the lower, the higher, the nearest or the mean of both. Default 'linear'. */
  readonly interpolation?: 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';
}

/**
 * The values below which the fractions `q` of the elements lie, along `dim` or of all. A vector `q` adds a first dimension. NaN
 * where a row has one. PyTorch: `torch.quantile`.
 *
 * @param q - In [0, 1]: a number or a tensor of at most one dimension in the input's dtype.
 * @throws {DTypeError} If the input is neither float32 nor float64.
 */
export function quantile(self: Tensor, q: number | Tensor, dim: number | null = null, options: QuantileOptions = {}): Tensor {
  return quantiles('quantile', self, q, dim, options, false);
}

/** `quantile` of the elements that are not NaN. PyTorch: `torch.nanquantile`. */
export function nanquantile(self: Tensor, q: number | Tensor, dim: number | null = null, options: QuantileOptions = {}): Tensor {
  return quantiles('nanquantile', self, q, dim, options, true);
}

function checkArguments(op: string, self: Tensor, q: Tensor, interpolation: string): void {
  if (self.dtype !== 'float32' && self.dtype !== 'float64')
    throw new DTypeError(`${op}: expected a float32 or float64 tensor, got ${self.dtype}; convert it with .float()`);
  if (self.numel === 0) throw new ShapeError(`${op}: there are no elements (shape ${formatShape(self.shape)})`);
  if (q.ndim > 1) throw new ShapeError(`${op}: q must be a number or a vector, got shape ${formatShape(q.shape)}`);
  if (q.dtype !== self.dtype)
    throw new DTypeError(
      `${op}: q must have the input's dtype ${self.dtype}, got ${q.dtype}; convert it with .to('${self.dtype}')`,
    );
  if (!['linear', 'lower', 'higher', 'midpoint', 'nearest'].includes(interpolation))
    throw new ValueError(
      `${op}: the interpolation must be 'linear', 'lower', 'higher', 'midpoint' or 'nearest', got '${interpolation}'`,
    );
  const outside = (q.reshape([-1]).toArray() as number[]).find((x) => !(x >= 0 && x <= 1));
  if (outside !== undefined) throw new ValueError(`${op}: q must lie in [0, 1], got ${outside}`);
}

function quantiles(
  op: string,
  input: Tensor,
  fractions: number | Tensor,
  dim: number | null,
  { keepdim = false, interpolation = 'linear' }: QuantileOptions,
  ignoreNan: boolean,
): Tensor {
  checkTensor(op, 'self', input);
  const self = widened(input);
  const q = isTensor(fractions) ? widened(fractions) : tensor(fractions, { dtype: self.dtype, device: self.device });
  checkArguments(op, self, q, interpolation);
  // the dimension in question comes last, the fractions first
  const along = dim === null ? 0 : normalizeDim(op, dim, self.ndim);
  const rows = dim === null || self.ndim === 0 ? self.reshape([-1]) : self.movedim(along, -1);
  const outer = rows.shape.slice(0, -1);
  const values = at(sortDim(rows, -1, false)[0], ranks(rows, q.reshape([-1]), ignoreNan), interpolation).movedim(-1, 0);
  const kept = dim === null ? self.shape.map(() => 1) : self.shape.map((n, d) => (d === along ? 1 : n));
  const shape = keepdim ? kept : outer;
  return values.reshape(q.ndim === 0 ? shape : [q.numel, ...shape]);
}

/** Where in each sorted row the quantiles lie, `(*, q)`: fractions of an index. A NaN stands last and is taken for all. */
function ranks(rows: Tensor, q: Tensor, ignoreNan: boolean): Tensor {
  const last = rows.shape[rows.ndim - 1] - 1;
  const nan = rows.isnan();
  if (ignoreNan) {
    const others = nan.logicalNot().sum(-1, { keepdim: true }).to(rows.dtype);
    return q.mul(others.sub(1)).clamp(0);
  }
  return q.mul(last).maskedFill(nan.any(-1, { keepdim: true }), last);
}

function at(sorted: Tensor, rank: Tensor, interpolation: string): Tensor {
  const index = interpolation === 'lower' ? rank.floor() : interpolation === 'higher' ? rank.ceil() : rank;
  const pick = (places: Tensor): Tensor => {
    const shape = [...sorted.shape.slice(0, -1), places.shape[places.ndim - 1]];
    return gather(sorted, -1, places.long().expand(shape));
  };
  if (interpolation === 'lower' || interpolation === 'higher') return pick(index);
  if (interpolation === 'nearest') return pick(rank.round());
  const below = rank.floor();
  const weight = interpolation === 'midpoint' ? below.mul(0).add(0.5) : rank.sub(below);
  const low = pick(below);
  return lerp(low, pick(rank.ceil()), weight.expand(low.shape));
}
