/**
 * Sparse tensors and autograd: the operations on them are operations on their values (see `sparse/` in core), so what is known of a
 * sparse tensor is what is known of its values. Its gradient is sparse, with values at the same places.
 */
import { AutogradError, LayoutError, type Tensor } from '@flambeau/core';
import { SparseTensor } from '@flambeau/core/internal';
import type { Node, TensorHook } from './node.js';

/** The gradient with respect to the values of `t` as one with respect to `t`. */
const gradOf = (t: SparseTensor, grad: Tensor): Tensor => t.withEntries(grad);

/** The values of a gradient that has the places of `t`. */
function entriesOf(t: SparseTensor, grad: Tensor): Tensor {
  if (!(grad instanceof SparseTensor) || grad.layout !== t.layout || grad.nnz !== t.nnz)
    throw new LayoutError(`grad: the gradient of a ${t.layout} tensor must be one with the same ${t.nnz} places`);
  return grad.entries;
}

const accessors: Record<string, { get(this: SparseTensor): unknown; set?(this: SparseTensor, value: never): void }> = {
  requiresGrad: {
    get() {
      return this.entries.requiresGrad;
    },
    set(on: boolean) {
      this.entries.requiresGrad = on;
    },
  },
  grad: {
    get() {
      const { grad } = this.entries;
      return grad === null ? null : gradOf(this, grad);
    },
    set(grad: Tensor | null) {
      this.entries.grad = grad === null ? null : entriesOf(this, grad);
    },
  },
  gradFn: {
    get(): Node | null {
      return this.entries.gradFn;
    },
  },
  isLeaf: {
    get() {
      return this.entries.isLeaf;
    },
  },
  retainsGrad: {
    get() {
      return this.entries.retainsGrad;
    },
  },
};

const methods = {
  backward(): never {
    throw new AutogradError('backward: a sparse tensor is no loss; reduce it first, e.g. with .sum()');
  },
  detach_(this: SparseTensor): SparseTensor {
    this.entries.detach_();
    return this;
  },
  requiresGrad_(this: SparseTensor, on = true): SparseTensor {
    this.entries.requiresGrad_(on);
    return this;
  },
  retainGrad(this: SparseTensor): void {
    this.entries.retainGrad();
  },
  registerHook(this: SparseTensor, hook: TensorHook): () => void {
    return this.entries.registerHook((grad) => {
      const replacement = hook(gradOf(this, grad));
      return replacement === undefined ? undefined : entriesOf(this, replacement);
    });
  },
  registerPostAccumulateGradHook(this: SparseTensor, hook: (leaf: Tensor) => void): () => void {
    return this.entries.registerPostAccumulateGradHook(() => hook(this));
  },
};

/** The tensor that gradients with respect to `t` flow to. */
export const differentiated = (t: Tensor): Tensor => (t instanceof SparseTensor ? t.entries : t);
/** A gradient of `differentiated(t)` as one of `t`. */
export const asGradOf = (t: Tensor, grad: Tensor): Tensor => (t instanceof SparseTensor ? gradOf(t, grad) : grad);

export function installSparseMethods(): void {
  for (const [name, accessor] of Object.entries(accessors))
    Object.defineProperty(SparseTensor.prototype, name, { ...accessor, configurable: true });
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(SparseTensor.prototype, name, { value, writable: true, configurable: true });
}
