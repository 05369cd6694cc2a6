/** The product of quantized matrices. */
import { dtypeInfo } from '../dtype.js';
import { DTypeError, formatShape, ShapeError } from '../errors.js';
import { defineOp } from '../op.js';
import { NO_ATTRIBUTES } from '../promotion.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { innerSizeError } from './matrix-product.js';

const INT32 = dtypeInfo('int32');

/**
 * The product of two matrices of 8-bit integers, summed exactly in int32 (sums beyond its range wrap around). It has no gradient.
 * PyTorch: `torch._int_mm`.
 *
 * @param self - Shape `(m, k)`, int8 or uint8.
 * @param mat2 - Shape `(k, n)`, int8. Both may have any strides: a transposed weight is not copied.
 * @returns int32 of shape `(m, n)`.
 * @throws {ShapeError} If an operand is no matrix, or the inner sizes differ.
 * @throws {DTypeError} If `self` is neither int8 nor uint8, or `mat2` is not int8.
 */
export const intMm = defineOp({
  name: 'int_mm',
  inputs: ['self', 'mat2'],
  args: (self: Tensor, mat2: Tensor) => {
    checkTensor('intMm', 'self', self);
    checkTensor('intMm', 'mat2', mat2);
    return [[self, mat2], NO_ATTRIBUTES];
  },
  infer: (inputs) => {
    const [self, mat2] = inputs as readonly Tensor[];
    if (self.ndim !== 2 || mat2.ndim !== 2)
      throw new ShapeError(`intMm: expected two matrices (2-D), got ${formatShape(self.shape)} and ${formatShape(mat2.shape)}`);
    if (self.dtype !== 'int8' && self.dtype !== 'uint8')
      throw new DTypeError(`intMm: expected self to be int8 or uint8, got ${self.dtype}; use mm for other dtypes`);
    if (mat2.dtype !== 'int8') throw new DTypeError(`intMm: expected mat2 to be int8, got ${mat2.dtype}`);
    if (self.shape[1] !== mat2.shape[0]) throw innerSizeError('intMm', self, mat2);
    return { shape: [self.shape[0], mat2.shape[1]], dtype: INT32 };
  },
  kernel: 'int_mm',
  differentiable: false,
});
