/** Samples of `core/src/ops/subscript.ts`. */
import { ALL, REAL } from '../dtype.js';
import type { Argument, Group } from '../sample.js';
import { bools, normal, values } from '../spec.js';

const long = { dtype: 'int64' } as const;
/** Python's `start:stop:step`, as data. */
const range = (start: number | null = null, stop: number | null = null, step: number | null = 1): Argument => ({
  $slice: [start, stop, step],
});
const ellipsis: Argument = { $ellipsis: true };
const all = range();

const ITEM = 'lambda i: torch.tensor(i) if isinstance(i, list) else i';

export const subscript: Group = {
  index: {
    torch: `lambda x, *items: x[tuple(map(${ITEM}, items))]`,
    dtypes: ALL,
    samples: [
      [normal([3, 4]), 1],
      [normal([3, 4]), -1, 2],
      [normal([5, 4]), range(1, 4)],
      [normal([5, 4]), all, range(null, null, 2)],
      [normal([5, 4]), range(-2)],
      [normal([3, 4]), null, ellipsis, 0],
      [normal([2, 3, 4]), ellipsis, range(1, 3), null],
      [normal([3, 4]), values([2, 0, 2], long)],
      [normal([3, 4]), all, values([2, -1], long)],
      [normal([3, 4]), values([0, 2], long), values([1, -1], long)],
      [normal([3, 4]), values([0, 2], { ...long, shape: [2, 1] }), values([1, 3, 0], long)],
      [normal([2, 3, 4]), values([0, 1], long), all, values([1, 3], long)],
      [normal([2, 3, 4]), all, values([0, 2], long), values([1, 3], long)],
      [normal([2, 3, 4]), 1, all, values([1, 3], long)],
      [normal([3, 4]), bools([3, 4])],
      [normal([3, 4]), bools([3])],
      [normal([2, 3, 4]), all, bools([3, 4])],
      [normal([3, 4]), [0, 2], [1, 1]],
      [normal([3, 4]), values([1, 0, 2, 1], { ...long, shape: [2, 2] })],
      [normal([]), null],
      [normal([3, 4]), values([], long)],
    ],
    covers: ['index'],
    errors: [
      { args: [normal([2, 3]), 2], throws: 'IndexError', says: ['2'] },
      { args: [normal([2, 3]), 0, 0, 0], throws: 'IndexError', says: ['3', '(2, 3)'] },
      { args: [normal([2, 3]), values([2], long)], throws: 'IndexError', says: ['2'] },
      { args: [normal([2, 3]), values([0], long), values([-4], long)], throws: 'IndexError', says: ['-4', '3'] },
      { args: [normal([2, 3]), bools([3])], throws: 'IndexError', says: ['(3,)', '(2, 3)'] },
      { args: [normal([2, 3]), normal([2])], throws: 'DTypeError', says: ['float32'] },
      { args: [normal([2, 3]), 'x'], throws: 'TypeError', says: ['string'] },
      { args: [normal([2, 3]), values([0, 1], long), values([0, 1, 2], long)], throws: 'ShapeError', says: ['*2*', '*3*'] },
    ],
  },
  indexPut: {
    torch: `lambda x, items, v, accumulate=False: (lambda y: (y.index_put_(tuple(map(${ITEM}, items)), v, accumulate) if accumulate else y.__setitem__(tuple(map(${ITEM}, items)), v), y)[1])(x.clone())`,
    dtypes: REAL,
    noExpand: true,
    samples: [
      [normal([3, 4]), [all, range(1, 3)], normal([3, 2])],
      [normal([3, 4]), [values([0, 2], long), values([1, -1], long)], normal([2])],
      [normal([3, 4]), [values([0, 0, 1], long), values([1, 1, 2], long)], normal([3]), { accumulate: true }],
      [normal([3, 4]), [values([1, 0, 1], { dtype: 'bool' })], normal([2, 4])],
    ],
    errors: [{ args: [normal([2, 3]), [values([2], long)], 0], throws: 'IndexError', says: ['2'], op: 'index_put' }],
  },
  indexPut_: {
    torch: `lambda x, items, v, accumulate=False: (x.index_put_(tuple(map(${ITEM}, items)), v, accumulate) if accumulate else x.__setitem__(tuple(map(${ITEM}, items)), v), x)[1]`,
    dtypes: REAL,
    noExpand: true,
    covers: ['index_put'],
    samples: [
      [normal([3, 4]), [1], normal([4])],
      [normal([3, 4]), [all, range(1, 3)], normal([3, 2])],
      [normal([3, 4]), [all, 0], 5],
      [normal([3, 4]), [values([2, 0], long)], normal([2, 4])],
      [normal([3, 4]), [all, values([1, 3], long)], normal([3, 2])],
      [normal([3, 4]), [values([0, 2], long), values([1, -1], long)], normal([2])],
      [normal([3, 4]), [values([0, 0, 1], long), values([1, 1, 2], long)], normal([3]), { accumulate: true }],
      [normal([2, 3, 4]), [values([0, 1], long), all, values([1, 3], long)], normal([2, 3])],
      [normal([3, 4]), [values([1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1], { dtype: 'bool', shape: [3, 4] })], 3],
      [normal([3, 4]), [values([1, 0, 1], { dtype: 'bool' })], normal([2, 4])],
      [normal([3, 4]), [values([0, 2], long)], normal([1, 4])],
    ],
    errors: [
      { args: [normal([2, 3]), [values([2], long)], 0], throws: 'IndexError', says: ['2'], op: 'index_put' },
      { args: [normal([2, 3]), [values([0, 1], long)], normal([4])], throws: 'ShapeError', says: ['(4,)'], op: 'expand' },
      { args: [normal([2, 3]), 0, 0], throws: 'TypeError', says: ['array'] },
    ],
  },
};
