import { ones, type Tensor, tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { grad } from './index.js';

const full = process.env.FLAMBEAU_TEST_FULL !== undefined;
const depth = full ? 1_000_000 : 200_000;

test(`a chain of ${depth} operations does not overflow the stack`, () => {
  const x = tensor([1], { dtype: 'float64', requiresGrad: true });
  let y: Tensor = x;
  for (let i = 0; i < depth; i++) y = y.add(1);
  y.sum().backward({ retainGraph: true });
  expect(x.grad?.toArray()).toEqual([1]);
  expect(grad(y.sum(), x)[0].toArray()).toEqual([1]);
});

test('one tensor may be used by more operations than a call can have arguments', () => {
  const x = ones([1], { requiresGrad: true });
  const uses = 150_000;
  let sum: Tensor = x;
  for (let i = 1; i < uses; i++) sum = sum.add(x);
  expect(grad(sum.sum(), x)[0].toArray()).toEqual([uses]);
});
