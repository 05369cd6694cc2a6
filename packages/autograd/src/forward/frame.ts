/** Forward-mode differentiation: tensors that carry a tangent. */
import { AutogradError, DTypeError, formatShape, ones, type Tensor, zerosLike } from '@flambeau/core';
import {
  type AnyOpDef,
  type Attributes,
  context,
  dispatch,
  dispatchInplace,
  groups,
  type Inputs,
  Layer,
  type Outputs,
  sameShape,
} from '@flambeau/core/internal';
import type { CompiledRule } from '../op-node.js';
import { Frame, TransformError } from '../transforms/frame.js';
import { beforeWriting, levelOf, WrappedTensor } from '../transforms/wrapped.js';
import { resultTangents } from './tangent.js';

const { copy_ } = groups.copying;
const { alias, reshape } = groups.view;
const ALIAS = alias.def as unknown as AnyOpDef;
const NO_ATTRIBUTES: Attributes = {};

/** The view that a dual tensor is of another one. */
interface ViewOf {
  readonly source: DualTensor;
  readonly def: AnyOpDef;
  readonly attributes: Attributes;
}

/** A tensor (`inside`) and the direction in which it changes. */
export class DualTensor extends WrappedTensor {
  constructor(
    override readonly frame: DualFrame,
    override readonly inside: Tensor,
    private own: Tensor | null,
    private readonly origin: ViewOf | null = null,
  ) {
    super(frame, inside, inside.shape, inside.strides);
  }

  /** Null stands for zero. A view's tangent is the view of the tangent. */
  get tangent(): Tensor | null {
    const { origin } = this;
    if (origin === null) return this.own;
    const { tangent } = origin.source;
    return tangent === null ? null : this.frame.outside(() => viewOfTangent(origin, tangent));
  }

  /** Changes the tangent together with the primal's elements; that of what this is a view of, too. */
  overwriteTangent(tangent: Tensor): void {
    if (this.origin === null) this.own = tangent;
    else this.origin.source.overwriteTangent(replacePart(this.origin, tangent));
  }

  override parts(): readonly (Tensor | null)[] {
    return [this.inside, this.tangent];
  }
  override detached(): Tensor {
    return new DualTensor(this.frame, this.inside, null, { source: this, def: ALIAS, attributes: NO_ATTRIBUTES });
  }
  override stopped(): Tensor {
    return new DualTensor(this.frame, this.inside.detach(), null);
  }
  override toString(): string {
    return `DualTensor(level ${this.frame.level}, ${this.dtype} ${formatShape(this.shape)})`;
  }
}

/** The tangent may lie in memory in another way than the primal. */
function viewOfTangent({ source, def, attributes }: ViewOf, tangent: Tensor): Tensor {
  if (def.name === 'view') return reshape(tangent, attributes.size as readonly number[]);
  if (def.name !== 'as_strided') return dispatch(def, [tangent], attributes) as Tensor;
  const output = dispatch(def, [source.inside], attributes) as Tensor;
  return resultTangents({ def, primals: [source.inside], tangents: [tangent], attributes, outputs: [output] })[0] as Tensor;
}

/** The tangent of `source` with that of a view of it in its place. Nothing is written to: a tangent may be the same for several tensors. */
function replacePart({ source, def, attributes }: ViewOf, part: Tensor): Tensor {
  const rule = (def.derivative as CompiledRule).inputs[0] as ViewRule;
  const put = (t: Tensor): Tensor => rule.vjp(t, {}, attributes, { self: source.shape });
  const { tangent } = source;
  return tangent === null
    ? put(part)
    : tangent.maskedFill(put(ones(part.shape, { device: part.device })).ne(0), 0).add(put(part));
}

/** The derivatives of views save nothing. */
interface ViewRule {
  vjp(grad: Tensor, saved: object, attributes: Attributes, shapes: { readonly self: readonly number[] }): Tensor;
}

export class DualFrame extends Frame {
  lift(t: Tensor): Tensor {
    return levelOf(t) === this.level ? t : new DualTensor(this, t, null);
  }
  private dual(t: Tensor | null): DualTensor | null {
    return t instanceof DualTensor && t.frame === this ? t : null;
  }
  primal(t: Tensor): Tensor {
    return this.dual(t)?.inside ?? t;
  }
  tangent(t: Tensor): Tensor | null {
    return this.dual(t)?.tangent ?? null;
  }

