import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const sparseProduct = {
  sparseProduct: 'decompose',
  sampledProduct: 'decompose',
} satisfies Lowerings<typeof groups.sparseProduct>;
