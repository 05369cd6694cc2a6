/**
 * What an operator is. The public function carries its own definition: `add(x, y)` runs it and `add.def` describes it, so that
 * layers (autograd, tracing, …) and tests find everything about an op in one place. Operators that are mere compositions of
 * others are plain functions and need no definition.
 */
import { definitions } from './definitions.js';
import { dispatch, dispatchInto, dispatchInplace } from './dispatch.js';
import type { DTypeInfo } from './dtype.js';
import type { Tensor } from './tensor.js';

/** Shape and dtype of a result, before it exists. */
export interface TensorMeta {
  readonly shape: readonly number[];
  readonly dtype: DTypeInfo;
  /** How the elements lie, without gaps; default: in row-major order. For ops that make a list. */
  readonly strides?: readonly number[];
}

/** Where a view lies in its storage. */
export interface Layout {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  /** Default: the dtype of the tensor that is viewed. Sizes are in elements of this one. */
  readonly dtype?: DTypeInfo;
}

/** Attributes are plain numbers and lists of them, so that every layer and every kernel can read them. */
export type Attribute = number | boolean | readonly number[];
export type Attributes = { readonly [name: string]: Attribute };

/** Tensor inputs in the order of `OpDef.inputs`; an optional one that is absent is null. */
export type Inputs = readonly (Tensor | null)[];
/** Most ops make one tensor; some a fixed list. */
export type Outputs = Tensor | Tensor[];

/**
 * @typeParam N - Names of the tensor inputs.
 * @typeParam A - Attributes.
 * @typeParam P - Public parameters.
 * @typeParam R - Result.
 * @typeParam D - Whether a derivative exists.
 */
export interface OpDef<
  N extends string = string,
  A extends Attributes = Attributes,
  P extends readonly unknown[] = readonly never[],
  R extends Outputs = Outputs,
  D extends boolean = boolean,
> {
  /** PyTorch's (ATen's) name. */
  readonly name: string;
  /** Names of the tensor inputs. With `variadic` the one name stands for a whole list. */
  readonly inputs: readonly N[];
  /** The inputs are a list of any length (`cat`). */
  readonly variadic?: boolean;
  /** The kernel takes the last input as a list of tensors: its slices along the first dimension (`index`). */
  readonly stacked?: boolean;
  /** From the public parameters to inputs and attributes: defaults, promotion, scalars to tensors. Throws on bad parameters. */
  readonly args: (...parameters: P) => readonly [inputs: Inputs, attributes: A];
  /** Shape and dtype of what comes out. Every error that depends on shapes or dtypes is thrown here, before any work. */
  readonly infer?: (inputs: Inputs, attributes: A) => TensorMeta | readonly TensorMeta[];
  /**
   * For an op whose result shares the memory of its first input: where the result lies, or each of several (which `decompose` makes
   * one by one). Such an op has no kernel.
   */
  readonly view?: (self: Tensor, attributes: A) => Layout | Layout[];
  /**
   * The kernel's name. It gets outputs, inputs and attributes in this order; attributes in the order in which `args` builds them.
   */
  readonly kernel?: string;
  /** The kernel wants row-major inputs; strided ones are copied first. */
  readonly contiguous?: boolean;
  /** Every output element depends on the input elements at its own place only, so an input's memory may hold the output. */
  readonly pointwise?: boolean;
  /** Draws random numbers: its attributes hold the seed and offset it draws with. */
  readonly random?: boolean;
  /** Indices of the inputs that the kernel also writes to (running statistics). */
  readonly mutates?: readonly number[];
  /**
   * The kernel updates its output in place (`scatter_`): the output starts as a copy of the first input and takes its place in
   * the call; the in-place form updates the first input itself.
   */
  readonly updates?: boolean;
  /** Called with the computed results; throws if their values say that there is none (a singular matrix). */
  readonly check?: (outputs: readonly Tensor[], attributes: A) => void;
  /** The same mathematics in other ops: for higher derivatives and for devices without the kernel. */
  readonly decompose?: (inputs: Inputs, attributes: A) => R;
  readonly differentiable: D;
  /** The same for complex inputs, in other ops: filled in by `ops/complex-functions.ts` where the kernel takes only real ones. */
  ofComplex?: (inputs: Inputs, attributes: A) => R;
  /** Filled in by autograd. */
  derivative?: unknown;
  /** Filled in by the CPU backend on first use. */
  kernelId?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: what layers handle: any op at all
export type AnyOpDef = OpDef<any, any, any, any, boolean>;

/** An operator: a function with its definition. */
export interface Op<
  P extends readonly unknown[] = readonly never[],
  R extends Outputs = Outputs,
  N extends string = string,
  A extends Attributes = Attributes,
  D extends boolean = boolean,
> {
  (...parameters: P): R;
  readonly def: OpDef<N, A, P, R, D>;
  /** Writes the result into `out`, which must have the result's shape. Not differentiable. PyTorch: `out=`. */
  out(out: Tensor, ...parameters: P): Tensor;
}

/**
 * Defines an operator.
 *
 * @throws {Error} If the name is taken, or if there is no way to compute the op.
 */
export function defineOp<
  const N extends string,
  A extends Attributes,
  P extends readonly unknown[],
  R extends Outputs = Tensor,
  const D extends boolean = boolean,
>(def: OpDef<N, A, P, R, D>): Op<P, R, N, A, D> {
  if (definitions.has(def.name)) throw new Error(`operator ${def.name} is defined twice`);
  if (!def.view && !(def.infer && (def.kernel || def.decompose))) throw new Error(`operator ${def.name} cannot be computed`);
  // One hidden class for all definitions, so that dispatch reads them fast.
  const full: OpDef<N, A, P, R, D> = {
    name: def.name,
    inputs: def.inputs,
    variadic: def.variadic ?? false,
    stacked: def.stacked ?? false,
    args: def.args,
    infer: def.infer,
    view: def.view,
    kernel: def.kernel,
    contiguous: def.contiguous ?? false,
    pointwise: def.pointwise ?? false,
    random: def.random ?? false,
    mutates: def.mutates,
    updates: def.updates ?? false,
    check: def.check,
    decompose: def.decompose,
    differentiable: def.differentiable,
    ofComplex: def.ofComplex,
    derivative: undefined,
    kernelId: -1,
  };
  definitions.set(def.name, full as unknown as AnyOpDef);
  const any = full as unknown as AnyOpDef;
  const { args } = any;
  const op = (...parameters: readonly unknown[]) => {
    const [inputs, attributes] = args(...parameters);
    return dispatch(any, inputs, attributes);
  };
  const out = (target: Tensor, ...parameters: readonly unknown[]) => {
    const [inputs, attributes] = args(...parameters);
    return dispatchInto(any, target, inputs, attributes);
  };
  return Object.assign(op, { def: full, out }) as unknown as Op<P, R, N, A, D>;
}

/**
 * The in-place form of an op: computes it and writes the result over the first input.
 *
 * @example
 * export const add_ = inplace(add);
 */
export function inplace<P extends readonly [Tensor, ...unknown[]]>(op: {
  (...parameters: P): Outputs;
  readonly def: { readonly name: string };
}): (...parameters: P) => Tensor {
  const def = op.def as AnyOpDef;
  const { args } = def;
  return (...parameters) => {
    const [inputs, attributes] = args(...parameters);
    return dispatchInplace(def, parameters[0], inputs, attributes);
  };
}
