/** The graph: nodes are recorded operations, edges lead from a node to the nodes that made its inputs. */
import { AutogradError, formatShape, type Tensor } from '@flambeau/core';
import type { DTypeInfo } from '@flambeau/core/internal';

export type Gradients = readonly (Tensor | null)[];
/** Sees a node's gradients; may return others in their place. */
export type NodeHook = (gradInputs: Gradients, gradOutputs: Gradients) => Gradients | undefined;
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

let nextSequence = 0;

/** One recorded operation. PyTorch: `torch.autograd.graph.Node`. */
export abstract class Node {
  /** Whether user code sees the gradients that pass through, so that their memory is not the engine's to recycle. */
  get callsUserCode(): boolean {
    return false;
  }
  private tensorHooks: Map<number, Set<TensorHook>> | null = null;
  private nodeHooks: Set<NodeHook> | null = null;

  constructor(
    readonly name: string,
    /** One entry per input of the operation; null where no gradient is needed. */
    readonly edges: readonly (Edge | null)[],
    readonly outputCount: number,
    /** Later operations have greater numbers and run earlier in backward. */
    readonly sequence: number = nextSequence++,
  ) {}

  /** From the gradients of the outputs to those of the inputs. */
  abstract apply(gradOutputs: Gradients): Gradients;
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

  /** @internal Hooks of the tensor that is this node's output `index`. */
  registerTensorHook(index: number, hook: TensorHook): () => void {
    this.tensorHooks ??= new Map();
    let hooks = this.tensorHooks.get(index);
    if (hooks === undefined) this.tensorHooks.set(index, (hooks = new Set()));
    hooks.add(hook);
    return () => void hooks.delete(hook);
  }

  get hasHooks(): boolean {
    return this.tensorHooks !== null || this.nodeHooks !== null;
  }

  /** @internal Lets the hooks of the output tensors see, and replace, their gradients. */
  runTensorHooks(gradOutputs: (Tensor | null)[]): void {
    if (this.tensorHooks === null) return;
    for (const [index, hooks] of this.tensorHooks)
      for (const hook of hooks) {
        const grad = gradOutputs[index];
        if (grad !== null) gradOutputs[index] = hook(grad) ?? grad;
      }
  }

  /** @internal Runs the node and its own hooks. */
  run(gradOutputs: (Tensor | null)[]): Gradients {
    let result = this.apply(gradOutputs);
    if (this.nodeHooks !== null) for (const hook of this.nodeHooks) result = hook(result, gradOutputs) ?? result;
    return result;
  }

  toString(): string {
    return `<${this.name}>`;
  }
}

/** @throws {AutogradError} If a tensor that was kept for backward has been changed in place since. */
export function checkVersion(tensor: Tensor, version: number, op: string, as: string): void {
  if (tensor.storage.version !== version)
    throw new AutogradError(
      `the backward of ${op} needs its ${as} of shape ${formatShape(tensor.shape)} at version ${version}, but an in-place ` +
        `operation has changed it since (version ${tensor.version}); clone() it before the in-place operation`,
    );
}

/** A tensor kept for the backward of user code, with the version it had. */
export class SavedTensor {
  private readonly version: number;
  constructor(
    private readonly tensor: Tensor,
    private readonly op: string,
    private readonly as: string,
  ) {
    this.version = tensor.version;
  }

  /** @throws {AutogradError} If the tensor was changed in place since. */
  unpack(): Tensor {
    checkVersion(this.tensor, this.version, this.op, this.as);
    return this.tensor;
  }
}

export function releasedError(name: string): AutogradError {
  return new AutogradError(
    `the graph below ${name} was freed by an earlier backward(); pass { retainGraph: true } there to go through it again`,
  );
}
