/**
 * Functions that draw numbers. Their numbers are their own, so they are tested as such: distribution, replay from a seed, and
 * independence of the number of threads. All seeds are fixed, so nothing here fails by chance.
 */
import { grad } from '@flambeau/autograd';
import {
  bernoulli,
  defaultGenerator,
  dropout,
  dropout1d,
  dropout2d,
  Generator,
  getRngState,
  manualSeed,
  multinomial,
  normal,
  ones,
  poisson,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
  randperm,
  setRngState,
  type Tensor,
  tensor,
  zeros,
} from '@flambeau/core';
import { getNumThreads, setNumThreads } from '@flambeau/kernels';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bitDifference } from './compare.js';

const COUNT = 200_000;
/** A statistic further from its expectation than this many of its own standard deviations is wrong. */
const SIGMAS = 5;
const FLOATS = ['float32', 'float64', 'float16', 'bfloat16'] as const;

const numbers = (t: Tensor): Float64Array => Float64Array.from(t.to('float64').toTypedArray() as Float64Array);

/** Mean and variance against those of the distribution; `kurtosis` is its fourth standardised moment. */
function checkMoments(x: Float64Array, mean: number, variance: number, kurtosis: number, rounding = 0): void {
  const n = x.length;
  const m = x.reduce((a, b) => a + b, 0) / n;
  const v = x.reduce((a, b) => a + (b - m) ** 2, 0) / n;
  expect(Math.abs(m - mean), `mean ${m}, expected ${mean}`).toBeLessThan(SIGMAS * Math.sqrt(variance / n) + rounding);
  expect(Math.abs(v - variance), `variance ${v}, expected ${variance}`).toBeLessThan(
    SIGMAS * variance * Math.sqrt((kurtosis - 1) / n) + rounding,
  );
  // neighbours do not depend on each other
  let lag = 0;
  for (let i = 1; i < n; i++) lag += (x[i] - m) * (x[i - 1] - m);
  expect(Math.abs(lag / (n * v)), 'correlation of neighbours').toBeLessThan(SIGMAS / Math.sqrt(n));
}

/** The largest distance between the numbers' distribution and `cdf` (Kolmogorov-Smirnov; 2.2 is a level of 1e-4). */
function checkDistribution(x: Float64Array, cdf: (x: number) => number): void {
  const sorted = x.slice().sort();
  let distance = 0;
  sorted.forEach((value, i) => {
    distance = Math.max(distance, Math.abs(cdf(value) - i / x.length), Math.abs(cdf(value) - (i + 1) / x.length));
  });
  expect(distance * Math.sqrt(x.length), 'Kolmogorov-Smirnov statistic').toBeLessThan(2.2);
}

/** How often each outcome came against its probability (chi-square, in standard deviations of it). */
function checkFrequencies(outcomes: Float64Array, probabilities: readonly number[]): void {
  const counts = new Array<number>(probabilities.length).fill(0);
  for (const x of outcomes) counts[x]++;
  expect(
    counts.reduce((a, b) => a + b, 0),
    'all outcomes lie in the range',
  ).toBe(outcomes.length);
  const chi2 = probabilities.reduce(
    (sum, p, i) => (p === 0 ? sum : sum + (counts[i] - p * outcomes.length) ** 2 / (p * outcomes.length)),
    0,
  );
  const freedom = probabilities.filter((p) => p > 0).length - 1;
  if (freedom > 0)
    expect((chi2 - freedom) / Math.sqrt(2 * freedom), `chi-square ${chi2} with ${freedom} degrees of freedom`).toBeLessThan(
      SIGMAS,
    );
  probabilities.forEach((p, i) => {
    if (p === 0) expect(counts[i], `outcome ${i} is impossible`).toBe(0);
  });
}

