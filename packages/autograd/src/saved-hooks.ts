/** What happens to tensors that are kept for backward. */
import { AutogradError, checkTensor, formatShape, type Tensor } from '@flambeau/core';
import { context, Layer, sameShape, withContext } from '@flambeau/core/internal';
import { scopeOfUser } from './backward-memory.js';
import { setHistory } from './meta.js';
import type { Edge, GradientMeta } from './node.js';

export interface SavedTensorsHooks {
  /** Gets each tensor (without history) that an operation keeps for backward; gives what is kept in its place. */
  readonly pack: (tensor: Tensor) => unknown;
  /** Gives the tensor back, from what `pack` returned. */
  readonly unpack: (packed: unknown) => Tensor;
}

/** @internal The hooks of the running code; null for none. Read at every operation that keeps something. */
export let savedHooks: SavedTensorsHooks | null = null;

function withHooks<T>(hooks: SavedTensorsHooks | null, fn: () => T): T {
  const before = savedHooks;
  savedHooks = hooks;
  try {
    const result = fn();
    if (result instanceof Promise) {
      result.catch(() => {}); // the caller gets this error instead
      throw new AutogradError('savedTensorsHooks: the function must not be async; the hooks hold until it returns');
    }
    return result;
  } finally {
    savedHooks = before;
  }
}

/**
 * Runs `fn`, in which tensors that are kept for backward pass through `pack`, and through `unpack` when backward needs them: to
 * compress them, or to put them on disk. Neither hook may change its tensor. PyTorch: `torch.autograd.graph.saved_tensors_hooks`.
 *
 * @example
 * const y = savedTensorsHooks({ pack: (t) => t.to('bfloat16'), unpack: (t) => (t as Tensor).to('float32') }, () => model(x));
 */
export function savedTensorsHooks<T>(hooks: SavedTensorsHooks, fn: () => T): T {
  if (disabled !== null) throw new AutogradError(disabled);
  return withHooks(hooks, fn);
}

/** Runs `fn`, in which `savedTensorsHooks` throws `message`. PyTorch: `disable_saved_tensors_hooks`. */
export function disableSavedTensorsHooks<T>(message: string, fn: () => T): T {
  const before = disabled;
  disabled = message;
  try {
    return fn();
  } finally {
    disabled = before;
  }
}
let disabled: string | null = null;

/**
 * Runs `fn`, in which tensors for backward are kept on the CPU. All tensors are there today, so they are kept as they are.
 * PyTorch: `torch.autograd.graph.save_on_cpu`.
 */
export const saveOnCpu = <T>(fn: () => T): T => savedTensorsHooks({ pack: (t) => t, unpack: (t) => t as Tensor }, fn);

/** A tensor that hooks have packed, and its place in the graph. */
export class PackedTensor {
  private readonly packed: unknown;
  private readonly meta: GradientMeta;

  constructor(
    private readonly hooks: SavedTensorsHooks,
    tensor: Tensor,
    /** Where the gradient of an input goes; null for a result, whose history is the operation itself. */
    private readonly edge: Edge | null,
  ) {
    this.meta = { shape: tensor.shape, info: tensor.info };
    this.packed = asUser(() => hooks.pack(tensor.detached()));
  }

  /** @throws {AutogradError} If the hook gives back a tensor of another shape or dtype. */
  unpack(): Tensor {
    const { meta, edge } = this;
    const t = asUser(() => this.hooks.unpack(this.packed));
    checkTensor('savedTensorsHooks', 'what unpack returns', t);
    if (!sameShape(t.shape, meta.shape) || t.info !== meta.info)
      throw new AutogradError(
        `savedTensorsHooks: unpack gave a ${t.dtype} tensor of shape ${formatShape(t.shape)}, packed was a ${meta.info.name} one of shape ${formatShape(meta.shape)}`,
      );
    const tensor = t.detached();
    if (edge !== null && (context().excluded & Layer.Autograd) === 0) setHistory(tensor, edge.node, edge.index);
    return tensor;
  }
}

/** Hooks are user code: nothing in them is recorded or packed, and what they make is theirs. */
const asUser = <T>(fn: () => T): T =>
  withHooks(null, () =>
    withContext('savedTensorsHooks', { excluded: context().excluded | Layer.Autograd, scope: scopeOfUser() }, fn),
  );
