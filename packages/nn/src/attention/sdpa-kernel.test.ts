import { manualSeed, randn, type Tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { attention, F } from '../index.js';

const { SDPBackend, sdpaKernel } = attention;

/** The names of the operations that made `t`. */
function history(t: Tensor): Set<string> {
  const seen = new Set<string>();
  const visit = (node: Tensor['gradFn']): void => {
    if (node === null) return;
    seen.add(node.name);
    for (const next of node.nextFunctions) visit(next?.node ?? null);
  };
  visit(t.gradFn);
  return seen;
}

manualSeed(0);
const [q, k, v] = [0, 1, 2].map(() => randn([2, 3, 9, 8]).requiresGrad_());
const attend = (dropoutP = 0) => F.scaledDotProductAttention(q, k, v, { isCausal: true, dropoutP });
const usesSoftmax = (t: Tensor): boolean => [...history(t)].some((name) => /softmax/i.test(name));

test('attention is computed the way that is asked for', async () => {
  const flash = attend();
  expect(usesSoftmax(flash)).toBe(false);
  const math = sdpaKernel(SDPBackend.MATH, () => attend());
  expect(usesSoftmax(math)).toBe(true);
  expect(math.sub(flash).abs().max().item()).toBeLessThan(1e-6);
  expect(usesSoftmax(sdpaKernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION], () => attend()))).toBe(false);
  const later = sdpaKernel(SDPBackend.MATH, async () => {
    await Promise.resolve();
    return attend();
  });
  expect(usesSoftmax(await later)).toBe(true);
  expect(usesSoftmax(attend())).toBe(false);
});

test('both ways have the same gradients', () => {
  const gradients = [SDPBackend.MATH, SDPBackend.FLASH_ATTENTION].map((backend) => {
    for (const t of [q, k, v]) t.grad = null;
    sdpaKernel(backend, () => attend())
      .square()
      .sum()
      .backward();
    return [q, k, v].map((t) => t.grad as Tensor);
  });
  gradients[0].forEach((grad, i) => {
    expect(grad.sub(gradients[1][i]).abs().max().item()).toBeLessThan(1e-5);
  });
});

test('dropout needs the matrix of weights', () => {
  expect(() => sdpaKernel(SDPBackend.FLASH_ATTENTION, () => attend(0.5))).toThrow('dropout needs the math backend');
  expect(usesSoftmax(sdpaKernel([SDPBackend.FLASH_ATTENTION, SDPBackend.MATH], () => attend(0.5)))).toBe(true);
});

test('there must be a way', () => {
  expect(() => sdpaKernel([], () => attend())).toThrow('expected one or more of math, flash');
  expect(() => sdpaKernel('cudnn' as never, () => attend())).toThrow('got [cudnn]');
});
