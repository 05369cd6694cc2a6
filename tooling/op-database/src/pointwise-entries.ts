/** Entries for pointwise functions of one or two tensors, which several groups have. */
import { type DType, FLOAT, REAL_AND_BOOL } from './dtype.js';
import type { Argument, Entry, ErrorSample } from './sample.js';
import { edges, normal, type TensorSpec } from './spec.js';

export type Maker = (shape: readonly number[]) => TensorSpec;

export const LARGE = [263, 301] as const;
export const notATensor: ErrorSample = { args: [[1, 2]], throws: 'TypeError', says: ['self', 'tensor('] };
/** A function of one tensor, sampled where `make` makes its inputs. */
export function unary(make: Maker, dtypes: readonly DType[] = REAL_AND_BOOL, rest: Partial<Entry> = {}): Entry {
  return {
    dtypes,
    samples: [
      [make([3, 5])],
      [make([])],
      [make([0, 3])],
      [make([2, 1, 37])],
      { args: [edges()], dtypes: dtypes.filter((d) => FLOAT.includes(d)) },
    ],
    large: [[make(LARGE)]],
    errors: [notATensor],
    ...rest,
  };
}

/** Operands that meet by broadcasting. */
export const broadcasts = (left: Maker, right: Maker): (readonly Argument[])[] => [
  [left([3, 5]), right([3, 5])],
  [left([3, 5]), right([5])],
  [left([4, 1]), right([3, 1, 6])],
  [left([]), right([])],
  [left([2, 3]), right([])],
  [left([]), right([2, 3])],
  [left([0, 3]), right([3])],
  [left([2, 37]), right([2, 37])],
];
export const allEdgePairs: readonly Argument[] = [edges([29, 1]), edges([29])];

export const doesNotBroadcast: ErrorSample = {
  args: [normal([2, 3]), normal([2, 4])],
  throws: 'ShapeError',
  says: ['*3*', '*4*'],
};

export function binary(left: Maker, right: Maker, dtypes: readonly DType[], rest: Partial<Entry> = {}): Entry {
  return {
    dtypes,
    samples: [
      ...broadcasts(left, right),
      { args: allEdgePairs, dtypes: dtypes.filter((d) => FLOAT.includes(d)) },
      ...(rest.samples ?? []),
    ],
    large: [
      [left(LARGE), right(LARGE)],
      [left(LARGE), right([LARGE[1]])],
    ],
    errors: [doesNotBroadcast, { args: [[1], normal([2])], throws: 'TypeError', says: ['tensor'] }, ...(rest.errors ?? [])],
    ...Object.fromEntries(Object.entries(rest).filter(([key]) => key !== 'samples' && key !== 'errors')),
  };
}
