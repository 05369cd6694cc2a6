/** Images seen through a grid of places. PyTorch: `torch.nn.functional.grid_sample`, `affine_grid`. Jaderberg et al. 2015. */
import { autocasting, inFloat32 } from '../autocast.js';
import { arange, linspace, ones } from '../creation.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { requireFloating, requireSameDtype } from './dtype-checks.js';
import { INT64 } from '../promotion.js';
import { stack } from './joining.js';

export interface GridSampleOptions {
  /** How values between elements come about; `'bicubic'` for images only. Default `'bilinear'`. */
  readonly mode?: 'bilinear' | 'nearest' | 'bicubic';
  /** What lies outside: zeros, the border's elements, or the mirrored tensor. Default `'zeros'`. */
  readonly paddingMode?: 'zeros' | 'border' | 'reflection';
  /** Whether -1 and 1 are the centres of the outermost elements, not their outer borders. Default false. */
  readonly alignCorners?: boolean | null;
}
type Mode = Required<GridSampleOptions>['mode'];
type PaddingMode = Required<GridSampleOptions>['paddingMode'];

/** From [-1, 1] to places in a dimension of `size` elements. */
const toPlace = (x: Tensor, size: number, alignCorners: boolean): Tensor =>
  alignCorners ? x.add(1).mul((size - 1) / 2) : x.add(1).mul(size).sub(1).div(2);

/** Mirrors places at the outermost elements, or at their outer borders. */
function reflect(x: Tensor, size: number, alignCorners: boolean): Tensor {
  const [low, span] = alignCorners ? [0, size - 1] : [-0.5, size];
  if (span === 0) return x.mul(0);
  const distance = x.sub(low).abs();
  const flips = distance.detached().div(span).floor();
  const rest = distance.sub(flips.mul(span));
  const odd = flips.remainder(2);
  // low + rest, or low + span - rest after an odd number of flips
  return rest.mul(odd.mul(-2).add(1)).add(odd.mul(span)).add(low);
}

/** Places that the padding mode moves into the tensor. */
function intoRange(x: Tensor, size: number, padding: PaddingMode, alignCorners: boolean): Tensor {
  if (padding === 'zeros') return x;
  const inside = padding === 'reflection' ? reflect(x, size, alignCorners) : x;
  return inside.clamp(0, size - 1);
}

/** Neighbours along one dimension: their indices as numbers and their weights. */
type Taps = readonly { readonly index: Tensor; readonly weight: Tensor | null }[];

/** The four weights of a cubic convolution with a = -3/4, at distance t behind the second. */
function cubicWeights(t: Tensor): Tensor[] {
  const a = -0.75;
  const near = (x: Tensor): Tensor =>
    x
      .mul(a + 2)
      .sub(a + 3)
      .mul(x)
      .mul(x)
      .add(1);
  const far = (x: Tensor): Tensor =>
    x
      .mul(a)
      .sub(5 * a)
      .mul(x)
      .add(8 * a)
      .mul(x)
      .sub(4 * a);
  const rest = t.neg().add(1);
  return [far(t.add(1)), near(t), near(rest), far(rest.add(1))];
}

function tapsOf(place: Tensor, size: number, mode: Mode, padding: PaddingMode, alignCorners: boolean): Taps {
  if (mode === 'bicubic') {
    const first = place.detached().floor();
    return cubicWeights(place.sub(first)).map((weight, k) => ({
      index: intoRange(first.add(k - 1), size, padding, alignCorners),
      weight,
    }));
  }
  const x = intoRange(place, size, padding, alignCorners);
  if (mode === 'nearest') return [{ index: x.detached().round(), weight: null }];
  const first = x.detached().floor();
  const t = x.sub(first);
  return [
    { index: first, weight: t.neg().add(1) },
    { index: first.add(1), weight: t },
  ];
}

/**
 * Values of `input` at the places of `grid`. PyTorch: `torch.nn.functional.grid_sample`.
 *
 * @param input - Shape `(N, C, H, W)` or `(N, C, D, H, W)`.
 * @param grid - Places (x, y) or (x, y, z), from -1 (left, top, front) to 1: shape `(N, h, w, 2)` or `(N, d, h, w, 3)`.
 * @returns Shape `(N, C, h, w)` or `(N, C, d, h, w)`.
 * @throws {ShapeError} If the shapes do not fit together.
 */
