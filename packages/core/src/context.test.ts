import { expect, test } from 'vitest';
import { context, Layer, withContext } from './context.js';

const excluded = () => context().excluded;

test('a change lasts as long as the function, also when it throws', () => {
  expect(withContext('test', { excluded: Layer.Autograd }, excluded)).toBe(Layer.Autograd);
  expect(excluded()).toBe(0);
  expect(() =>
    withContext('test', { excluded: 1 }, () => {
      throw new Error('inside');
    }),
  ).toThrow('inside');
  expect(excluded()).toBe(0);
});

test('changes nest', () => {
  withContext('test', { excluded: 1 }, () => {
    withContext('test', { active: 2 }, () => expect([context().active, context().excluded]).toEqual([2, 1]));
    expect(context().active).toBe(0);
  });
});

test('async functions keep their own context while others run', async () => {
  const pause = () => new Promise((resolve) => setImmediate(resolve));
  const run = (bit: number) =>
    withContext('test', { excluded: bit }, async () => {
      const seen = [excluded()];
      await pause();
      seen.push(withContext('test', { active: 8 }, excluded));
      await pause();
      seen.push(excluded());
      return seen;
    });
  const both = [run(1), run(2)];
  expect(excluded()).toBe(0);
  expect(await Promise.all(both)).toEqual([
    [1, 1, 1],
    [2, 2, 2],
  ]);
  expect(excluded()).toBe(0);
});

test('a plain function must not return a promise', () => {
  expect(() => withContext('noGrad', {}, () => Promise.resolve())).toThrow('noGrad: the callback returned a promise');
});
