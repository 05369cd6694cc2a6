/** Positions as rotations. Su et al. 2021. */
import { arange, cat, formatShape, ShapeError, type Tensor, ValueError } from '@flambeau/core';

export interface RotaryOptions {
  /** The wavelengths grow up to 2π times this. Default 10000. */
  readonly base?: number;
  /** Position of the first element: the number of elements cached before. Default 0. */
  readonly offset?: number;
  /** Whether neighbours are rotated together (as in the paper), not the two halves (as in Llama and GPT-NeoX). Default false. */
  readonly interleaved?: boolean;
}

/**
 * Rotates pairs of features by an angle in proportion to the position, so that products of queries and keys depend on distances:
 * the pair i of d features turns by `position · base^(-2i / d)`.
 *
 * @param x - Queries or keys of shape `(*, L, d)`, d even, e.g. `(B, heads, L, d)`.
 */
export function rotaryEmbedding(x: Tensor, { base = 10000, offset = 0, interleaved = false }: RotaryOptions = {}): Tensor {
  if (x.ndim < 2 || x.shape[x.ndim - 1] % 2 !== 0)
    throw new ShapeError(`rotaryEmbedding: expected (*, L, d) with an even d, got ${formatShape(x.shape)}`);
  if (!(base > 0)) throw new ValueError(`rotaryEmbedding: base must be positive, got ${base}`);
  const [length, features] = x.shape.slice(-2);
  const half = features / 2;
  // float64: at position 100 000 a float32 angle would be off by 0.004
  const frequencies = arange(0, half, 1, { dtype: 'float64', device: x.device })
    .mul((-2 / features) * Math.log(base))
    .exp();
  const angles = arange(offset, offset + length, 1, { dtype: 'float64', device: x.device })
    .unsqueeze(1)
    .mul(frequencies);
  const [cos, sin] = [angles.cos().to(x.dtype), angles.sin().to(x.dtype)];
  if (interleaved) {
    const pairs = x.unflatten(-1, [half, 2]);
    const [a, b] = [pairs.select(-1, 0), pairs.select(-1, 1)];
    const turned = [a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))];
    return cat(
      turned.map((t) => t.unsqueeze(-1)),
      -1,
    ).flatten(-2);
  }
  const [a, b] = x.chunk(2, -1);
  return cat([a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))], -1);
}
