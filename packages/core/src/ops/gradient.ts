/** Numerical differentiation of sampled functions. */
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { normalizeDims } from '../shape.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { add, div, mul, sub } from './elementwise.js';
import { cat } from './joining.js';
import { narrow, reshape } from './view.js';

export interface GradientOptions {
  /**
   * Distance of neighbours, or one per dimension; or 1-d tensors with the coordinates of the samples along each dimension.
   * Default 1.
   */
  readonly spacing?: number | readonly (number | Tensor)[];
  /** Default: all dimensions. */
  readonly dim?: number | readonly number[];
  /** Differences at the two ends: to the neighbour (1) or of second order (2). Default 1. */
  readonly edgeOrder?: 1 | 2;
}

/**
 * The partial derivatives of a function from its samples, by central differences of second order. One tensor of the shape of
 * `self` per dimension. PyTorch: `torch.gradient`. Fornberg 1988 for uneven spacing.
 *
 * @throws {ShapeError} If a dimension has fewer than `edgeOrder + 1` samples.
 */
export function gradient(self: Tensor, { spacing = 1, dim, edgeOrder = 1 }: GradientOptions = {}): Tensor[] {
  checkTensor('gradient', 'self', self);
  if (self.info.category < 2)
    throw new DTypeError(`gradient: expected a floating tensor, got ${self.dtype}; convert it first, e.g. with .float()`);
  if (edgeOrder !== 1 && edgeOrder !== 2) throw new ValueError(`gradient: edgeOrder must be 1 or 2, got ${String(edgeOrder)}`);
  const dims = normalizeDims('gradient', dim, self.ndim);
  const steps = typeof spacing === 'number' ? dims.map(() => spacing) : spacing;
  if (steps.length !== dims.length)
    throw new ValueError(`gradient: ${steps.length} spacings for ${dims.length} dimensions; give one for each`);
  return dims.map((d, i) => along(self, d, steps[i], edgeOrder));
}

/** Coordinates as a tensor that broadcasts along dimension `d` of `self`. */
function asColumn(self: Tensor, d: number, coordinates: Tensor): Tensor {
  if (coordinates.ndim !== 1 || coordinates.numel !== self.shape[d])
    throw new ShapeError(
      `gradient: ${coordinates.numel} coordinates for dimension ${d} of size ${self.shape[d]}; give one for each sample`,
    );
  return reshape(
    coordinates.to(self.dtype),
    self.shape.map((_, i) => (i === d ? -1 : 1)),
  );
}

function along(self: Tensor, d: number, spacing: number | Tensor, edgeOrder: 1 | 2): Tensor {
  const n = self.shape[d];
  if (n < edgeOrder + 1)
    throw new ShapeError(`gradient: dimension ${d} has ${n} samples; edgeOrder ${edgeOrder} needs ${edgeOrder + 1} at least`);
  const difference = (t: Tensor): Tensor => sub(narrow(t, d, 1, n - 1), narrow(t, d, 0, n - 1));
  // slopes between neighbours, and the lengths of these intervals where they are not all alike
  const lengths = isTensor(spacing) ? difference(asColumn(self, d, spacing)) : null;
  const slopes = div(difference(self), lengths ?? (spacing as number));
  const part = (t: Tensor, start: number, length: number): Tensor => narrow(t, d, start, length);
  const mean = (a: Tensor, b: Tensor, weightA: Tensor, weightB: Tensor): Tensor =>
    div(add(mul(a, weightA), mul(b, weightB)), add(weightA, weightB));
  const inner = (): Tensor => {
    const [left, right] = [part(slopes, 0, n - 2), part(slopes, 1, n - 2)];
    if (lengths === null) return div(add(left, right), 2);
    return mean(left, right, part(lengths, 1, n - 2), part(lengths, 0, n - 2)); // the nearer neighbour counts more
  };
  /** The slope at an end, from the intervals next to it: extrapolated linearly for order 2. */
  const end = (first: number, second: number): Tensor => {
    const slope = part(slopes, first, 1);
    if (edgeOrder === 1) return slope;
    const change = sub(slope, part(slopes, second, 1));
    if (lengths === null) return add(slope, div(change, 2));
    const own = part(lengths, first, 1);
    return add(slope, div(mul(change, own), add(own, part(lengths, second, 1))));
  };
  const parts = n > 2 ? [end(0, 1), inner(), end(n - 2, n - 3)] : [end(0, 1), end(n - 2, n - 3)];
  return cat(parts, d);
}
