/** Operations with a derivative written by the user. */
import { AutogradError, isTensor, type Tensor, zeros } from '@flambeau/core';
import { edgeOf, isLeaf } from './history.js';
import { needsGrad, setHistory } from './meta.js';
import { isGradEnabled, noGrad } from './mode.js';
import { type Edge, type GradientMeta, type Gradients, Node, releasedError } from './node.js';
import { fit } from './op-node.js';
import { SavedTensor } from './saved-tensor.js';
import { DualTensor } from './forward/frame.js';
import { TransformError } from './transforms/frame.js';
import { levelOf, needsGradAnywhere, topLevel, WrappedTensor } from './transforms/wrapped.js';

/** What `forward` leaves for `backward`. PyTorch: `torch.autograd.function.FunctionCtx`. */
export class FunctionContext {
  private saved: readonly (SavedTensor | null)[] = [];
  private readonly nonDifferentiable = new Set<Tensor>();
  private readonly dirty = new Set<Tensor>();
  private forForward: readonly (Tensor | null)[] = [];
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
  /** Keeps tensors for `jvp`. PyTorch: `save_for_forward`. */
  saveForForward(...tensors: (Tensor | null)[]): void {
    this.forForward = tensors;
  }
  /** What `saveForForward` has kept. */
  get savedForForward(): readonly (Tensor | null)[] {
    return this.forForward;
  }
  /** These inputs were changed in place by `forward`, which returns them. PyTorch: `mark_dirty`. */
  markDirty(...inputs: Tensor[]): void {
    for (const t of inputs) this.dirty.add(t);
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
  isDirty(output: Tensor): boolean {
    return this.dirty.has(output);
  }
  /** @internal */
  materialized(grads: Gradients, metas: readonly GradientMeta[]): Gradients {
    if (!this.materialize) return grads;
    const device = grads.find((g) => g !== null)?.device;
    return grads.map((g, i) => g ?? zeros(metas[i].shape, { dtype: metas[i].info.name, device }));
  }
  /** @internal */
  release(): void {
    this.saved = [];
  }
}

export type Results = Tensor | readonly Tensor[];
type BackwardResult = Tensor | null | undefined | readonly (Tensor | null | undefined)[];

/** The static methods that give derivatives. */
interface Definition {
  readonly name: string;
  backward?(ctx: FunctionContext, ...grads: Tensor[]): BackwardResult;
  /** Another name for `backward`. */
  vjp?(ctx: FunctionContext, ...grads: Tensor[]): BackwardResult;
  /** From the tangents of the arguments (null for zero) to that of each result. */
  jvp?(ctx: FunctionContext, ...tangents: (Tensor | null)[]): Tensor | null | readonly (Tensor | null)[];
}
type HasBackward =
  | { backward(ctx: FunctionContext, ...grads: Tensor[]): BackwardResult }
  | { vjp(ctx: FunctionContext, ...grads: Tensor[]): BackwardResult };

/** The static side of a `Function` subclass. */
export interface FunctionClass<A extends readonly unknown[], R extends Results> extends Definition {
  forward(ctx: FunctionContext, ...args: A): R;
}

/** A `Function` whose `forward` takes no context: `setupContext` fills it afterwards. */
interface SeparateFunctionClass<A extends readonly unknown[], R extends Results> extends Definition {
  forward(...args: A): R;
  setupContext(ctx: FunctionContext, inputs: A, output: R): void;
}

export type AnyFunctionClass<A extends readonly unknown[], R extends Results> = FunctionClass<A, R> | SeparateFunctionClass<A, R>;

export function runForward<A extends readonly unknown[], R extends Results>(
  definition: AnyFunctionClass<A, R>,
  ctx: FunctionContext,
  args: A,
): R {
  if (!('setupContext' in definition)) return definition.forward(ctx, ...args);
  const output = definition.forward(...args);
  definition.setupContext(ctx, args, output);
  return output;
}

class FunctionNode extends Node {
  override get callsUserCode(): boolean {
    return true;
  }
  private released = false;

