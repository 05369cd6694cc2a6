import { expect, test } from 'vitest';
import * as core from './index.js';
import { hannWindow, signal, testing, type Tensor, tensor } from './index.js';

/** Names, lengths and options, and what PyTorch 2.13 gives in float64. */
const WINDOWS: readonly (readonly [string, number, object, readonly number[]])[] = [
  ['hann', 7, {}, [0.0, 0.24999999999999994, 0.7499999999999999, 1.0, 0.7499999999999998, 0.24999999999999994, 0.0]],
  ['hann', 6, { sym: false }, [0.0, 0.24999999999999994, 0.7499999999999999, 1.0, 0.7500000000000002, 0.25000000000000033]],
  ['hamming', 5, {}, [0.08000000000000007, 0.54, 1.0, 0.5400000000000001, 0.08000000000000007]],
  [
    'blackman',
    6,
    {},
    [
      -1.3877787807814457e-17, 0.20077014326253045, 0.8492298567374694, 0.8492298567374695, 0.20077014326253056,
      -1.3877787807814457e-17,
    ],
  ],
  [
    'nuttall',
    6,
    { sym: false },
    [0.0003628000000000381, 0.061334499999999986, 0.5292297999999999, 1.0, 0.5292298000000004, 0.06133450000000017],
  ],
  ['bartlett', 7, {}, [0.0, 0.33333333333333326, 0.6666666666666666, 1.0, 0.6666666666666666, 0.33333333333333326, 0.0]],
  [
    'bartlett',
    6,
    { sym: false },
    [0.0, 0.33333333333333326, 0.6666666666666666, 0.9999999999999999, 0.6666666666666667, 0.3333333333333335],
  ],
  ['cosine', 5, {}, [0.3090169943749474, 0.8090169943749475, 1.0, 0.8090169943749475, 0.3090169943749475]],
  ['cosine', 4, { sym: false }, [0.3090169943749474, 0.8090169943749475, 1.0, 0.8090169943749475]],
  ['exponential', 5, { tau: 2.0 }, [0.36787944117144233, 0.6065306597126334, 1.0, 0.6065306597126334, 0.36787944117144233]],
  [
    'exponential',
    5,
    { tau: 2.0, sym: false },
    [0.2865047968601901, 0.4723665527410147, 0.7788007830714049, 0.7788007830714049, 0.4723665527410147],
  ],
  [
    'gaussian',
    6,
    { std: 1.5 },
    [0.24935220877729633, 0.6065306597126335, 0.9459594689067655, 0.9459594689067655, 0.6065306597126335, 0.24935220877729633],
  ],
  [
    'kaiser',
    6,
    { beta: 8.0 },
    [
      0.002338830512733327, 0.22677684133642736, 0.8598020817729667, 0.8598020817729667, 0.22677684133642736,
      0.002338830512733327,
    ],
  ],
  [
    'kaiser',
    5,
    { beta: 3.0, sym: false },
    [0.2048847564012536, 0.6247462075770616, 0.9522218569243645, 0.9522218569243645, 0.6247462075770618],
  ],
  ['generalHamming', 5, { alpha: 0.6 }, [0.19999999999999996, 0.6, 1.0, 0.6000000000000001, 0.19999999999999996]],
  [
    'generalCosine',
    5,
    { a: [0.4, 0.3, 0.2] },
    [0.30000000000000004, 0.2, 0.8999999999999999, 0.20000000000000007, 0.30000000000000004],
  ],
  ['hann', 1, {}, [1.0]],
  ['hann', 0, {}, []],
];
/** Those of `torch` itself. */
const SPECTRAL: readonly (readonly [string, readonly unknown[], readonly number[]])[] = [
  ['hannWindow', [5], [0.0, 0.3454915028125263, 0.9045084971874737, 0.9045084971874737, 0.3454915028125264]],
  ['hannWindow', [5, false], [0.0, 0.49999999999999994, 1.0, 0.5000000000000001, 0.0]],
  ['hammingWindow', [4, true, 0.6, 0.4], [0.19999999999999996, 0.6, 1.0, 0.6000000000000001]],
  ['blackmanWindow', [4], [0.0, 0.33999999999999997, 1.0, 0.3400000000000001]],
  ['bartlettWindow', [5], [0.0, 0.4, 0.8, 0.7999999999999998, 0.3999999999999999]],
  [
    'kaiserWindow',
    [5, true, 10.0],
    [0.0003551493747240854, 0.15184912835305545, 0.8256813021696994, 0.8256813021696994, 0.15184912835305545],
  ],
];
type Window = (...args: unknown[]) => Tensor;
const DOUBLE = { dtype: 'float64' } as const;

test.each(WINDOWS)('signal.windows.%s(%i, %o)', (name, length, options, expected) => {
  const got = (signal.windows as unknown as Readonly<Record<string, Window>>)[name](length, { ...options, ...DOUBLE });
  testing.assertClose(got, tensor(expected, DOUBLE), { rtol: 1e-12, atol: 1e-13 });
});
test.each(SPECTRAL)('%s(%j)', (name, args, expected) => {
  const defaults: readonly unknown[] =
    name === 'hammingWindow' ? [0, true, 0.54, 0.46] : name === 'kaiserWindow' ? [0, true, 12] : [0, true];
  const given = defaults.map((x, i) => args[i] ?? x);
  const got = (core as unknown as Readonly<Record<string, Window>>)[name](...given, DOUBLE);
  testing.assertClose(got, tensor(expected, DOUBLE), { rtol: 1e-12, atol: 1e-13 });
});
test('windows are float32 by default, take requiresGrad: false, and refuse bad lengths', () => {
  expect(hannWindow(4).dtype).toBe('float32');
  expect(() => hannWindow(-1)).toThrow(/-1/);
  expect(() => signal.windows.gaussian(3, { std: 0 })).toThrow(/positive, got 0/);
});
