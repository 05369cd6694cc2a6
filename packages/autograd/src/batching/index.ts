/** Which rule an operator is batched by. */
import type { AnyOpDef } from '@flambeau/core/internal';
import { indexing } from './indexing.js';
import { products } from './product.js';
import { reducing } from './reducing.js';
import { aligned, type BatchRule, type BatchRules, folded } from './rule.js';
import { view, viewBackward } from './view.js';

/** Operators on images and the like, whose first dimension is a batch already. */
const images: BatchRules = {
  max_pool2d: folded([0]),
  max_pool2d_backward: folded([0, 1], ['inputSize']),
  avg_pool2d: folded([0]),
  avg_pool2d_backward: folded([0], ['inputSize']),
  adaptive_avg_pool2d: folded([0]),
  adaptive_avg_pool2d_backward: folded([0], ['inputSize']),
  adaptive_max_pool2d: folded([0]),
  grid_sampler: folded([0, 1]),
};

const rules: BatchRules = { ...view, ...viewBackward, ...products, ...indexing, ...reducing, ...images };

/** The rule of an operator; null if there is none. */
export const ruleOf = (def: AnyOpDef): BatchRule | null => rules[def.name] ?? (def.pointwise ? aligned : null);
