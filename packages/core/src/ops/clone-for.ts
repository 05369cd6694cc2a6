import { Layer } from '../context.js';
import { BOOL, scalarTensor } from '../promotion.js';
import type { Tensor } from '../tensor.js';
import { clone } from './clone.js';
import { castTo } from './copy.js';
import { flatten, select } from './view.js';
import { where } from './where.js';

/**
 * A copy of `self` that values of `others` can be written to. Where `vmap` or `jvp` has wrapped one of those, a plain copy could not
 * hold what differs between examples, or a tangent; this one is wrapped as they are.
 */
export function cloneFor(self: Tensor, others: readonly Tensor[]): Tensor {
  const wrapped = others.filter((t) => (t.layers & Layer.Transform) !== 0 && t.numel > 0);
  if (wrapped.length === 0) return clone(self);
  return wrapped.reduce((copy, t) => where(scalarTensor(false, BOOL), castTo(select(flatten(t), 0, 0), self.info), copy), self);
}
