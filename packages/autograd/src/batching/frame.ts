/** The transform `vmap`: operations on tensors with a hidden batch dimension. */
import { type Tensor, formatShape, defaultGenerator, DTypeError } from '@flambeau/core';
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
import { Frame, TransformError } from '../transforms/frame.js';
import { beforeWriting, levelOf, WrappedTensor } from '../transforms/wrapped.js';
import { ruleOf } from './index.js';
import { BatchCall } from './rule.js';

const { stack } = groups.joining;
const { copy_ } = groups.copying;
const { expand, select } = groups.view;

/** What random operations do in `vmap`: fail, draw once for all examples, or draw for each of them. */
export type Randomness = 'error' | 'same' | 'different';

/** One example of a batch, or a constant of all examples. */
export class BatchedTensor extends WrappedTensor {
  constructor(
    override readonly frame: VmapFrame,
    inside: Tensor,
    /** Whether the first dimension of `inside` is the batch. */
    readonly batched: boolean,
  ) {
    super(frame, inside, batched ? inside.shape.slice(1) : inside.shape, batched ? inside.strides.slice(1) : inside.strides);
  }
  override detached(): Tensor {
    return new BatchedTensor(this.frame, this.inside, this.batched);
  }
  override stopped(): Tensor {
    return new BatchedTensor(this.frame, this.inside.detach(), this.batched);
  }
  override toString(): string {
    return `BatchedTensor(level ${this.frame.level}, ${this.dtype} ${formatShape(this.shape)}${this.batched ? `, ${this.frame.size} examples` : ''})`;
  }
}

export class VmapFrame extends Frame {
  constructor(
    /** The number of examples. */
    readonly size: number,
    private readonly randomness: Randomness,
  ) {
    super('vmap');
  }

  lift(t: Tensor): Tensor {
    return levelOf(t) === this.level ? t : new BatchedTensor(this, t, false);
  }
  /** What stands for a tensor outside. */
  private hidden(t: Tensor | null): Tensor | null {
    return t instanceof BatchedTensor && t.frame === this ? t.inside : t;
  }
  isBatched(t: Tensor | null): boolean {
    return t instanceof BatchedTensor && t.frame === this && t.batched;
  }
  /** A tensor with the batch as its first dimension, for the world outside. */
  leave(t: Tensor): Tensor {
    const hidden = this.hidden(t) as Tensor;
    return this.isBatched(t) ? hidden : this.outside(() => expand(hidden, [this.size, ...hidden.shape]));
  }

