import { type Tensor, tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { enableGrad, isGradEnabled, noGrad, setGradEnabled } from './index.js';

const x = tensor([1, 2], { requiresGrad: true });
const recorded = (): boolean => x.mul(2).requiresGrad;
const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

test('noGrad records nothing, enableGrad inside does', () => {
  expect(recorded()).toBe(true);
  expect(
    noGrad(() => [recorded(), enableGrad(() => [recorded(), noGrad(recorded), recorded()]), recorded(), isGradEnabled()]),
  ).toEqual([false, [true, false, true], false, false]);
  expect(isGradEnabled()).toBe(true);
  expect(setGradEnabled(false, recorded)).toBe(false);
  expect(setGradEnabled(true, recorded)).toBe(true);
});

test('results of noGrad are leaves, also views', () => {
  const [y, v] = noGrad(() => [x.mul(2), x.narrow(0, 0, 1)]);
  expect([y.isLeaf, v.isLeaf, v.requiresGrad]).toEqual([true, true, false]);
});

test('recording is on again after an error', () => {
  expect(() =>
    noGrad(() => {
      throw new Error('inside');
    }),
  ).toThrow('inside');
  expect(recorded()).toBe(true);
});

test('a leaf made inside noGrad needs gradients afterwards', () => {
  const y = noGrad(() => tensor([1], { requiresGrad: true }));
  expect(y.mul(2).requiresGrad).toBe(true);
});

test('an async callback keeps its mode across awaits, code around it keeps its own', async () => {
  const seen: boolean[] = [];
  const inside = noGrad(async () => {
    seen.push(recorded());
    await pause();
    seen.push(
      recorded(),
      enableGrad(() => recorded()),
    );
    await enableGrad(async () => {
      await pause();
      seen.push(recorded());
    });
    seen.push(recorded());
  });
  expect(recorded()).toBe(true);
  await pause();
  expect(recorded()).toBe(true);
  await inside;
  expect(seen).toEqual([false, false, true, true, false]);
  expect(recorded()).toBe(true);
});

test('interleaved async callbacks do not see each other', async () => {
  const run = async (mode: <T>(fn: () => T) => T, steps: number): Promise<boolean[]> =>
    mode(async () => {
      const seen: boolean[] = [];
      for (let i = 0; i < steps; i++) {
        seen.push(recorded(), noGrad(recorded), enableGrad(recorded));
        await pause();
      }
      return seen;
    });
  const [off, on, plain] = await Promise.all([run(noGrad, 5), run(enableGrad, 7), run((fn) => fn(), 6)]);
  const repeat = (first: boolean, n: number) => Array.from({ length: n }, () => [first, false, true]).flat();
  expect(off).toEqual(repeat(false, 5));
  expect(on).toEqual(repeat(true, 7));
  expect(plain).toEqual(repeat(true, 6));
});

test('an async error passes through and recording goes on', async () => {
  const failing = noGrad(async () => {
    await pause();
    throw new Error('inside');
  });
  await expect(failing).rejects.toThrow('inside');
  expect(recorded()).toBe(true);
});

test('a promise from a function that is not async is refused: its awaits would run without the mode', () => {
  const task = async (): Promise<Tensor> => x.mul(2);
  expect(() => noGrad(() => task())).toThrow(
    new TypeError('noGrad: the callback returned a promise but is not an async function; write noGrad(async () => …)'),
  );
});

test('what an async block has started without waiting for it stays in the block', async () => {
  const x = tensor([1], { requiresGrad: true });
  const pause = () => new Promise((resolve) => setImmediate(resolve));
  let child: Promise<boolean> | undefined;
  await noGrad(async () => {
    child = (async () => {
      await pause();
      await pause();
      return x.mul(2).requiresGrad;
    })();
  });
  expect(x.mul(2).requiresGrad).toBe(true);
  expect(await child).toBe(false);
  expect(x.mul(2).requiresGrad).toBe(true);
});

test('a promise that noGrad refuses is not reported as unhandled when it is rejected', async () => {
  const seen: unknown[] = [];
  const note = (reason: unknown) => seen.push(reason);
  process.on('unhandledRejection', note);
  try {
    expect(() => noGrad(() => Promise.reject(new Error('refused')))).toThrow(/not an async function/);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(seen).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});
