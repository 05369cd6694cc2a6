import type { Tensor } from '@flambeau/core';
import { persistentEmpty } from '@flambeau/core/internal';

/** Optimizer state of the shape and dtype of `t`: zeros in memory of its own. */
export function persistentZeros(t: Tensor): Tensor {
  const zeros = persistentEmpty(t.shape, t.info);
  zeros.zero_();
  return zeros;
}

/** Optimizer state of the shape and dtype of `t`: `value` everywhere, in memory of its own. */
export function persistentFull(t: Tensor, value: number): Tensor {
  const full = persistentEmpty(t.shape, t.info);
  full.fill_(value);
  return full;
}
