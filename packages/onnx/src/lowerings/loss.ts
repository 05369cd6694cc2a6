import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const loss = {
  binaryCrossEntropyElements: 'decompose',
  huberElements: 'decompose',
  huberBackward: 'decompose',
  logitsEntropyElements: 'decompose',
  logitsEntropyBackward: 'decompose',
} satisfies Lowerings<typeof groups.loss>;
