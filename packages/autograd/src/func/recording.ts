/** What the reverse-mode transforms share: inputs with an identity of their own, and the graph from the results back to them. */
import { checkTensor, formatShape, type Tensor, zerosLike } from '@flambeau/core';
import { AccumulateGrad } from '../accumulate-grad.js';
import { runBackward } from '../engine.js';
import { edgeOf } from '../history.js';
import { needsGrad } from '../meta.js';
import { enableGrad, isGradEnabled } from '../mode.js';
import type { Edge, Node } from '../node.js';
import { checkSync, currentFrame, TransformError } from '../transforms/frame.js';
import { asInput, InputNode } from '../transforms/input-node.js';
import { fillTree, mapTree } from '../transforms/pytree.js';
import { levelOf, needsGradAnywhere } from '../transforms/wrapped.js';

/** A function's result, and where its inputs stand in the graph. */
export class Recording {
  private readonly outer: boolean = isGradEnabled();
  private readonly inputs: readonly { readonly tensor: Tensor; readonly edge: Edge }[];
  private readonly level: number = currentFrame()?.level ?? 0;

  constructor(op: string, leaves: readonly Tensor[]) {
    this.inputs = leaves.map((t) => {
      checkTensor(op, 'an argument', t);
      if (t.info.category < 2)
        throw new TransformError(
          `${op}: only floating-point and complex arguments have derivatives, got ${t.dtype} ${formatShape(t.shape)}; choose others with argnums`,
        );
      const lifted = currentFrame()?.lift(t) ?? t;
      return asInput(lifted, needsGrad(lifted) ? edgeOf(lifted) : null);
    });
  }

  /** Runs `f` with recording on, on the inputs in place of the tensors of `tree`. */
  run<R>(f: (tree: unknown) => R, tree: unknown): R {
    const tensors = this.inputs.map((i) => i.tensor);
    const result = checkSync(
      'grad',
      enableGrad(() => f(fillTree(tree, tensors))),
    );
    for (const { edge } of this.inputs) (edge.node as InputNode).open = false;
    return result;
  }

  /** Whether something outside may want derivatives of a result or of its gradients. */
  private isWatched(tensors: readonly Tensor[]): boolean {
    return this.outer && (this.level > 0 || leadsOutside(tensors, new Set(this.inputs.map((i) => i.edge.node))));
  }

  /** Gradients with respect to the inputs; zeros for those that the outputs do not depend on. */
  gradients(outputs: readonly Tensor[], cotangents: readonly Tensor[], retainGraph: boolean): Tensor[] {
    const roots = outputs.flatMap((t, i) => {
      const edge = levelOf(t) === this.level ? enableGrad(() => edgeOf(t)) : null;
      return edge === null ? [] : [{ edge, grad: cotangents[i].to(t.dtype) }];
    });
    const createGraph =
      this.level > 0 || (isGradEnabled() && (this.isWatched(outputs) || cotangents.some((c) => needsGradAnywhere(c))));
    const found = runBackward(
      roots,
      { retainGraph: retainGraph || createGraph, createGraph },
      this.inputs.map((i) => i.edge),
    );
    return found.map((g, i) => g ?? zerosLike(this.inputs[i].tensor));
  }

  /** The result without the record of this function, unless somebody outside wants derivatives of it. */
  released<T>(result: T): T {
    return mapTree(result, (t) => (needsGrad(t) && !this.isWatched([t]) ? t.detached() : t)) as T;
  }
}

/** Whether a path in the graph ends elsewhere than in `own`: at a leaf, or at the input of a transform around this one. */
function leadsOutside(tensors: readonly Tensor[], own: ReadonlySet<Node>): boolean {
  const stack: Node[] = [];
  for (const t of tensors) {
    const edge = needsGrad(t) ? edgeOf(t) : null;
    if (edge !== null) stack.push(edge.node);
  }
  const seen = new Set<Node>();
  while (stack.length > 0) {
    const node = stack.pop() as Node;
    if (seen.has(node)) continue;
    seen.add(node);
    const isForeignInput = node instanceof InputNode && node.open && !own.has(node);
    if (isForeignInput || node instanceof AccumulateGrad) return true;
    for (const e of node.edges) if (e !== null) stack.push(e.node);
  }
  return false;
}
