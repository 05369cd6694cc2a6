/** Pooling over the last one or two dimensions. Layout (N, C, H, W) or (N, C, L); the batch dimension N may be absent. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { type PerDim, perSpatialDim } from './conv-parts.js';
import {
  adaptiveAveragePool2d,
  adaptiveMaxPool2dWithIndices,
  averagePool2d,
  maxPool2dWithIndices,
  pooledShape,
  type Window,
} from './pool2d.js';

/**
 * Calls `pool2d` on (N, C, H, W): a missing batch gets size 1, a row is an image of height 1. `checkRows` sees rows before, so that
 * its errors speak of (N, C, L).
 */
function pooled<T extends Tensor | Tensor[]>(
  op: string,
  n: 1 | 2,
  self: Tensor,
  pool2d: (x: Tensor) => T,
  checkRows?: (x: Tensor) => void,
): T {
  checkTensor(op, 'input', self);
  if (self.ndim !== n + 1 && self.ndim !== n + 2)
    throw new ShapeError(
      `${op}: expected ${n === 1 ? '(N, C, L) or (C, L)' : '(N, C, H, W) or (C, H, W)'}, got ${formatShape(self.shape)}`,
    );
  const batched = self.ndim === n + 2;
  const input = batched ? self : self.unsqueeze(0);
  const restore = (t: Tensor): Tensor => {
    const flat = n === 1 ? t.squeeze(2) : t;
    return batched ? flat : flat.squeeze(0);
  };
  if (n === 1) checkRows?.(input);
  const result = pool2d(n === 1 ? input.unsqueeze(2) : input);
  return (Array.isArray(result) ? result.map(restore) : restore(result)) as T;
}

/** A list of one size per dimension, for the height of 1 that a row has, too. */
const planar = (sizes: readonly number[], forRows: number): readonly number[] =>
  sizes.length === 1 ? [forRows, ...sizes] : sizes;

const planarWindow = ({ kernelSize, stride, padding }: Window): Window => ({
  kernelSize: planar(kernelSize, 1),
  stride: planar(stride, 1),
  padding: planar(padding, 0),
});

export interface MaxPoolOptions {
  /** Step of the window. Default: its size. */
  readonly stride?: PerDim;
  /** Places of -∞ on both sides. Default 0. */
  readonly padding?: PerDim;
  /** Distance between the window's elements. Default 1. */
  readonly dilation?: PerDim;
  /** Let the last window hang over the end. Default false. */
  readonly ceilMode?: boolean;
}
export interface ReturnIndices {
  /** Also return the indices of the largest elements in their plane. Default false. */
  readonly returnIndices?: boolean;
}
/** The call shapes of max pooling. */
export interface MaxPool {
  (self: Tensor, kernelSize: PerDim, options?: MaxPoolOptions & { readonly returnIndices?: false }): Tensor;
  (
    self: Tensor,
    kernelSize: PerDim,
    options: MaxPoolOptions & { readonly returnIndices: true },
  ): [output: Tensor, indices: Tensor];
  (self: Tensor, kernelSize: PerDim, options?: MaxPoolOptions & ReturnIndices): Tensor | [output: Tensor, indices: Tensor];
}

const maxPool = (op: string, n: 1 | 2) =>
  ((self: Tensor, kernelSize: PerDim, options: MaxPoolOptions & ReturnIndices = {}) => {
    const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false, returnIndices = false } = options;
    const window = {
      kernelSize: perSpatialDim(op, 'kernelSize', kernelSize, n, 1),
      stride: perSpatialDim(op, 'stride', stride, n, 1),
      padding: perSpatialDim(op, 'padding', padding, n, 0),
    };
    const dilations = perSpatialDim(op, 'dilation', dilation, n, 1);
    const result = pooled(
      op,
      n,
      self,
      (x) => maxPool2dWithIndices(x, { ...planarWindow(window), dilation: planar(dilations, 1), ceilMode }),
      (x) => pooledShape(op, x, window, dilations, ceilMode),
    );
    return returnIndices ? result : result[0];
  }) as MaxPool;

/** The largest element of each window. PyTorch: `torch.nn.functional.max_pool2d`. */
export const maxPool2d: MaxPool = maxPool('maxPool2d', 2);
/** The largest element of each window along a row. PyTorch: `torch.nn.functional.max_pool1d`. */
export const maxPool1d: MaxPool = maxPool('maxPool1d', 1);

export interface AvgPoolOptions {
  /** Step of the window. Default: its size. */
  readonly stride?: PerDim;
  /** Zeros on both sides. Default 0. */
  readonly padding?: PerDim;
  /** Let the last window hang over the end. Default false. */
  readonly ceilMode?: boolean;
  /** Count the padding's zeros as elements. Default true. */
  readonly countIncludePad?: boolean;
  /** Divide by this instead of the number of elements. */
  readonly divisorOverride?: number | null;
}

