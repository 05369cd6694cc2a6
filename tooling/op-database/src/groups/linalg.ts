/** Samples of `core/src/ops/linalg.ts`. */
import { COMPLEX, type DType, REAL } from '../dtype.js';
import type { Entry, ErrorSample, Group } from '../sample.js';
import { normal, uniform, values } from '../spec.js';

const NUMERIC: readonly DType[] = [...REAL, ...COMPLEX];

const inner = (...shapes: readonly (readonly number[])[]): ErrorSample => ({
  args: shapes.map((shape) => normal(shape)),
  throws: 'ShapeError',
  says: shapes.slice(-2).map((s) => `(${s.join(', ')}${s.length === 1 ? ',' : ''})`),
});
const dtypesDiffer = (a: readonly number[], b: readonly number[]): ErrorSample => ({
  args: [normal(a), normal(b, { dtype: 'float64' })],
  throws: 'DTypeError',
  says: ['float32', 'float64'],
});

/** `beta * input + alpha * (a @ b)`, on stacks if `lead` is a batch. */
const addProduct = (lead: readonly number[]): Entry => ({
  dtypes: REAL,
  samples: [
    [normal([...lead, 3, 4]), normal([...lead, 3, 5]), normal([...lead, 5, 4])],
    [normal([4]), normal([...lead, 3, 5]), normal([...lead, 5, 4])],
    [normal([3, 1]), normal([...lead, 3, 5]), normal([...lead, 5, 4])],
    [normal([...lead, 3, 4]), normal([...lead, 3, 5]), normal([...lead, 5, 4]), { beta: 2, alpha: -3 }],
    {
      args: [normal([4]), normal([...lead, 3, 5]), normal([...lead, 5, 4]), { beta: 0.5, alpha: 0.25 }],
      dtypes: ['float32', 'float64'],
    },
    [normal([]), normal([...lead, 2, 2]), normal([...lead, 2, 2])],
    [normal([4]), normal([...lead, 3, 0]), normal([...lead, 0, 4])],
    {
      args: [values([Number.NaN, Number.NaN]), normal([...lead, 3, 5]), normal([...lead, 5, 2]), { beta: 0 }],
      dtypes: ['float32', 'float64'],
      gradient: false,
    },
  ],
  large: [[normal([129]), normal([...lead, 150, 67]), normal([...lead, 67, 129])]],
  tolerance: { float32: [1e-5, 1e-4] },
  errors: [
    inner([4], [...lead, 3, 5], [...lead, 6, 4]),
    { args: [normal([7]), normal([...lead, 3, 5]), normal([...lead, 5, 4])], throws: 'ShapeError', says: ['*7*', '*4*'] },
    { args: [normal([4]), normal([5]), normal([5, 4])], throws: 'ShapeError', says: ['(5,)'] },
  ],
});

