/** What the normalisations share. */
import { type DTypeInfo, dtypeInfo } from '../dtype.js';
import { formatShape, ShapeError } from '../errors.js';
import type { TensorMeta } from '../op.js';
import { checkTensor, type Tensor } from '../tensor.js';

/** Statistics of float16 and bfloat16 tensors are kept in float32. */
export const statisticsDtype = (t: Tensor): DTypeInfo => (t.itemSize === 2 ? dtypeInfo('float32') : t.info);

export function requirePerChannel(op: string, name: string, t: Tensor | null, channels: number): void {
  if (t === null) return;
  checkTensor(op, name, t);
  if (t.ndim !== 1 || t.shape[0] !== channels)
    throw new ShapeError(`${op}: expected ${name} of shape (${channels},), one for each channel, got ${formatShape(t.shape)}`);
}

/** What a backward kernel of (N, C, *) gives: gradients of the input, the weight and the bias. */
export function gradientsOf(input: Tensor, weight: Tensor | null): TensorMeta[] {
  const affine: TensorMeta = { shape: [input.shape[1]], dtype: weight === null ? statisticsDtype(input) : weight.info };
  return [{ shape: input.shape, dtype: input.info }, affine, affine];
}

/** A row of channel values, so that it broadcasts over (N, C, *). */
export const perChannel = (t: Tensor, ndim: number): Tensor =>
  t.reshape([t.shape[0], ...new Array<number>(Math.max(0, ndim - 2)).fill(1)]);

/**
 * Gradients of `w (x - mean) / std + b`, with mean and std over `dims`, and w and b summed over `affineDims`.
 * With y = (x - mean) / std and h = w g: dx = (h - mean(h) - y mean(h y)) / std, dw = Σ g y, db = Σ g.
 */
export function normalizedBackward(
  g: Tensor,
  x: Tensor,
  weight: Tensor | null,
  dims: number[],
  affineDims: number[],
  eps: number,
): Tensor[] {
  const centered = x.sub(x.mean(dims, { keepdim: true }));
  const invstd = centered.square().mean(dims, { keepdim: true }).add(eps).rsqrt();
  const y = centered.mul(invstd);
  const h = weight === null ? g : g.mul(weight);
  const inner = h.sub(h.mean(dims, { keepdim: true })).sub(y.mul(h.mul(y).mean(dims, { keepdim: true })));
  // an empty list of dimensions would mean all of them
  const sum = (t: Tensor): Tensor => (affineDims.length === 0 ? t : t.sum(affineDims));
  return [inner.mul(invstd), sum(g.mul(y)), sum(g)];
}
