import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const recurrentCells = {
  lstmCell: 'decompose',
  lstmCellBackward: 'none',
  gruCell: 'decompose',
  gruCellBackward: 'none',
} satisfies Lowerings<typeof groups.recurrentCells>;
