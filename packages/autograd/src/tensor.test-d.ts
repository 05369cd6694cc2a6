/** Checked by the compiler only: what importing this package adds to core's `Tensor`. */
import { type Tensor, tensor } from '@flambeau/core';
import { Function as AutogradFunction, type FunctionContext, checkpoint, enableGrad, grad, type Node, noGrad } from './index.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._: Equal<A, B> extends true ? [] : ['types differ', A, B]): void {}

const x = tensor([1, 2], { requiresGrad: true });
declare const wide: Tensor<'float64'>;

same<typeof x.requiresGrad, boolean>();
same<typeof wide.grad, Tensor<'float64'> | null>();
same<ReturnType<typeof wide.detach>, Tensor<'float64'>>();
same<typeof x.gradFn, Node | null>();
x.requiresGrad = true;
x.grad = null;
// @ts-expect-error: the history cannot be set
x.gradFn = null;
// @ts-expect-error: nor can this
x.isLeaf = true;

x.sum().backward();
x.backward(x);
x.backward({ gradient: x, retainGraph: true, createGraph: true });
// @ts-expect-error: an option that does not exist
x.backward({ retain: true });

const remove = x.registerHook((g) => g.mul(2));
same<typeof remove, () => void>();
// @ts-expect-error: a hook returns a tensor or nothing
x.registerHook(() => 2);

// null only where asked for
same<ReturnType<() => Tensor[]>, Tensor[]>();
const certain = grad(x.sum(), x);
same<typeof certain, Tensor[]>();
const possible = grad(x.sum(), [x], { allowUnused: true });
same<typeof possible, (Tensor | null)[]>();

same<ReturnType<typeof noGrad<number>>, number>();
const awaited = noGrad(async () => 1);
same<typeof awaited, Promise<number>>();
same<typeof inner, Tensor>();
const inner = enableGrad(() => x.mul(2));

class Scale extends AutogradFunction {
  static forward(_ctx: FunctionContext, input: Tensor, _factor: number): Tensor {
    return input;
  }
  static backward(_ctx: FunctionContext, g: Tensor) {
    return [g, null];
  }
}
const scaled = Scale.apply(x, 2);
same<typeof scaled, Tensor>();
// @ts-expect-error: the arguments are those of forward
Scale.apply(x, 'two');
// @ts-expect-error: all of them
Scale.apply(x);

class NoBackward extends AutogradFunction {
  static forward(_ctx: FunctionContext, input: Tensor): Tensor {
    return input;
  }
}
// @ts-expect-error: backward is missing
NoBackward.apply(x);

const pair = checkpoint((a: Tensor, n: number): Tensor[] => [a, a.mul(n)], x, 3);
same<typeof pair, Tensor[]>();
// @ts-expect-error: the function takes a number
checkpoint((a: Tensor, n: number) => a.mul(n), x, 'three');
