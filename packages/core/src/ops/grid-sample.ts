/** Images seen through a grid of places. PyTorch: `torch.nn.functional.grid_sample`, `affine_grid`. Jaderberg et al. 2015. */
import { autocasting, inFloat32 } from '../autocast.js';
import { linspace, zeros } from '../creation.js';
import { dtypeInfo } from '../dtype.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import type { Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { requireFloating, requireSameDtype } from './dtype-checks.js';
import { type GridAttributes, MODES, PADDINGS, sampleBackwardByParts, sampleByParts } from './grid-sample-parts.js';

export type { GridAttributes };

/** @internal Values of `input` at the places of `grid`, float32 or float64. */
export const gridSampler: Op<
  [input: Tensor, grid: Tensor, attributes: GridAttributes],
  Tensor,
  'input' | 'grid',
  GridAttributes,
  true
> = defineOp({
  name: 'grid_sampler',
  inputs: ['input', 'grid'],
  args: (input: Tensor, grid: Tensor, attributes: GridAttributes) => [[input, grid], attributes],
  infer: ([input, grid]) => {
    const x = input as Tensor;
    return { shape: [...x.shape.slice(0, 2), ...(grid as Tensor).shape.slice(1, -1)], dtype: x.info };
  },
  kernel: 'grid_sampler',
  contiguous: true,
  decompose: ([input, grid], attributes): Tensor => sampleByParts(input as Tensor, grid as Tensor, attributes),
  differentiable: true,
});

type Wanted = { readonly ofInput: boolean; readonly ofGrid: boolean };

/** @internal Gradients of `gridSampler`; one that is not wanted is empty. */
export const gridSamplerBackward: Op<
  [grad: Tensor, input: Tensor, grid: Tensor, attributes: GridAttributes, wanted: Wanted],
  Tensor[],
  'grad' | 'input' | 'grid',
  GridAttributes & Wanted,
  true
> = defineOp({
  name: 'grid_sampler_backward',
  inputs: ['grad', 'input', 'grid'],
  args: (grad: Tensor, input: Tensor, grid: Tensor, attributes: GridAttributes, { ofInput, ofGrid }: Wanted) => [
    [grad, input, grid],
    { ...attributes, ofInput, ofGrid },
  ],
  infer: ([, input, grid], { ofInput, ofGrid }) => {
    const [x, g] = [input as Tensor, grid as Tensor];
    return [
      { shape: ofInput ? x.shape : [0], dtype: x.info },
      { shape: ofGrid ? g.shape : [0], dtype: g.info },
    ];
  },
  kernel: 'grid_sampler_backward',
  contiguous: true,
  decompose: ([grad, input, grid], attributes): Tensor[] => {
    const [gradInput, gradGrid] = sampleBackwardByParts(grad as Tensor, input as Tensor, grid as Tensor, attributes);
    const none = (t: Tensor): Tensor => zeros([0], { dtype: t.dtype, device: t.device });
    return [attributes.ofInput ? gradInput : none(gradInput), attributes.ofGrid ? gradGrid : none(gradGrid)];
  },
  differentiable: true,
});

export interface GridSampleOptions {
  /** How values between elements come about; `'bicubic'` for images only. Default `'bilinear'`. */
  readonly mode?: 'bilinear' | 'nearest' | 'bicubic';
  /** What lies outside: zeros, the border's elements, or the mirrored tensor. Default `'zeros'`. */
  readonly paddingMode?: 'zeros' | 'border' | 'reflection';
  /** Whether -1 and 1 are the centres of the outermost elements, not their outer borders. Default false. */
  readonly alignCorners?: boolean | null;
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
  if (!MODES.includes(mode) || (mode === 'bicubic' && dims === 3))
    throw new ValueError(`${op}: mode must be 'bilinear', 'nearest' or, for images, 'bicubic', got '${mode}'`);
  if (!PADDINGS.includes(paddingMode))
    throw new ValueError(`${op}: paddingMode must be 'zeros', 'border' or 'reflection', got '${paddingMode}'`);
  if (input.shape.slice(2).includes(0)) throw new ShapeError(`${op}: ${formatShape(input.shape)} has no elements to sample`);
  const attributes: GridAttributes = {
    mode: MODES.indexOf(mode),
    padding: PADDINGS.indexOf(paddingMode),
    alignCorners: alignCorners ?? false,
  };
  const wide = input.itemSize === 2 ? dtypeInfo('float32') : input.info;
  return castTo(gridSampler(castTo(input, wide), castTo(grid, wide), attributes), input.info);
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
  // what a place of one dimension adds, along its dimension: (N, …, n, …, dims); the grid names the last dimension first
  const along = spatial.map((n, d) => {
    const ends = alignCorners ? 1 : (n - 1) / n;
    const line =
      n === 1
        ? zeros([1], { dtype: theta.dtype, device: theta.device })
        : linspace(-ends, ends, n, { dtype: theta.dtype, device: theta.device });
    const parts = theta
      .select(2, dims - 1 - d)
      .unsqueeze(1)
      .mul(line.reshape([n, 1]));
    return parts.reshape([batch, ...spatial.map((_, i) => (i === d ? n : 1)), dims]);
  });
  const [last, ...others] = along.reverse();
  const shift = theta.select(2, dims).reshape([batch, ...spatial.map(() => 1), dims]);
  return last.add(others.reduce((sum, part) => sum.add(part), shift));
}
