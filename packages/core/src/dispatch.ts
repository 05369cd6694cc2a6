/**
 * The only path from an operator to its computation.
 *
 *     dispatch → the outermost layer that is on → … → execute → the device's kernel (or the decomposition)
 *
 * A layer is on for an op if the context switches it on or an input asks for it, and the context does not exclude it. With no
 * layer on, an op goes straight to `execute`.
 */
import type { Backend } from './backend/backend.js';
import { cpu } from './backend/cpu/cpu.js';
import { backends } from './backend/backends.js';
import { context, Layer, withContext } from './context.js';
import { AutogradError, DeviceError, DTypeError, formatShape, ShapeError } from './errors.js';
import { allOps } from './definitions.js';
import type { AnyOpDef, Attributes, Inputs, Layout, Outputs, TensorMeta } from './op.js';
import { MAX_DIMS, sameShape } from './shape.js';
import { Tensor } from './tensor.js';

/** A dispatch layer. `below` are the bits of the layers still to run; handlers continue with `dispatchBelow`. */
export interface DispatchLayer {
  /** An ordinary call. */
  call(def: AnyOpDef, inputs: Inputs, attributes: Attributes, below: number): Outputs;
  /** A call whose result replaces the contents of `self` (which is `inputs[0]`, or the tensor that it was promoted from). */
  callInplace(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes, below: number): Tensor;
}

const layers: (DispatchLayer | undefined)[] = [];

/** Installs the handler of a layer (one of `Layer`). */
export function registerLayer(bit: number, layer: DispatchLayer): void {
  layers[31 - Math.clz32(bit)] = layer;
}
export const hasLayer = (bit: number): boolean => layers[31 - Math.clz32(bit)] !== undefined;

function layerBits(inputs: Inputs): number {
  const { active, excluded } = context();
  let bits = active;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input === null) continue;
    bits |= input.layers;
    // an in-place write through one view can switch a layer on for all views of the base
    if (input.base !== null) bits |= input.base.layers;
  }
  return bits & ~excluded;
}

/** Whether a layer may keep results of an op on these inputs for derivatives. */
export const isRecorded = (inputs: Inputs): boolean => (layerBits(inputs) & (Layer.Autograd | Layer.Transform)) !== 0;

/** Sparse tensors are taken apart first: their parts are numbers that the composition can see. */
const meetsComplex = (def: AnyOpDef, inputs: Inputs): boolean =>
  def.ofComplex !== undefined &&
  (inputs[0] as Tensor).info.category === 3 &&
  !inputs.some((t) => t !== null && (t.layers & Layer.Sparse) !== 0);

function ofComplex(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Outputs {
  return (def.ofComplex as NonNullable<AnyOpDef['ofComplex']>)(inputs, attributes);
}
/** The composition for complex numbers, written over `self`. */
function overwriteWithComplex(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes): Tensor {
  const [copy, clone] = ['copy', 'clone'].map((name) => allOps().get(name) as AnyOpDef);
  // what is recorded for a derivative reads its operands after the write
  const kept = inputs.map((t) => (t?.storage === self.storage ? (dispatch(clone, [t], {}) as Tensor) : t));
  const [operands, none] = copy.args(self, ofComplex(def, kept, attributes));
  return dispatchInplace(copy, self, operands, none);
}

export function dispatch(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Outputs {
  if (meetsComplex(def, inputs)) return ofComplex(def, inputs, attributes);
  return dispatchBelow(def, inputs, attributes, layerBits(inputs));
}

/** Continues with the outermost of the layers in `bits`, or computes. */
export function dispatchBelow(def: AnyOpDef, inputs: Inputs, attributes: Attributes, bits: number): Outputs {
  if (bits === 0) return execute(def, inputs, attributes);
  const index = 31 - Math.clz32(bits);
  return (layers[index] as DispatchLayer).call(def, inputs, attributes, bits & ~(1 << index));
}

export function dispatchInplace(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes): Tensor {
  if (meetsComplex(def, inputs)) return overwriteWithComplex(def, self, inputs, attributes);
  return dispatchInplaceBelow(def, self, inputs, attributes, layerBits(inputs) | (self.layers & ~context().excluded));
}

export function dispatchInplaceBelow(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes, bits: number): Tensor {
  if (bits === 0) return executeInto(def, self, inputs, attributes);
  const index = 31 - Math.clz32(bits);
  return (layers[index] as DispatchLayer).callInplace(def, self, inputs, attributes, bits & ~(1 << index));
}

export function dispatchInto(def: AnyOpDef, out: Tensor, inputs: Inputs, attributes: Attributes): Tensor {
  if ((layerBits(inputs) | (out.layers & ~context().excluded)) !== 0)
    throw new AutogradError(`${def.name}: out= does not support automatic differentiation or tracing; detach the inputs`);
  if (meetsComplex(def, inputs)) return overwriteWithComplex(def, out, inputs, attributes);
  return executeInto(def, out, inputs, attributes);
}

// ---- computing ----

/** The device that all of them lie on. A 0-d tensor on the CPU goes with any. */
function backendOf(op: string, inputs: Inputs, out: Tensor | null = null): Backend {
  let backend = out === null ? null : backends[out.device];
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input === null || (input.ndim === 0 && input.device === 'cpu')) continue;
    const own = backends[input.device];
    if (backend !== null && own !== backend)
      throw new DeviceError(
        `${op}: tensors on different devices, ${backend.name} and ${own.name}; move them to one with .to({ device })`,
      );
    backend = own;
  }
  return backend ?? cpu;
}

