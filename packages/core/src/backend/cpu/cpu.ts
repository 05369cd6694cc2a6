/**
 * The CPU backend: allocates JavaScript-owned memory and calls the native kernels.
 *
 * An address does not keep its buffer alive. Outputs are therefore allocated before any address is read, and `held` keeps every
 * operand's memory reachable until the native call returns.
 */
import { call, find, frame, Status } from '@flambeau/kernels';
import { context, Layer } from '../../context.js';
import type { DTypeInfo } from '../../dtype.js';
import { AutogradError, DTypeError, FlambeauError, formatShape, IndexError, StorageError } from '../../errors.js';
import type { AnyOpDef, Attributes, Inputs } from '../../op.js';
import { contiguousStrides, numelOf } from '../../shape.js';
import { allocate } from '../../storage.js';
import { Tensor } from '../../tensor.js';
import type { Backend } from '../backend.js';

/** What a kernel gets: a tensor, none, or a list of them. */
export type Operand = Tensor | null | readonly Tensor[];

const held: (ArrayBufferLike | null)[] = new Array(64).fill(null);
let heldCount = 0;
let at = 0;

/** Runs the kernel that the frame describes. */
let invoke: () => void = call;

/** @internal Lets a profiler stand in for the calls of kernels. */
export function setInvoke(standIn: () => void): void {
  invoke = standIn;
}

function begin(kernelId: number): void {
  frame[0] = kernelId;
  at = 1;
  heldCount = 0; // an operand that was refused may have left some
}

function pushTensor(t: Tensor | null): void {
  if (t === null) {
    frame[at++] = 0;
    return;
  }
  const { storage, shape, strides } = t;
  const ndim = shape.length;
  if (at + 3 + 2 * ndim > frame.length) throw new FlambeauError('too many tensors in one call; split the list');
  frame[at] = storage.checkedAddress() + t.offset * t.info.itemSize;
  frame[at + 1] = t.info.code;
  frame[at + 2] = ndim;
  at += 3;
  for (let i = 0; i < ndim; i++) frame[at + i] = shape[i];
  at += ndim;
  for (let i = 0; i < ndim; i++) frame[at + i] = strides[i];
  at += ndim;
  held[heldCount++] = storage.buffer;
}

function pushSlices({ storage, shape, strides, offset, info }: Tensor): void {
  const [count, ...rest] = shape;
  frame[at++] = count;
  for (let i = 0; i < count; i++) pushTensor(new Tensor(storage, rest, strides.slice(1), offset + i * strides[0], info));
}

function pushAttributes(attributes: Attributes): void {
  for (const name in attributes) {
    const value = attributes[name];
    if (typeof value === 'number') frame[at++] = value;
    else if (typeof value === 'boolean') frame[at++] = value ? 1 : 0;
    else {
      if (at + 1 + value.length > frame.length)
        throw new FlambeauError(`the list ${name} is too long for one call: ${value.length}`);
      frame[at++] = value.length;
      for (let i = 0; i < value.length; i++) frame[at++] = value[i];
    }
  }
}

function finish(name: string, operands: readonly Operand[]): void {
  invoke();
  for (let i = 0; i < heldCount; i++) held[i] = null;
  heldCount = 0;
  if (frame[0] !== Status.Ok) throw kernelError(name, frame[0], operands.flat());
}

function kernelError(name: string, status: number, operands: readonly (Tensor | null)[]): Error {
  const [a, b, c] = [frame[1], frame[2], frame[3]];
  const described = operands.map((t) => (t === null ? 'none' : `${t.dtype}${formatShape(t.shape)}`)).join(', ');
  switch (status) {
    case Status.UnsupportedDtype:
      return new DTypeError(`${name}: not implemented for these dtypes (${described}); convert with .to(dtype) first`);
    case Status.IndexOutOfRange:
      return new IndexError(
        `${name}: index ${a} (element ${c} of the index tensor) is out of range for a dimension of size ${b} (${described})`,
      );
    case Status.OutOfMemory:
      return new StorageError(`${name}: cannot allocate ${a} bytes of working memory (${described})`);
    default:
      return new FlambeauError(`${name}: the kernel failed with status ${status} (${described})`);
  }
}

