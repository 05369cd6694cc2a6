/** Memory that outlives every scope: parameters, buffers and optimizer state lie in storages of their own. */
import type { DTypeInfo } from './dtype.js';
import { cpu } from './backend/cpu/cpu.js';
import { metaEmpty } from './backend/meta.js';
import { contiguousStrides, numelOf } from './shape.js';
import { allocateOwn } from './storage.js';
import { Tensor } from './tensor.js';

/** An uninitialised tensor, which no scope releases and no slab pins. */
export function persistentEmpty(shape: readonly number[], info: DTypeInfo): Tensor {
  const storage = allocateOwn(numelOf(shape) * info.itemSize);
  storage.markPersistent();
  return new Tensor(storage, shape, contiguousStrides(shape), 0, info);
}

/** A row-major copy of `t` without history, in the dtype `info`. */
export function persistentCopy(t: Tensor, info: DTypeInfo = t.info): Tensor {
  if (t.device === 'meta') return metaEmpty(t.shape, info);
  const copy = persistentEmpty(t.shape, info);
  cpu.copy(copy, t);
  return copy;
}
