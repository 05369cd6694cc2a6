/** Operations with a derivative written by the user. */
import { AutogradError, isTensor, type Tensor, zeros } from '@flambeau/core';
import { edgeOf } from './history.js';
import { needsGrad, setHistory } from './meta.js';
import { isGradEnabled, noGrad } from './mode.js';
import { type Edge, type GradientMeta, type Gradients, Node, releasedError, SavedTensor } from './node.js';
import { fit } from './op-node.js';

/** What `forward` leaves for `backward`. PyTorch: `torch.autograd.function.FunctionCtx`. */
export class FunctionContext {
  private saved: readonly (SavedTensor | null)[] = [];
  private readonly nonDifferentiable = new Set<Tensor>();
  private materialize = true;
  /** Anything else that backward needs. */
  [key: string]: unknown;

  constructor(
    private readonly functionName: string,
    /** For each argument of `apply`, whether it needs a gradient. */
    readonly needsInputGrad: readonly boolean[],
  ) {}

  /** Keeps tensors (inputs or outputs) for backward; changing one in place before then is noticed. */
  saveForBackward(...tensors: (Tensor | null)[]): void {
    this.saved = tensors.map((t, i) => (t === null ? null : new SavedTensor(t, this.functionName, `saved tensor ${i}`)));
  }
  get savedTensors(): (Tensor | null)[] {
    return this.saved.map((s) => (s === null ? null : s.unpack()));
  }
  /** These outputs get no history. */
  markNonDifferentiable(...outputs: Tensor[]): void {
    for (const t of outputs) this.nonDifferentiable.add(t);
  }
  /** Whether absent gradients reach backward as zeros (default) or as null. */
  setMaterializeGrads(on: boolean): void {
    this.materialize = on;
  }

  /** @internal */
  isDifferentiable(output: Tensor): boolean {
    return !this.nonDifferentiable.has(output);
  }
  /** @internal */
  materialized(grads: Gradients, metas: readonly GradientMeta[]): Gradients {
    if (!this.materialize) return grads;
    return grads.map((g, i) => g ?? zeros(metas[i].shape, { dtype: metas[i].info.name }));
  }
  /** @internal */
  release(): void {
    this.saved = [];
  }
}

type Results = Tensor | readonly Tensor[];
type BackwardResult = Tensor | null | undefined | readonly (Tensor | null | undefined)[];

/** The static side of a `Function` subclass. */
interface FunctionClass<A extends readonly unknown[], R extends Results> {
  readonly name: string;
  forward(ctx: FunctionContext, ...args: A): R;
  backward(ctx: FunctionContext, ...grads: Tensor[]): BackwardResult;
}

class FunctionNode extends Node {
  override get callsUserCode(): boolean {
    return true;
  }
  private released = false;

  constructor(
    private readonly definition: FunctionClass<never, Results>,
    private readonly ctx: FunctionContext,
    edges: readonly (Edge | null)[],
    private readonly outputs: readonly GradientMeta[],
  ) {
    super(definition.name, edges, outputs.length);
  }

  override release(): void {
    this.released = true;
    this.ctx.release();
  }

  override apply(gradOutputs: Gradients): Gradients {
    if (this.released) throw releasedError(this.name);
    const grads = this.ctx.materialized(gradOutputs, this.outputs) as Tensor[];
    const result = this.definition.backward(this.ctx, ...grads);
    const returned = (Array.isArray(result) ? result : [result]) as (Tensor | null | undefined)[];
    if (returned.length !== this.edges.length)
      throw new AutogradError(
        `${this.name}.backward returned ${returned.length} gradients, but forward has ${this.edges.length} arguments; return null for those without one`,
      );
    return returned.map((g, i) => fit(g, this.edges[i], this.name));
  }
}

function applyFunction<A extends readonly unknown[], R extends Results>(definition: FunctionClass<A, R>, args: A): R {
  const needs = args.map((a) => isTensor(a) && isGradEnabled() && needsGrad(a));
  const ctx = new FunctionContext(definition.name, needs);
  const edges = args.map((a, i) => (needs[i] ? edgeOf(a as Tensor) : null));
  const result = noGrad(() => definition.forward(ctx, ...args));
  if (!needs.includes(true)) return result;
  const outputs = (Array.isArray(result) ? result : [result]) as Tensor[];
  // an argument that forward returns as it is becomes a tensor of its own, so that its history stays what it was
  const fresh = outputs.map((t) => (args.includes(t) ? t.detached() : t));
  const node = new FunctionNode(definition as unknown as FunctionClass<never, Results>, ctx, edges, fresh);
  for (let i = 0; i < fresh.length; i++) if (ctx.isDifferentiable(outputs[i])) setHistory(fresh[i], node, i);
  return (Array.isArray(result) ? fresh : fresh[0]) as R;
}

/**
 * A custom operation: subclass it with static `forward(ctx, ...args)` and `backward(ctx, ...grads)`, and call `apply`.
 * `backward` returns one gradient (or null) per argument of `forward`. PyTorch: `torch.autograd.Function`.
 *
 * @example
 * class Square extends Function {
 *   static forward(ctx: FunctionContext, x: Tensor): Tensor {
 *     ctx.saveForBackward(x);
 *     return x.mul(x);
 *   }
 *   static backward(ctx: FunctionContext, grad: Tensor) {
 *     const [x] = ctx.savedTensors;
 *     return grad.mul(x!).mul(2);
 *   }
 * }
 * Square.apply(x);
 */
// biome-ignore lint/suspicious/noShadowRestrictedNames: PyTorch's name
export class Function {
  static apply<A extends readonly unknown[], R extends Results>(this: FunctionClass<A, R>, ...args: A): R {
    // biome-ignore lint/complexity/noThisInStatic: the subclass that the user wrote
    return applyFunction(this, args);
  }
}
