/** Where the arithmetic is nothing and the way to it is everything. */
import { workload, repeat } from '../workload.js';

const vectors = { a: { shape: [8], dtype: 'float32' }, b: { shape: [8], dtype: 'float32' } } as const;

const add = workload({
  name: 'small.add',
  inputs: vectors,
  tolerance: 1e-6,
  prepare: ({ a, b }) => ({ variants: { plain: repeat(() => a.add(b)) }, outputs: () => [a.add(b)] }),
});

const addGrad = workload({
  name: 'small.addGrad',
  inputs: vectors,
  tolerance: 1e-6,
  prepare({ a, b }) {
    a.requiresGrad = true;
    return { variants: { plain: repeat(() => a.add(b)) }, outputs: () => [a.add(b)] };
  },
});

const chain = workload({
  name: 'small.chain20',
  inputs: { x: { shape: [8, 8], dtype: 'float32' } },
  tolerance: 1e-5,
  prepare({ x }) {
    x.requiresGrad = true;
    const run = () => {
      let y = x;
      for (let i = 0; i < 10; i++) y = y.mul(1.01).tanh();
      y.sum().backward();
    };
    return {
      variants: { plain: repeat(run) },
      outputs() {
        x.grad = null;
        run();
        return [x.grad as unknown as typeof x];
      },
    };
  },
});

export const small = [add, addGrad, chain];
