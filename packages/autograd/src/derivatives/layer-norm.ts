/** Derivatives of `core/src/ops/layer-norm.ts`. One kernel finds all three gradients. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { layerNormBackward } = groups.layerNorm;

export const layerNorm = {
  layerNormWithStatistics: {
    saves: ['input', 'weight', 'result1', 'result2'],
    all: ([g], { input, weight, result1: mean, result2: rstd }, { inner, eps }, [, weightShape, biasShape], needs) => {
      if (g === null) return [null, null, null];
      const [gradInput, gradWeight, gradBias] = layerNormBackward(g, input, mean, rstd, weight ?? null, inner, eps);
      return [gradInput, needs[1] ? gradWeight.reshape(weightShape) : null, needs[2] ? gradBias.reshape(biasShape) : null];
    },
  },
  layerNormBackward: 'decompose',
} satisfies Derivatives<typeof groups.layerNorm>;
