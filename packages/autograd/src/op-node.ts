/** Recorded operators and the rules they are differentiated by. */
import { AutogradError, formatShape, type Tensor } from '@flambeau/core';
import { type AnyOpDef, type Attributes, castTo, context, groups, type Inputs, Layer, sameShape } from '@flambeau/core/internal';
import { setHistory } from './meta.js';
import { type Edge, type GradientMeta, type Gradients, Node, releasedError, SavedTensor } from './node.js';
import type { InputRule, JointRule } from './rule.js';

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
      if (this.joint) for (const name of this.joint.saves ?? []) names.add(name);
      else this.inputs.forEach((rule, i) => needs & (1 << i) && rule?.saves?.forEach((name) => names.add(name)));
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
    if (result === null) throw new Error(`the derivative of ${this.def.name} saves '${name}', which is neither an input nor a result`);
    return { name, input: -1, result: Number(result[1]) };
  }
}

interface SavedSlot {
  readonly name: string;
  readonly input: number;
  readonly result: number;
}

/** One call of an operator. */
export class OpNode extends Node {
  private saved: (SavedTensor | null)[] | null = null;
  private readonly plan: readonly SavedSlot[];

  constructor(
    private readonly rule: CompiledRule,
    edges: readonly (Edge | null)[],
    outputCount: number,
    private readonly attributes: Attributes,
    private readonly inputMetas: readonly (GradientMeta | null)[],
  ) {
    super(rule.def.name, edges, outputCount);
    let needs = 0;
    if (rule.joint === null) for (let i = 0; i < edges.length; i++) if (edges[i] !== null) needs |= 1 << i;
    this.plan = rule.plan(needs);
  }

  /**
   * Keeps what the rules of the needed inputs want. Results are kept without their history, which leads back here.
   *
   * @param inputs - What to keep of the inputs: for one that the op is about to overwrite, a copy.
   */
  save(inputs: Inputs, results: readonly Tensor[]): void {
    this.saved = this.plan.map(({ name, input, result }) => {
      const tensor = input >= 0 ? inputs[input] : results[result].detached();
      return tensor === null ? null : new SavedTensor(tensor, this.name, input >= 0 ? `input '${name}'` : name);
    });
  }

  /** Whether a rule wants this input. */
  savesInput(input: number): boolean {
    return this.plan.some((slot) => slot.input === input);
  }

  override release(): void {
    this.saved = null;
  }

  override apply(gradOutputs: Gradients): Gradients {
    const { rule, edges, attributes } = this;
    const saved = this.unpack();
    const grad = this.outputCount === 1 ? gradOutputs[0] : gradOutputs;
    if (rule.joint !== null) {
      const shapes = this.inputMetas.map((m) => m?.shape ?? []);
      const grads = rule.joint.all(grad, saved, attributes, shapes, edges.map((e) => e !== null));
      return edges.map((e, i) => (e === null ? null : this.fit(grads[i], i)));
    }
    const shapes: Record<string, readonly number[]> = {};
    rule.def.inputs.forEach((name, i) => {
      const meta = this.inputMetas[i];
      if (meta) shapes[name] = meta.shape;
    });
    return edges.map((e, i) => (e === null ? null : this.fit((rule.inputs[i] as AnyInputRule).vjp(grad, saved, attributes, shapes), i)));
  }

  private unpack(): Record<string, Tensor> {
    if (this.saved === null) throw releasedError(this.name);
    const createsGraph = (context().excluded & Layer.Autograd) === 0;
    const result: Record<string, Tensor> = {};
    this.plan.forEach(({ name, result: index }, i) => {
      const saved = (this.saved as (SavedTensor | null)[])[i];
      if (saved === null) return;
      let tensor = saved.unpack();
      if (index >= 0 && createsGraph) {
        tensor = tensor.detached();
        setHistory(tensor, this, index);
      }
      result[name] = tensor;
    });
    return result;
  }

  // Rules may ignore broadcasting and promotion of their inputs; here the gradient gets the input's shape and dtype.
  private fit(grad: Tensor | null, input: number): Tensor | null {
    if (grad === null || grad === undefined) return null;
    const meta = this.inputMetas[input] as GradientMeta;
    const shaped = sameShape(grad.shape, meta.shape) ? grad : sumToShape(grad, meta.shape, this.name);
    return castTo(shaped, meta.info);
  }
}

/** Sums over the dimensions along which a tensor of `shape` was repeated. */
function sumToShape(grad: Tensor, shape: readonly number[], op: string): Tensor {
  const lead = grad.ndim - shape.length;
  const dims: number[] = [];
  for (let i = 0; i < grad.ndim; i++) {
    if (i < lead || (shape[i - lead] === 1 && grad.shape[i] !== 1)) dims.push(i);
    else if (shape[i - lead] !== grad.shape[i])
      throw new AutogradError(`the derivative of ${op} gave a gradient of shape ${formatShape(grad.shape)} for an input of shape ${formatShape(shape)}`);
  }
  const kept = dims.length === 0 ? grad : grad.sum(dims, { keepdim: true });
  return lead > 0 ? kept.reshape(shape) : kept;
}

/** The operation that makes view `t` from its base. */
export function asStridedNode(base: Tensor, t: Tensor, edge: Edge): Node {
  const def = groups.view.asStrided.def as AnyOpDef;
  const attributes = { size: t.shape, stride: t.strides, storageOffset: t.offset, selfStride: base.strides, selfOffset: base.offset };
  const node = new OpNode(def.derivative as CompiledRule, [edge], 1, attributes, [base]);
  node.save([base], [t]);
  return node;
}
