/** Counts, histograms, covariances, norms of parts. */
import { dtypeInfo } from '../dtype.js';
import { DTypeError, formatShape, ShapeError, ValueError } from '../errors.js';
import { tensor } from '../from-data.js';
import { linspace } from '../creation.js';
import { normalizeDim } from '../shape.js';
import { defineOp } from '../op.js';
import { INT64 } from '../promotion.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { castTo, copy_ } from './copy.js';
import { requireFloating } from './dtype-checks.js';
import { type Indices, toIndices } from './indices.js';
import { matmul } from './linalg.js';
import { searchsortedRows } from './searching.js';
import { norm } from './reduction.js';

/** @internal How often each number below `length` comes among int64 numbers from 0 on, or the sums of their weights. */
export const countNumbers = defineOp({
  name: 'bincount',
  inputs: ['self', 'weights'],
  args: (self: Tensor, weights: Tensor | null, length: number) => [[self, weights], { length }],
  infer: ([, weights], { length }) => ({ shape: [length], dtype: weights === null ? INT64 : weights.info }),
  kernel: 'bincount',
  contiguous: true,
  differentiable: false,
});

/** @internal How many elements fall into each of `bins` equal intervals from `low` to `high`, of the input's dtype. */
export const countInIntervals = defineOp({
  name: 'histc',
  inputs: ['self'],
  args: (self: Tensor, bins: number, low: number, high: number) => [[self], { bins, low, high }],
  infer: ([self], { bins }) => ({ shape: [bins], dtype: (self as Tensor).info }),
  kernel: 'histc',
  contiguous: true,
  differentiable: false,
});

export interface BincountOptions {
  /** What each element counts instead of 1, of the input's shape. */
  readonly weights?: Tensor | null;
  /** The least length of the result. Default 0. */
  readonly minlength?: number;
}
/**
 * How often each number 0, 1, … comes among the non-negative integers of a vector: int64; with weights their sums, float32 for
 * float32 weights, else float64. PyTorch: `torch.bincount`.
 */
export function bincount(self: Indices, { weights = null, minlength = 0 }: BincountOptions = {}): Tensor {
  const input = toIndices('bincount', 'self', self);
  if (input.ndim !== 1) throw new ShapeError(`bincount: expected a vector, got shape ${formatShape(input.shape)}`);
  if (!Number.isInteger(minlength) || minlength < 0)
    throw new ValueError(`bincount: minlength must be a non-negative integer, got ${minlength}`);
  if (weights !== null && (weights.ndim !== 1 || weights.numel !== input.numel))
    throw new ShapeError(`bincount: weights of shape ${formatShape(weights.shape)} for ${input.numel} elements`);
  if (input.numel > 0 && Number(input.amin().itemBigInt()) < 0)
    throw new ValueError(`bincount: expected non-negative integers, got ${input.amin().itemBigInt()}`);
  const length = Math.max(minlength, input.numel === 0 ? 0 : Number(input.amax().itemBigInt()) + 1);
  return countNumbers(input, weights === null || weights.dtype === 'float32' ? weights : weights.to('float64'), length);
}

/**
 * The numbers of elements in `bins` equal intervals from `min` to `max` (both 0: the extreme elements), of the input's dtype;
 * elements outside are left out. PyTorch: `torch.histc`.
 */
export function histc(self: Tensor, bins = 100, min = 0, max = 0): Tensor {
  requireFloating('histc', 'self', self);
  if (!Number.isInteger(bins) || bins < 1) throw new ValueError(`histc: bins must be a positive integer, got ${bins}`);
  if (min > max) throw new ValueError(`histc: max must be at least min, got ${min} and ${max}`);
  const x = self.reshape([-1]);
  const [low, high] = range('histc', x, min, max);
  const counts = countInIntervals(castTo(x, x.itemSize === 2 ? dtypeInfo('float32') : x.info), bins, low, high);
  return castTo(counts, self.info);
}