export function gridSample(
  input: Tensor,
  grid: Tensor,
  { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false }: GridSampleOptions = {},
): Tensor {
  const op = 'gridSample';
  if (autocasting() !== null) return inFloat32([input, grid], (x, g) => gridSample(x, g, { mode, paddingMode, alignCorners }));
  requireFloating(op, 'input', input);
  requireSameDtype(op, ['input', 'grid'], [input, grid]);
  const dims = input.ndim - 2;
  if ((dims !== 2 && dims !== 3) || grid.ndim !== dims + 2 || grid.shape[dims + 1] !== dims || grid.shape[0] !== input.shape[0])
    throw new ShapeError(
      `${op}: expected (N, C, H, W) and (N, h, w, 2), or (N, C, D, H, W) and (N, d, h, w, 3), got ${formatShape(input.shape)} and ${formatShape(grid.shape)}`,
    );
  if (!['bilinear', 'nearest', 'bicubic'].includes(mode) || (mode === 'bicubic' && dims === 3))
    throw new ValueError(`${op}: mode must be 'bilinear', 'nearest' or, for images, 'bicubic', got '${mode}'`);
  if (!['zeros', 'border', 'reflection'].includes(paddingMode))
    throw new ValueError(`${op}: paddingMode must be 'zeros', 'border' or 'reflection', got '${paddingMode}'`);
  const sizes = input.shape.slice(2);
  if (sizes.includes(0)) throw new ShapeError(`${op}: ${formatShape(input.shape)} has no elements to sample`);
  const [batch, channels] = input.shape;
  const places = grid.shape.slice(1, -1);
  const count = places.reduce((n, size) => n * size, 1);
  const aligned = alignCorners ?? false;
  const elements = sizes.reduce((n, size) => n * size, 1);
  // the channels of an element side by side: one look-up for all of them
  const rows = input
    .reshape([batch, channels, elements])
    .transpose(1, 2)
    .reshape([batch * elements, channels]);
  const firstRows = arange(0, batch * elements, elements, { dtype: 'int64' }).unsqueeze(1);

  // The grid names the last dimension first. Combinations of the neighbours of all dimensions are added up one by one.
  const all = sizes.map((size, d) => {
    const place = toPlace(grid.select(-1, dims - 1 - d).reshape([batch, count]), size, aligned);
    return tapsOf(place, size, mode, paddingMode, aligned);
  });
  let sum: Tensor | null = null;
  const visit = (d: number, index: Tensor | null, weight: Tensor | null, inside: Tensor | null): void => {
    if (d === dims) {
      const values = rows.indexSelect(0, (index as Tensor).add(firstRows).flatten());
      const valid = inside === null ? values : values.maskedFill(inside.logicalNot().reshape([-1, 1]), 0);
      const term = weight === null ? valid : valid.mul(weight.reshape([-1, 1]));
      sum = sum === null ? term : sum.add(term);
      return;
    }
    for (const tap of all[d]) {
      const size = sizes[d];
      // a comparison with NaN is false: such a place lies outside
      const within = tap.index.ge(0).logicalAnd(tap.index.lt(size));
      const legal = tap.index.maskedFill(within.logicalNot(), 0);
      visit(
        d + 1,
        index === null ? castTo(legal, INT64) : index.mul(size).add(castTo(legal, INT64)),
        tap.weight === null ? weight : weight === null ? tap.weight : weight.mul(tap.weight),
        inside === null ? within : inside.logicalAnd(within),
      );
    }
  };
  visit(0, null, null, null);
  return (sum as unknown as Tensor)
    .reshape([batch, count, channels])
    .transpose(1, 2)
    .reshape([batch, channels, ...places]);
}

export interface AffineGridOptions {
  /** See `GridSampleOptions`. Default false. */
  readonly alignCorners?: boolean | null;
}

/**
 * The grid for `gridSample` with which an image appears shifted, turned and scaled. PyTorch: `torch.nn.functional.affine_grid`.
 *
 * @param theta - Affine maps, shape `(N, 2, 3)` or `(N, 3, 4)`.
 * @param size - The size of the result of `gridSample`: `(N, C, H, W)` or `(N, C, D, H, W)`.
 * @returns Shape `(N, H, W, 2)` or `(N, D, H, W, 3)`.
 */
export function affineGrid(theta: Tensor, size: readonly number[], { alignCorners = false }: AffineGridOptions = {}): Tensor {
  const op = 'affineGrid';
  requireFloating(op, 'theta', theta);
  const dims = size.length - 2;
  if ((dims !== 2 && dims !== 3) || formatShape(theta.shape) !== formatShape([size[0], dims, dims + 1]))
    throw new ShapeError(
      `${op}: expected theta (N, 2, 3) with a size (N, C, H, W), or (N, 3, 4) with (N, C, D, H, W), got ${formatShape(theta.shape)} and ${formatShape(size)}`,
    );
  if (size.some((n) => !Number.isInteger(n) || n < 1))
    throw new ValueError(`${op}: size must be positive integers, got ${formatShape(size)}`);
  const [batch, , ...spatial] = size;
  const axes = spatial.map((n, d) => {
    const ends = alignCorners ? 1 : (n - 1) / n;
    const line = n === 1 ? ones([1], { dtype: theta.dtype }).mul(0) : linspace(-ends, ends, n, { dtype: theta.dtype });
    return line.reshape(spatial.map((_, i) => (i === d ? n : 1))).expand(spatial);
  });
  const count = spatial.reduce((n, m) => n * m, 1);
  const points = stack([...axes.reverse(), ones(spatial, { dtype: theta.dtype })], -1).reshape([1, count, dims + 1]);
  return points
    .expand([batch, count, dims + 1])
    .matmul(theta.transpose(1, 2))
    .reshape([batch, ...spatial, dims]);
}
