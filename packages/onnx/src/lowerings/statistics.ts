import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const statistics = { countNumbers: 'none', countInIntervals: 'none' } satisfies Lowerings<typeof groups.statistics>;
