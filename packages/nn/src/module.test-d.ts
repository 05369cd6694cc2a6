/** Checked by the compiler only: calling a module has the types of its `forward`. */
import type { Tensor } from '@flambeau/core';
import { Linear, Module, ModuleDict, ModuleList, Parameter, Sequential } from './index.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._: Equal<A, B> extends true ? [] : ['types differ', A, B]): void {}

declare const x: Tensor;

class Scaled extends Module {
  inner = new Linear(2, 2);
  scale = new Parameter(x);
  // parameters with defaults and results of any shape, without a type argument anywhere
  forward(input: Tensor, factor = 1): [output: Tensor, factor: number] {
    return [this.inner(input).mul(this.scale), factor];
  }
}
class Derived extends Scaled {
  override forward(input: Tensor, factor = 2, label = ''): [output: Tensor, factor: number] {
    return super.forward(input, factor + label.length);
  }
}
class Inferred extends Module {
  scaled = new Scaled();
  forward(input: Tensor) {
    return this.scaled(input)[0];
  }
}

/** `this` cannot be called inside of the class: its `forward` might be overridden with other parameters. */
class Recursive extends Module {
  forward(input: Tensor, depth = 0): Tensor {
    // @ts-expect-error: the parameters of this["forward"] are not known here
    if (depth > 8) return this(input, depth - 1);
    return depth === 0 ? input : (this as Recursive)(input, depth - 1);
  }
}
new Recursive()(x, 3);

const scaled = new Scaled();
same<ReturnType<typeof scaled>, [output: Tensor, factor: number]>();
same<Parameters<typeof scaled>, [input: Tensor, factor?: number]>();
scaled(x);
scaled(x, 2);
// @ts-expect-error: forward takes a tensor
scaled('x');
// @ts-expect-error: forward takes a number
scaled(x, 'x');
// @ts-expect-error: forward needs its input
scaled();
// @ts-expect-error: forward takes two arguments
scaled(x, 1, 2);

const derived = new Derived();
same<Parameters<typeof derived>, [input: Tensor, factor?: number, label?: string]>();
const inferred: Tensor = new Inferred()(x);

// any module is a Module, which can be called with anything
const modules: Module[] = [scaled, derived, new Linear(1, 1), new Sequential(), new ModuleList(), new ModuleDict()];
modules[0](1, 2, 3);

// hooks know the module, the arguments and the output
scaled.registerForwardHook((module, [input, factor], [output]) => {
  same<typeof module, Scaled>();
  same<typeof input, Tensor>();
  same<typeof factor, number | undefined>();
  return [output, 3];
});
// @ts-expect-error: another output must be of the same type
scaled.registerForwardHook(() => 'x');
scaled.registerForwardPreHook((_module, [input]) => [input, 3]);

// a parameter is a tensor, a tensor is no parameter
const tensorOf: Tensor = scaled.scale;
// @ts-expect-error: wrap it in new Parameter(…)
scaled.scale = x;

// containers know their elements
const list = new ModuleList([new Linear(1, 1)]);
same<(typeof list)[0], Linear>();
for (const layer of list) same<typeof layer, Linear>();
const dict = new ModuleDict({ a: new Linear(1, 1) });
same<ReturnType<typeof dict.get>, Linear>();

// the number of children is `size`, not the function's own `length`
const sequential = new Sequential(new Linear(1, 1));
// @ts-expect-error: length is unknown
for (let i = 0; i < sequential.length; i++);
same<typeof sequential.size, number>();
same<typeof list.length, number>();

// methods that return the module keep its type
const evaluated: Scaled = scaled.eval().to('float64').requiresGrad_(false);

export { evaluated, inferred, tensorOf };
