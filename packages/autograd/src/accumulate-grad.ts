import type { Tensor } from '@flambeau/core';
import { context, Layer } from '@flambeau/core/internal';
import { ensureMeta } from './meta.js';
import { type Gradients, Node } from './node.js';

/** The end of a path: adds the gradient into `leaf.grad`. */
export class AccumulateGrad extends Node {
  private afterwards: Set<(leaf: Tensor) => void> | null = null;

  constructor(readonly leaf: Tensor) {
    super('AccumulateGrad', [], 1, Number.POSITIVE_INFINITY); // runs at once, so that memory is free early
  }

  override apply([grad]: Gradients): Gradients {
    if (grad === null) return [];
    const meta = ensureMeta(this.leaf);
    const createsGraph = (context().excluded & Layer.Autograd) === 0;
    if (meta.grad !== null) {
      // somebody may hold the old gradient of a differentiable backward, so it is not written over; a sparse one may become dense
      if (createsGraph || meta.grad.isSparse) {
        meta.grad = meta.grad.add(grad);
        meta.gradIsUnseen = false;
      } else meta.grad.add_(grad);
    } else {
      meta.grad = !createsGraph && ownsWholeStorage(grad) ? grad : grad.clone();
      meta.gradIsUnseen = !createsGraph && !grad.isSparse;
    }
    meta.grad.storage.markPersistent();
    if (this.afterwards !== null) for (const hook of this.afterwards) hook(this.leaf);
    return [];
  }

  /** Calls `hook` with the leaf whenever its gradient has been added to. */
  registerPostHook(hook: (leaf: Tensor) => void): () => void {
    this.afterwards ??= new Set();
    const hooks = this.afterwards.add(hook);
    return () => void hooks.delete(hook);
  }
  override get callsUserCode(): boolean {
    return this.afterwards !== null;
  }
}

// A gradient that nothing else lies on can be kept as it is.
function ownsWholeStorage(grad: Tensor): boolean {
  const { storage } = grad;
  return (
    storage.backwardRun !== 0 &&
    storage.references === 1 &&
    !storage.escaped &&
    !storage.isSlab &&
    grad.isContiguous() &&
    grad.numel * grad.itemSize === storage.byteLength
  );
}