/** The bounds, those of the elements if none are given; a single point is widened by 1 on both sides. */
function range(op: string, x: Tensor, min: number, max: number): readonly [number, number] {
  let [low, high] = [min, max];
  if (low === high && x.numel > 0) [low, high] = [Number(x.amin().item()), Number(x.amax().item())];
  if (!Number.isFinite(low) || !Number.isFinite(high))
    throw new ValueError(`${op}: the range from ${low} to ${high} is not finite`);
  return low === high ? [low - 1, high + 1] : [low, high];
}

export interface HistogramOptions {
  /** The ends of the first and the last bin, if `bins` is a number. Default: the extreme elements. */
  readonly range?: readonly [number, number] | null;
  /** What each element counts instead of 1, of the input's shape and dtype. */
  readonly weight?: Tensor | null;
  /** Scale to an integral of 1. Default false. */
  readonly density?: boolean;
}
/** A pair that may be read by position or by name. */
export type Histogram = [hist: Tensor, binEdges: Tensor] & { readonly hist: Tensor; readonly binEdges: Tensor };

/**
 * Counts between edges: the last bin includes its right edge. Elements outside are left out. PyTorch: `torch.histogram`.
 *
 * @param bins - The number of equal bins, or their ascending edges (1-D, the input's dtype).
 */
export function histogram(
  self: Tensor,
  bins: number | Tensor,
  { range: given = null, weight = null, density = false }: HistogramOptions = {},
): Histogram {
  requireFloating('histogram', 'self', self);
  const x = self.reshape([-1]);
  const edges = isTensor(bins) ? bins : evenEdges(x, bins, given);
  if (edges.ndim !== 1 || edges.numel < 2 || edges.dtype !== self.dtype)
    throw new ShapeError(
      `histogram: expected at least two edges as a ${self.dtype} vector, got ${edges.dtype} of shape ${formatShape(edges.shape)}`,
    );
  if (weight !== null && (weight.dtype !== self.dtype || formatShape(weight.shape) !== formatShape(self.shape)))
    throw new ShapeError(
      `histogram: the weight must be ${self.dtype} of shape ${formatShape(self.shape)}, got ${weight.dtype} of shape ${formatShape(weight.shape)}`,
    );
  const count = edges.numel - 1;
  // what comes before the first edge is counted in place 0, what does not come before the last one in place count + 1
  const place = searchsortedRows(edges.contiguous(), x, true);
  const atEnd = x.eq(edges.select(0, count));
  const wide = self.itemSize === 2 ? dtypeInfo('float32') : self.info;
  const each = weight === null ? null : castTo(weight.detached().reshape([-1]), wide);
  const counts = countNumbers(place, each, count + 2)
    .narrow(0, 1, count)
    .contiguous();
  counts.select(0, count - 1).add_(each === null ? atEnd.sum() : each.maskedFill(atEnd.logicalNot(), 0).sum());
  const sums = castTo(counts, self.info);
  const widths = edges.narrow(0, 1, count).sub(edges.narrow(0, 0, count));
  const hist = density ? sums.div(sums.sum()).div(widths) : sums;
  return Object.assign([hist, edges] as [Tensor, Tensor], { hist, binEdges: edges });
}

function evenEdges(x: Tensor, bins: number, given: readonly [number, number] | null): Tensor {
  if (!Number.isInteger(bins) || bins < 1) throw new ValueError(`histogram: bins must be a positive integer, got ${bins}`);
  if (given !== null && given[0] > given[1])
    throw new ValueError(`histogram: the range must be ascending, got ${given[0]} and ${given[1]}`);
  const [low, high] = given !== null && given[0] !== given[1] ? given : range('histogram', x, given?.[0] ?? 0, given?.[1] ?? 0);
  return linspace(low, high, bins + 1, { dtype: x.dtype, device: x.device });
}

