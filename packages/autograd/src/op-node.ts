/** Recorded operators and the rules they are differentiated by. */
import { AutogradError, formatShape, type Tensor } from '@flambeau/core';
import {
  type AnyOpDef,
  type Attributes,
  castTo,
  context,
  groups,
  type Inputs,
  Layer,
  type Outputs,
  sameShape,
} from '@flambeau/core/internal';
import { metaOf, setHistory } from './meta.js';
import { checkVersion, type Edge, type Gradients, Node, releasedError } from './node.js';
import type { InputRule, JointRule } from './rule.js';
import { PackedTensor, savedHooks } from './saved-hooks.js';

type AnyInputRule = InputRule<string, Attributes, unknown>;
type AnyJointRule = JointRule<string, Attributes, unknown>;

/** A rule, prepared for use: which input or result each saved name stands for. */
export class CompiledRule {
  readonly inputs: readonly (AnyInputRule | undefined)[];
  readonly joint: AnyJointRule | null;
  private readonly plans = new Map<number, readonly SavedSlot[]>();

  constructor(
    readonly def: AnyOpDef,
    rule: object,
  ) {
    this.joint = 'all' in rule ? (rule as AnyJointRule) : null;
    this.inputs = this.joint ? [] : def.inputs.map((name) => (rule as Record<string, AnyInputRule>)[name]);
  }

  /** Whether the input can have a gradient at all. */
  differentiates(input: number): boolean {
    return this.joint !== null || this.inputs[input] !== undefined;
  }

  /** What must be kept to find the gradients of the inputs in the bit set `needs`. */
  plan(needs: number): readonly SavedSlot[] {
    let plan = this.plans.get(needs);
    if (plan === undefined) {
      const names = new Set<string>();
      const rules = this.joint ? [this.joint] : this.inputs.filter((_, i) => needs & (1 << i));
      for (const rule of rules) for (const name of rule?.saves ?? []) names.add(name);
      plan = [...names].map((name) => this.slot(name));
      this.plans.set(needs, plan);
    }
    return plan;
  }

  private slot(name: string): SavedSlot {
    const input = this.def.inputs.indexOf(name);
    if (input >= 0) return { name, input, result: -1 };
    if (name === 'result') return { name, input: -1, result: 0 };
    const result = /^result(\d+)$/.exec(name);
    if (result === null)
      throw new Error(`the derivative of ${this.def.name} saves '${name}', which is neither an input nor a result`);
    return { name, input: -1, result: Number(result[1]) };
  }
}

interface SavedSlot {
  readonly name: string;
  readonly input: number;
  readonly result: number;
}

type Shape = readonly number[];

/** One call of an operator. */
export class OpNode extends Node {
  private readonly plan: readonly SavedSlot[];
  /** The inputs' shapes, not the inputs: one that no rule saves is not kept alive. */
  private readonly shapes: readonly Shape[];
  /** What `plan` lists, and the versions it had; null once released. */
  private saved: readonly (Tensor | PackedTensor | null)[] | null = null;
  private versions: readonly number[] = NO_VERSIONS;

  constructor(
    private readonly rule: CompiledRule,
    edges: readonly (Edge | null)[],
    outputCount: number,
    private readonly attributes: Attributes,
    inputs: Inputs,
    /** Whether the op makes a list, which may have one tensor only. */
    private readonly makesList = false,
  ) {
    super(rule.def.name, edges, outputCount);
    const shapes: Shape[] = new Array(inputs.length);
    let needs = 0;
    for (let i = 0; i < inputs.length; i++) {
      shapes[i] = inputs[i]?.shape ?? NO_SHAPE;
      if (rule.joint === null && edges[i] !== null) needs |= 1 << i;
    }
    this.shapes = shapes;
    this.plan = rule.plan(needs);
  }

  /**
   * Keeps what the rules of the needed inputs want.
   *
   * @param inputs - What to keep of the inputs: for one that the op is about to overwrite, a copy.
   */
  save(inputs: Inputs, results: Outputs): void {
    const { plan } = this;
    if (plan.length === 0) {
      this.saved = NOTHING;
      return;
    }
    const saved: (Tensor | PackedTensor | null)[] = new Array(plan.length);
    const versions: number[] = new Array(plan.length);
    for (let i = 0; i < plan.length; i++) {
      const { input, result } = plan[i];
      const tensor = input >= 0 ? inputs[input] : Array.isArray(results) ? results[result] : results;
      saved[i] =
        savedHooks === null || tensor === null
          ? tensor
          : new PackedTensor(savedHooks, tensor, input >= 0 ? this.edges[input] : null);
      versions[i] = tensor === null ? 0 : tensor.storage.version;
    }
    this.saved = saved;
    this.versions = versions;
  }

