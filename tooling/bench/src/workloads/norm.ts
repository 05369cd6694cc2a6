import { grad } from '@flambeau/autograd';
import { batchNorm, layerNorm, softmax, type Tensor } from '@flambeau/core';
import { repeat, workload } from '../workload.js';

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

const softmaxRows = workload({
  name: 'softmax',
  inputs: { x: { shape: [512, 32000], dtype: 'float32' } },
  ceiling: { kind: 'memory', pattern: 'copy', floats: 512 * 32000, bytes: 8 * 512 * 32000 },
  tolerance: 1e-5,
  prepare: ({ x }) => ({ variants: { plain: repeat(() => softmax(x, -1)) }, outputs: () => [softmax(x, -1)] }),
});

/** Forward and the gradients of input and weight. Reads x, writes y, reads x and the gradient, writes x's gradient: 20 bytes. */
function training(
  name: string,
  shape: readonly number[],
  features: number,
  norm: (x: Tensor, weight: Tensor, bias: Tensor) => Tensor,
) {
  const floats = product(shape);
  const perFeature = { shape: [features], dtype: 'float32' } as const;
  return workload({
    name,
    inputs: { x: { shape, dtype: 'float32' }, weight: perFeature, bias: perFeature, g: { shape, dtype: 'float32' } },
    ceiling: { kind: 'memory', pattern: 'read', floats, bytes: 20 * floats },
    tolerance: 1e-4,
    prepare({ x, weight, bias, g }) {
      for (const t of [x, weight, bias]) t.requiresGrad = true;
      const run = () => grad(norm(x, weight, bias), [x, weight], { gradOutputs: g });
      return { variants: { plain: repeat(run) }, outputs: run };
    },
  });
}

export const norm = [
  softmaxRows,
  training('layerNorm', [4096, 768], 768, (x, weight, bias) => layerNorm(x, [768], { weight, bias })),
  training('batchNorm', [16, 64, 56, 56], 64, (x, weight, bias) => batchNorm(x, null, null, { weight, bias, training: true })),
];
