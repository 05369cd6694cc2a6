/** The recorded graph. PyTorch: `torch.autograd.graph`. */
import { AutogradError, checkTensor, type Tensor } from '@flambeau/core';
import { latestRun } from './backward-memory.js';
import { edgeOf } from './history.js';
import { needsGrad } from './meta.js';
import type { Edge } from './node.js';

export { Node } from './node.js';
export { disableSavedTensorsHooks, type SavedTensorsHooks, savedTensorsHooks, saveOnCpu } from './saved-hooks.js';

/** Where the gradient of a tensor goes: a node, and which of its outputs the tensor is. PyTorch: `get_gradient_edge`. */
export function getGradientEdge(t: Tensor): Edge {
  checkTensor('getGradientEdge', 'the tensor', t);
  const edge = edgeOf(t);
  if (edge === null) throw new AutogradError('getGradientEdge: the tensor does not need gradients');
  return edge;
}

/** Tells autograd that the tensors' elements were changed by other means than an operation. PyTorch: `increment_version`. */
export function incrementVersion(tensors: Tensor | readonly Tensor[]): void {
  for (const t of Array.isArray(tensors) ? tensors : [tensors as Tensor]) t.storage.version++;
}

export interface MultiGradHookOptions {
  /** Call when all gradients of a backward pass are there, or with the first of them. Default `'all'`. */
  readonly mode?: 'all' | 'any';
}

/**
 * Calls `hook` once in a backward pass: with the gradients of all tensors when the last of them has arrived, or, in mode `'any'`,
 * with the first alone. Returns a function that removes the hook. PyTorch: `register_multi_grad_hook`.
 */
export function registerMultiGradHook(
  tensors: readonly Tensor[],
  hook: (grads: readonly Tensor[]) => void,
  { mode = 'all' }: MultiGradHookOptions = {},
): () => void {
  let grads = new Map<number, Tensor>();
  let run = -1;
  const removers = tensors.map((t, i) => {
    if (!needsGrad(t)) throw new AutogradError(`registerMultiGradHook: tensor ${i} does not need gradients`);
    return t.registerHook((grad) => {
      if (run !== latestRun()) {
        run = latestRun();
        grads = new Map();
      }
      grads.set(i, grad);
      if (mode === 'any' && grads.size === 1) hook([grad]);
      if (mode === 'all' && grads.size === tensors.length) hook(tensors.map((_, k) => grads.get(k) as Tensor));
      return undefined;
    });
  });
  return () => {
    for (const remove of removers) remove();
  };
}
