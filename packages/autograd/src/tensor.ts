/**
 * Adds differentiation to core's `Tensor`: the accessors and methods are installed on its prototype, the types by module
 * augmentation. Core itself knows nothing of this package but a slot for its record.
 */
import { AutogradError, checkTensor, type DType, DTypeError, formatShape, ShapeError, Tensor } from '@flambeau/core';
import { Layer, sameShape, setPrintSuffix } from '@flambeau/core/internal';
import { AccumulateGrad } from './accumulate-grad.js';
import { type BackwardCallOptions, backward } from './backward.js';
import { readGrad, replaceGrad } from './gradient.js';
import { edgeOf, gradFn, isLeaf, setRequiresGrad } from './history.js';
import { ensureMeta, metaOf, needsGrad } from './meta.js';
import type { Node, TensorHook } from './node.js';
import { WrappedTensor } from './transforms/wrapped.js';

declare module '@flambeau/core' {
  // biome-ignore lint/suspicious/noExplicitAny: must repeat core's declaration
  interface Tensor<D extends DType = any> {
    /** Whether gradients flow to this tensor. Can be set on leaves. */
    requiresGrad: boolean;
    /** The accumulated gradient of a leaf (or of a tensor with `retainGrad`), of the tensor's shape. */
    grad: Tensor<D> | null;
    /** The operation that made the tensor; null for leaves. PyTorch: `grad_fn`. */
    readonly gradFn: Node | null;
    readonly isLeaf: boolean;
    readonly retainsGrad: boolean;
    /** Adds the gradient of this tensor into `.grad` of every leaf it was computed from. */
    backward(options?: Tensor | BackwardCallOptions): void;
    /** The same memory without the history. */
    detach(): Tensor<D>;
    /** Forgets the history of this very tensor. */
    detach_(): this;
    requiresGrad_(on?: boolean): this;
    /** Keeps `.grad` of a non-leaf, too. */
    retainGrad(): void;
    /** Calls `hook` with the gradient of this tensor, which it may replace. Returns a function that removes the hook. */
    registerHook(hook: TensorHook): () => void;
    /**
     * Calls `hook` with this leaf after a backward pass has added to its `.grad`, e.g. to step and free the gradient at once.
     * Returns a function that removes the hook. PyTorch: `register_post_accumulate_grad_hook`.
     */
    registerPostAccumulateGradHook(hook: (leaf: Tensor) => void): () => void;
  }
}

function checkGrad(t: Tensor, grad: Tensor): void {
  checkTensor('grad', 'the gradient', grad);
  if (!sameShape(grad.shape, t.shape))
    throw new ShapeError(`grad: a gradient of shape ${formatShape(grad.shape)} for a tensor of shape ${formatShape(t.shape)}`);
  if (grad.dtype !== t.dtype)
    throw new DTypeError(
      `grad: a gradient of dtype ${grad.dtype} for a tensor of dtype ${t.dtype}; convert it with .to('${t.dtype}')`,
    );
}

function registerHook(t: Tensor, hook: TensorHook): () => void {
  const edge = edgeOf(t);
  if (edge === null) throw new AutogradError('registerHook: the tensor does not need gradients; set requiresGrad first');
  return edge.node.registerTensorHook(edge.index, hook);
}

const accessors: Record<string, { get(this: Tensor): unknown; set?(this: Tensor, value: never): void }> = {
  requiresGrad: {
    get() {
      return needsGrad(this);
    },
    set(on: boolean) {
      setRequiresGrad(this, on);
    },
  },
  grad: {
    get() {
      return readGrad(this);
    },
    set(grad: Tensor | null) {
      if (grad !== null) checkGrad(this, grad);
      grad?.storage.markPersistent();
      if (grad !== null || metaOf(this) !== null) replaceGrad(ensureMeta(this), grad);
    },
  },
  gradFn: {
    get() {
      return gradFn(this);
    },
  },
  isLeaf: {
    get() {
      return isLeaf(this);
    },
  },
  retainsGrad: {
    get() {
      return metaOf(this)?.retainsGrad ?? false;
    },
  },
};

const methods = {
  backward(this: Tensor, options?: Tensor | BackwardCallOptions): void {
    backward(this, options);
  },
  detach(this: Tensor): Tensor {
    return this instanceof WrappedTensor ? this.stopped() : this.detached();
  },
  detach_(this: Tensor): Tensor {
    if (this instanceof WrappedTensor) throw new AutogradError('detach_: inside of a transform use detach()');
    if (this.base !== null) throw new AutogradError('detach_: a view cannot be detached in place; use detach()');
    const meta = metaOf(this);
    if (meta !== null) {
      meta.node = null;
      meta.edge = null;
      meta.outputIndex = 0;
      meta.requiresGrad = false;
    }
    this.layers &= ~Layer.Autograd;
    return this;
  },
  requiresGrad_(this: Tensor, on = true): Tensor {
    setRequiresGrad(this, on);
    return this;
  },
  retainGrad(this: Tensor): void {
    const edge = edgeOf(this);
    if (edge === null) throw new AutogradError('retainGrad: the tensor does not need gradients; set requiresGrad first');
    const meta = ensureMeta(this);
    if (isLeaf(this) || meta.retainsGrad) return;
    meta.retainsGrad = true;
    edge.node.retainGradient(edge.index, (grad) => {
      meta.grad = meta.grad === null ? grad.clone() : meta.grad.add(grad);
      meta.gradIsUnseen = false;
      meta.grad.storage.markPersistent();
    });
  },
  registerHook(this: Tensor, hook: TensorHook): () => void {
    return registerHook(this, hook);
  },
  registerPostAccumulateGradHook(this: Tensor, hook: (leaf: Tensor) => void): () => void {
    const node = edgeOf(this)?.node;
    if (!(node instanceof AccumulateGrad))
      throw new AutogradError('registerPostAccumulateGradHook: only leaves that need gradients accumulate them');
    return node.registerPostHook(hook);
  },
};

export function installTensorMethods(): void {
  setPrintSuffix((t) => {
    const node = gradFn(t);
    return node === null ? (needsGrad(t) ? ['requiresGrad=true'] : []) : [`gradFn=${node}`];
  });
  for (const [name, accessor] of Object.entries(accessors))
    Object.defineProperty(Tensor.prototype, name, { ...accessor, configurable: true });
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
}
