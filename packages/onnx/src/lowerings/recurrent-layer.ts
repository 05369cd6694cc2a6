import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const recurrentLayer = {
  fusedRecurrentLayer: 'decompose',
  fusedRecurrentLayerBackward: 'none',
  fusedRecurrentInference: 'decompose',
  stepwiseRecurrentLayer: 'decompose',
  stepwiseRecurrentLayerBackward: 'none',
} satisfies Lowerings<typeof groups.recurrentLayer>;
