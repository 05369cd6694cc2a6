/**
 * Solutions and decompositions for complex matrices, by real matrices of twice the size: a number `a + bi` becomes the 2 × 2 block
 * `[[a, -b], [b, a]]`, and products, inverses, triangles and orthonormal columns stay what they are. Everything is a composition, so
 * derivatives and batches are those of the parts.
 */
import { tensor } from '../from-data.js';
import type { Tensor } from '../tensor.js';
import { viewAsComplex, viewAsReal } from './complex.js';
import { lt } from './comparison.js';
import { castTo } from './copy.js';
import { diagEmbed } from './diagonals.js';
import { add, floorDivide, mul, sub } from './elementwise.js';
import { stack } from './joining.js';
import { constantPad } from './padding.js';
import { movedim, reshape, select, transpose } from './view.js';

/** `(*, m, n)` complex as `(*, 2m, 2n)` real. */
export function asBlocks(z: Tensor): Tensor {
  const [m, n] = z.shape.slice(-2);
  const timesI = mul(z, tensor({ re: 0, im: 1 }, { dtype: z.dtype, device: z.device }));
  const pairs = stack([viewAsReal(z), viewAsReal(timesI)], -1); // (*, m, n, 2, 2)
  return reshape(transpose(pairs, -3, -2), [...z.shape.slice(0, -2), 2 * m, 2 * n]);
}

/** The same square matrices with real numbers on their diagonals. */
export function withRealDiagonal(z: Tensor): Tensor {
  const d = z.diagonal(0, -2, -1);
  return sub(z, diagEmbed(mul(sub(d, d.conj()), 0.5)));
}

/** `(*, m, k)` complex as `(*, 2m, k)` real: the left columns of the blocks. */
export function asColumns(z: Tensor): Tensor {
  const [m, k] = z.shape.slice(-2);
  return reshape(transpose(viewAsReal(z), -2, -1), [...z.shape.slice(0, -2), 2 * m, k]);
}

/** The inverse of `asColumns`. */
export function fromColumns(x: Tensor): Tensor {
  const [m, k] = x.shape.slice(-2);
  return viewAsComplex(movedim(reshape(x, [...x.shape.slice(0, -2), m / 2, 2, k]), -2, -1).contiguous());
}

/** The inverse of `asBlocks`. */
export function fromBlocks(x: Tensor): Tensor {
  const [m, n] = x.shape.slice(-2);
  return fromColumns(select(reshape(x, [...x.shape.slice(0, -2), m, n / 2, 2]), -1, 0));
}

/** The number of a pivot of the blocks, counted from 1, as that of the complex matrix; 0 stays 0. */
export const infoFromBlocks = (info: Tensor): Tensor => floorDivide(add(info, 1), 2);

/**
 * A QR decomposition of blocks as one of complex numbers. Only with a positive diagonal is `R` unique, and so made of blocks.
 *
 * @param Q - Shape `(*, 2m, 2k)`.
 * @param R - Shape `(*, 2k, 2n)`.
 */
export function qrFromBlocks(Q: Tensor, R: Tensor): [Q: Tensor, R: Tensor] {
  const diagonal = R.diagonal(0, -2, -1);
  const k = Q.shape[Q.ndim - 1];
  const signs = constantPad(
    add(mul(castTo(lt(diagonal, 0), diagonal.info), -2), 1),
    [0, k - diagonal.shape[diagonal.ndim - 1]],
    1,
  );
  return [fromBlocks(mul(Q, signs.unsqueeze(-2))), fromBlocks(mul(R, signs.unsqueeze(-1)))];
}
