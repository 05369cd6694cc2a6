/** Trainable tensors. */
import '@flambeau/autograd';
import { checkTensor, type Tensor } from '@flambeau/core';
import { persistentCopy } from '@flambeau/core/internal';

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
