/** The operator behind `scatterReduce` for the reductions that are no sums. */
import { defineOp } from '../op.js';
import { likeInput } from '../promotion.js';
import type { Tensor } from '../tensor.js';

export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';
/** By the kernel's numbers. */
const WITH_KERNEL: readonly ScatterReduction[] = ['prod', 'amax', 'amin'];

/** Products or extremes of what is scattered to one place. The arguments are checked already. */
export const scatterReduceOp = defineOp({
  name: 'scatter_reduce',
  inputs: ['self', 'index', 'src'],
  args: (self: Tensor, dim: number, index: Tensor, src: Tensor, reduce: ScatterReduction, includeSelf: boolean) => [
    [self, index, src],
    { dim, reduce: WITH_KERNEL.indexOf(reduce), includeSelf },
  ],
  infer: likeInput,
  kernel: 'scatter_reduce_',
  updates: true,
  differentiable: true,
});
