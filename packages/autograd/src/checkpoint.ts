/** Recomputing instead of keeping. */
import { AutogradError, type GeneratorState, getRngState, isTensor, setRngState, type Tensor } from '@flambeau/core';
import { runBackward } from './engine.js';
import { edgeOf } from './history.js';
import { needsGrad, setHistory } from './meta.js';
import { enableGrad, isGradEnabled, noGrad } from './mode.js';
import { type Edge, type Gradients, Node, releasedError } from './node.js';

type Results = Tensor | Tensor[];

class CheckpointNode extends Node {
  override get callsUserCode(): boolean {
    return true;
  }
  override get accumulates(): boolean {
    return true;
  }
  private args: readonly unknown[] | null;

  constructor(
    private readonly fn: (...args: never[]) => Results,
    args: readonly unknown[],
    edges: readonly (Edge | null)[],
    outputCount: number,
    private readonly rngState: GeneratorState,
  ) {
    super('checkpoint', edges, outputCount);
    this.args = args;
  }

  override release(): void {
    this.args = null;
  }

  override apply(gradOutputs: Gradients): Gradients {
    if (this.args === null) throw releasedError('checkpoint');
    if (isGradEnabled())
      throw new AutogradError('checkpoint: what is recomputed has no higher derivatives; call the function without checkpoint');
    const inputs = this.args.map((a) => (isTensor(a) ? withOwnHistory(a) : a));
    const now = getRngState();
    setRngState(this.rngState);
    let result: Results;
    try {
      result = enableGrad(() => this.fn(...(inputs as never[])));
    } finally {
      setRngState(now);
    }
    const outputs = Array.isArray(result) ? result : [result];
    const roots = outputs.flatMap((t, i) => {
      const grad = gradOutputs[i];
      const edge = edgeOf(t);
      return grad === null || edge === null ? [] : [{ edge, grad }];
    });
    runBackward(roots, { retainGraph: false, createGraph: false }, null);
    return this.edges.map((e, i) => (e === null ? null : (inputs[i] as Tensor).grad));
  }
}

function withOwnHistory(t: Tensor): Tensor {
  const leaf = t.detached();
  if (needsGrad(t)) leaf.requiresGrad = true;
  return leaf;
}

/**
 * Computes `fn(...args)` without keeping what backward needs, and computes it again, with the same random numbers, when backward
 * gets there. Parameters used inside get their gradients too. PyTorch: `torch.utils.checkpoint.checkpoint`.
 */
export function checkpoint<A extends readonly unknown[], R extends Results>(fn: (...args: A) => R, ...args: A): R {
  if (!isGradEnabled()) return fn(...args);
  const rngState = getRngState();
  const edges = args.map((a) => (isTensor(a) ? edgeOf(a) : null));
  const result = noGrad(() => fn(...args));
  const outputs: Tensor[] = Array.isArray(result) ? result : [result];
  const node = new CheckpointNode(fn as unknown as (...args: never[]) => Results, args, edges, outputs.length, rngState);
  // what has a record of its own (an argument, a parameter) keeps it: the output is another tensor on the same memory
  const fresh = outputs.map((t) => (t.autogradMeta === null ? t : t.detached()));
  fresh.forEach((t, i) => {
    setHistory(t, node, i);
  });
  return (Array.isArray(result) ? fresh : fresh[0]) as R;
}
