/** How an operation is computed for a whole batch at once. */
import type { Tensor } from '@flambeau/core';
import { type AnyOpDef, type Attributes, dispatch, groups, type Inputs, type Outputs, type Shape } from '@flambeau/core/internal';

const { expand } = groups.view;

/** One operation for `size` examples. Batched inputs have the batch as an additional first dimension. */
export class BatchCall {
  constructor(
    readonly def: AnyOpDef,
    readonly values: Inputs,
    readonly batched: readonly boolean[],
    readonly attributes: Attributes,
    readonly size: number,
  ) {}

  /** The shape of an input as the operation sees it. */
  shape(i: number): Shape {
    const { shape } = this.values[i] as Tensor;
    return this.batched[i] ? shape.slice(1) : shape;
  }
  ndim(i: number): number {
    return this.shape(i).length;
  }
  /** An input with the batch in front, repeated (without a copy) if it is the same for all examples. */
  spread(i: number): Tensor {
    const value = this.values[i] as Tensor;
    return this.batched[i] ? value : expand(value, [this.size, ...value.shape]);
  }
  /** All inputs with the batch in front. */
  allSpread(): Inputs {
    return this.values.map((value, i) => (value === null ? null : this.spread(i)));
  }
  /** The op on other inputs, with other attributes. */
  run(values: Inputs, attributes: Attributes = this.attributes): Outputs {
    return dispatch(this.def, values, attributes);
  }
}

/**
 * Computes the results of all examples, with the batch in front. At least one input is batched. Null if the rule does not know
 * this case: the examples are then computed one by one.
 */
export type BatchRule = (call: BatchCall) => Outputs | null;

/** Rules by the names of operators. */
export type BatchRules = { readonly [op: string]: BatchRule };

/** The same operation takes any leading dimensions: matrices, trailing dimensions. */
export const leading: BatchRule = (call) => call.run(call.allSpread());

/** Element by element: the batch goes in front of the dimensions that broadcast. */
export const aligned: BatchRule = (call) => {
  const ndim = Math.max(...call.values.map((value, i) => (value === null ? 0 : call.ndim(i))));
  return call.run(
    call.values.map((value, i) => {
      // the first input often decides the shape of the result
      if (value === null || (i > 0 && !call.batched[i])) return value;
      return raised(call.spread(i), ndim + 1);
    }),
  );
};

/** Dimensions of size 1 after the first, up to `ndim` of them. */
function raised(t: Tensor, ndim: number): Tensor {
  const missing = ndim - t.ndim;
  return missing <= 0 ? t : t.view([t.shape[0], ...new Array<number>(missing).fill(1), ...t.shape.slice(1)]);
}

/** The attributes `names` are dimensions of the inputs, which all have the batch in front now. */
export const shifted =
  (...names: string[]): BatchRule =>
  (call) => {
    const attributes: Record<string, Attributes[string]> = { ...call.attributes };
    for (const name of names) {
      const dims = attributes[name];
      if (typeof dims === 'object') attributes[name] = dims.map((d) => d + 1);
      // a 0-d tensor takes dimension 0, which it does not have
      else if (call.ndim(0) === 0) return null;
      else attributes[name] = (dims as number) + 1;
    }
    return call.run(call.allSpread(), attributes);
  };

/** Several examples as one larger batch of an op that has a batch dimension itself, the first of `inputs`; the others are shared. */
export const folded =
  (inputs: readonly number[], sizes: readonly string[] = []): BatchRule =>
  (call) => {
    if (call.batched.some((batched, i) => batched && !inputs.includes(i))) return null;
    const attributes: Record<string, Attributes[string]> = { ...call.attributes };
    for (const name of sizes) {
      const [n, ...rest] = attributes[name] as readonly number[];
      attributes[name] = [n * call.size, ...rest];
    }
    const values = call.values.map((value, i) => (value !== null && inputs.includes(i) ? joinFirst(call.spread(i)) : value));
    const outputs = call.run(values, attributes);
    const split = (t: Tensor): Tensor => splitFirst(t, call.size);
    return Array.isArray(outputs) ? outputs.map(split) : split(outputs);
  };

/** (B, N, *) to (B N, *). */
export const joinFirst = (t: Tensor): Tensor => {
  const [b, n, ...rest] = t.shape;
  return t.reshape([b * n, ...rest]);
};
/** (B N, *) to (B, N, *). */
export const splitFirst = (t: Tensor, b: number): Tensor => {
  const [n, ...rest] = t.shape;
  return t.reshape([b, n / b, ...rest]);
};
