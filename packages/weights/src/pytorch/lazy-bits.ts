/**
 * PyTorch keeps the conjugate and the negative of a tensor as bits on a view. Here they are computed, for a whole storage at once:
 * an expanded view of it may have any number of elements.
 */
import { fromTypedArray, type Tensor } from '@flambeau/core';

export interface LazyBits {
  readonly conj: boolean;
  readonly neg: boolean;
}

/** A storage with its signs changed, in memory of its own; null if its dtype does not have such bits. */
export function applyBits(flat: Tensor, { conj, neg }: LazyBits): Tensor | null {
  const values = flat.toTypedArray();
  if (!(values instanceof Float32Array || values instanceof Float64Array)) return null;
  const complex = flat.dtype === 'complex64' || flat.dtype === 'complex128';
  if (conj && !complex) return null;
  for (let i = 0; i < values.length; i++) if ((conj && i % 2 === 1) !== neg) values[i] = -values[i];
  return fromTypedArray(values, flat.shape, { dtype: flat.dtype });
}
