import { afterEach, describe, expect, test } from 'vitest';
import { arange, empty, resetPrintOptions, setPrintOptions, type TensorData, tensor, ValueError, zeros } from './index.js';
import { setPrintSuffix } from './printing.js';

afterEach(resetPrintOptions);

// str(torch.tensor(data, dtype=…)), PyTorch 2.13, without "torch."
const PRINTED: [data: TensorData, dtype: 'float32', text: string][] = [
  [3, 'float32', 'tensor(3.)'],
  [0.1, 'float32', 'tensor(0.1000)'],
  [[1, 2, 3], 'float32', 'tensor([1., 2., 3.])'],
  [[1.5, -2.25, 1000], 'float32', 'tensor([   1.5000,   -2.2500, 1000.0000])'],
  [[1e-5, 1], 'float32', 'tensor([1.0000e-05, 1.0000e+00])'],
  [[100000000, 1], 'float32', 'tensor([1.0000e+08, 1.0000e+00])'],
  [[100001000], 'float32', 'tensor([1.0000e+08])'],
  [
    [Number.NaN, Infinity, -Infinity, 0, 10000000000],
    'float32',
    'tensor([       nan,        inf,       -inf, 0.0000e+00, 1.0000e+10])',
  ],
  [[Number.NaN], 'float32', 'tensor([nan])'],
  [[Number.NaN, 1], 'float32', 'tensor([nan, 1.])'],
  [[Number.NaN, 1.5, -Infinity], 'float32', 'tensor([   nan, 1.5000,   -inf])'],
  [[-0, 0.5], 'float32', 'tensor([-0.0000, 0.5000])'],
  [[0.03125, 0.09375], 'float32', 'tensor([0.0312, 0.0938])'],
  [[1001, 1.5], 'float32', 'tensor([1001.0000,    1.5000])'],
  [[1e-45], 'float32', 'tensor([1.4013e-45])'],
  [[3, -4], 'float64', 'tensor([ 3., -4.], dtype=float64)'],
  [[0.1, 65504], 'float16', 'tensor([9.9976e-02, 6.5504e+04], dtype=float16)'],
  [[0.1, 3e38], 'bfloat16', 'tensor([1.0010e-01, 3.0041e+38], dtype=bfloat16)'],
  [[1, -20, 300], 'int64', 'tensor([  1, -20, 300])'],
  [[true, false], 'bool', 'tensor([ True, False])'],
  [[1, 2], 'uint8', 'tensor([1, 2], dtype=uint8)'],
  [
    [
      { re: 1, im: 2 },
      { re: -0.5, im: -1 },
    ],
    'complex64',
    'tensor([ 1.0000+2.j, -0.5000-1.j])',
  ],
  [{ re: Number.NaN, im: -0 }, 'complex128', 'tensor(nan-0.j, dtype=complex128)'],
  [
    [
      [1, 2],
      [3, 4],
    ],
    'float32',
    ['tensor([[1., 2.],', '        [3., 4.]])'].join('\n'),
  ],
  [
    [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 80],
      ],
    ],
    'int64',
    ['tensor([[[ 1,  2],', '         [ 3,  4]],', '', '        [[ 5,  6],', '         [ 7, 80]]])'].join('\n'),
  ],
  [[[[[1]]], [[[2.5]]]], 'float32', ['tensor([[[[1.0000]]],', '', '', '        [[[2.5000]]]])'].join('\n')],
  [[], 'float32', 'tensor([])'],
  [[[], []], 'float64', 'tensor([], size=(2, 0), dtype=float64)'],
  [[], 'int64', 'tensor([], dtype=int64)'],
  [[9007199254740991], 'int64', 'tensor([9007199254740991])'],
] as never;

test.each(PRINTED)('case %# prints as in PyTorch', (data, dtype, text) => {
  expect(tensor(data, { dtype }).toString()).toBe(text);
});

test('int64 prints exactly, whatever a number could hold', () => {
  expect(tensor([2n ** 63n - 1n, -5n]).toString()).toBe('tensor([9223372036854775807,                  -5])');
});

test('long rows are broken', () => {
  expect(arange(24).div(7).mul(100).toString()).toBe(
    `tensor([  0.0000,  14.2857,  28.5714,  42.8571,  57.1429,  71.4286,  85.7143,
        100.0000, 114.2857, 128.5714, 142.8571, 157.1429, 171.4286, 185.7143,
        200.0000, 214.2857, 228.5714, 242.8571, 257.1429, 271.4286, 285.7143,
        300.0000, 314.2857, 328.5714])`,
  );
});

test('the dtype goes to the next line where it does not fit', () => {
  const [first, ...rest] = zeros([12], { dtype: 'float64' }).add(0.5).toString().split('\n');
  expect(first).toHaveLength('tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000,'.length);
  expect(rest).toEqual(['        0.5000, 0.5000, 0.5000], dtype=float64)']);
  expect(zeros([9], { dtype: 'float64' }).add(0.5).toString().split('\n')[1]).toBe('       dtype=float64)');
});

describe('abbreviated', () => {
  test('vectors', () => {
    expect(arange(1200n).toString()).toBe('tensor([   0,    1,    2,  ..., 1197, 1198, 1199])');
    expect(arange(1000n).toString()).not.toContain('...');
  });
  test('blocks', () => {
    setPrintOptions({ threshold: 50, edgeitems: 1 });
    expect(arange(60n).reshape([3, 4, 5]).toString()).toBe(
      `tensor([[[ 0,  ...,  4],
         ...,
         [15,  ..., 19]],

        ...,

        [[40,  ..., 44],
         ...,
         [55,  ..., 59]]])`,
    );
  });
  test('transposed and expanded tensors', () => {
    setPrintOptions({ threshold: 5, edgeitems: 1 });
    expect(arange(9n).reshape([3, 3]).T.toString().replace(/\s+/g, ' ')).toBe('tensor([[0, ..., 6], ..., [2, ..., 8]])');
    expect(
      tensor([[1n]])
        .expand([4, 3])
        .toString()
        .replace(/\s+/g, ' '),
    ).toBe('tensor([[1, ..., 1], ..., [1, ..., 1]])');
  });
});

test('options', () => {
  setPrintOptions({ precision: 2 });
  expect(tensor([1.125, 1.375, 2.5]).toString()).toBe('tensor([1.12, 1.38, 2.50])'); // ties go to the even digit
  setPrintOptions({ precision: 4, sciMode: true });
  expect(tensor([1, 2]).toString()).toBe('tensor([1.0000e+00, 2.0000e+00])');
  setPrintOptions({ sciMode: false });
  expect(tensor([1e10, 1]).toString()).toBe('tensor([10000000000.,           1.])');
  expect(() => setPrintOptions({ precision: -1 })).toThrow(ValueError);
});

test('empty tensors show their size', () => {
  expect(empty([0, 3]).toString()).toBe('tensor([], size=(0, 3))');
  expect(empty([2, 0], { dtype: 'bool' }).toString()).toBe('tensor([], size=(2, 0), dtype=bool)');
});

test('layers above can add what they know', () => {
  try {
    setPrintSuffix(() => ['requiresGrad=true']);
    expect(tensor([1]).toString()).toBe('tensor([1.], requiresGrad=true)');
  } finally {
    setPrintSuffix(() => []);
  }
});