  constructor(
    private readonly definition: Definition,
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

  private backward(...grads: Tensor[]): BackwardResult {
    const { definition } = this;
    if (definition.backward !== undefined) return definition.backward(this.ctx, ...grads);
    if (definition.vjp !== undefined) return definition.vjp(this.ctx, ...grads);
    throw new AutogradError(`${this.name}: there is no static backward (or vjp)`);
  }

  override apply(gradOutputs: Gradients): Gradients {
    if (this.released) throw releasedError(this.name);
    const grads = this.ctx.materialized(gradOutputs, this.outputs) as Tensor[];
    const result = this.backward(...grads);
    const returned = (Array.isArray(result) ? result : [result]) as (Tensor | null | undefined)[];
    if (returned.length !== this.edges.length)
      throw new AutogradError(
        `${this.name}.backward returned ${returned.length} gradients, but forward has ${this.edges.length} arguments; return null for those without one`,
      );
    return returned.map((g, i) => fit(g, this.edges[i], this.name));
  }
}

/** @internal The result, and what `forward` has left in the context. */
export function applyFunction<A extends readonly unknown[], R extends Results>(
  definition: AnyFunctionClass<A, R>,
  args: A,
): { readonly result: R; readonly ctx: FunctionContext } {
  const level = topLevel(args.filter(isTensor));
  const needs = args.map((a) => isTensor(a) && isGradEnabled() && needsGrad(a) && levelOf(a) === level);
  const forward = level === 0 ? runForward : transformedForward;
  const ctx = new FunctionContext(definition.name, needs);
  const edges = args.map((a, i) => (needs[i] ? edgeOf(a as Tensor) : null));
  const result = noGrad(() => forward(definition, ctx, args));
  if (!needs.includes(true)) return { result, ctx };
  const outputs = (Array.isArray(result) ? result : [result]) as Tensor[];
  // an argument that forward returns as it is becomes a tensor of its own, so that its history stays what it was
  const fresh = outputs.map((t) => (args.includes(t) && !ctx.isDirty(t) ? t.detached() : t));
  for (const t of fresh)
    if (ctx.isDirty(t) && (t.base !== null || (needsGrad(t) && isLeaf(t))))
      throw new AutogradError(`${definition.name}: a leaf that needs gradients, or a view, cannot be marked dirty`);
  const node = new FunctionNode(definition, ctx, edges, fresh);
  for (let i = 0; i < fresh.length; i++) if (ctx.isDifferentiable(outputs[i])) setHistory(fresh[i], node, i);
  return { result: (Array.isArray(result) ? fresh : fresh[0]) as R, ctx };
}

/**
 * A custom operation: subclass it with static `forward(ctx, ...args)` and `backward(ctx, ...grads)`, and call `apply`. With a static
 * `setupContext(ctx, inputs, output)`, `forward` gets the arguments alone. A static `jvp(ctx, ...tangents)` serves forward mode.
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
  static apply<A extends readonly unknown[], R extends Results>(this: SeparateFunctionClass<A, R> & HasBackward, ...args: A): R;
  static apply<A extends readonly unknown[], R extends Results>(this: FunctionClass<A, R> & HasBackward, ...args: A): R;
  static apply<A extends readonly unknown[], R extends Results>(this: AnyFunctionClass<A, R>, ...args: A): R {
    // biome-ignore lint/complexity/noThisInStatic: the subclass that the user wrote
    return applyFunction(this, args).result;
  }
}

/**
 * Makes a `backward` that itself has no derivative, for one that is computed by other means than tensor operations: going through it
 * a second time fails instead of giving a wrong result. PyTorch: `once_differentiable`.
 *
 * @example
 * static backward = onceDifferentiable((ctx: FunctionContext, grad: Tensor) => …);
 */
export function onceDifferentiable<F extends (ctx: FunctionContext, ...grads: Tensor[]) => BackwardResult>(backward: F): F {
  return ((ctx: FunctionContext, ...grads: Tensor[]): BackwardResult => {
    const result = noGrad(() => backward(ctx, ...grads));
    if (!isGradEnabled()) return result;
    const edges = [...grads, ...ctx.savedTensors].map((t) => (t !== null && t !== undefined && needsGrad(t) ? edgeOf(t) : null));
    const guard = (t: Tensor | null | undefined): Tensor | null => {
      if (t === null || t === undefined) return null;
      const result = t.detached();
      setHistory(result, new OnceDifferentiable(edges), 0);
      return result;
    };
    return Array.isArray(result) ? result.map(guard) : guard(result as Tensor | null | undefined);
  }) as F;
}

class OnceDifferentiable extends Node {
  constructor(edges: readonly (Edge | null)[]) {
    super('OnceDifferentiable', edges, 1);
  }
  override apply(): never {
    throw new AutogradError('this backward is marked with onceDifferentiable: it has no derivative itself');
  }
}

// ---- inside of transforms ----

/**
 * `forward` on wrapped tensors. Its operations are interpreted one by one, so anything that wants derivatives outside of the
 * transform would get them of those operations and not of the author's `backward`: that is refused.
 */
function transformedForward<A extends readonly unknown[], R extends Results>(
  definition: AnyFunctionClass<A, R>,
  ctx: FunctionContext,
  args: A,
): R {
  const duals = args.map((a) => (a instanceof DualTensor && a.tangent !== null ? a : null));
  if (duals.some((d) => d !== null)) return withTangents(definition, ctx, args);
  for (const a of args)
    if (isTensor(a) && (a instanceof WrappedTensor ? a.parts().some(needsGradAnywhere) : needsGradAnywhere(a)))
      throw new TransformError(
        `${definition.name}: inside of a transform its derivative can only be taken inside, too; nest them the other way, e.g. vmap(grad(f)) for grad(vmap(f))`,
      );
  return runForward(definition, ctx, args);
}

/** Forward mode: the author's `jvp` gives the tangents. */
function withTangents<A extends readonly unknown[], R extends Results>(
  definition: AnyFunctionClass<A, R>,
  ctx: FunctionContext,
  args: A,
): R {
  const { frame } = args.find((a) => a instanceof DualTensor) as DualTensor;
  const { jvp } = definition;
  if (jvp === undefined)
    throw new AutogradError(`${definition.name} has no forward derivative; give it a static jvp(ctx, ...tangents)`);
  const hidden = args.map((a) => (isTensor(a) ? frame.primal(a) : a)) as unknown as A;
  const result = frame.outside(() => {
    // recorded there as any call, for derivatives that are wanted outside
    const { result: output, ctx: inner } = applyFunction(definition, hidden);
    const outputs = (Array.isArray(output) ? output : [output]) as Tensor[];
    const found = jvp.call(definition, inner, ...args.map((a) => (isTensor(a) ? frame.tangent(a) : null)));
    const tangents = (Array.isArray(found) ? found : [found]) as (Tensor | null)[];
    if (tangents.length !== outputs.length)
      throw new AutogradError(`${definition.name}.jvp returned ${tangents.length} tangents for ${outputs.length} results`);
    const results = outputs.map((t, i) => new DualTensor(frame, t, tangents[i]));
    return (Array.isArray(output) ? results : results[0]) as unknown as R;
  });
  if (ctx.needsInputGrad.includes(true)) {
    if (!('setupContext' in definition))
      throw new TransformError(
        `${definition.name}: reverse mode inside of forward mode needs a static setupContext(ctx, inputs, output) beside forward`,
      );
    definition.setupContext(ctx, args, result);
  }
  return result;
}
