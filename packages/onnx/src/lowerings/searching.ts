import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const searching = { searchsortedRows: 'none' } satisfies Lowerings<typeof groups.searching>;
