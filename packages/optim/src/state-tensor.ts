import type { Tensor } from '@flambeau/core';
import { persistentEmpty } from '@flambeau/core/internal';

/** Optimizer state of the shape and dtype of `t`: zeros in memory of its own. */
export function persistentZeros(t: Tensor): Tensor {
  const zeros = persistentEmpty(t.shape, t.info);
  zeros.zero_();
  return zeros;
}
