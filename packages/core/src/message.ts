/**
 * Tensors between threads. A tensor crosses only in this explicit form, on shared memory of its own: the buffers of tensors are
 * never transferred, because native code knows their addresses.
 */
import { cpu } from './backend/cpu/cpu.js';
import { Layer } from './context.js';
import { type DType, dtypeInfo } from './dtype.js';
import { AutogradError } from './errors.js';
import { contiguousStrides } from './shape.js';
import { allocateShared, wrapArray } from './storage.js';
import { Tensor } from './tensor.js';

/** A tensor as `postMessage` takes it. */
export interface TensorMessage {
  readonly flambeauTensor: 1;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
}

/** Copies a tensor (without history) to shared memory; one that lies alone on such memory already is sent as it is. */
export function toMessage(t: Tensor): TensorMessage {
  if ((t.layers & Layer.Transform) !== 0)
    throw new AutogradError('a tensor that vmap or jvp has wrapped cannot be sent; send the result of the transform');
  const { storage } = isAloneOnSharedMemory(t) ? t : copyToShared(t);
  const { buffer, byteOffset } = storage;
  return { flambeauTensor: 1, dtype: t.dtype, shape: t.shape, buffer: buffer as SharedArrayBuffer, byteOffset };
}

/** An uninitialised tensor on shared memory, for results that will be sent. */
export function emptyShared(shape: readonly number[], dtype: DType): Tensor {
  const info = dtypeInfo(dtype);
  const bytes = shape.reduce((a, b) => a * b, info.itemSize);
  return new Tensor(allocateShared(bytes), shape, contiguousStrides(shape), 0, info);
}

/** Whether threads can share the tensor's memory. PyTorch: `Tensor.is_shared`. */
export const isShared = (self: Tensor): boolean => self.storage.buffer instanceof SharedArrayBuffer;

/**
 * Moves the tensor, which stays the same object, to memory that threads can share; views made before keep the old memory.
 * PyTorch: `Tensor.share_memory_`.
 */
export function shareMemory_(self: Tensor): Tensor {
  if (!isShared(self)) self.setData(copyToShared(self));
  return self;
}

/** The tensor that `toMessage` sent, on the same memory. */
export function fromMessage({ dtype, shape, buffer, byteOffset }: TensorMessage): Tensor {
  const info = dtypeInfo(dtype);
  const bytes = shape.reduce((a, b) => a * b, info.itemSize);
  return new Tensor(wrapArray(new Uint8Array(buffer, byteOffset, bytes)), shape, contiguousStrides(shape), 0, info);
}

export const isTensorMessage = (value: unknown): value is TensorMessage =>
  typeof value === 'object' && value !== null && (value as Partial<TensorMessage>).flambeauTensor === 1;

function isAloneOnSharedMemory(t: Tensor): boolean {
  const { storage } = t;
  return (
    storage.buffer instanceof SharedArrayBuffer &&
    t.offset === 0 &&
    t.isContiguous() &&
    storage.byteLength === t.numel * t.itemSize
  );
}

function copyToShared(t: Tensor): Tensor {
  const copy = emptyShared(t.shape, t.dtype);
  cpu.copy(copy, t);
  return copy;
}