  call(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Outputs {
    const primals = inputs.map((t) => (t === null ? null : this.primal(t)));
    if (def.view !== undefined)
      return def.decompose === undefined
        ? this.viewOf(def, inputs[0] as Tensor, primals, attributes)
        : this.viewsOf(def, inputs[0] as Tensor, attributes);
    const tangents = inputs.map((t) => (t === null ? null : this.tangent(t)));
    if (!def.differentiable || tangents.every((t) => t === null)) {
      const outputs = this.outside(() => dispatch(def, primals, attributes));
      return Array.isArray(outputs) ? outputs.map((t) => this.lift(t)) : this.lift(outputs);
    }
    if (def.derivative === undefined) return this.decompose(def, inputs, attributes);
    return this.outside(() => {
      const outputs = dispatch(def, primals, attributes);
      const list = Array.isArray(outputs) ? outputs : [outputs];
      const found = resultTangents({ def, primals, tangents, attributes, outputs: list });
      const duals = list.map((t, i) => new DualTensor(this, t, t.info.category < 2 ? null : found[i]));
      return Array.isArray(outputs) ? duals : duals[0];
    });
  }

  private viewOf(def: AnyOpDef, self: Tensor, primals: Inputs, attributes: Attributes): Tensor {
    const inside = this.outside(() => dispatch(def, primals, attributes)) as Tensor;
    const source = this.dual(self);
    const result = new DualTensor(this, inside, null, source === null ? null : { source, def, attributes });
    if ((context().excluded & Layer.Autograd) === 0) result.base = self.base ?? self;
    return result;
  }

  /** Each of several views as one of its own, because each has its tangent from there. */
  private viewsOf(def: AnyOpDef, self: Tensor, attributes: Attributes): Tensor[] {
    const parts = this.decompose(def, [self], attributes) as Tensor[];
    if ((context().excluded & Layer.Autograd) === 0) for (const part of parts) part.base = self.base ?? self;
    return parts;
  }

  // Autograd has had its turn at this level, so what is recorded here already is hidden.
  private decompose(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Outputs {
    if (def.decompose === undefined) throw new AutogradError(`${def.name} has no derivative; detach() its inputs`);
    def.infer?.(inputs, attributes);
    const outputs: Outputs = def.decompose(
      inputs.map((t) => this.dual(t)?.detached() ?? t),
      attributes,
    );
    return Array.isArray(outputs) ? outputs.map((t) => this.lift(t)) : this.lift(outputs);
  }

  callInplace(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes): Tensor {
    const dual = this.dual(self);
    const carries = def.differentiable && [self, ...inputs].some((t) => t !== null && this.tangent(t) !== null);
    if (!carries) {
      const primals = inputs.map((t) => (t === null ? null : this.primal(t)));
      this.outside(() => dispatchInplace(def, this.primal(self), primals, attributes));
      return self;
    }
    if (dual === null)
      throw new TransformError(
        `${this.name}: ${def.name}_ would write a value that carries a derivative into a tensor that cannot, of shape ${formatShape(self.shape)}; ` +
          'use the form without _, or write into a tensor made from one that carries a derivative (x.clone())',
      );
    const result = this.call(def, beforeWriting(self, inputs), attributes);
    if (Array.isArray(result) || !sameShape(result.shape, self.shape))
      throw new TransformError(
        `${this.name}: ${def.name}_: the result does not fit into a tensor of shape ${formatShape(self.shape)}`,
      );
    if (result.info.category > self.info.category)
      throw new DTypeError(`${def.name}: a result of dtype ${result.dtype} cannot be stored in a tensor of dtype ${self.dtype}`);
    const tangent = this.tangent(result);
    this.outside(() => {
      copy_(dual.inside, this.primal(result));
      if (tangent !== null) dual.overwriteTangent(tangent.to(self.dtype));
      else if (dual.tangent !== null) dual.overwriteTangent(zerosLike(dual.inside));
    });
    return self;
  }
}
