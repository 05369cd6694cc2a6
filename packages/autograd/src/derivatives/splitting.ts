/** Derivatives of `core/src/ops/splitting.ts`: the parts' gradients joined again. */
import { cat, stack, type Tensor } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

type Shape = readonly number[];

/** The gradients of all parts: zeros, which take no memory, for those that nothing came of. */
function complete(grads: readonly (Tensor | null)[], shape: (part: number) => Shape): Tensor[] {
  const zero = (grads.find((g) => g !== null) as Tensor).newZeros([]);
  return grads.map((g, i) => g ?? zero.expand(shape(i)));
}

export const splitting = {
  split: {
    self: {
      vjp: (grads, _, { sizes, dim }, { self }) => {
        const shape = (part: number) => self.map((n, d) => (d === dim ? sizes[part] : n));
        return cat(complete(grads, shape), dim);
      },
    },
  },
  unbind: {
    self: {
      vjp: (grads, _, { dim }, { self }) => {
        const shape = self.filter((_, d) => d !== dim);
        return stack(
          complete(grads, () => shape),
          dim,
        );
      },
    },
  },
} satisfies Derivatives<typeof groups.splitting>;
