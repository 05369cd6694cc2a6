/** Samples of `core/src/ops/extremum.ts`. */
import { FLOAT, REAL, REAL_AND_BOOL } from '../dtype.js';
import type { Entry, ErrorSample, Group } from '../sample.js';
import { distinct, edges, normal, values } from '../spec.js';

const errors: ErrorSample[] = [
  { args: [normal([2, 3]), 2], throws: 'IndexError', says: ['[-2, 1]', '2'] },
  { args: [normal([0, 3]), 0], throws: 'ShapeError', says: ['zero elements', '(0, 3)'] },
];

const choosing = (along: string, pairwise: string): Entry => ({
  dtypes: REAL,
  covers: [along, pairwise],
  samples: [
    [distinct([3, 4])],
    [distinct([])],
    [distinct([3, 4, 5]), 1],
    [distinct([3, 4, 5]), -1, { keepdim: true }],
    [distinct([3, 4, 5]), 0],
    [distinct([]), 0],
    [distinct([2, 70]), 1],
    [normal([0, 3]), 1],
    { args: [values([1, 3, 3, 2, 3, 1], { shape: [2, 3] }), 1], kink: true },
    [normal([3, 4]), normal([4])],
    { args: [edges([29, 3]), 0], dtypes: FLOAT },
    { args: [normal([2, 3]), 1], dtypes: ['bool'] },
  ],
  large: [
    [normal([403, 307]), 0],
    [normal([403, 307]), 1],
  ],
  errors,
});

const position: Entry = {
  dtypes: REAL,
  gradient: false,
  samples: [
    [distinct([3, 4])],
    [distinct([3, 4]), null, { keepdim: true }],
    [distinct([3, 4, 5]), 1],
    [distinct([3, 4, 5]), -1, { keepdim: true }],
    [distinct([])],
    [distinct([]), 0],
    [distinct([2, 70]), 1],
    [normal([0, 3]), 1],
    [values([1, 3, 3, 2, 3, 1], { shape: [2, 3] }), 1],
    { args: [edges([29, 3]), 0], dtypes: FLOAT },
    { args: [edges([2, 29]), 1], dtypes: FLOAT },
  ],
  large: [[normal([403, 307])], [normal([403, 307]), 0], [normal([403, 307]), 1]],
  errors,
};

const running = (op: string): Entry => ({
  dtypes: REAL_AND_BOOL,
  covers: [op],
  samples: [
    { args: [distinct([3, 4, 2]), 0], dtypes: REAL },
    { args: [distinct([3, 4, 2]), 1], dtypes: REAL },
    { args: [distinct([2, 9]), -1], dtypes: REAL },
    { args: [values([2, 1, 2, 2, 3, 1, 1, 3]), 0], kink: true },
    { args: [normal([]), 0] },
    [normal([0, 3]), 0],
    { args: [normal([2, 9]), 1], gradient: false },
    { args: [edges([29, 3]), 0], dtypes: FLOAT },
  ],
  large: [
    [normal([403, 307]), 0],
    [normal([403, 307]), 1],
  ],
  errors: [errors[0]],
});

export const extremum: Group = {
  cummax: running('cummax'),
  cummin: running('cummin'),
  max: choosing('max_dim', 'maximum'),
  min: choosing('min_dim', 'minimum'),
  argmax: { ...position, covers: ['argmax'] },
  argmin: { ...position, covers: ['argmin'] },
};
