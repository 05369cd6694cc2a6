/** Trainable tensors, and memory that outlives every scope. */
import '@flambeau/autograd';
import { checkTensor, type Tensor, Tensor as TensorClass } from '@flambeau/core';
import { allocateOwn, contiguousStrides } from '@flambeau/core/internal';

// One registry for all copies of this package. A mark on the tensor itself would cost core its single hidden class.
const REGISTRY = Symbol.for('@flambeau/nn.parameters');
const shared = globalThis as { [REGISTRY]?: WeakSet<Tensor> };
const parameters = (shared[REGISTRY] ??= new WeakSet());

declare const parameterBrand: unique symbol;

export interface ParameterOptions {
  /** Whether gradients flow to it. Default true. */
  readonly requiresGrad?: boolean;
}

export interface Parameter extends Tensor {
  /** Keeps the compiler from taking a plain tensor for a parameter. */
  readonly [parameterBrand]: true;
}

/**
 * A leaf tensor that a module trains: a field of a module that holds one is found by `parameters()`. Its memory is its own, a
 * copy of `data`'s. PyTorch: `torch.nn.Parameter`.
 *
 * @example
 * class Scale extends Module {
 *   factor = new Parameter(ones([1]));
 *   forward(x: Tensor) {
 *     return x.mul(this.factor);
 *   }
 * }
 */
export class Parameter {
  /**
   * @param data - The initial values, of a floating dtype if `requiresGrad`.
   */
  constructor(data: Tensor, { requiresGrad = true }: ParameterOptions = {}) {
    checkTensor('Parameter', 'data', data);
    const parameter = persistentCopy(data);
    parameters.add(parameter);
    parameter.requiresGrad = requiresGrad;
    // biome-ignore lint/correctness/noConstructorReturn: a parameter is a plain tensor that a registry knows
    return parameter as Parameter;
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return isParameter(value);
  }
}

/** True for tensors made by `new Parameter(…)`. */
export function isParameter(value: unknown): value is Parameter {
  return parameters.has(value as Tensor);
}

/** A row-major copy without history in a buffer of its own, which no scope releases. */
export function persistentCopy(data: Tensor): Tensor {
  const { shape, info } = data;
  const storage = allocateOwn(data.numel * info.itemSize);
  storage.markPersistent();
  const copy = new TensorClass(storage, shape, contiguousStrides(shape), 0, info);
  if (data.numel > 0) copy.copy_(data.detached());
  return copy;
}

type Slots = { -readonly [K in 'storage' | 'shape' | 'strides' | 'offset' | 'info']: Tensor[K] };

/**
 * Gives `target` the memory and the dtype of `source`, which is of the same shape and row-major. The tensor stays the same
 * object, so an optimizer that holds it goes on with the new memory. PyTorch: `target.data = source`.
 */
export function setData(target: Tensor, source: Tensor): void {
  const { storage, shape, strides, offset, info } = source;
  const slots: Slots & { rowMajor: boolean | null } = target as never;
  slots.storage = storage;
  slots.shape = shape;
  slots.strides = strides;
  slots.offset = offset;
  slots.info = info;
  slots.rowMajor = null;
}
