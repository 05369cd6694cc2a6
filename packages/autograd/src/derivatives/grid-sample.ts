/** Derivatives of `core/src/ops/grid-sample.ts`. One kernel finds both gradients. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { gridSamplerBackward } = groups.gridSample;

export const gridSample = {
  gridSampler: {
    saves: ['input', 'grid'],
    all: (g, { input, grid }, attributes, _, [ofInput, ofGrid]) => {
      const [gradInput, gradGrid] = gridSamplerBackward(g, input, grid, attributes, { ofInput, ofGrid });
      return [ofInput ? gradInput : null, ofGrid ? gradGrid : null];
    },
  },
  gridSamplerBackward: 'decompose',
} satisfies Derivatives<typeof groups.gridSample>;
