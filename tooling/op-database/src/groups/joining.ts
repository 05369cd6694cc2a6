/** Samples of `core/src/ops/joining.ts`. */
import { ALL, REAL_AND_BOOL } from '../dtype.js';
import type { ErrorSample, Group } from '../sample.js';
import { normal } from '../spec.js';

const errors: ErrorSample[] = [
  { args: [[]], throws: 'ValueError', says: ['at least one'] },
  { args: [[normal([2]), 3]], throws: 'TypeError', says: ['tensors[1]'] },
];

export const joining: Group = {
  cat: {
    dtypes: ALL,
    covers: ['cat'],
    samples: [
      [[normal([2, 3]), normal([1, 3])]],
      [[normal([2, 3]), normal([2, 1]), normal([2, 2])], 1],
      [[normal([2, 3, 2]), normal([2, 3, 1])], -1],
      [[normal([3])]],
      [[normal([0, 3]), normal([2, 3])]],
      [[normal([0]), normal([2, 3])]],
      [[normal([2]), normal([0])]],
      { args: [[normal([2, 2]), normal([1, 2], { dtype: 'float64' })]], dtypes: REAL_AND_BOOL },
      { args: [[normal([2, 2]), normal([1, 2], { dtype: 'int32' })]], dtypes: REAL_AND_BOOL },
      [Array.from({ length: 300 }, () => normal([1, 2]))],
    ],
    large: [[[normal([150, 301]), normal([121, 301])]], [[normal([263, 150]), normal([263, 151])], 1]],
    errors: [
      ...errors,
      { args: [[normal([2, 3]), normal([2, 4])]], throws: 'ShapeError', says: ['(2, 3)', '(2, 4)'] },
      { args: [[normal([2, 3]), normal([2])]], throws: 'ShapeError', says: ['(2, 3)', '(2,)'] },
      { args: [[normal([2, 3])], 2], throws: 'IndexError', says: ['[-2, 1]'] },
      { args: [[normal([])]], throws: 'ShapeError', says: ['0-d', 'stack'] },
    ],
  },
  stack: {
    dtypes: ALL,
    samples: [
      [[normal([2, 3]), normal([2, 3])]],
      [[normal([2, 3]), normal([2, 3])], 2],
      [[normal([3]), normal([3]), normal([3])], -1],
      [[normal([]), normal([])]],
      [[normal([0, 2]), normal([0, 2])], 1],
    ],
    errors: [...errors, { args: [[normal([2, 3]), normal([3, 2])]], throws: 'ShapeError', says: ['(2, 3)', '(3, 2)'] }],
  },
  hstack: {
    dtypes: ALL,
    samples: [[[normal([2]), normal([3])]], [[normal([2, 1]), normal([2, 3])]], [[normal([]), normal([2])]]],
    errors,
  },
  vstack: {
    dtypes: ALL,
    samples: [[[normal([2]), normal([2])]], [[normal([2, 3]), normal([3])]], [[normal([1, 2, 2]), normal([2, 2, 2])]]],
    errors,
  },
  broadcastTensors: {
    dtypes: ALL,
    samples: [
      [normal([3, 1]), normal([4])],
      [normal([]), normal([2, 2]), normal([2, 1])],
    ],
    errors: [{ args: [normal([2]), normal([3])], throws: 'ShapeError', says: ['*2*', '*3*'] }],
  },
  meshgrid: {
    torch: 'lambda ts, indexing="ij": torch.meshgrid(*ts, indexing=indexing)',
    dtypes: ALL,
    samples: [
      [[normal([2]), normal([3])]],
      [[normal([2]), normal([3]), normal([2])], { indexing: 'xy' }],
      [[normal([2])]],
      [[normal([]), normal([3])]],
    ],
    errors: [
      ...errors,
      { args: [[normal([2, 2])]], throws: 'ShapeError', says: ['(2, 2)'] },
      { args: [[normal([2])], { indexing: 'yx' }], throws: 'ValueError', says: ["'yx'"] },
    ],
  },
};