/** The normal distribution function, by Simpson's rule. */
function normalCdf(x: number): number {
  const bounded = Math.max(-8, Math.min(8, x));
  const steps = 64;
  const h = bounded / steps;
  const density = (t: number) => Math.exp((-t * t) / 2);
  let sum = density(0) + density(bounded);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * density(i * h);
  return 0.5 + (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

/** Everything that draws, for replay and threads: large enough to be shared among threads. */
const DRAWS: readonly (readonly [string, (generator: Generator) => Tensor])[] = [
  ...FLOATS.map((dtype) => [`rand ${dtype}`, (generator: Generator) => rand([301, 403], { dtype, generator })] as const),
  ...FLOATS.map((dtype) => [`randn ${dtype}`, (generator: Generator) => randn([301, 403], { dtype, generator })] as const),
  ['randint', (generator) => randint(-5, 1000, [301, 403], { generator })],
  ['randperm', (generator) => randperm(100_003, { generator })],
  ['randLike', (generator) => randLike(ones([301, 403]), { generator })],
  ['randnLike', (generator) => randnLike(ones([301, 403]), { generator })],
  ['randintLike', (generator) => randintLike(ones([301, 403]), 0, 9, { generator })],
  ['normal', (generator) => normal(1, 2, [301, 403], { generator })],
  ['bernoulli', (generator) => bernoulli(ones([301, 403]).mul(0.3), { generator })],
  ['multinomial', (generator) => multinomial(tensor([1, 2, 3]), 100, { replacement: true, generator })],
  ['uniform_', (generator) => zeros([301, 403]).uniform_(-1, 1, { generator })],
  ['normal_', (generator) => zeros([301, 403]).normal_(0, 1, { generator })],
  ['bernoulli_', (generator) => zeros([301, 403]).bernoulli_(0.3, { generator })],
  ['random_', (generator) => zeros([301, 403], { dtype: 'int64' }).random_(0, 100, { generator })],
  ['exponential_', (generator) => zeros([301, 403]).exponential_(1, { generator })],
  ['logNormal_', (generator) => zeros([301, 403]).logNormal_(0, 1, { generator })],
  ['cauchy_', (generator) => zeros([301, 403]).cauchy_(0, 1, { generator })],
  ['geometric_', (generator) => zeros([301, 403]).geometric_(0.3, { generator })],
  ['poisson', (generator) => poisson(ones([301, 403]).mul(4), { generator })],
];

beforeEach(() => {
  manualSeed(2024);
});

describe.each(DRAWS)('%s', (_, draw) => {
  const threads = getNumThreads();
  afterEach(() => setNumThreads(threads));

  it('gives the same numbers from the same seed, and others from another seed or a second time', () => {
    const generator = new Generator(7);
    const first = draw(generator);
    expect(bitDifference(draw(new Generator(7)), first)).toBeNull();
    expect(bitDifference(draw(generator), first)).not.toBeNull();
    expect(bitDifference(draw(new Generator(8)), first)).not.toBeNull();
  });

  it('gives the same bits on any number of threads', () => {
    setNumThreads(1);
    const expected = draw(new Generator(11));
    for (const n of [2, 3, 7]) {
      setNumThreads(n);
      expect(bitDifference(draw(new Generator(11)), expected), `${n} threads`).toBeNull();
    }
  });
});

describe('distributions', () => {
  it.each(FLOATS)('rand %s is uniform in [0, 1)', (dtype) => {
    const x = numbers(rand([COUNT], { dtype }));
    expect(x.reduce((a, b) => Math.min(a, b))).toBeGreaterThanOrEqual(0);
    expect(x.reduce((a, b) => Math.max(a, b))).toBeLessThan(1);
    const step = { float32: 0, float64: 0, float16: 2 ** -11, bfloat16: 2 ** -8 }[dtype];
    checkMoments(x, 0.5, 1 / 12, 1.8, step);
    if (step === 0) checkDistribution(x, (u) => u);
  });

  it.each(FLOATS)('randn %s is normal', (dtype) => {
    const x = numbers(randn([COUNT], { dtype }));
    checkMoments(x, 0, 1, 3, { float32: 0, float64: 0, float16: 1e-3, bfloat16: 8e-3 }[dtype]);
    if (dtype === 'float32' || dtype === 'float64') checkDistribution(x, normalCdf);
    const beyond4 = x.filter((v) => Math.abs(v) > 4).length; // 12.7 expected
    expect(beyond4).toBeGreaterThan(0);
    expect(beyond4).toBeLessThan(40);
  });

  it('randint hits every integer of its range equally often', () => {
    checkFrequencies(numbers(randint(0, 7, [COUNT])), new Array(7).fill(1 / 7));
    const low = numbers(randint(-3, 2, [COUNT]));
    checkFrequencies(
      low.map((x) => x + 3),
      new Array(5).fill(1 / 5),
    );
    const wide = numbers(randint(0, 2 ** 40, [COUNT]));
    checkDistribution(wide, (x) => x / 2 ** 40);
  });

  it('randperm is an order of all numbers in which every place is as likely', () => {
    const order = numbers(randperm(10_007));
    expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length: 10_007 }, (_, i) => i));
    const firsts = Float64Array.from({ length: 20_000 }, () => Number(randperm(5).select(0, 0).item()));
    checkFrequencies(firsts, new Array(5).fill(1 / 5));
    expect(randperm(0).shape).toEqual([0]);
  });

  it('normal has the given means and standard deviations', () => {
    checkMoments(numbers(normal(3, 0.5, [COUNT])), 3, 0.25, 3);
    const mean = tensor([-10, 0, 10]);
    const x = normal(mean.expand([100_000, 3]), tensor([1, 2, 3]));
    for (const i of [0, 1, 2]) checkMoments(numbers(x.select(1, i)), [-10, 0, 10][i], (i + 1) ** 2, 3);
  });

  it('bernoulli is one with the given probability', () => {
    checkFrequencies(numbers(bernoulli(ones([COUNT]).mul(0.3))), [0.7, 0.3]);
    checkFrequencies(numbers(bernoulli(zeros([100]))), [1, 0]);
    checkFrequencies(numbers(bernoulli(ones([100]))), [0, 1]);
    checkFrequencies(numbers(zeros([COUNT]).bernoulli_(0.25)), [0.75, 0.25]);
    checkFrequencies(
      numbers(
        zeros([COUNT, 2])
          .bernoulli_(tensor([0.1, 0.8]))
          .select(1, 1),
      ),
      [0.2, 0.8],
    );
  });

  it('multinomial draws in proportion to the weights, and without replacement each index once', () => {
    checkFrequencies(numbers(multinomial(tensor([1, 0, 3, 4]), COUNT, { replacement: true })), [1 / 8, 0, 3 / 8, 4 / 8]);
    const rows = multinomial(
      tensor([
        [1, 1, 1],
        [0, 1, 1],
      ]),
      2,
    );
    expect(rows.shape).toEqual([2, 2]);
    for (const row of rows.toArray() as number[][]) expect(new Set(row).size).toBe(2);
    expect((rows.toArray() as number[][])[1]).not.toContain(0);
    const firsts = Float64Array.from({ length: 20_000 }, () =>
      Number(
        multinomial(tensor([1, 2, 5]), 2)
          .select(0, 0)
          .item(),
      ),
    );
    checkFrequencies(firsts, [1 / 8, 2 / 8, 5 / 8]);
  });

  it('uniform_, normal_, exponential_ and random_ overwrite with their distributions, through views, too', () => {
    const base = zeros([COUNT, 2]);
    const column = base.select(1, 0);
    checkMoments(numbers(column.uniform_(-2, 4)), 1, 3, 1.8);
    checkMoments(numbers(column.normal_(-1, 3)), -1, 9, 3);
    const exponential = numbers(column.exponential_(2));
    checkMoments(exponential, 0.5, 0.25, 9);
    checkDistribution(exponential, (x) => 1 - Math.exp(-2 * x));
    checkFrequencies(numbers(zeros([COUNT], { dtype: 'int32' }).random_(0, 6)), new Array(6).fill(1 / 6));
    checkFrequencies(numbers(zeros([COUNT], { dtype: 'uint8' }).random_()), new Array(256).fill(1 / 256));
    expect(numbers(base.select(1, 1)).every((x) => x === 0)).toBe(true);
  });

  it('logNormal_, cauchy_ and geometric_ overwrite with their distributions', () => {
    const x = numbers(zeros([COUNT], { dtype: 'float64' }).logNormal_(0.5, 2));
    checkDistribution(x.map(Math.log), (v) => normalCdf((v - 0.5) / 2));
    const cauchy = numbers(zeros([COUNT], { dtype: 'float64' }).cauchy_(1, 3));
    checkDistribution(cauchy, (v) => 0.5 + Math.atan((v - 1) / 3) / Math.PI);
    const trials = numbers(zeros([COUNT], { dtype: 'int32' }).geometric_(0.25));
    const cut = 8; // 8 and more trials are one outcome
    const probabilities = Array.from({ length: cut + 1 }, (_, k) =>
      k === 0 ? 0 : k < cut ? 0.25 * 0.75 ** (k - 1) : 0.75 ** (cut - 1),
    );
    checkFrequencies(
      trials.map((k) => Math.min(k, cut)),
      probabilities,
    );
    expect(() => zeros([2]).geometric_(1)).toThrow(/geometric_.*1/);
    expect(() => zeros([2]).cauchy_(0, 0)).toThrow(/cauchy_.*0/);
    expect(() => zeros([2]).logNormal_(0, -1)).toThrow(/logNormal_.*-1/);
  });

  it('poisson has the probabilities of its rates', () => {
    const counts = numbers(poisson(ones([COUNT]).mul(2.5)));
    const cut = 9;
    const exact = (k: number): number => (k === 0 ? Math.exp(-2.5) : (exact(k - 1) * 2.5) / k);
    const probabilities = Array.from({ length: cut }, (_, k) => exact(k));
    checkFrequencies(
      counts.map((k) => Math.min(k, cut)),
      [...probabilities, 1 - probabilities.reduce((a, b) => a + b, 0)],
    );
  });

  it('streams of neighbouring seeds do not depend on each other', () => {
    const [a, b] = [41, 42].map((seed) => numbers(randn([COUNT], { generator: new Generator(seed) })));
    const correlation = a.reduce((sum, x, i) => sum + x * b[i], 0) / COUNT;
    expect(Math.abs(correlation)).toBeLessThan(SIGMAS / Math.sqrt(COUNT));
  });
});

