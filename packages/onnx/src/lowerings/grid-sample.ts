import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const gridSample = { gridSampler: 'decompose', gridSamplerBackward: 'none' } satisfies Lowerings<typeof groups.gridSample>;
