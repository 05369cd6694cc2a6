import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const resampling = { resample: 'none' } satisfies Lowerings<typeof groups.resampling>;
