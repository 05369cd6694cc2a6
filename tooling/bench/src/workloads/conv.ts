import { grad } from '@flambeau/autograd';
import { conv2d, setWinograd } from '@flambeau/core';
import { repeat, type Workload, workload } from '../workload.js';

const [batch, channels, size] = [16, 64, 56];
const flops = 2 * batch * channels * channels * 9 * size * size;
const image = { shape: [batch, channels, size, size], dtype: 'float32' } as const;
const inputs = {
  x: image,
  weight: { shape: [channels, channels, 3, 3], dtype: 'float32', scale: 0.05 },
  bias: { shape: [channels], dtype: 'float32' },
} as const;

/**
 * A row with Winograd's algorithm, which computes fewer products than its definition has and so has no ceiling, and a row without.
 */
function withAndWithoutWinograd(row: Workload, products: number): Workload[] {
  return [true, false].map((on) =>
    workload({
      ...row,
      name: on ? row.name : `${row.name}.direct`,
      peerName: row.name,
      ceiling: on ? undefined : { kind: 'fma', flops: products },
      prepare(inputs) {
        const { variants, outputs } = row.prepare(inputs);
        const set = <A extends unknown[], R>(f: (...args: A) => R) => {
          return (...args: A) => {
            setWinograd(on);
            return f(...args);
          };
        };
        return {
          variants: Object.fromEntries(Object.entries(variants).map(([name, run]) => [name, set(run)])),
          outputs: set(outputs),
        };
      },
    }),
  );
}

const forward = workload<string>({
  name: 'conv3x3.forward',
  inputs,
  tolerance: 1e-5,
  prepare({ x, weight, bias }) {
    const run = () => conv2d(x, weight, bias, { padding: 1 });
    return { variants: { plain: repeat(run) }, outputs: () => [run()] };
  },
});

const training = workload<string>({
  name: 'conv3x3.training',
  inputs: { ...inputs, g: image },
  tolerance: 1e-5,
  prepare({ x, weight, bias, g }) {
    for (const t of [x, weight, bias]) t.requiresGrad = true;
    const run = () => grad(conv2d(x, weight, bias, { padding: 1 }), [x, weight], { gradOutputs: g });
    return { variants: { plain: repeat(run) }, outputs: run };
  },
});

export const conv = [...withAndWithoutWinograd(forward, flops), ...withAndWithoutWinograd(training, 3 * flops)];
