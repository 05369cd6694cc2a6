/** Records the operators of a function as a dispatch layer, in the order in which they run. */
import { formatShape, type Tensor } from '@flambeau/core';
import {
  type AnyOpDef,
  type Attributes,
  type DispatchLayer,
  type DTypeInfo,
  dispatchBelow,
  dispatchInplaceBelow,
  type Inputs,
  Layer,
  type Outputs,
  registerLayer,
  type Storage,
  toDtype,
  withContext,
} from '@flambeau/core/internal';
import { OnnxExportError } from './errors.js';

/** Where a value comes from. */
export type Origin =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'parameter'; readonly name: string; readonly tensor: Tensor }
  /** It depends on no input and no parameter; `tensor` is what it was. */
  | { readonly kind: 'constant'; readonly tensor: Tensor }
  | { readonly kind: 'result' };

export interface TracedValue {
  readonly shape: readonly number[];
  readonly dtype: DTypeInfo;
  readonly origin: Origin;
}
/** One call of an operator. Values are named by their place in `Trace.values`. */
export interface TracedCall {
  readonly def: AnyOpDef;
  readonly inputs: readonly (number | null)[];
  readonly attributes: Attributes;
  readonly outputs: readonly number[];
  /** Path of the module that called it. */
  readonly path: string;
}
export interface Trace {
  readonly values: TracedValue[];
  readonly calls: TracedCall[];
  /** The results of the function. */
  readonly outputs: number[];
}

/** A tensor that has been seen: where it lies, and which value that was when the storage had this version. */
interface Place {
  readonly tensor: Tensor;
  readonly value: number;
  readonly version: number;
}

const sameList = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((n, i) => n === b[i]);
const sameLayout = (a: Tensor, b: Tensor): boolean =>
  a.offset === b.offset && a.info === b.info && sameList(a.shape, b.shape) && sameList(a.strides, b.strides);
/** A copy that no layer sees and that outlives the function's memory scopes. */
const snapshot = (t: Tensor): Tensor =>
  withContext('exportOnnx', { active: 0, excluded: -1, scope: null }, () => t.detached().clone());

class Recorder {
  readonly trace: Trace = { values: [], calls: [], outputs: [] };
  private readonly places = new Map<Storage, Place[]>();

  constructor(
    private readonly parameters: ReadonlyMap<Storage, readonly [name: string, tensor: Tensor][]>,
    private readonly path: () => string,
  ) {}

  /** Gives the contents of `t` a number. */
  add(t: Tensor, origin: Origin): number {
    const value = this.trace.values.push({ shape: t.shape, dtype: t.info, origin }) - 1;
    const others = (this.places.get(t.storage) ?? []).filter(({ tensor }) => tensor !== t);
    this.places.set(t.storage, [...others, { tensor: t, value, version: t.version }]);
    return value;
  }

  /** The number of what `t` holds. A tensor that was never seen is a parameter or a constant. */
  find(t: Tensor): number {
    const places = this.places.get(t.storage) ?? [];
    // another tensor on the same elements (detached, or written to in its stead) holds the same value
    const here = places.filter(({ tensor }) => sameLayout(tensor, t));
    const fresh = here.filter(({ version }) => version === t.version);
    const place = fresh.find(({ tensor }) => tensor === t) ?? fresh.at(-1);
    if (place !== undefined) return place.value;
    if (here.length === 0) {
      const parameter = this.parameters.get(t.storage)?.find(([, tensor]) => sameLayout(tensor, t));
      if (parameter !== undefined) return this.add(t, { kind: 'parameter', name: parameter[0], tensor: parameter[1] });
      if (places.some(({ value }) => this.trace.values[value].origin.kind !== 'constant'))
        throw new OnnxExportError(
          `exportOnnx: a tensor of shape ${formatShape(t.shape)} shares memory with a traced one but was not made by an operator`,
        );
      return this.add(t, { kind: 'constant', tensor: snapshot(t) });
    }
    throw new OnnxExportError(
      `exportOnnx: a tensor of shape ${formatShape(t.shape)} was changed by writing to another view of its memory, which ONNX cannot express; join the parts with cat, where or pad instead`,
    );
  }

  /** Whether the tensors depend on no input and no parameter. */
  areConstant(inputs: Inputs): boolean {
    return inputs.every((t) => t === null || this.trace.values[this.find(t)].origin.kind === 'constant');
  }

  call(def: AnyOpDef, inputs: Inputs, attributes: Attributes, results: readonly Tensor[]): void {
    const values = inputs.map((t) => (t === null ? null : this.find(t)));
    const constant = this.areConstant(inputs);
    const outputs = results.map((t) => this.add(t, constant ? { kind: 'constant', tensor: snapshot(t) } : { kind: 'result' }));
    this.trace.calls.push({ def, inputs: values, attributes, outputs, path: this.path() });
  }