/** Computes with no layer on. */
function execute(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Outputs {
  if (def.view !== undefined) return viewOf(def, inputs[0] as Tensor, attributes);
  const meta = (def.infer as NonNullable<AnyOpDef['infer']>)(inputs, attributes); // errors name this op, not what it is made of
  if (def.kernel === undefined) return decompose(def, inputs, attributes);
  const backend = backendOf(def.name, inputs);
  if (Array.isArray(meta)) {
    const outputs = meta.map((m: TensorMeta) => {
      const output = backend.empty(m.shape, m.dtype, def.name);
      return m.strides === undefined ? output : new Tensor(output.storage, m.shape, m.strides, 0, m.dtype);
    });
    run(backend, def, outputs, inputs, attributes);
    if (backend.hasElements) def.check?.(outputs, attributes);
    return outputs;
  }
  const single = meta as TensorMeta;
  const output = backend.empty(single.shape, single.dtype, def.name);
  if (def.updates) backend.copy(output, inputs[0] as Tensor);
  run(backend, def, output, inputs, attributes);
  return output;
}

function run(backend: Backend, def: AnyOpDef, outputs: Tensor | readonly Tensor[], inputs: Inputs, attributes: Attributes): void {
  backend.run(def, outputs, def.updates ? inputs.slice(1) : inputs, attributes);
  if (def.mutates !== undefined)
    for (const i of def.mutates) {
      const input = inputs[i];
      if (input !== null) input.storage.version++;
    }
}

// Everything above the backend has had its turn; the ops inside must not meet those layers again.
function decompose(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Outputs {
  return withContext(def.name, { active: 0, excluded: -1 }, () =>
    (def.decompose as NonNullable<AnyOpDef['decompose']>)(inputs, attributes),
  );
}

function viewOf(def: AnyOpDef, self: Tensor, attributes: Attributes): Outputs {
  const layout = (def.view as NonNullable<AnyOpDef['view']>)(self, attributes);
  return Array.isArray(layout) ? layout.map((part) => viewAt(def.name, self, part)) : viewAt(def.name, self, layout);
}

function viewAt(op: string, self: Tensor, { shape, strides, offset, dtype = self.info }: Layout): Tensor {
  if (shape.length > MAX_DIMS) throw new ShapeError(`${op}: ${shape.length} dimensions; at most ${MAX_DIMS} are supported`);
  const view = new Tensor(self.storage, shape, strides, offset, dtype);
  if ((context().excluded & Layer.Autograd) === 0) view.base = self.base ?? self;
  return view;
}

/** Computes and writes the result over `out`, in one step where the op allows it. */
function executeInto(def: AnyOpDef, out: Tensor, inputs: Inputs, attributes: Attributes): Tensor {
  const meta = def.infer?.(inputs, attributes) as TensorMeta | undefined;
  if (meta === undefined || Array.isArray(meta)) throw new DTypeError(`${def.name} has no in-place or out= form`);
  if (!sameShape(meta.shape, out.shape))
    throw new ShapeError(
      `${def.name}: the result has shape ${formatShape(meta.shape)} and does not fit into a tensor of shape ${formatShape(out.shape)}`,
    );
  if (meta.dtype.category > out.info.category)
    throw new DTypeError(`${def.name}: a result of dtype ${meta.dtype.name} cannot be stored in a tensor of dtype ${out.dtype}`);
  checkNoInternalOverlap(out);
  if (meta.dtype === out.info && def.kernel !== undefined && canWriteOver(def, out, inputs)) {
    run(backendOf(def.name, inputs, out), def, out, inputs, attributes);
  } else {
    backends[out.device].copy(out, execute(def, inputs, attributes) as Tensor);
  }
  out.storage.version++;
  return out;
}

function canWriteOver(def: AnyOpDef, out: Tensor, inputs: Inputs): boolean {
  if (def.updates && inputs[0] !== out) return false;
  for (let i = def.updates ? 1 : 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input === null || input.storage !== out.storage) continue;
    const sameElements =
      input.offset === out.offset && sameShape(input.shape, out.shape) && sameShape(input.strides, out.strides);
    if (!def.pointwise || !sameElements) return false;
  }
  return def.pointwise || def.updates || out.isContiguous();
}

// Writing one element must not change another: an expanded tensor cannot be written to.
function checkNoInternalOverlap(t: Tensor): void {
  if (t.numel === 0) return;
  for (let i = 0; i < t.shape.length; i++)
    if (t.strides[i] === 0 && t.shape[i] > 1)
      throw new ShapeError(
        'an expanded tensor has several elements at one place in memory and cannot be written to; clone() it first',
      );
}
