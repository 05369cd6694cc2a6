/** What random programs are made of. Groups are repeated by how often their operations should come up. */
import type { Operation } from '../operation.js';
import { masks, readingByIndex, writingByIndex } from './indexing.js';
import { inplace, reshaping } from './inplace.js';
import { conversion, pointwise } from './pointwise.js';
import { products } from './products.js';
import { reducing } from './reductions.js';
import { copies, views } from './views.js';

const twice = <T>(list: readonly T[]): T[] => [...list, ...list];

/** Those that keep the dtype and whose result's shape does not depend on values. */
const regular: readonly Operation[] = [
  ...twice(views),
  ...copies,
  ...pointwise,
  ...reducing,
  ...twice(products),
  ...readingByIndex,
  ...writingByIndex,
  ...inplace,
];
export const everything: readonly Operation[] = [...regular, ...reshaping, ...masks, conversion, conversion];
export const differentiable: readonly Operation[] = regular.filter((operation) => operation.differentiable);
