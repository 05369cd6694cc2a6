/** Comparisons, logic and tests; results are bool. */
import { defineOp, inplace, type Op } from '../op.js';
import { BOOL, broadcastMeta, likeInputBool, promoteOperandsLoosely, type Scalar, NO_ATTRIBUTES } from '../promotion.js';
import { checkTensor, type Tensor } from '../tensor.js';

type Comparison = Op<[self: Tensor, other: Tensor | Scalar], Tensor, 'self' | 'other', Record<never, never>, false>;
type Test = Op<[self: Tensor], Tensor, 'self', Record<never, never>, false>;

function comparison(name: string): Comparison {
  return defineOp({
    name,
    inputs: ['self', 'other'],
    args: (self: Tensor, other: Tensor | Scalar) => [promoteOperandsLoosely(name, self, other), NO_ATTRIBUTES],
    infer: (inputs) => ({ shape: broadcastMeta(name, inputs).shape, dtype: BOOL }),
    kernel: name,
    differentiable: false,
  });
}

function test(name: string): Test {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor) => {
      checkTensor(name, 'self', self);
      return [[self], NO_ATTRIBUTES];
    },
    infer: likeInputBool,
    kernel: name,
    differentiable: false,
  });
}

export const eq: Comparison = comparison('eq');
export const ne: Comparison = comparison('ne');
export const lt: Comparison = comparison('lt');
export const le: Comparison = comparison('le');
export const gt: Comparison = comparison('gt');
export const ge: Comparison = comparison('ge');
export const logicalAnd: Comparison = comparison('logical_and');
export const logicalOr: Comparison = comparison('logical_or');
export const logicalXor: Comparison = comparison('logical_xor');
export const logicalNot: Test = test('logical_not');
export const isnan: Test = test('isnan');
export const isinf: Test = test('isinf');
export const isfinite: Test = test('isfinite');

// ---- in-place forms: zeros and ones in the tensor's own dtype ----

export const eq_ = inplace(eq);
export const ne_ = inplace(ne);
export const lt_ = inplace(lt);
export const le_ = inplace(le);
export const gt_ = inplace(gt);
export const ge_ = inplace(ge);
export const logicalAnd_ = inplace(logicalAnd);
export const logicalOr_ = inplace(logicalOr);
export const logicalXor_ = inplace(logicalXor);
export const logicalNot_ = inplace(logicalNot);
