/** Optimizer state: tensors in buffers of their own, which no scope releases and no slab pins. */
import { Tensor } from '@flambeau/core';
import { allocateOwn, contiguousStrides, type DTypeInfo } from '@flambeau/core/internal';

function persistentEmpty(shape: readonly number[], info: DTypeInfo): Tensor {
  const storage = allocateOwn(shape.reduce((n, size) => n * size, info.itemSize));
  storage.markPersistent();
  return new Tensor(storage, shape, contiguousStrides(shape), 0, info);
}

/** Zeros of the shape and dtype of `t`. */
export function persistentZeros(t: Tensor): Tensor {
  const zeros = persistentEmpty(t.shape, t.info);
  zeros.zero_();
  return zeros;
}

/** A copy of `t` in the dtype `info`. */
export function persistentCopy(t: Tensor, info: DTypeInfo): Tensor {
  const copy = persistentEmpty(t.shape, info);
  copy.copy_(t.detach());
  return copy;
}
