import type { Tensor } from '@flambeau/core';
import { setHistory } from '../meta.js';
import { type Edge, type Gradients, Node } from '../node.js';

/** Where a transform cuts the graph: the tensor given to a function, as the function sees it. */
export class InputNode extends Node {
  /** The function is running: what is computed from the input in it is wanted. */
  open = true;
  constructor(outside: Edge | null) {
    super('TransformInput', [outside], 1);
  }
  override apply([grad]: Gradients): Gradients {
    return [grad];
  }
}

/** The tensor with an identity of its own, to whose edge gradients can be taken; what it comes from stays connected. */
export function asInput(t: Tensor, outside: Edge | null): { readonly tensor: Tensor; readonly edge: Edge } {
  const tensor = t.detached();
  const node = new InputNode(outside);
  setHistory(tensor, node, 0);
  return { tensor, edge: { node, index: 0, shape: t.shape, info: t.info } };
}
