import { grad } from '@flambeau/autograd';
import { conv2d } from '@flambeau/core';
import { workload, repeat } from '../workload.js';

const [batch, channels, size] = [16, 64, 56];
const flops = 2 * batch * channels * channels * 9 * size * size;
const image = { shape: [batch, channels, size, size], dtype: 'float32' } as const;
const inputs = {
  x: image,
  weight: { shape: [channels, channels, 3, 3], dtype: 'float32', scale: 0.05 },
  bias: { shape: [channels], dtype: 'float32' },
} as const;

const forward = workload({
  name: 'conv3x3.forward',
  inputs,
  ceiling: { kind: 'fma', flops },
  tolerance: 1e-5,
  prepare({ x, weight, bias }) {
    const run = () => conv2d(x, weight, bias, { padding: 1 });
    return { variants: { plain: repeat(run) }, outputs: () => [run()] };
  },
});

const training = workload({
  name: 'conv3x3.training',
  inputs: { ...inputs, g: image },
  ceiling: { kind: 'fma', flops: 3 * flops },
  tolerance: 1e-5,
  prepare({ x, weight, bias, g }) {
    for (const t of [x, weight, bias]) t.requiresGrad = true;
    const run = () => grad(conv2d(x, weight, bias, { padding: 1 }), [x, weight], { gradOutputs: g });
    return { variants: { plain: repeat(run) }, outputs: run };
  },
});

export const conv = [forward, training];
