/** What Python does with operators and protocols, done here with methods. */
import { expect, test } from 'vitest';
import { arange, defaultGenerator, forkRng, Generator, initialSeed, rand, seed, tensor, testing, zeros } from './index.js';

test('the length is the first size', () => {
  expect(zeros([3, 2]).size(0)).toBe(3);
  expect(() => tensor(1).size(0)).toThrow(/^size: a 0-d tensor has no dimension 0/);
  expect(() => tensor(1).stride(-1)).toThrow(/^stride: a 0-d tensor has no dimension -1/);
});

test('eq and any say whether an element is there', () => {
  const x = arange(4);
  expect([x.eq(3).any().item(), x.eq(4).any().item()]).toEqual([true, false]);
});

test('item gives the one element as a number, itemBigInt exactly', () => {
  expect(tensor([[2.5]]).item()).toBe(2.5);
  expect(Math.trunc(tensor(-2.5).item())).toBe(-2);
  const large = 2n ** 60n + 1n;
  expect(tensor([large], { dtype: 'int64' }).itemBigInt()).toBe(large);
  expect(() => tensor([large], { dtype: 'int64' }).item()).toThrow(RangeError);
  expect(() => zeros([2]).item()).toThrow(/item.*\(2,\)/);
  expect(() => zeros([0]).item()).toThrow(/item.*\(0,\)/);
});

test('type tells and changes the dtype, device and isCuda the place', () => {
  const x = tensor([1.5, -2.5]);
  expect(x.type()).toBe('float32');
  expect(x.type('int64').tolist()).toEqual([1, -2]);
  expect(x.type('float32')).toBe(x);
  expect([x.device, x.isCuda, x.getDevice()]).toEqual(['cpu', false, -1]);
});

test('shareMemory_ keeps the object and its elements, whatever the layout', () => {
  const x = arange(6).reshape([2, 3]).t();
  expect(x.isShared()).toBe(false);
  expect(x.shareMemory_()).toBe(x);
  expect(x.isShared()).toBe(true);
  expect(x.tolist()).toEqual([
    [0, 3],
    [1, 4],
    [2, 5],
  ]);
  const { storage } = x;
  expect(x.shareMemory_().storage).toBe(storage);
  expect(x.select(0, 1).isShared()).toBe(true);
});

test('a generator starts anew from a seed, and tells it', () => {
  const generator = new Generator(1);
  const first = rand([4], { generator }).tolist();
  const state = generator.getState();
  const second = rand([4], { generator }).tolist();
  expect(second).not.toEqual(first);
  generator.setState(state);
  expect(rand([4], { generator }).tolist()).toEqual(second);
  expect(rand([4], { generator: generator.manualSeed(1) }).tolist()).toEqual(first);
  const fresh = generator.seed();
  expect(generator.initialSeed()).toBe(fresh);
  expect(fresh).not.toBe(1);
});

test('seed starts the default generator anew, forkRng puts it back', () => {
  const before = defaultGenerator.getState();
  try {
    const fresh = seed();
    expect(initialSeed()).toBe(fresh);
    const numbers = forkRng(() => rand([4]).tolist());
    expect(rand([4]).tolist()).toEqual(numbers);
    expect(forkRng(() => initialSeed(), { seed: 7 })).toBe(7);
    expect(initialSeed()).toBe(fresh);
  } finally {
    defaultGenerator.setState(before);
  }
});

test('a notebook shows what the console shows', () => {
  const display = (tensor([1, 2]) as unknown as Record<symbol, () => unknown>)[Symbol.for('Jupyter.display')];
  expect(display.call(tensor([1, 2]))).toEqual({ 'text/plain': 'tensor([1., 2.])' });
});

test('a 0-d tensor is not iterable', () => {
  expect(() => [...tensor(1)]).toThrow(TypeError);
  expect([...tensor([[1], [2]])].map((row) => row.tolist())).toEqual([[1], [2]]);
});

test('matchers that look into what they compare do not fail on tensors', () => {
  expect(tensor(1)).not.toBe(tensor(1));
  expect(tensor([1, 2])).not.toBe(tensor([1, 2]));
  expect(tensor(1)).not.toEqual(tensor(2));
  expect([tensor(1)]).not.toEqual([tensor([2])]);
});

test('with testing.equalityTester they compare dtypes, shapes and elements', () => {
  expect.addEqualityTesters([testing.equalityTester]);
  expect(tensor(1)).toEqual(tensor(1));
  expect({ loss: tensor([1, Number.NaN]) }).toEqual({ loss: tensor([1, Number.NaN]) });
  expect(tensor([1, 2])).not.toEqual(tensor([1, 3]));
  expect(tensor([[1], [2]])).not.toEqual(tensor([1, 2]));
  expect(tensor([1])).not.toEqual(tensor([1n]));
  expect(tensor(1)).not.toEqual(1);
});
