import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

// a Split with sizes cannot follow a dynamic one, as the bounds of a Slice can
export const splitting = {
  split: 'decompose',
  unbind: 'decompose',
} satisfies Lowerings<typeof groups.splitting>;
