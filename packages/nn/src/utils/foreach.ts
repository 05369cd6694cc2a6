/** Kernels that treat a list of tensors in one call. */
import { empty, type Tensor } from '@flambeau/core';
import { runKernel } from '@flambeau/core/internal';

/** Numbers that one call can carry. A tensor takes 3 + 2 * ndim of them. */
const CALL_SLOTS = 15_000;

function* calls(tensors: readonly Tensor[]): Generator<Tensor[]> {
  let list: Tensor[] = [];
  let slots = 0;
  for (const t of tensors) {
    const needed = 3 + 2 * t.ndim;
    if (slots + needed > CALL_SLOTS) {
      yield list;
      list = [];
      slots = 0;
    }
    list.push(t);
    slots += needed;
  }
  if (list.length > 0) yield list;
}

/** The p-norm of each tensor, all in one float32 vector; float64 if one of the tensors is. */
export function foreachNorm(tensors: readonly Tensor[], p: number): Tensor {
  const norms = empty([tensors.length], {
    dtype: tensors.some((t) => t.dtype === 'float64') ? 'float64' : 'float32',
    device: tensors.at(0)?.device,
  });
  let done = 0;
  for (const list of calls(tensors)) {
    runKernel('foreach_norm', [norms.narrow(0, done, list.length), list.map((t) => t.detach().contiguous())], { p });
    done += list.length;
  }
  return norms;
}

/** Multiplies every tensor by the 0-d tensor `scale`. */
export function foreachScale_(tensors: readonly Tensor[], scale: Tensor): void {
  const [dense, strided] = [true, false].map((contiguous) => tensors.filter((t) => t.isContiguous() === contiguous));
  for (const list of calls(dense)) {
    runKernel('foreach_scale_', [list, scale], {});
    for (const t of list) t.storage.version++;
  }
  for (const t of strided) t.mul_(scale.to(t.dtype));
}