  /** Whether a rule wants this input. */
  savesInput(input: number): boolean {
    return this.plan.some((slot) => slot.input === input);
  }

  override release(): void {
    if (this.saved !== NOTHING) this.saved = null; // a rule that saves nothing works again and again
  }

  override addTo(sum: Tensor, grad: Tensor): boolean {
    const add = this.rule.inputs[0]?.addTo;
    add?.(sum, grad, this.attributes);
    return add !== undefined;
  }

  override apply(gradOutputs: Gradients): Gradients {
    const { rule, edges, attributes, shapes } = this;
    const saved = this.unpack();
    const grad = this.makesList ? gradOutputs : gradOutputs[0];
    const result: (Tensor | null)[] = new Array(edges.length);
    if (rule.joint !== null) {
      const grads = rule.joint.all(
        grad,
        saved,
        attributes,
        shapes,
        edges.map((e) => e !== null),
      );
      for (let i = 0; i < edges.length; i++) result[i] = fit(grads[i], edges[i], this.name);
      return result;
    }
    const shapeOf: Record<string, Shape> = {};
    const { inputs } = rule.def;
    for (let i = 0; i < inputs.length; i++) shapeOf[inputs[i]] = shapes[i];
    for (let i = 0; i < edges.length; i++) {
      const edge = edges[i];
      result[i] =
        edge === null ? null : fit((rule.inputs[i] as AnyInputRule).vjp(grad, saved, attributes, shapeOf), edge, this.name);
    }
    return result;
  }

  private unpack(): Record<string, Tensor> {
    const { plan, saved, versions } = this;
    if (saved === null) throw releasedError(this.name);
    const createsGraph = (context().excluded & Layer.Autograd) === 0;
    const result: Record<string, Tensor> = {};
    for (let i = 0; i < plan.length; i++) {
      const kept = saved[i];
      if (kept === null) continue;
      const { name, result: index } = plan[i];
      let tensor: Tensor;
      if (kept instanceof PackedTensor) tensor = kept.unpack();
      else checkVersion((tensor = kept), versions[i], this.name, index < 0 ? `input '${name}'` : name);
      // a result that was detached in place since still has its history here
      if (createsGraph && index >= 0 && metaOf(tensor)?.node !== this) {
        tensor = tensor.detached();
        setHistory(tensor, this, index);
      }
      result[name] = tensor;
    }
    return result;
  }
}

const NOTHING: readonly (Tensor | null)[] = [];
const NO_VERSIONS: readonly number[] = [];
const NO_SHAPE: Shape = [];

/** Rules may ignore broadcasting and promotion of their inputs; here the gradient gets the input's shape and dtype. */
export function fit(grad: Tensor | null | undefined, edge: Edge | null, op: string): Tensor | null {
  if (grad === null || grad === undefined || edge === null) return null;
  const shaped = sameShape(grad.shape, edge.shape) ? grad : sumToShape(grad, edge.shape, op);
  return castTo(shaped, edge.info);
}

/** Sums over the dimensions along which a tensor of `shape` was repeated. */
function sumToShape(grad: Tensor, shape: readonly number[], op: string): Tensor {
  const lead = grad.ndim - shape.length;
  const dims: number[] = [];
  let fits = lead >= 0;
  for (let i = 0; i < grad.ndim; i++) {
    if (i < lead || (shape[i - lead] === 1 && grad.shape[i] !== 1)) dims.push(i);
    else if (shape[i - lead] !== grad.shape[i]) fits = false;
  }
  if (!fits)
    throw new AutogradError(
      `the derivative of ${op} gave a gradient of shape ${formatShape(grad.shape)} for an input of shape ${formatShape(shape)}`,
    );
  const kept = dims.length === 0 ? grad : grad.sum(dims, { keepdim: true });
  return lead > 0 ? kept.reshape(shape) : kept;
}

/** The operation that makes view `t` from its base. */
export function asStridedNode(base: Tensor, t: Tensor, edge: Edge): Node {
  const def = groups.view.asStrided.def as AnyOpDef;
  const attributes = {
    size: t.shape,
    stride: t.strides,
    storageOffset: t.offset,
    selfStride: base.strides,
    selfOffset: base.offset,
  };
  const node = new OpNode(def.derivative as CompiledRule, [edge], 1, attributes, [base]);
  node.save([base], t);
  return node;
}
