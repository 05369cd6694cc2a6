/**
 * Pooling over depth, height and width, layout (N, C, D, H, W); the batch dimension N may be absent. A window is a box, so maxima and
 * averages over the planes, and then over the depth, are those over the box.
 */
import { widened } from '../autocast.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { type PerDim, perSpatialDim } from './conv-parts.js';
import type { AdaptiveMaxPool, AvgPoolOptions, MaxPool, MaxPoolOptions, OutputSize, ReturnIndices } from './pool.js';
import {
  adaptiveAveragePool2d,
  adaptiveMaxPool2dWithIndices,
  averagePool2d,
  maxPool2dWithIndices,
  pooledShape,
} from './pool2d.js';

/** Calls `pool` on (N, C, D, H, W); a missing batch gets size 1. */
function batched<T extends Tensor | Tensor[]>(op: string, self: Tensor, pool: (x: Tensor) => T): T {
  checkTensor(op, 'input', self);
  if (self.ndim === 5) return pool(widened(self));
  if (self.ndim !== 4) throw new ShapeError(`${op}: expected (N, C, D, H, W) or (C, D, H, W), got ${formatShape(self.shape)}`);
  const result = pool(widened(self).unsqueeze(0));
  return (Array.isArray(result) ? result.map((t) => t.squeeze(0)) : result.squeeze(0)) as T;
}

/** Two steps: `planes` on (N, C * D, H, W), then `depth` on (N, C, D, H' * W') along D. */
function inTwoSteps(x: Tensor, planes: (t: Tensor) => Tensor, depth: (t: Tensor) => Tensor): Tensor {
  const [, channels, size] = x.shape;
  const flat = planes(x.flatten(1, 2));
  const [height, width] = flat.shape.slice(2);
  return depth(flat.unflatten(1, [channels, size]).flatten(3, 4)).unflatten(3, [height, width]);
}

/** The same for maxima with their indices in (D, H, W). */
function maximaInTwoSteps(x: Tensor, planes: (t: Tensor) => Tensor[], depth: (t: Tensor) => Tensor[]): Tensor[] {
  const [, channels, size, height, width] = x.shape;
  const [flat, inPlane] = planes(x.flatten(1, 2));
  const [outHeight, outWidth] = flat.shape.slice(2);
  const rows = (t: Tensor): Tensor => t.unflatten(1, [channels, size]).flatten(3, 4);
  const [values, chosen] = depth(rows(flat));
  // `chosen` counts in planes of (D, H' * W'): its row is the depth, and it names the place in `inPlane` itself
  const place = rows(inPlane)
    .flatten(2)
    .gather(2, chosen.flatten(2))
    .reshape([...chosen.shape]);
  const indices = chosen
    .div(outHeight * outWidth, { roundingMode: 'floor' })
    .mul(height * width)
    .add(place);
  return [values, indices].map((t) => t.unflatten(3, [outHeight, outWidth]));
}

const boxOf = (op: string, kernelSize: PerDim, stride: PerDim, padding: PerDim) => ({
  kernelSize: perSpatialDim(op, 'kernelSize', kernelSize, 3, 1),
  stride: perSpatialDim(op, 'stride', stride, 3, 1),
  padding: perSpatialDim(op, 'padding', padding, 3, 0),
});
type Box = ReturnType<typeof boxOf>;
const planar = ({ kernelSize, stride, padding }: Box): Box => ({
  kernelSize: kernelSize.slice(1),
  stride: stride.slice(1),
  padding: padding.slice(1),
});
const deep = ({ kernelSize, stride, padding }: Box): Box => ({
  kernelSize: [kernelSize[0], 1],
  stride: [stride[0], 1],
  padding: [padding[0], 0],
});

/** The largest element of each box. PyTorch: `torch.nn.functional.max_pool3d`. */
export const maxPool3d = ((self: Tensor, kernelSize: PerDim, options: MaxPoolOptions & ReturnIndices = {}) => {
  const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false, returnIndices = false } = options;
  const box = boxOf('maxPool3d', kernelSize, stride, padding);
  const dilations = perSpatialDim('maxPool3d', 'dilation', dilation, 3, 1);
  const result = batched('maxPool3d', self, (x) => {
    pooledShape('maxPool3d', x, box, dilations, ceilMode); // errors in the caller's dimensions
    return maximaInTwoSteps(
      x,
      (planes) => maxPool2dWithIndices(planes, { ...planar(box), dilation: dilations.slice(1), ceilMode }),
      (rows) => maxPool2dWithIndices(rows, { ...deep(box), dilation: [dilations[0], 1], ceilMode }),
    );
  });
  return returnIndices ? result : result[0];
}) as MaxPool;

/** The average of each box. PyTorch: `torch.nn.functional.avg_pool3d`. */
export function avgPool3d(self: Tensor, kernelSize: PerDim, options: AvgPoolOptions = {}): Tensor {
  const { stride = kernelSize, padding = 0, ceilMode = false, countIncludePad = true, divisorOverride = null } = options;
  if (divisorOverride === 0) throw new ValueError('avgPool3d: divisorOverride must not be 0');
  const box = boxOf('avgPool3d', kernelSize, stride, padding);
  const divisors = divisorOverride === null ? [0, 0] : [1, divisorOverride];
  return batched('avgPool3d', self, (x) => {
    pooledShape('avgPool3d', x, box, [1, 1, 1], ceilMode); // errors in the caller's dimensions
    return inTwoSteps(
      x,
      (planes) => averagePool2d(planes, { ...planar(box), countIncludePad, divisorOverride: divisors[0], ceilMode }),
      (rows) => averagePool2d(rows, { ...deep(box), countIncludePad, divisorOverride: divisors[1], ceilMode }),
    );
  });
}

function adaptiveSize(op: string, self: Tensor, size: OutputSize): readonly number[] {
  const list = typeof size === 'number' || size === null ? [size, size, size] : size;
  const filled = list.map((s, i) => s ?? self.shape[self.ndim - 3 + i]);
  if (self.shape.slice(-3).includes(0))
    throw new ShapeError(`${op}: there is nothing to pool in boxes of shape ${formatShape(self.shape.slice(-3))}`);
  return perSpatialDim(op, 'outputSize', filled, 3, 0);
}

/** Averages over boxes chosen so that the result has size `outputSize`. PyTorch: `torch.nn.functional.adaptive_avg_pool3d`. */
export function adaptiveAvgPool3d(self: Tensor, outputSize: OutputSize): Tensor {
  return batched('adaptiveAvgPool3d', self, (x) => {
    const [depth, height, width] = adaptiveSize('adaptiveAvgPool3d', x, outputSize);
    return inTwoSteps(
      x,
      (planes) => adaptiveAveragePool2d(planes, [height, width]),
      (rows) => adaptiveAveragePool2d(rows, [depth, height * width]),
    );
  });
}

/** The largest elements of boxes chosen so that the result has size `outputSize`. PyTorch: `torch.nn.functional.adaptive_max_pool3d`. */
export const adaptiveMaxPool3d = ((self: Tensor, outputSize: OutputSize, { returnIndices = false }: ReturnIndices = {}) => {
  const result = batched('adaptiveMaxPool3d', self, (x) => {
    const [depth, height, width] = adaptiveSize('adaptiveMaxPool3d', x, outputSize);
    return maximaInTwoSteps(
      x,
      (planes) => adaptiveMaxPool2dWithIndices(planes, [height, width]),
      (rows) => adaptiveMaxPool2dWithIndices(rows, [depth, height * width]),
    );
  });
  return returnIndices ? result : result[0];
}) as AdaptiveMaxPool;
