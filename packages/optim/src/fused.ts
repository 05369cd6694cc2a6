/** Runs the multi-tensor kernels: one call updates a whole list of parameters. */
import type { Tensor } from '@flambeau/core';
import { type Attributes, runKernel } from '@flambeau/core/internal';

/** Numbers that one call can carry, with room for the attributes. A tensor takes 3 + 2 * ndim of them. */
const CALL_SLOTS = 15_000;
/** Numbers that a kernel may want for each tensor, e.g. its step count. */
const NUMBERS = 3;

/** One list per operand of the kernel; the `i`-th entries of all lists belong together. An empty list is an absent operand. */
export interface FusedLists {
  /** Lists that the kernel writes to. The first is the parameters. */
  readonly written: readonly (readonly Tensor[])[];
  /** The gradients, which come second in the call. */
  readonly grads: readonly Tensor[];
}

/**
 * Calls `kernel` on lists of tensors, in as many calls as needed. The kernels take row-major float32 and float64; other layouts
 * and dtypes go through copies (float16 and bfloat16 by way of float32).
 *
 * @param attributes - The attributes of a call on the entries at `indices`.
 */
export function runFused(
  kernel: string,
  { written, grads }: FusedLists,
  attributes: (indices: readonly number[]) => Attributes,
): void {
  for (const indices of calls(written, grads)) {
    const pick = (list: readonly Tensor[]): Tensor[] => (list.length === 0 ? [] : indices.map((i) => list[i]));
    const targets = written.map(pick);
    const precision = targets[0][0].dtype === 'float64' ? 'float64' : 'float32';
    const forKernel = (t: Tensor): Tensor =>
      t.dtype === precision && t.isContiguous() ? t : t.detached().to(precision).contiguous();
    const work = targets.map((list) => list.map(forKernel));
    runKernel(kernel, [work[0], pick(grads).map(forKernel), ...work.slice(1)], attributes(indices));
    for (let list = 0; list < targets.length; list++)
      for (let i = 0; i < targets[list].length; i++) {
        const target = targets[list][i];
        if (work[list][i] !== target) target.detached().copy_(work[list][i]);
        else target.storage.version++;
      }
  }
}

/** Splits the indices into calls: one precision each, and no more than fits. */
function* calls(written: readonly (readonly Tensor[])[], grads: readonly Tensor[]): Generator<number[]> {
  const lists = written.filter((list) => list.length > 0).length + 1;
  for (const double of [false, true]) {
    let indices: number[] = [];
    let slots = 0;
    for (let i = 0; i < grads.length; i++) {
      const parameter = written[0][i];
      if ((parameter.dtype === 'float64') !== double) continue;
      const needed = lists * (3 + 2 * parameter.ndim) + NUMBERS;
      if (slots + needed > CALL_SLOTS) {
        yield indices;
        indices = [];
        slots = 0;
      }
      indices.push(i);
      slots += needed;
    }
    if (indices.length > 0) yield indices;
  }
}
