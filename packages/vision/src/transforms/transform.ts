import type { Tensor } from '@flambeau/core';
import { type Sendable, TO_WORKER, type WorkerReference, workerReference } from '@flambeau/data';
import { VISION } from '../worker-module.js';

export interface Transform {
  /** The same as `forward`. */
  // biome-ignore lint/style/useShorthandFunctionType: merged with the class, a call signature makes its objects callable
  (image: Tensor): Tensor;
}

/**
 * Something done to every image. Objects can be called: `transform(image)` is `transform.forward(image)`, and work in the worker
 * threads of a DataLoader.
 *
 * A subclass that is written elsewhere implements `[TO_WORKER]` with its own module; the transforms of this package hand their
 * constructor's arguments to `super`.
 */
export abstract class Transform implements Sendable {
  /** The constructor's arguments, by which a worker makes the same transform. */
  readonly parameters!: readonly unknown[];

  constructor(...parameters: unknown[]) {
    const self = (image: Tensor): Tensor => (self as unknown as Transform).forward(image);
    // a function with the prototype of the class: fields, methods and instanceof work as for any object
    Object.setPrototypeOf(self, new.target.prototype);
    (self as unknown as { parameters: readonly unknown[] }).parameters = parameters;
    // biome-ignore lint/correctness/noConstructorReturn: the function takes the place of the object
    return self as unknown as Transform;
  }

  abstract forward(image: Tensor): Tensor;

  [TO_WORKER](): WorkerReference {
    return workerReference(VISION, this.constructor.name, this.parameters);
  }

  toString(): string {
    return `${this.constructor.name}(${this.parameters.map((p) => (typeof p === 'function' ? String(p) : JSON.stringify(p))).join(', ')})`;
  }
}
