import type { Tensor } from '@flambeau/core';

/** A tensor's elements in row-major order as bytes: its own memory where that has them so, else a copy. */
export function bytesOf(t: Tensor): Uint8Array {
  const { storage, offset, itemSize, numel } = t.isContiguous() ? t : t.detached().contiguous();
  storage.checkedAddress();
  return new Uint8Array(storage.buffer, storage.byteOffset + offset * itemSize, numel * itemSize);
}
