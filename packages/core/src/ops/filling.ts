/** Writing to chosen elements of a tensor. */
import { formatShape, ShapeError } from '../errors.js';
import { tensor } from '../from-data.js';
import type { Scalar } from '../promotion.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { copy_ } from './copy.js';
import { fill_ } from './random-inplace.js';
import { asStrided } from './view.js';

/**
 * Writes `value` to the main diagonal, of a matrix or of a tensor whose dimensions are all alike. `wrap`: in a tall matrix the
 * diagonal starts anew below a row that it skips. PyTorch: `Tensor.fill_diagonal_`.
 */
export function fillDiagonal_(self: Tensor, value: Scalar, { wrap = false }: { readonly wrap?: boolean } = {}): Tensor {
  checkTensor('fillDiagonal_', 'self', self);
  const { shape, strides, ndim } = self;
  if (ndim < 2 || (ndim > 2 && shape.some((n) => n !== shape[0])))
    throw new ShapeError(`fillDiagonal_: expected a matrix, or dimensions that are all alike, got shape ${formatShape(shape)}`);
  const step = strides.reduce((a, b) => a + b, 0);
  const length = Math.min(...shape);
  fill_(asStrided(self, [length], [step], self.offset), value);
  const [rows, cols] = shape;
  if (wrap && ndim === 2)
    for (let row = cols + 1; row < rows; row += cols + 1)
      fill_(asStrided(self, [Math.min(cols, rows - row)], [step], self.offset + row * strides[0]), value);
  return self;
}

/**
 * Replaces each element by what the function makes of it, one after the other: slow, and unknown to autograd. CPU only.
 * PyTorch: `Tensor.apply_`.
 */
export function apply_(self: Tensor, fn: (x: number) => number): Tensor {
  checkTensor('apply_', 'self', self);
  const results = (self.elements() as number[]).map((x) => fn(Number(x)));
  return copy_(self, tensor(results, { dtype: self.dtype, device: self.device }).reshape(self.shape));
}
