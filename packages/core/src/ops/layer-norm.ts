/** Normalisation over the last dimensions. */
import { formatShape, ShapeError } from '../errors.js';
import { defineOp, type Op, type TensorMeta } from '../op.js';
import { numelOf } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { requireFloating } from './dtype-checks.js';
import { normalizedBackward, statisticsDtype } from './norm-parts.js';

type LayerAttributes = { readonly inner: number; readonly eps: number };

/** @internal Normalisation over the last dimensions, `inner` elements each: output, mean, 1 / standard deviation. */
export const layerNormWithStatistics: Op<
  [input: Tensor, weight: Tensor | null, bias: Tensor | null, inner: number, eps: number],
  Tensor[],
  'input' | 'weight' | 'bias',
  LayerAttributes,
  true
> = defineOp({
  name: 'native_layer_norm',
  inputs: ['input', 'weight', 'bias'],
  args: (input: Tensor, weight: Tensor | null, bias: Tensor | null, inner: number, eps: number) => [
    [input, weight, bias],
    { inner, eps },
  ],
  infer: ([input], { inner }) => {
    const x = input as Tensor;
    const statistics: TensorMeta = { shape: [inner === 0 ? 0 : x.numel / inner], dtype: statisticsDtype(x) };
    return [{ shape: x.shape, dtype: x.info }, statistics, statistics];
  },
  kernel: 'layer_norm',
  contiguous: true,
  differentiable: true,
});

/** @internal Gradients of input, weight and bias of `layerNormWithStatistics`; the last two flattened. */
export const layerNormBackward: Op<
  [grad: Tensor, input: Tensor, mean: Tensor, rstd: Tensor, weight: Tensor | null, inner: number, eps: number],
  Tensor[],
  'grad' | 'input' | 'mean' | 'rstd' | 'weight',
  LayerAttributes,
  true
> = defineOp({
  name: 'native_layer_norm_backward',
  inputs: ['grad', 'input', 'mean', 'rstd', 'weight'],
  args: (grad: Tensor, input: Tensor, mean: Tensor, rstd: Tensor, weight: Tensor | null, inner: number, eps: number) => [
    [grad, input, mean, rstd, weight],
    { inner, eps },
  ],
  infer: ([, input, , , weight], { inner }) => {
    const x = input as Tensor;
    const affine: TensorMeta = { shape: [inner], dtype: weight === null ? x.info : weight.info };
    return [{ shape: x.shape, dtype: x.info }, affine, affine];
  },
  kernel: 'layer_norm_backward',
  contiguous: true,
  decompose: ([grad, input, , , weight], { inner, eps }): Tensor[] => {
    const x = input as Tensor;
    const rows = [inner === 0 ? 0 : x.numel / inner, inner];
    const flatWeight = weight === null ? null : weight.reshape([inner]);
    const [gx, gw, gb] = normalizedBackward((grad as Tensor).reshape(rows), x.reshape(rows), flatWeight, [1], [0], eps);
    return [gx.reshape(x.shape), gw, gb];
  },
  differentiable: true,
});

export interface LayerNormOptions {
  /** Factors, of shape `normalizedShape`. */
  readonly weight?: Tensor | null;
  /** Addends, of shape `normalizedShape`. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

function requireTrailing(
  op: string,
  input: Tensor,
  normalizedShape: readonly number[],
  affine: { readonly [name: string]: Tensor | null },
): void {
  requireFloating(op, 'input', input);
  const lead = input.ndim - normalizedShape.length;
  if (normalizedShape.length === 0 || lead < 0 || normalizedShape.some((n, i) => n !== input.shape[lead + i]))
    throw new ShapeError(
      `${op}: expected an input whose last dimensions are ${formatShape(normalizedShape)}, got ${formatShape(input.shape)}`,
    );
  for (const [name, t] of Object.entries(affine)) {
    if (t === null) continue;
    checkTensor(op, name, t);
    if (t.ndim !== normalizedShape.length || t.shape.some((n, i) => n !== normalizedShape[i]))
      throw new ShapeError(`${op}: expected ${name} of shape ${formatShape(normalizedShape)}, got ${formatShape(t.shape)}`);
  }
}

const asList = (shape: number | readonly number[]): readonly number[] => (typeof shape === 'number' ? [shape] : shape);

/**
 * Normalises over the last dimensions: `(x - mean) / √(var + eps) · weight + bias`. PyTorch: `torch.nn.functional.layer_norm`.
 * Ba et al. 2016.
 *
 * @param normalizedShape - The sizes of the dimensions to normalise over, the last ones of `input`.
 */
export function layerNorm(
  input: Tensor,
  normalizedShape: number | readonly number[],
  { weight = null, bias = null, eps = 1e-5 }: LayerNormOptions = {},
): Tensor {
  const shape = asList(normalizedShape);
  requireTrailing('layerNorm', input, shape, { weight, bias });
  return layerNormWithStatistics(input, weight, bias, numelOf(shape), eps)[0];
}

export interface RmsNormOptions {
  /** Factors, of shape `normalizedShape`. */
  readonly weight?: Tensor | null;
  /** Added to the mean square. Default: the smallest difference of the dtype from 1. */
  readonly eps?: number | null;
}

/** The distance from 1 to the next larger number. */
const MACHINE_EPSILON: { readonly [dtype: string]: number } = {
  float32: 2 ** -23,
  float64: 2 ** -52,
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
};

/**
 * `x / √(mean(x²) + eps) · weight` over the last dimensions. PyTorch: `torch.nn.functional.rms_norm`. Zhang and Sennrich 2019.
 */
export function rmsNorm(
  input: Tensor,
  normalizedShape: number | readonly number[],
  { weight = null, eps = null }: RmsNormOptions = {},
): Tensor {
  const shape = asList(normalizedShape);
  requireTrailing('rmsNorm', input, shape, { weight });
  const dims = shape.map((_, i) => i - shape.length);
  // half-precision squares overflow
  const x = castTo(input, statisticsDtype(input));
  const y = x.mul(
    x
      .square()
      .mean(dims, { keepdim: true })
      .add(eps ?? MACHINE_EPSILON[input.dtype])
      .rsqrt(),
  );
  const scaled = weight === null ? y : y.mul(weight);
  return castTo(scaled, input.info);
}
