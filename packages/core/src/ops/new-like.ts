/** New tensors in the dtype and on the device of another one (`Tensor.new_*`). */
import { empty, full, ones, type TensorOptions, zeros } from '../creation.js';
import { type TensorData, tensor } from '../from-data.js';
import type { Scalar } from '../promotion.js';
import type { Shape } from '../shape.js';
import { checkTensor, type Complex, type Tensor } from '../tensor.js';

function inherit(op: string, self: Tensor, options: TensorOptions): TensorOptions {
  checkTensor(op, 'self', self);
  return { dtype: self.dtype, device: self.device, ...options };
}
/** Zeros in the dtype of `self`. PyTorch: `Tensor.new_zeros`. */
export const newZeros = (self: Tensor, size: Shape, options: TensorOptions = {}): Tensor =>
  zeros(size, inherit('newZeros', self, options));
/** Ones in the dtype of `self`. PyTorch: `Tensor.new_ones`. */
export const newOnes = (self: Tensor, size: Shape, options: TensorOptions = {}): Tensor =>
  ones(size, inherit('newOnes', self, options));
/** `value` everywhere, in the dtype of `self`. PyTorch: `Tensor.new_full`. */
export const newFull = (self: Tensor, size: Shape, value: Scalar | Complex, options: TensorOptions = {}): Tensor =>
  full(size, value, inherit('newFull', self, options));
/** An uninitialised tensor in the dtype of `self`. PyTorch: `Tensor.new_empty`. */
export const newEmpty = (self: Tensor, size: Shape, options: TensorOptions = {}): Tensor =>
  empty(size, inherit('newEmpty', self, options));
/** A tensor of the data in the dtype of `self`. PyTorch: `Tensor.new_tensor`. */
export const newTensor = (self: Tensor, data: TensorData, options: TensorOptions = {}): Tensor =>
  tensor(data, inherit('newTensor', self, options));
