/**
 * The meta device: tensors with a shape, strides and a dtype, but without elements. Nothing is computed there, so a model of any size
 * can be built, or a shape found out, in no time and memory. PyTorch: `device='meta'`.
 */
import type { DTypeInfo } from '../dtype.js';
import { StorageError } from '../errors.js';
import { contiguousStrides, numelOf } from '../shape.js';
import { Storage } from '../storage.js';
import { Tensor } from '../tensor.js';
import type { Backend } from './backend.js';

const NOTHING = new ArrayBuffer(0);
/** Not 0, which would mean that the memory was released. */
const NOWHERE = 1;

class MetaStorage extends Storage {
  override readonly device = 'meta';

  constructor(byteLength: number) {
    super(NOTHING, 0, byteLength, NOWHERE, 0, 0);
  }

  override checkedAddress(): number {
    throw new StorageError(
      "a tensor on the meta device has a shape and a dtype but no elements; make one that has them with emptyLike(t, { device: 'cpu' }), or with toEmpty for a module",
    );
  }
}

/** @internal An uninitialised tensor, if it could be. */
export const metaEmpty = (shape: readonly number[], dtype: DTypeInfo): Tensor =>
  new Tensor(new MetaStorage(numelOf(shape) * dtype.itemSize), shape, contiguousStrides(shape), 0, dtype, true);

/** Operators infer shapes and dtypes; there is nothing to do beyond. */
export const meta: Backend = {
  name: 'meta',
  hasElements: false,
  empty: metaEmpty,
  run() {},
  fill() {},
  copy(_target, source) {
    if (source.device !== 'meta' && source.ndim > 0) source.storage.checkedAddress(); // a released tensor is an error here, too
  },
};
