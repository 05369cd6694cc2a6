/** Samples of `core/src/ops/integer-product.ts`. */
import type { Group } from '../sample.js';
import { normal, uniform, values } from '../spec.js';

const int8 = { dtype: 'int8' } as const;
/** All of an int8's range, its ends among them. */
const wide = (shape: readonly number[]) => uniform(shape, -128, 128, int8);

export const integerProduct: Group = {
  intMm: {
    torch: 'torch._int_mm',
    dtypes: ['int8', 'uint8'],
    gradient: false,
    noMethod: true,
    samples: [
      [normal([3, 4]), normal([4, 5], int8)],
      [normal([1, 1]), normal([1, 1], int8)],
      [normal([3, 0]), normal([0, 5], int8)],
      [normal([0, 4]), normal([4, 5], int8)],
      [normal([17, 33]), wide([33, 19])],
      { args: [wide([30, 67]), wide([67, 45])], dtypes: ['int8'] },
      { args: [uniform([30, 67], 0, 256), wide([67, 45])], dtypes: ['uint8'] },
      // where pairs of products would saturate 16 bits
      {
        args: [values([-128, -128, -128, -128], { shape: [1, 4] }), values([-128, -128, -128, -128], { shape: [4, 1], ...int8 })],
        dtypes: ['int8'],
      },
      {
        args: [values([255, 255, 255, 255], { shape: [1, 4] }), values([-128, -128, -128, -128], { shape: [4, 1], ...int8 })],
        dtypes: ['uint8'],
      },
    ],
    large: [[wide([150, 1100]), wide([1100, 70])]],
    errors: [
      { args: [normal([3, 4]), normal([5, 6], int8)], throws: 'ShapeError', says: ['4 ≠ 5'], dtype: 'int8' },
      { args: [normal([4]), normal([4, 5], int8)], throws: 'ShapeError', says: ['(4,)'], dtype: 'int8' },
      { args: [normal([3, 4]), normal([4, 5], int8)], throws: 'DTypeError', says: ['self', 'float32', 'mm'] },
      {
        args: [normal([3, 4]), normal([4, 5], { dtype: 'uint8' })],
        throws: 'DTypeError',
        says: ['mat2', 'uint8'],
        dtype: 'int8',
      },
      { args: [normal([2, 2]), 3], throws: 'TypeError', says: ['mat2'], dtype: 'int8' },
    ],
  },
};