export interface CovOptions {
  /** What is subtracted from the number of observations in the denominator. Default 1. */
  readonly correction?: number;
  /** How often each observation was made: integers, 1-D. */
  readonly fweights?: Tensor | null;
  /** How important each observation is, 1-D. */
  readonly aweights?: Tensor | null;
}
/** The covariances of the rows (variables) over the columns (observations); of a vector its variance. PyTorch: `torch.cov`. */
export function cov(self: Tensor, { correction = 1, fweights = null, aweights = null }: CovOptions = {}): Tensor {
  checkTensor('cov', 'self', self);
  if (self.ndim > 2) throw new ShapeError(`cov: expected at most two dimensions, got ${formatShape(self.shape)}`);
  const x = (self.ndim < 2 ? self.reshape([1, self.numel]) : self).to(self.info.category < 2 ? 'float32' : self.dtype);
  const observations = x.shape[1];
  const weights = observationWeights(observations, fweights, aweights, x);
  const total = weights === null ? observations : weights.sum();
  const mean = weights === null ? x.mean(1, { keepdim: true }) : x.mul(weights).sum(1, { keepdim: true }).div(total);
  const centered = x.sub(mean);
  const weighted = weights === null ? centered : centered.mul(weights);
  const divisor =
    isTensor(total) && aweights !== null && fweights !== null
      ? total.sub((weights as Tensor).mul(aweights).sum().div(total).mul(correction))
      : isTensor(total) && aweights !== null
        ? total.sub(aweights.mul(aweights).sum().div(total).mul(correction))
        : isTensor(total)
          ? total.sub(correction)
          : tensor(total - correction, { dtype: x.dtype, device: x.device });
  const result = matmul(weighted, centered.t()).div(divisor.to(x.dtype).clamp(0));
  return self.ndim < 2 ? result.reshape([]) : result;
}

function observationWeights(count: number, fweights: Tensor | null, aweights: Tensor | null, x: Tensor): Tensor | null {
  for (const [name, w] of [
    ['fweights', fweights],
    ['aweights', aweights],
  ] as const) {
    if (w === null) continue;
    if (w.ndim !== 1 || w.numel !== count)
      throw new ShapeError(`cov: ${name} must be a vector of ${count} observations, got shape ${formatShape(w.shape)}`);
    if (name === 'fweights' && w.info.kind !== 'int') throw new DTypeError(`cov: fweights must hold integers, got ${w.dtype}`);
    if (count > 0 && Number(w.amin().item()) < 0) throw new ValueError(`cov: ${name} must not be negative`);
  }
  const frequencies = fweights?.to(x.dtype) ?? null;
  if (aweights === null) return frequencies;
  const importances = aweights.to(x.dtype);
  return frequencies === null ? importances : frequencies.mul(importances);
}

/** The correlations of the rows (variables) over the columns, in [-1, 1]. PyTorch: `torch.corrcoef`. */
export function corrcoef(self: Tensor): Tensor {
  checkTensor('corrcoef', 'self', self);
  if (self.ndim > 2) throw new ShapeError(`corrcoef: expected at most two dimensions, got ${formatShape(self.shape)}`);
  const c = cov(self);
  if (c.ndim === 0) return c.div(c);
  const deviation = c.diagonal().sqrt();
  return c.div(deviation.unsqueeze(1)).div(deviation.unsqueeze(0)).clamp(-1, 1);
}

/** The slices along `dim`, those with a p-norm above `maxnorm` scaled down to it. PyTorch: `torch.renorm`. */
export function renorm(self: Tensor, p: number, dim: number, maxnorm: number): Tensor {
  requireFloating('renorm', 'self', self);
  const along = normalizeDim('renorm', dim, self.ndim);
  if (self.ndim < 2) throw new ShapeError(`renorm: expected at least two dimensions, got ${formatShape(self.shape)}`);
  if (!(p > 0)) throw new ValueError(`renorm: p must be positive, got ${p}`);
  if (!(maxnorm >= 0)) throw new ValueError(`renorm: maxnorm must not be negative, got ${maxnorm}`);
  const norms = norm(
    self,
    p,
    self.shape.map((_, d) => d).filter((d) => d !== along),
    { keepdim: true },
  );
  const scale = norms.add(1e-7).reciprocal().mul(maxnorm).maskedFill(norms.le(maxnorm), 1); // 1e-7 as in PyTorch
  return self.mul(scale);
}
export function renorm_(self: Tensor, p: number, dim: number, maxnorm: number): Tensor {
  return copy_(self, renorm(self, p, dim, maxnorm));
}
