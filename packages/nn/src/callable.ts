/**
 * Objects that can be called: `const y = model(x)`.
 *
 * The constructor returns a function whose prototype is the class's prototype, so that fields, methods and `instanceof` work as
 * for any other object. The function's own `name` and `length` stay as they are: changing them would make every later property
 * access slow (V8's dictionary mode).
 */
export abstract class Callable {
  /** Whether objects of the class can be called. Containers that only hold things are ordinary objects. */
  static readonly callable: boolean = true;

  constructor() {
    if (!new.target.callable) return;
    const self = (...args: unknown[]): unknown => (self as unknown as Callable).callForward(args);
    // biome-ignore lint/correctness/noConstructorReturn: the function takes the place of the object
    return Object.setPrototypeOf(self, new.target.prototype);
  }

  /** @internal What calling the object does. */
  abstract callForward(args: unknown[]): unknown;
}
