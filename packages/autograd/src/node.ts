/** The graph: nodes are recorded operations, edges lead from a node to the nodes that made its inputs. */
import { AutogradError, formatShape, ShapeError, type Tensor } from '@flambeau/core';
import { castTo, type DTypeInfo, sameShape } from '@flambeau/core/internal';
import { anomaly, noteCreation } from './anomaly.js';

export type Gradients = readonly (Tensor | null)[];
/** Sees a node's gradients; may return others in their place. */
export type NodeHook = (gradInputs: Gradients, gradOutputs: Gradients) => Gradients | undefined;
/** Sees the gradients that reach a node; may return others in their place. */
export type NodePreHook = (gradOutputs: Gradients) => Gradients | undefined;
/** Sees a tensor's gradient; may return another in its place. */
export type TensorHook = (grad: Tensor) => Tensor | undefined;

/** What a gradient has to look like. */
export interface GradientMeta {
  readonly shape: readonly number[];
  readonly info: DTypeInfo;
}

/** Where the gradient of a tensor goes: to the `index`-th output of `node`. */
export interface Edge extends GradientMeta {
  readonly node: Node;
  readonly index: number;
}

/** What is called with the gradient of one output. */
interface OutputHooks {
  readonly hooks: Set<TensorHook>;
  /** `retainGrad`, which comes last. */
  retain: ((grad: Tensor) => void) | null;
}

let nextSequence = 0;
// few nodes have any, so that it is no field of all
const metadata = new WeakMap<Node, Map<string, unknown>>();

/** One recorded operation. PyTorch: `torch.autograd.graph.Node`. */
export abstract class Node {
  /** Whether running it adds gradients into leaves itself, which a search for single gradients must not do. */
  get accumulates(): boolean {
    return false;
  }
  /** Whether user code sees the gradients that pass through, so that their memory is not the engine's to recycle. */
  get callsUserCode(): boolean {
    return false;
  }
  private outputHooks: Map<number, OutputHooks> | null = null;
  private nodeHooks: Set<NodeHook> | null = null;
  private preHooks: Set<NodePreHook> | null = null;

  constructor(
    readonly name: string,
    /** One entry per input of the operation; null where no gradient is needed. */
    readonly edges: readonly (Edge | null)[],
    readonly outputCount: number,
    /** Later operations have greater numbers and run earlier in backward. */
    readonly sequence: number = nextSequence++,
  ) {
    if (anomaly.on) noteCreation(this);
  }

  /** From the gradients of the outputs to those of the inputs. */
  abstract apply(gradOutputs: Gradients): Gradients;
  /** @internal Adds the gradient into `sum`, its input's so far, if that is all there is to do. */
  addTo(_sum: Tensor, _grad: Tensor): boolean {
    return false;
  }
  /** Drops what was saved for backward. */
  release(): void {}

  /** PyTorch: `grad_fn.next_functions`. */
  get nextFunctions(): readonly (Edge | null)[] {
    return this.edges;
  }

  /** Calls `hook(gradInputs, gradOutputs)` after this node ran. Returns a function that removes the hook. */
  registerHook(hook: NodeHook): () => void {
    this.nodeHooks ??= new Set();
    const hooks = this.nodeHooks.add(hook);
    return () => void hooks.delete(hook);
  }

  /** Calls `hook(gradOutputs)` before this node runs. Returns a function that removes the hook. PyTorch: `register_prehook`. */
  registerPrehook(hook: NodePreHook): () => void {
    this.preHooks ??= new Set();
    const hooks = this.preHooks.add(hook);
    return () => void hooks.delete(hook);
  }

  /** Anything that the user wants to keep with the node. PyTorch: `grad_fn.metadata`. */
  get metadata(): Map<string, unknown> {
    let data = metadata.get(this);
    if (data === undefined) metadata.set(this, (data = new Map()));
    return data;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** @internal Hooks of the tensor that is this node's output `index`. */
  registerTensorHook(index: number, hook: TensorHook): () => void {
    const { hooks } = this.hooksOf(index);
    hooks.add(hook);
    return () => void hooks.delete(hook);
  }

  /** @internal Calls `retain` with the gradient of output `index`, after all hooks. */
  retainGradient(index: number, retain: (grad: Tensor) => void): void {
    this.hooksOf(index).retain = retain;
  }
  /** @internal The same for a tensor that was output `previousIndex` of `previous` until it was changed in place. */
  takeRetained(index: number, previous: Node, previousIndex: number): void {
    const old = previous.outputHooks?.get(previousIndex);
    if (old === undefined || old.retain === null) return;
    this.retainGradient(index, old.retain);
    old.retain = null;
  }

  private hooksOf(index: number): OutputHooks {
    this.outputHooks ??= new Map();
    let hooks = this.outputHooks.get(index);
    if (hooks === undefined) this.outputHooks.set(index, (hooks = { hooks: new Set(), retain: null }));
    return hooks;
  }

  get hasHooks(): boolean {
    return this.outputHooks !== null || this.nodeHooks !== null || this.preHooks !== null;
  }

  /** @internal Lets the hooks of the output tensors see, and replace, their gradients. */
  runTensorHooks(gradOutputs: (Tensor | null)[]): void {
    if (this.outputHooks === null) return;
    for (const [index, { hooks, retain }] of this.outputHooks) {
      let grad = gradOutputs[index];
      if (grad === null) continue;
      for (const hook of hooks) grad = replaced(grad, hook(grad));
      gradOutputs[index] = grad;
      retain?.(grad);
    }
  }

  /** @internal Runs the node and its own hooks. */
  run(gradOutputs: (Tensor | null)[]): Gradients {
    let given: Gradients = gradOutputs;
    if (this.preHooks !== null) for (const hook of this.preHooks) given = hook(given) ?? given;
    let result = this.apply(given);
    if (this.nodeHooks !== null) for (const hook of this.nodeHooks) result = hook(result, given) ?? result;
    return result;
  }

  toString(): string {
    return `<${this.name}>`;
  }
}

function replaced(grad: Tensor, replacement: Tensor | undefined): Tensor {
  if (replacement === undefined) return grad;
  if (!sameShape(replacement.shape, grad.shape))
    throw new ShapeError(
      `a hook returned a gradient of shape ${formatShape(replacement.shape)} in place of one of shape ${formatShape(grad.shape)}`,
    );
  return castTo(replacement, grad.info);
}

/** @throws {AutogradError} If a tensor that was kept for backward has been changed in place since. */
export function checkVersion(tensor: Tensor, version: number, op: string, as: string): void {
  if (tensor.storage.version !== version)
    throw new AutogradError(
      `the backward of ${op} needs its ${as} of shape ${formatShape(tensor.shape)} at version ${version}, but an in-place ` +
        `operation has changed it since (version ${tensor.version}); clone() it before the in-place operation`,
    );
}

export function releasedError(name: string): AutogradError {
  return new AutogradError(
    `the graph below ${name} was freed by an earlier backward(); pass { retainGraph: true } there to go through it again`,
  );
}
