/** Samples of `core/src/ops/ctc-loss.ts`. */
import { FLOAT } from '../dtype.js';
import type { Group } from '../sample.js';
import { indices, normal, uniform } from '../spec.js';

export const ctcLoss: Group = {
  ctcLoss: {
    // the gradient is right behind a log-softmax only, in PyTorch, too
    torch: 'rounded_once(lambda x, *args, **options: F.ctc_loss(x.log_softmax(-1), *args, **options))',
    adapt:
      (fn) =>
      (x, ...rest) =>
        fn(x.logSoftmax(-1), ...rest),
    dtypes: FLOAT,
    covers: ['ctc_loss', 'ctc_loss_backward'],
    samples: [
      [normal([5, 2, 4]), indices([2, 2], 1, 4), [5, 4], [2, 1]],
      [normal([6, 3, 4]), indices([3, 2], 1, 4), [6, 4, 5], [2, 0, 1], { reduction: 'none' }],
      [normal([6, 2, 3]), indices([3], 0, 2), [6, 5], [2, 1], { blank: 2, reduction: 'sum' }],
      [normal([7, 3]), indices([2], 1, 3), [7], [2]],
      [normal([3, 2, 3]), indices([2, 3], 1, 2), [3, 3], [3, 1], { zeroInfinity: true, reduction: 'none' }],
      { args: [normal([3, 2, 3]), indices([2, 3], 1, 2), [3, 3], [3, 1], { reduction: 'none' }], gradient: false },
    ],
    large: [
      [normal([150, 8, 20]), indices([8, 30], 1, 20), [150, 140, 150, 90, 80, 150, 150, 100], [30, 20, 10, 30, 30, 25, 5, 1]],
    ],
    tolerance: { float32: [1e-4, 1e-5] }, // sums of logarithms over all steps
    secondGradient: false, // PyTorch has none either
    errors: [
      { args: [normal([3]), indices([2], 1, 2), [3], [2]], throws: 'ShapeError', says: ['(3,)'] },
      { args: [normal([5, 2, 4]), indices([2, 2], 1, 4), [5], [2, 1]], throws: 'ValueError', says: ['inputLengths', '[5]'] },
      { args: [normal([5, 2, 4]), indices([2, 2], 1, 4), [5, 6], [2, 1]], throws: 'ValueError', says: ['inputLengths', '6'] },
      { args: [normal([5, 2, 4]), indices([4], 1, 4), [5, 5], [2, 1]], throws: 'ValueError', says: ['3', '4'] },
      { args: [normal([5, 2, 4]), indices([3, 2], 1, 4), [5, 5], [2, 1]], throws: 'ShapeError', says: ['(3, 2)'] },
      { args: [normal([5, 2, 4]), indices([2, 2], 4, 6), [5, 5], [2, 1]], throws: 'IndexError', says: ['4'], op: '' },
      {
        args: [normal([5, 2, 4]), indices([2, 2], 1, 4), [5, 5], [2, 1], { blank: 4 }],
        throws: 'ValueError',
        says: ['blank', '4'],
      },
      {
        args: [uniform([5, 2, 4], 0, 9), indices([2, 2], 1, 4), [5, 5], [2, 1]],
        throws: 'DTypeError',
        says: ['int64'],
        op: '',
        dtype: 'int64',
      },
    ],
  },
};