  /** Like `call`, for a result that has been written over `self`; its dtype becomes that of `self`. */
  callInplace(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes, write: () => void): void {
    const state = this.parameters.get(self.storage);
    if (state !== undefined)
      throw new OnnxExportError(
        `exportOnnx: ${def.name}_ writes to ${state[0][0]}; a graph has no state. Return the new value as an output instead`,
      );
    this.find(self); // what it holds so far must be known
    const values = inputs.map((t) => (t === null ? null : this.find(t)));
    const meta = (def.infer as NonNullable<AnyOpDef['infer']>)(inputs, attributes) as { dtype: DTypeInfo };
    const constant = this.areConstant(inputs);
    write();
    const origin: Origin = constant ? { kind: 'constant', tensor: snapshot(self) } : { kind: 'result' };
    const cast = meta.dtype !== self.info;
    const result = cast
      ? this.trace.values.push({ shape: self.shape, dtype: meta.dtype, origin: { kind: 'result' } }) - 1
      : this.add(self, origin);
    this.trace.calls.push({ def, inputs: values, attributes, outputs: [result], path: this.path() });
    if (!cast) return;
    const converted = this.add(self, origin);
    const castDef = toDtype.def as unknown as AnyOpDef;
    const call = { def: castDef, inputs: [result], attributes: { dtype: self.info.code }, outputs: [converted] };
    this.trace.calls.push({ ...call, path: this.path() });
  }
}

/** What is being recorded, and which operators are recorded as themselves. */
let active: { readonly recorder: Recorder; readonly records: (def: AnyOpDef) => boolean } | null = null;

type Decompose = NonNullable<AnyOpDef['decompose']>;

/** Whether the call is recorded (or, for a constant, merely computed); else its decomposition is. */
function isWhole(def: AnyOpDef, inputs: Inputs): boolean {
  if (def.random)
    throw new OnnxExportError(
      `exportOnnx: ${def.name} draws random numbers, and the graph would repeat them; pass them in as an input, or switch off dropout and the like`,
    );
  if (active === null || active.records(def)) return true;
  if (def.decompose !== undefined) return false;
  if (active.recorder.areConstant(inputs)) return true;
  throw new OnnxExportError(
    `exportOnnx: ${def.name} has no ONNX form; write it with other operators, or leave it out of the model`,
  );
}

const traceLayer: DispatchLayer = {
  call(def: AnyOpDef, inputs: Inputs, attributes: Attributes, below: number): Outputs {
    if (!isWhole(def, inputs)) return (def.decompose as Decompose)(inputs, attributes);
    const outputs = dispatchBelow(def, inputs, attributes, below);
    if (active?.records(def)) active.recorder.call(def, inputs, attributes, Array.isArray(outputs) ? outputs : [outputs]);
    return outputs;
  },
  callInplace(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes, below: number): Tensor {
    if (!isWhole(def, inputs)) return self.copy_((def.decompose as Decompose)(inputs, attributes) as Tensor);
    const write = () => {
      dispatchInplaceBelow(def, self, inputs, attributes, below);
    };
    if (active?.records(def)) active.recorder.callInplace(def, self, inputs, attributes, write);
    else write();
    return self;
  },
};

export interface TraceOptions {
  /** Parameters and buffers by name. */
  readonly parameters: readonly (readonly [name: string, tensor: Tensor])[];
  /** Whether an operator is recorded as itself; others are recorded as their decompositions. */
  readonly records: (def: AnyOpDef) => boolean;
  /** Path of the running module. */
  readonly path: () => string;
}

/** Runs `fn` and records its operators. `fn` returns the tensors that are the results. */
export function trace(inputs: readonly Tensor[], options: TraceOptions, fn: () => readonly Tensor[]): Trace {
  const parameters = new Map<Storage, [string, Tensor][]>();
  for (const [name, tensor] of options.parameters)
    parameters.set(tensor.storage, [...(parameters.get(tensor.storage) ?? []), [name, tensor]]);
  registerLayer(Layer.Trace, traceLayer);
  const recorder = new Recorder(parameters, options.path);
  inputs.forEach((input, index) => {
    recorder.add(input, { kind: 'input', index });
  });
  const outer = active;
  active = { recorder, records: options.records };
  try {
    const outputs = withContext('exportOnnx', { active: Layer.Trace, excluded: Layer.Autograd }, fn);
    recorder.trace.outputs.push(...outputs.map((t) => recorder.find(t)));
  } finally {
    active = outer;
  }
  return recorder.trace;
}
