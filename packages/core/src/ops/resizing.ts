/** Changes of what a tensor's memory is: its size, and which storage it lies on. */
import { cpu } from '../backend/cpu/cpu.js';
import { Layer } from '../context.js';
import { AutogradError, DTypeError, formatShape, StorageError, ValueError } from '../errors.js';
import { persistentEmpty } from '../persistent.js';
import { checkShape, contiguousStrides, extentOf, numelOf, type Shape, sameShape } from '../shape.js';
import { checkTensor, Tensor } from '../tensor.js';

function requireNoHistory(op: string, self: Tensor): void {
  checkTensor(op, 'self', self);
  if ((self.layers & ~Layer.Transform) !== 0)
    throw new AutogradError(`${op}: a tensor that gradients or a trace follow keeps its memory; detach() it first`);
}

/**
 * Gives the tensor another shape, row-major. Elements stay where they are in memory; what is added is uninitialised. A larger tensor
 * moves to new memory, and views made before keep the old one. PyTorch: `Tensor.resize_`.
 *
 * @throws {AutogradError} If gradients are recorded for the tensor.
 */
export function resize_(self: Tensor, size: Shape): Tensor {
  requireNoHistory('resize_', self);
  checkShape('resize_', size);
  if (sameShape(self.shape, size)) return self;
  const { storage, offset, info } = self;
  const held = Math.floor(storage.byteLength / info.itemSize);
  const needed = offset + numelOf(size);
  const whole = (s: Tensor['storage'], count: number): Tensor => new Tensor(s, [count], [1], 0, info);
  let target = storage;
  if (needed > held) {
    if (storage.device !== 'cpu') throw new StorageError(`resize_: memory on ${storage.device} does not grow; make a new tensor`);
    const larger = persistentEmpty([needed], info);
    cpu.copy(whole(larger.storage, held), whole(storage, held));
    target = larger.storage;
  }
  self.setData(new Tensor(target, [...size], contiguousStrides(size), offset, info));
  return self;
}

/** `resize_` to the shape of `other`. PyTorch: `Tensor.resize_as_`. */
export const resizeAs_ = (self: Tensor, other: Tensor): Tensor => {
  checkTensor('resizeAs_', 'other', other);
  return resize_(self, other.shape);
};

export interface SetOptions {
  /** First element, counted in elements of the storage. Default: that of `source`. */
  readonly storageOffset?: number;
  /** Default: the shape of `source`. */
  readonly size?: Shape;
  /** Default: the strides of `source`; row-major if a size is given. */
  readonly stride?: Shape;
}
/**
 * Lays the tensor, which stays the same object, on the memory of `source`, of which it is then a view; without a source it becomes
 * empty. PyTorch: `Tensor.set_`.
 *
 * @throws {DTypeError} If the dtypes differ.
 * @throws {StorageError} If the layout reaches past the storage.
 */
export function set_(self: Tensor, source?: Tensor, options: SetOptions = {}): Tensor {
  requireNoHistory('set_', self);
  if (source === undefined) {
    self.setData(persistentEmpty([0], self.info));
    return self;
  }
  checkTensor('set_', 'source', source);
  if (source.info !== self.info)
    throw new DTypeError(`set_: the source is ${source.dtype}, the tensor ${self.dtype}; convert one with .to(dtype)`);
  const { storageOffset = source.offset, size = source.shape } = options;
  const stride = options.stride ?? (options.size === undefined ? source.strides : contiguousStrides(size));
  checkShape('set_', size);
  if (stride.length !== size.length || ![...stride, storageOffset].every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new ValueError(
      `set_: expected an offset and one stride for each size, all non-negative integers, got ${storageOffset}, ${formatShape(stride)} and ${formatShape(size)}`,
    );
  const held = Math.floor(source.storage.byteLength / self.itemSize);
  if (numelOf(size) > 0 && storageOffset + extentOf(size, stride) > held)
    throw new StorageError(
      `set_: size ${formatShape(size)} with strides ${formatShape(stride)} from element ${storageOffset} on does not lie in the ${held} elements of the storage`,
    );
  self.setData(new Tensor(source.storage, [...size], [...stride], storageOffset, source.info));
  return self;
}

/** Whether both tensors are the same memory in the same layout. PyTorch: `Tensor.is_set_to`. */
export const isSetTo = (self: Tensor, other: Tensor): boolean =>
  self.storage === other.storage &&
  self.offset === other.offset &&
  self.info === other.info &&
  sameShape(self.shape, other.shape) &&
  sameShape(self.strides, other.strides);
