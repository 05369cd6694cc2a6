import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const fold = { imageToColumns: 'none', columnsToImage: 'none' } satisfies Lowerings<typeof groups.fold>;
