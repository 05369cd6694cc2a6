/** Tensors that are state but not trained, as fields. */
import { checkTensor, type Tensor } from '@flambeau/core';
import { persistentCopy } from '@flambeau/core/internal';

// One registry for all copies of this package, as for parameters.
const REGISTRY = Symbol.for('@flambeau/nn.buffers');
const shared = globalThis as { [REGISTRY]?: WeakMap<Tensor, boolean> };
const buffers = (shared[REGISTRY] ??= new WeakMap());

export interface Buffer extends Tensor {}

/**
 * A tensor that a module saves and converts but does not train: a field that holds one is found by `buffers()`, as if by
 * `registerBuffer`. Its memory is its own, a copy of `data`'s. PyTorch: `torch.nn.Buffer`.
 *
 * @example
 * class Shift extends Module {
 *   offset = new Buffer(zeros([3]));
 *   forward(x: Tensor) {
 *     return x.add(this.offset);
 *   }
 * }
 */
export class Buffer {
  /** @param options - `persistent`: whether it is part of the state dict. Default true. */
  constructor(data: Tensor, { persistent = true }: { readonly persistent?: boolean } = {}) {
    checkTensor('Buffer', 'data', data);
    const buffer = persistentCopy(data);
    buffers.set(buffer, persistent);
    // biome-ignore lint/correctness/noConstructorReturn: a buffer is a plain tensor that a registry knows
    return buffer as Buffer;
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return buffers.has(value as Tensor);
  }
}

/** @internal Whether a tensor made by `new Buffer(…)` is persistent; undefined for other tensors. */
export const bufferPersistence = (t: Tensor): boolean | undefined => buffers.get(t);
