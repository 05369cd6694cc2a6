/** How an operator's ONNX form is written: `lowerings/<group>.ts` has an entry for each operator of the group. */
import type { DType } from '@flambeau/core';
import type { Attributes, Op } from '@flambeau/core/internal';
import { OnnxExportError } from './errors.js';
import type { Graph } from './graph.js';
import { inModule } from './program.js';
import { Extent, type Size, sizeOf } from './size.js';

/** A tensor of the graph. */
export interface Value {
  /** Its name in the graph. */
  readonly name: string;
  readonly shape: readonly Size[];
  readonly dtype: DType;
  /** How the value came about, for lowerings that recognise several operators as one. */
  readonly producer: Producer | null;
}
export interface Producer {
  readonly op: string;
  readonly inputs: readonly (Value | null)[];
  /** For a constant of one element. */
  readonly scalar: number | null;
}

/** What a lowering knows of the call that it writes. */
export class Call<A = Attributes> {
  /** The operator's attributes; to read one that depends on a dynamic size throws. `size` and `sizes` read those. */
  readonly attributes: A;

  constructor(
    readonly graph: Graph,
    readonly op: string,
    readonly inputs: readonly (Value | null)[],
    readonly outputs: readonly Omit<Value, 'name' | 'producer'>[],
    private readonly path: string,
    private readonly samples: readonly Attributes[],
    private readonly used: readonly boolean[],
  ) {
    this.attributes = this.fixedAttributes() as A;
  }

  private fixedAttributes(): object {
    const fixed = {};
    for (const [name, value] of Object.entries(this.samples[0])) {
      const same = this.samples.every((attributes) => String(attributes[name]) === String(value));
      const get = (): Attributes[string] => {
        if (!same)
          this.fail(`${name} depends on the data or on a dynamic size (${this.samples.map((a) => a[name]).join(' / ')})`);
        return value;
      };
      Object.defineProperty(fixed, name, { get, enumerable: true });
    }
    return fixed;
  }

  /** An input that is always there. */
  input(index: number): Value {
    return this.inputs[index] as Value;
  }
  /** The name of an input, or null if it is absent. */
  name(index: number): string | null {
    return this.inputs[index]?.name ?? null;
  }
  /** A number among the attributes that may depend on dynamic sizes. */
  size(attribute: keyof A & string): Size {
    return sizeOf(this.samples.map((attributes) => attributes[attribute] as number));
  }
  get output(): Omit<Value, 'name' | 'producer'> {
    return this.outputs[0];
  }
  /** Whether anything needs an output. */
  uses(output: number): boolean {
    return this.used[output];
  }
  /** A number that ONNX wants to know at export. */
  fixed(size: Size, what: string): number {
    return size instanceof Extent ? this.fail(`${what} depends on a dynamic size (${size.samples.join(' / ')})`) : size;
  }
  fail(reason: string): never {
    throw new OnnxExportError(
      `exportOnnx: ${this.op} cannot be written as ONNX: ${reason}. Use other operators, or fix the sizes with dynamicAxes: {}${inModule(this.path)}`,
    );
  }
}

/** Writes the nodes of one call and returns the names of its results. */
export type Lowering<A = Attributes> = (call: Call<A>, graph: Graph) => string | readonly string[];
/** `'decompose'`: the operator's decomposition is written instead. `'none'`: there is no ONNX form. */
export type Entry<A> = Lowering<A> | 'decompose' | 'none';

// biome-ignore lint/suspicious/noExplicitAny: matches every operator
type AnyOp = Op<any, any, any, any, any>;
type EntryOf<F> = F extends Op<infer _P, infer _R, infer _N, infer A extends Attributes, infer _D> ? Entry<A> : never;
type Forward<K> = K extends `${string}Backward${string}` ? never : K;

/** Exactly one entry for each operator of a group; those of backward passes may have one. */
export type Lowerings<G> = {
  readonly [K in keyof G as G[K] extends AnyOp ? Forward<K> : never]: EntryOf<G[K]>;
} & {
  readonly [K in keyof G as G[K] extends AnyOp ? Exclude<K, Forward<K>> : never]?: EntryOf<G[K]>;
};
