/** Parameters and buffers whose shape is only known when the first input arrives. */
import type { Tensor } from '@flambeau/core';
import { persistentCopy } from '@flambeau/core/internal';

const lazy = new WeakSet<Tensor>();

/** True for parameters and buffers of lazy modules that have no shape yet. PyTorch: `torch.nn.parameter.is_lazy`. */
export const isLazy = (t: Tensor): boolean => lazy.has(t);

/** @internal */
export function markLazy(t: Tensor | null): void {
  if (t !== null) lazy.add(t);
}

/** @internal Gives a lazy tensor its shape and values; it stays the same object, which optimizers may hold already. */
export function materialize(t: Tensor, values: Tensor): void {
  if (lazy.delete(t)) t.setData(persistentCopy(values));
}