export const linalg: Group = {
  matmul: {
    dtypes: NUMERIC,
    covers: ['matmul'],
    samples: [
      [normal([3, 4]), normal([4, 5])],
      [normal([4]), normal([4])],
      [normal([4]), normal([4, 5])],
      [normal([3, 4]), normal([4])],
      [normal([2, 3, 4]), normal([2, 4, 5])],
      [normal([2, 3, 4]), normal([4, 5])],
      [normal([3, 4]), normal([2, 4, 5])],
      [normal([2, 1, 3, 4]), normal([3, 4, 2])],
      [normal([2, 3, 4]), normal([4])],
      [normal([4]), normal([2, 4, 3])],
      [normal([1, 1]), normal([1, 1])],
      [normal([3, 0]), normal([0, 5])],
      [normal([0, 4]), normal([4, 5])],
      [normal([0, 3, 4]), normal([0, 4, 5])],
      [normal([17, 33]), normal([33, 19])],
    ],
    large: [
      [normal([200, 150]), normal([150, 230])],
      [normal([3, 100, 70]), normal([3, 70, 90])],
      [normal([7, 5000]), normal([5000, 9])],
      [normal([1, 700]), normal([700, 500])],
      [normal([512]), normal([512, 300])],
    ],
    // sums of up to 5000 products
    tolerance: { float32: [1e-5, 2e-4], complex64: [1e-5, 2e-5] },
    errors: [
      inner([3, 4], [5, 6]),
      inner([4], [5]),
      { args: [normal([2, 3, 4]), normal([3, 4, 5])], throws: 'ShapeError', says: ['*2*', '*3*'] },
      { args: [normal([3, 4]), normal([5, 4])], throws: 'ShapeError', says: ['4 ≠ 5', 'other.t()'] },
      { args: [normal([]), normal([4])], throws: 'ShapeError', says: ['()', '(4,)'] },
      dtypesDiffer([3, 4], [4, 5]),
      { args: [normal([2, 2]), normal([2, 2])], throws: 'DTypeError', says: ['bool'], dtype: 'bool' },
      { args: [normal([2, 2]), 3], throws: 'TypeError', says: ['other'] },
    ],
  },
  mm: {
    dtypes: NUMERIC,
    samples: [
      [normal([3, 4]), normal([4, 5])],
      [normal([1, 7]), normal([7, 1])],
      [normal([3, 0]), normal([0, 5])],
      [normal([0, 2]), normal([2, 0])],
    ],
    errors: [
      inner([3, 4], [5, 6]),
      { args: [normal([3]), normal([3, 4])], throws: 'ShapeError', says: ['(3,)'] },
      dtypesDiffer([3, 4], [4, 5]),
    ],
  },
  bmm: {
    dtypes: NUMERIC,
    samples: [
      [normal([2, 3, 4]), normal([2, 4, 5])],
      [normal([1, 3, 4]), normal([1, 4, 5])],
      [normal([0, 3, 4]), normal([0, 4, 5])],
      [normal([2, 3, 0]), normal([2, 0, 5])],
    ],
    errors: [
      inner([2, 3, 4], [2, 5, 6]),
      inner([2, 3, 4], [3, 4, 5]),
      { args: [normal([3, 4]), normal([4, 5])], throws: 'ShapeError', says: ['(3, 4)'] },
    ],
  },
  mv: {
    dtypes: NUMERIC,
    samples: [
      [normal([3, 4]), normal([4])],
      [normal([3, 0]), normal([0])],
      [normal([0, 4]), normal([4])],
    ],
    large: [[normal([700, 500]), normal([500])]],
    tolerance: { float32: [1e-5, 1e-4] }, // sums of 500 products
    errors: [inner([3, 4], [5]), { args: [normal([3]), normal([3])], throws: 'ShapeError', says: ['(3,)'] }],
  },
  dot: {
    dtypes: NUMERIC,
    samples: [
      [normal([5]), normal([5])],
      [normal([1]), normal([1])],
      [normal([0]), normal([0])],
      [normal([300]), normal([300])],
    ],
    large: [[uniform([100003], 0, 1), uniform([100003], 0, 1)]],
    tolerance: { float32: [1e-5, 1e-5], complex64: [1e-5, 1e-5] }, // sums of 300 products that cancel, and more
    errors: [inner([4], [5]), { args: [normal([2, 2]), normal([4])], throws: 'ShapeError', says: ['(2, 2)'] }],
  },
  outer: {
    dtypes: NUMERIC,
    samples: [
      [normal([3]), normal([4])],
      [normal([1]), normal([1])],
      [normal([0]), normal([4])],
    ],
    errors: [{ args: [normal([2, 2]), normal([4])], throws: 'ShapeError', says: ['(2, 2)'] }],
  },
  addmm: addProduct([]),
  baddbmm: addProduct([2]),
  addmv: {
    dtypes: REAL,
    samples: [
      [normal([3]), normal([3, 5]), normal([5])],
      [normal([1]), normal([3, 5]), normal([5]), { beta: 2, alpha: -3 }],
      [normal([3]), normal([3, 0]), normal([0])],
    ],
    tolerance: { float32: [1e-5, 1e-4] }, // as for addmm
    errors: [
      { args: [normal([3]), normal([3, 5]), normal([4])], throws: 'ShapeError', says: ['(3, 5)', '5 ≠ 4'] },
      { args: [normal([7]), normal([3, 5]), normal([5])], throws: 'ShapeError', says: ['*7*'] },
      { args: [normal([3]), normal([5]), normal([5])], throws: 'ShapeError', says: ['(5,)'] },
    ],
  },
  addr: {
    dtypes: REAL,
    samples: [
      [normal([3, 4]), normal([3]), normal([4])],
      [normal([4]), normal([3]), normal([4]), { beta: 2, alpha: -3 }],
      [normal([]), normal([0]), normal([4])],
    ],
    tolerance: { float32: [1e-5, 1e-4] }, // as for addmm
    errors: [
      { args: [normal([3, 4]), normal([3, 1]), normal([4])], throws: 'ShapeError', says: ['(3, 1)'] },
      { args: [normal([5, 4]), normal([3]), normal([4])], throws: 'ShapeError', says: ['*5*'] },
    ],
  },
  addbmm: {
    dtypes: REAL,
    samples: [
      [normal([3, 4]), normal([2, 3, 5]), normal([2, 5, 4])],
      [normal([4]), normal([2, 3, 5]), normal([2, 5, 4]), { beta: 2, alpha: -3 }],
      [normal([3, 4]), normal([0, 3, 5]), normal([0, 5, 4])],
    ],
    // PyTorch rounds the sum after each matrix of the stack
    tolerance: { float32: [1e-5, 1e-4], float16: [4e-3, 4e-2], bfloat16: [3.2e-2, 2e-1] },
    errors: [
      { args: [normal([3, 4]), normal([2, 3, 5]), normal([3, 5, 4])], throws: 'ShapeError', says: ['(2, 3, 5)', '(3, 5, 4)'] },
      { args: [normal([3, 4]), normal([3, 5]), normal([5, 4])], throws: 'ShapeError', says: ['(3, 5)'] },
    ],
  },
};
