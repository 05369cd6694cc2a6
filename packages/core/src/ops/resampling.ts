/** Resampling of signals, images and volumes to other sizes. */
import { dtypeInfo } from '../dtype.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import type { Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { requireFloating } from './dtype-checks.js';
import { adaptiveAvgPool1d, adaptiveAvgPool2d } from './pool.js';
import { adaptiveAvgPool3d } from './pool3d.js';
import { type ResamplingFilter, type ResamplingTables, resamplingTables } from './resampling-tables.js';

/** @internal Weighted sums of neighbours along `dim`, as the tables say. */
export const resample: Op<
  [self: Tensor, tables: ResamplingTables, dim: number],
  Tensor,
  'self' | 'starts' | 'taps' | 'weights',
  { readonly dim: number },
  true
> = defineOp({
  name: 'resample',
  inputs: ['self', 'starts', 'taps', 'weights'],
  args: (self: Tensor, { starts, taps, weights }: ResamplingTables, dim: number) => [[self, starts, taps, weights], { dim }],
  infer: ([self, starts], { dim }) => {
    const { shape, info: dtype } = self as Tensor;
    return { shape: shape.map((size, d) => (d === dim ? (starts as Tensor).shape[0] : size)), dtype };
  },
  kernel: 'resample',
  contiguous: true,
  differentiable: true,
});

export type InterpolationMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area';

export interface InterpolateOptions {
  /** The new spatial size, one number for all dimensions or one for each. */
  readonly size?: number | readonly number[] | null;
  /** The factor of the size, instead of `size`. */
  readonly scaleFactor?: number | readonly number[] | null;
  /** Default `'nearest'`. */
  readonly mode?: InterpolationMode;
  /** Whether the outermost elements keep their places; for the linear and cubic modes. Default false. */
  readonly alignCorners?: boolean | null;
  /** Whether the factor is computed anew from the rounded size. Default false. */
  readonly recomputeScaleFactor?: boolean | null;
  /** Whether reducing averages over all that is left out; for `'bilinear'` and `'bicubic'`. Default false. */
  readonly antialias?: boolean;
}

/** The spatial dimensions that a mode takes, and its filter along each. */
const MODES: Readonly<Record<InterpolationMode, { readonly dims: readonly number[]; readonly filter: ResamplingFilter | null }>> =
  {
    nearest: { dims: [1, 2, 3], filter: 'nearest' },
    'nearest-exact': { dims: [1, 2, 3], filter: 'nearest-exact' },
    linear: { dims: [1], filter: 'linear' },
    bilinear: { dims: [2], filter: 'linear' },
    trilinear: { dims: [3], filter: 'linear' },
    bicubic: { dims: [2], filter: 'cubic' },
    area: { dims: [1, 2, 3], filter: null },
  };

const OP = 'interpolate';

function perDim(name: string, value: number | readonly number[], dims: number): readonly number[] {
  const list = typeof value === 'number' ? new Array<number>(dims).fill(value) : value;
  if (list.length !== dims || list.some((x) => !(x > 0)))
    throw new ValueError(`${OP}: expected ${name} to be one positive number or ${dims}, got ${JSON.stringify(value)}`);
  return list;
}

/**
 * Resamples the dimensions behind batch and channels. PyTorch: `torch.nn.functional.interpolate`. Keys 1981 (cubic).
 *
 * @param input - Shape `(N, C, L)`, `(N, C, H, W)` or `(N, C, D, H, W)`, floating-point.
 * @throws {ShapeError} If the mode is for another number of dimensions.
 * @throws {ValueError} If not exactly one of `size` and `scaleFactor` is given, or if options contradict each other.
 */
export function interpolate(input: Tensor, options: InterpolateOptions = {}): Tensor {
  const { size = null, scaleFactor = null, mode = 'nearest', recomputeScaleFactor = false, antialias = false } = options;
  requireFloating(OP, 'input', input);
  const kind = MODES[mode];
  if (kind === undefined)
    throw new ValueError(`${OP}: mode must be one of ${Object.keys(MODES).join(', ')}, got '${String(mode)}'`);
  const dims = input.ndim - 2;
  if (!kind.dims.includes(dims))
    throw new ShapeError(
      `${OP}: mode '${mode}' takes ${kind.dims.join(', ')} dimensions behind (N, C), got ${formatShape(input.shape)}`,
    );
  if ((size === null) === (scaleFactor === null)) throw new ValueError(`${OP}: give either size or scaleFactor`);
  const smooth = kind.filter === 'linear' || kind.filter === 'cubic';
  if (options.alignCorners != null && !smooth)
    throw new ValueError(`${OP}: alignCorners is for the linear and cubic modes, not for '${mode}'`);
  if (antialias && mode !== 'bilinear' && mode !== 'bicubic')
    throw new ValueError(`${OP}: antialias is for 'bilinear' and 'bicubic', not for '${mode}'`);
  if (recomputeScaleFactor && size !== null)
    throw new ValueError(`${OP}: recomputeScaleFactor is for a scaleFactor, not for a size`);

  const sizes = input.shape.slice(2);
  if (sizes.includes(0)) throw new ShapeError(`${OP}: ${formatShape(input.shape)} has nothing to resample`);
  const factors = scaleFactor === null ? null : perDim('scaleFactor', scaleFactor, dims);
  const wanted =
    factors === null ? perDim('size', size as number | readonly number[], dims) : sizes.map((n, i) => Math.floor(n * factors[i]));
  if (wanted.some((n) => !Number.isInteger(n) || n < 1))
    throw new ValueError(`${OP}: the new size [${wanted.join(', ')}] must be positive integers`);
  if (kind.filter === null)
    return dims === 1
      ? adaptiveAvgPool1d(input, wanted[0])
      : dims === 2
        ? adaptiveAvgPool2d(input, wanted)
        : adaptiveAvgPool3d(input, wanted);

  const { filter } = kind;
  // half-precision values would be rounded once for each dimension
  let x = castTo(input, input.itemSize === 2 ? dtypeInfo('float32') : input.info);
  // what makes the tensor smallest comes first
  const order = sizes
    .map((_, i) => i)
    .sort((a, b) => wanted[a] / sizes[a] - wanted[b] / sizes[b] || (wanted[a] < sizes[a] ? a - b : b - a));
  for (const i of order) {
    const factor = factors === null || recomputeScaleFactor ? null : factors[i];
    if (wanted[i] === sizes[i] && (factor === null || factor === 1)) continue;
    const alignCorners = options.alignCorners ?? false;
    const tables = resamplingTables({ filter, from: sizes[i], to: wanted[i], factor, alignCorners, antialias }, input.device);
    x = resample(x, tables, 2 + i);
  }
  // nothing to do: a tensor of its own nevertheless
  return x === input ? x.clone() : castTo(x, input.info);
}
