import { describe, expect, test } from 'vitest';
import {
  bernoulli,
  defaultGenerator,
  DTypeError,
  Generator,
  getRngState,
  manualSeed,
  multinomial,
  normal,
  rand,
  randint,
  randn,
  randnLike,
  randperm,
  setNumThreads,
  setRngState,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../index.js';

const seeded = () => new Generator(7);
const N = 200_000;

describe('generators', () => {
  test('the same seed gives the same numbers, whatever the number of threads', () => {
    setNumThreads(1);
    const one = randn([N], { generator: seeded() }).toTypedArray();
    setNumThreads(4);
    expect(randn([N], { generator: seeded() }).toTypedArray()).toEqual(one);
  });
  test('calls go on in the stream, and a state can be restored', () => {
    manualSeed(1);
    const first = rand([5]).toArray();
    const state = getRngState();
    const second = rand([5]).toArray();
    expect(second).not.toEqual(first);
    setRngState(state);
    expect(rand([5]).toArray()).toEqual(second);
    manualSeed(1);
    expect(rand([5]).toArray()).toEqual(first);
    expect(defaultGenerator.initialSeed()).toBe(1);
    expect(() => manualSeed(-1)).toThrow(ValueError);
  });
});

// Bounds are five standard errors.
function expectMoments(t: Tensor, mean: number, variance: number): void {
  const values = t.double();
  expect(Math.abs(values.mean().item() - mean)).toBeLessThan(5 * Math.sqrt(variance / N));
  expect(Math.abs(values.var().item() / variance - 1)).toBeLessThan(5 * Math.sqrt(8 / N));
}

describe('distributions', () => {
  const generator = seeded();
  test('uniform', () => {
    for (const dtype of ['float32', 'float64', 'bfloat16'] as const) {
      const x = rand([N], { dtype, generator });
      expect(x.ge(0).logicalAnd(x.lt(1)).all().item()).toBe(true);
    }
    expectMoments(rand([N], { generator }), 1 / 2, 1 / 12);
    expectMoments(zeros([N]).uniform_(-3, 1, { generator }), -1, 16 / 12);
  });
  test('normal', () => {
    expectMoments(randn([N], { generator }), 0, 1);
    expectMoments(zeros([N], { dtype: 'float64' }).normal_(5, 2, { generator }), 5, 4);
    expectMoments(normal(tensor([3]).expand([N]), 2, null, { generator }), 3, 4);
    expect(randnLike(zeros([2, 3], { dtype: 'float16' })).dtype).toBe('float16');
  });
  test('integers', () => {
    const x = randint(-2, 3, [N], { generator });
    expect(x.dtype).toBe('int64');
    expect([x.amin().item(), x.amax().item()]).toEqual([-2, 2]);
    expectMoments(x, 0, 2);
    expect(() => randint(3, 3, [1])).toThrow(ValueError);
  });
  test('permutations', () => {
    const order = randperm(1000, { generator }).toArray() as number[];
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });
  test('coins', () => {
    expectMoments(zeros([N]).bernoulli_(0.25, { generator }), 0.25, 3 / 16);
    expect(bernoulli(tensor([0, 1, 1, 0])).toArray()).toEqual([0, 1, 1, 0]);
  });
  test('waiting times', () => {
    const x = zeros([N]).exponential_(2, { generator });
    expect(Math.abs(x.mean().item() - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(N));
    expect(x.ge(0).all().item()).toBe(true);
  });
  test('weighted choices', () => {
    const drawn = multinomial(tensor([1, 0, 3]), N, { replacement: true, generator });
    const shares = [0, 1, 2].map((i) => drawn.eq(i).sum().item() / N);
    expect(shares[1]).toBe(0);
    expect(Math.abs(shares[2] - 0.75)).toBeLessThan(5 * Math.sqrt(3 / 16 / N));
    const rows = multinomial(
      tensor([
        [1, 1, 0],
        [0, 2, 1],
      ]),
      2,
      { generator },
    ).toArray() as number[][];
    expect(rows.map((row) => row.sort())).toEqual([
      [0, 1],
      [1, 2],
    ]);
    // the first draws without replacement have the same shares, and equal orders come equally often
    const firsts = multinomial(tensor([[1, 0, 3]]).expand([N, 3]), 1, { generator });
    expect(Math.abs(firsts.eq(2).sum().item() / N - 0.75)).toBeLessThan(5 * Math.sqrt(3 / 16 / N));
    expect(firsts.eq(1).any().item()).toBe(false);
    const pairs = multinomial(tensor([[1, 3, 0]]).expand([N, 3]), 2, { generator });
    expect(Math.abs(pairs.select(1, 0).sum().item() / N - 0.75)).toBeLessThan(5 * Math.sqrt(3 / 16 / N));
    expect(multinomial(zeros([0, 3]), 2, { replacement: true }).shape).toEqual([0, 2]);
    expect(() => multinomial(tensor([1, Number.NaN]), 1)).toThrow(/NaN/);
    expect(() => multinomial(tensor([0, 0]), 1, { replacement: true })).toThrow(ValueError);
    expect(() => multinomial(tensor([1, 0]), 2)).toThrow(/replacement/);
    expect(() => multinomial(tensor([1, -1]), 1)).toThrow(ValueError);
  });
  test('wrong dtypes are refused', () => {
    expect(() => rand([1], { dtype: 'int64' })).toThrow(DTypeError);
    expect(() => zeros([1], { dtype: 'int32' }).normal_()).toThrow(DTypeError);
    expect(() => bernoulli(tensor([1n]))).toThrow(DTypeError);
  });
});

test('filling writes through views of any layout', () => {
  const x = zeros([3, 4]);
  x.T.index(1).uniform_(1, 2);
  expect(x.ge(1).sum().item()).toBe(3);
  x.index(0).fill_(tensor(5));
  x.T.zero_();
  expect(x.eq(0).all().item()).toBe(true);
  expect(() => zeros([1]).expand([3]).fill_(1)).toThrow(/expanded/);
});

test('multinomial draws no index of weight zero, whatever its sign and however large the others', () => {
  const zero = tensor([-0, 1, 1, 0]);
  for (let i = 0; i < 20; i++) {
    expect(multinomial(zero, 2).sum().item()).toBe(3);
    expect([1, 2]).toContain(multinomial(zero, 1, { replacement: true }).item());
    for (const weights of [[1e308, 1e308], [5e-324], [0, 1e-310, 1e-310]])
      expect(
        multinomial(tensor(weights, { dtype: 'float64' }), 3, { replacement: true })
          .lt(weights.length)
          .all()
          .item(),
      ).toBe(true);
  }
});