function contiguousInput(t: Tensor | null): Tensor | null {
  if (t === null || t.isContiguous()) return t;
  const copy = cpu.empty(t.shape, t.info, 'contiguous');
  cpu.copy(copy, t);
  return copy;
}

function kernelId(def: AnyOpDef): number {
  const id = find(def.kernel as string);
  if (id < 0)
    throw new FlambeauError(`${def.name}: the kernel library has no kernel '${def.kernel}'; reinstall @flambeau/kernels`);
  def.kernelId = id;
  return id;
}

let copyId = -1;
let fillId = -1;

// Results mostly have the shape, and then the very shape array, of the result before.
let lastShape: readonly number[] = [];
let lastStrides: readonly number[] = [];
function stridesFor(shape: readonly number[]): readonly number[] {
  if (shape !== lastShape) {
    lastStrides = contiguousStrides(shape);
    lastShape = shape;
  }
  return lastStrides;
}

export const cpu: Backend = {
  name: 'cpu',
  hasElements: true,

  empty(shape: readonly number[], dtype: DTypeInfo, madeBy: string): Tensor {
    const storage = allocate(numelOf(shape) * dtype.itemSize);
    const { scope } = context();
    if (scope !== null) scope.track(storage, madeBy);
    return new Tensor(storage, shape, stridesFor(shape), 0, dtype, true);
  },

  run(def: AnyOpDef, outputs: Tensor | readonly Tensor[], inputs: Inputs, attributes: Attributes): void {
    const id = (def.kernelId as number) >= 0 ? (def.kernelId as number) : kernelId(def);
    const operands = def.contiguous ? inputs.map(contiguousInput) : inputs;
    begin(id);
    if (outputs instanceof Tensor) pushTensor(outputs);
    else for (let i = 0; i < outputs.length; i++) pushTensor(outputs[i]);
    if (def.variadic) frame[at++] = operands.length;
    const single = def.stacked ? operands.length - 1 : operands.length;
    for (let i = 0; i < single; i++) pushTensor(operands[i]);
    if (def.stacked) pushSlices(operands[single] as Tensor);
    pushAttributes(attributes);
    finish(def.name, inputs);
  },

  fill(target: Tensor, value: number): void {
    if (fillId < 0) fillId = find('fill');
    begin(fillId);
    pushTensor(target);
    frame[at++] = value;
    frame[at++] = 0;
    finish('fill', [target]);
  },

  copy(target: Tensor, source: Tensor): void {
    if (copyId < 0) copyId = find('copy');
    begin(copyId);
    pushTensor(target);
    pushTensor(source);
    invoke();
    held[0] = held[1] = null;
    heldCount = 0;
    if (frame[0] !== Status.Ok) throw kernelError('copy', frame[0], [target, source]);
  },
};

/** @internal What `runKernel` does, where a profiler can stand in for it. */
export const kernels = {
  run(name: string, operands: readonly Operand[], attributes: Attributes): void {
    const id = find(name);
    if (id < 0) throw new FlambeauError(`the kernel library has no kernel '${name}'`);
    begin(id);
    for (const operand of operands) {
      if (operand === null || operand instanceof Tensor) pushTensor(visible(name, operand));
      else {
        frame[at++] = operand.length;
        for (const t of operand) pushTensor(visible(name, t));
      }
    }
    pushAttributes(attributes);
    finish(name, operands);
  },
};

/** Such a kernel passes the transforms by, so it would read a part of what their tensors stand for. */
function visible(name: string, t: Tensor | null): Tensor | null {
  if (t !== null && (t.layers & Layer.Transform) !== 0)
    throw new AutogradError(
      `${name} reads the elements of a tensor that vmap or jvp has wrapped, which has none of its own; do it outside of the transform`,
    );
  return t;
}

/** Runs a kernel that is not an op (fused optimizer steps): lists of tensors are written as [count, tensors…]. */
export function runKernel(name: string, operands: readonly Operand[], attributes: Attributes): void {
  kernels.run(name, operands, attributes);
}