describe('dropout', () => {
  it('drops with probability p, scales the rest and passes gradients where it kept', () => {
    const x = ones([COUNT]);
    x.requiresGrad = true;
    const y = dropout(x, 0.2);
    const kept = numbers(y);
    checkFrequencies(
      kept.map((v) => (v === 0 ? 0 : 1)),
      [0.2, 0.8],
    );
    expect(kept.every((v) => v === 0 || Math.abs(v - 1.25) < 1e-6)).toBe(true);
    const [g] = grad(y.sum(), x);
    expect(bitDifference(g, y.detach())).toBeNull();
  });

  it('gives the same bits on any number of threads, and replays from the seed', () => {
    const before = getNumThreads();
    const draw = () => {
      manualSeed(5);
      return dropout(ones([301, 403]), 0.3);
    };
    try {
      setNumThreads(1);
      const expected = draw();
      for (const n of [2, 3, 7]) {
        setNumThreads(n);
        expect(bitDifference(draw(), expected)).toBeNull();
      }
    } finally {
      setNumThreads(before);
    }
  });

  it('does nothing for p = 0 or without training, and drops all for p = 1', () => {
    const x = ones([4]);
    expect(dropout(x, 0)).toBe(x);
    expect(dropout(x, 0.5, { training: false })).toBe(x);
    expect(dropout(x, 1).toArray()).toEqual([0, 0, 0, 0]);
    expect(() => dropout(x, 1.5)).toThrow(/1\.5/);
  });

  it.each([
    ['dropout1d', dropout1d, [100, 50, 3]],
    ['dropout2d', dropout2d, [100, 50, 2, 2]],
  ] as const)('%s drops whole channels', (_, drop, shape) => {
    const channels = numbers(drop(ones(shape), 0.4).reshape([5000, -1]));
    const width = channels.length / 5000;
    const firsts = Float64Array.from({ length: 5000 }, (_, i) => channels[i * width]);
    checkFrequencies(
      firsts.map((v) => (v === 0 ? 0 : 1)),
      [0.4, 0.6],
    );
    expect(channels.every((v, i) => v === firsts[Math.floor(i / width)])).toBe(true);
  });
});

describe('the default generator', () => {
  it('starts over with manualSeed and continues from a saved state', () => {
    manualSeed(3);
    const first = rand([10]);
    const state = getRngState();
    const second = rand([10]);
    expect(bitDifference(second, first)).not.toBeNull();
    setRngState(state);
    expect(bitDifference(rand([10]), second)).toBeNull();
    expect(defaultGenerator.initialSeed()).toBe(3);
    manualSeed(3);
    expect(bitDifference(rand([10]), first)).toBeNull();
  });

  it('refuses bad parameters', () => {
    expect(() => manualSeed(-1)).toThrow(/-1/);
    expect(() => randint(3, 3, [2])).toThrow(/randint.*low 3/);
    expect(() => rand([2], { dtype: 'int64' })).toThrow(/rand.*int64/);
    expect(() => rand([-2])).toThrow(/-2/);
    expect(() => normal(0, -1, [2])).toThrow(/normal.*-1/);
    expect(() => multinomial(tensor([1, -1]), 1)).toThrow(/multinomial.*-1/);
    expect(() => multinomial(tensor([1, 0]), 2)).toThrow(/replacement/);
    expect(() => bernoulli(tensor([1n]))).toThrow(/bernoulli.*int64/);
  });
});
