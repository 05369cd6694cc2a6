/**
 * Objects that can be called: `const y = model(x)`.
 *
 * The constructor returns a function whose prototype is the class's prototype, so that fields, methods and `instanceof` work as
 * for any other object. The function's own `name` and `length` stay as they are: changing them would make every later property
 * access slow (V8's dictionary mode).
 */
import { context } from '@flambeau/core/internal';
import { globalHooks } from './module-hooks.js';

export abstract class Callable {
  /** Whether objects of the class can be called. Containers that only hold things are ordinary objects. */
  static readonly callable: boolean = true;

  constructor() {
    if (!new.target.callable) return;
    const module = (...args: unknown[]): unknown => {
      const self = module as unknown as Callable;
      try {
        if (self.hasHooks || globalHooks.active || context().scope?.enterForward !== undefined) return self.callWatched(...args);
        // without a spread the common call costs half as much
        return args.length === 1 ? self.forward(args[0]) : self.forward(...args);
      } catch (error) {
        self.locate(error);
        throw error;
      }
    };
    // biome-ignore lint/correctness/noConstructorReturn: the function takes the place of the object
    return Object.setPrototypeOf(module, new.target.prototype);
  }

  /** The computation. Call the module, not this, so that hooks run. */
  // biome-ignore lint/suspicious/noExplicitAny: subclasses have any signature
  abstract forward(...args: any[]): any;

  /** @internal Whether there are hooks to call. */
  protected abstract hasHooks: boolean;
  /** @internal `forward`, with hooks and the memory tracker around it. */
  protected abstract callWatched(...args: unknown[]): unknown;
  /** @internal Notes in an error that it was thrown in this object's `forward`. */
  protected abstract locate(error: unknown): void;
}
