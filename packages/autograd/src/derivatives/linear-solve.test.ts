import { eye, linalg, manualSeed, randn, type Tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { backward, grad } from '../index.js';

const largest = (t: Tensor): number => Number(t.abs().max().item());

describe('the gradient of a determinant', () => {
  test('that is too small for its dtype is that of its cofactors', () => {
    const x = eye(3, 3).mul(1e-16);
    x.requiresGrad = true;
    const det = linalg.det(x);
    expect(det.item()).toBe(0);
    backward(det);
    expect(largest((x.grad as Tensor).mul(1e32).sub(eye(3, 3)))).toBeLessThan(1e-5);
  });
});

describe('gradients by the factors of the forward pass', () => {
  test.each([
    ['solve', (a: Tensor, b: Tensor) => linalg.solve(a, b)],
    ['solve from the right', (a: Tensor, b: Tensor) => linalg.solve(a, b.mT, { left: false })],
    ['slogdet', (a: Tensor) => linalg.slogdet(a)[1]],
    ['det', (a: Tensor) => linalg.det(a)],
  ])('are those by a decomposition of their own: %s', (_, f) => {
    manualSeed(3);
    const a = randn([2, 5, 5], { dtype: 'float64' });
    const b = randn([2, 5, 3], { dtype: 'float64' });
    for (const t of [a, b]) t.requiresGrad = true;
    const run = (createGraph: boolean) => grad(f(a, b).square().sum(), [a, b], { createGraph, materializeGrads: true });
    const [plain, recorded] = [run(false), run(true)];
    for (let i = 0; i < 2; i++) expect(largest(plain[i].sub(recorded[i]))).toBeLessThanOrEqual(1e-9 * largest(recorded[i]));
  });
});