  call(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Outputs {
    const batched = inputs.map((t) => this.isBatched(t));
    const any = batched.includes(true);
    if (def.random) return this.drawRandom(def, inputs, attributes, batched);
    const values = inputs.map((t) => this.hidden(t));
    if (!any)
      return this.wrap(
        def,
        inputs,
        this.outside(() => dispatch(def, values, attributes)),
        false,
      );
    this.checkMutated(def, inputs, batched);
    def.infer?.(inputs, attributes); // errors speak of examples
    def.view?.(inputs[0] as Tensor, attributes);
    const rule = ruleOf(def);
    if (rule === null && def.decompose !== undefined && def.mutates === undefined) return this.decompose(def, inputs, attributes);
    const outputs = this.outside(() => {
      const call = new BatchCall(def, values, batched, attributes, this.size);
      return rule?.(call) ?? this.oneByOne(def, call);
    });
    return this.wrap(def, inputs, outputs, true);
  }

  // Autograd has had its turn at this level, so what is recorded here already is hidden.
  private decompose(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Outputs {
    const plain = inputs.map((t) => (t instanceof BatchedTensor && t.frame === this ? t.detached() : t));
    const outputs = (def.decompose as NonNullable<AnyOpDef['decompose']>)(plain, attributes);
    return Array.isArray(outputs) ? outputs.map((t: Tensor) => this.lift(t)) : this.lift(outputs);
  }

  /** The examples one after another. */
  private oneByOne(def: AnyOpDef, { values, batched, attributes }: BatchCall, perExample = (_: number) => attributes): Outputs {
    if (this.size === 0)
      throw new TransformError(`vmap: ${def.name} has no rule for batches, and there is no example to try it on`);
    const results = Array.from({ length: this.size }, (_, i) =>
      dispatch(
        def,
        values.map((v, k) => (v !== null && batched[k] ? select(v, 0, i) : v)),
        perExample(i),
      ),
    );
    const join = (parts: readonly Tensor[]): Tensor => {
      if (parts.some((t) => !sameShape(t.shape, parts[0].shape)))
        throw new TransformError(
          `vmap: the shape of the result of ${def.name} depends on values, so it differs between examples; compute it outside of vmap`,
        );
      return stack(parts);
    };
    const [first] = results;
    if (!Array.isArray(first)) return join(results as Tensor[]);
    return first.map((_, k) => join(results.map((r) => (r as Tensor[])[k])));
  }

  private wrap(def: AnyOpDef, inputs: Inputs, outputs: Outputs, batched: boolean): Outputs {
    const one = (t: Tensor): Tensor => {
      const wrapped = new BatchedTensor(this, t, batched);
      if (def.view !== undefined && (context().excluded & Layer.Autograd) === 0) {
        const self = inputs[0] as Tensor;
        wrapped.base = self.base ?? self;
      }
      return wrapped;
    };
    return Array.isArray(outputs) ? outputs.map(one) : one(outputs);
  }

  // ---- writing ----

  callInplace(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes): Tensor {
    const target = this.hidden(self) as Tensor;
    const others = inputs.some((t) => t !== self && this.isBatched(t));
    const differs = def.random && this.randomness === 'different';
    if (!this.isBatched(self)) {
      if (others || differs)
        throw new TransformError(
          `vmap: ${def.name}_ would write values that differ between examples into a tensor that they share, of shape ${formatShape(self.shape)}; ` +
            'use the form without _, or write into a tensor made from one with a batch (x.clone())',
        );
      if (def.random && this.randomness === 'error') throw this.randomError(def);
      const values = inputs.map((t) => (t === self ? target : this.hidden(t)));
      this.outside(() => dispatchInplace(def, target, values, attributes));
      return self;
    }
    const result = this.call(def, beforeWriting(self, inputs), attributes) as Tensor;
    if (Array.isArray(result)) throw new DTypeError(`${def.name} has no in-place form`);
    if (!sameShape(result.shape, self.shape))
      throw new TransformError(
        `vmap: ${def.name}_: a result of shape ${formatShape(result.shape)} does not fit into a tensor of shape ${formatShape(self.shape)}`,
      );
    if (result.info.category > self.info.category)
      throw new DTypeError(`${def.name}: a result of dtype ${result.dtype} cannot be stored in a tensor of dtype ${self.dtype}`);
    this.outside(() => copy_(target, this.isBatched(result) ? (this.hidden(result) as Tensor) : this.leave(result)));
    return self;
  }

  // A kernel may write to inputs (running statistics).
  private checkMutated(def: AnyOpDef, inputs: Inputs, batched: readonly boolean[]): void {
    for (const i of def.mutates ?? [])
      if (inputs[i] !== null && !batched[i])
        throw new TransformError(
          `vmap: ${def.name} would write values that differ between examples into its ${def.inputs[i]}, which they share; ` +
            'give each example its own (stackModuleState), or use a layer without running statistics',
        );
  }

  // ---- random numbers ----

  private randomError(def: AnyOpDef): TransformError {
    return new TransformError(
      `vmap: ${def.name} draws random numbers; say whether all examples share them: { randomness: 'same' } or 'different'`,
    );
  }

  private drawRandom(def: AnyOpDef, inputs: Inputs, attributes: Attributes, batched: readonly boolean[]): Outputs {
    if (this.randomness === 'error') throw this.randomError(def);
    const values = inputs.map((t) => this.hidden(t));
    const same = this.randomness === 'same';
    if (same && !batched.includes(true))
      return this.wrap(
        def,
        inputs,
        this.outside(() => dispatch(def, values, attributes)),
        false,
      );
    return this.wrap(
      def,
      inputs,
      this.outside(() =>
        this.oneByOne(def, new BatchCall(def, values, batched, attributes, this.size), (i) =>
          same || i === 0 ? attributes : this.drawnAnew(def, inputs, attributes),
        ),
      ),
      true,
    );
  }

  /** The attributes with the next numbers of the default generator. */
  private drawnAnew(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Attributes {
    if (attributes.seed !== defaultGenerator.initialSeed())
      throw new TransformError(`vmap: ${def.name} with a generator of its own cannot draw different numbers for each example`);
    const meta = def.infer?.(inputs, attributes);
    const shape = (Array.isArray(meta) ? meta[0] : meta)?.shape ?? [];
    return { ...attributes, ...defaultGenerator.draw(shape.reduce((n: number, size: number) => n * size, 1)) };
  }
}