function avgPool(op: string, n: 1 | 2, self: Tensor, kernelSize: PerDim, options: AvgPoolOptions): Tensor {
  const { stride = kernelSize, padding = 0, ceilMode = false, countIncludePad = true, divisorOverride = null } = options;
  if (divisorOverride === 0) throw new ValueError(`${op}: divisorOverride must not be 0`);
  const window = {
    kernelSize: perSpatialDim(op, 'kernelSize', kernelSize, n, 1),
    stride: perSpatialDim(op, 'stride', stride, n, 1),
    padding: perSpatialDim(op, 'padding', padding, n, 0),
  };
  const counting = { countIncludePad, divisorOverride: divisorOverride ?? 0, ceilMode };
  return pooled(
    op,
    n,
    self,
    (x) => averagePool2d(x, { ...planarWindow(window), ...counting }),
    (x) => pooledShape(op, x, window, [1], ceilMode),
  );
}

/** The average of each window. PyTorch: `torch.nn.functional.avg_pool2d`. */
export function avgPool2d(self: Tensor, kernelSize: PerDim, options: AvgPoolOptions = {}): Tensor {
  return avgPool('avgPool2d', 2, self, kernelSize, options);
}
/** The average of each window along a row. PyTorch: `torch.nn.functional.avg_pool1d`. */
export function avgPool1d(self: Tensor, kernelSize: PerDim, options: Omit<AvgPoolOptions, 'divisorOverride'> = {}): Tensor {
  return avgPool('avgPool1d', 1, self, kernelSize, options);
}

/** A size, or null to keep the input's. */
export type OutputSize = number | null | readonly (number | null)[];

function adaptiveSize(op: string, n: 1 | 2, self: Tensor, size: OutputSize): readonly number[] {
  const list = typeof size === 'number' || size === null ? new Array<number | null>(n).fill(size) : size;
  const filled = list.map((s, i) => s ?? self.shape[self.ndim - n + i]);
  return planar(perSpatialDim(op, 'outputSize', filled, n, 0), 1);
}

function requireNonEmpty(op: string, self: Tensor): void {
  if (self.shape.slice(-2).includes(0))
    throw new ShapeError(`${op}: there is nothing to pool in planes of shape ${formatShape(self.shape.slice(-2))}`);
}

function adaptiveAvgPool(op: string, n: 1 | 2, self: Tensor, outputSize: OutputSize): Tensor {
  return pooled(op, n, self, (x) => {
    requireNonEmpty(op, x);
    return adaptiveAveragePool2d(x, adaptiveSize(op, n, self, outputSize));
  });
}

/** Averages over windows chosen so that the result has size `outputSize`. PyTorch: `torch.nn.functional.adaptive_avg_pool2d`. */
export function adaptiveAvgPool2d(self: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool2d', 2, self, outputSize);
}
/** Averages along a row, with a result of size `outputSize`. PyTorch: `torch.nn.functional.adaptive_avg_pool1d`. */
export function adaptiveAvgPool1d(self: Tensor, outputSize: OutputSize): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool1d', 1, self, outputSize);
}

/** The call shapes of adaptive max pooling. */
export interface AdaptiveMaxPool {
  (self: Tensor, outputSize: OutputSize, options?: { readonly returnIndices?: false }): Tensor;
  (self: Tensor, outputSize: OutputSize, options: { readonly returnIndices: true }): [output: Tensor, indices: Tensor];
  (self: Tensor, outputSize: OutputSize, options?: ReturnIndices): Tensor | [output: Tensor, indices: Tensor];
}

const adaptiveMaxPool = (op: string, n: 1 | 2) =>
  ((self: Tensor, outputSize: OutputSize, { returnIndices = false }: ReturnIndices = {}) => {
    const result = pooled(op, n, self, (x) => {
      requireNonEmpty(op, x);
      return adaptiveMaxPool2dWithIndices(x, adaptiveSize(op, n, self, outputSize));
    });
    return returnIndices ? result : result[0];
  }) as AdaptiveMaxPool;

/** The largest elements of windows chosen so that the result has size `outputSize`. PyTorch: `torch.nn.functional.adaptive_max_pool2d`. */
export const adaptiveMaxPool2d: AdaptiveMaxPool = adaptiveMaxPool('adaptiveMaxPool2d', 2);
/** The largest elements along a row, with a result of size `outputSize`. PyTorch: `torch.nn.functional.adaptive_max_pool1d`. */
export const adaptiveMaxPool1d: AdaptiveMaxPool = adaptiveMaxPool('adaptiveMaxPool1d', 1);
