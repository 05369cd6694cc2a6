import { amax, argmax, mean, sum, type Tensor, var as variance } from '@flambeau/core';
import { type InputSpec, product, traffic, type Workload } from '../workload.js';
import { forward } from './operation.js';

type Dim = number | null;
type Reduce = (x: Tensor, dim: Dim) => Tensor;

const REDUCTIONS: Readonly<Record<string, Reduce>> = {
  sum: (x, dim) => sum(x, dim),
  mean: (x, dim) => mean(x, dim),
  amax: (x, dim) => amax(x, dim),
  var: (x, dim) => variance(x, dim),
  argmax: (x, dim) => argmax(x, dim),
};

/** Where the reduced axis lies: the shape, how it is seen, the axis. */
const AXES: Readonly<Record<string, readonly [InputSpec, Dim]>> = {
  all: [{ shape: [4096, 4096] }, null],
  rows: [{ shape: [4096, 4096] }, 1],
  columns: [{ shape: [4096, 4096] }, 0],
  middle: [{ shape: [64, 256, 1024] }, 1],
  'transposed.rows': [{ shape: [4096, 4096], permute: [1, 0] }, 1],
  'transposed.columns': [{ shape: [4096, 4096], permute: [1, 0] }, 0],
  'strided.rows': [{ shape: [4096, 8192], step: 2 }, 1],
  'small.rows': [{ shape: [64, 1000] }, 1],
};

export const reductions: readonly Workload[] = Object.entries(REDUCTIONS).flatMap(([name, reduce]) =>
  Object.entries(AXES)
    .filter(([axis]) => name !== 'argmax' || axis !== 'all') // repeated numbers: the largest may stand in several places
    .map(([axis, [x, dim]]) => {
      const elements = product(x.shape);
      const bounded = elements >= 2 ** 20;
      return forward(
        {
          name: `reduce.${name}.${axis}`,
          op: name,
          parameters: { dim },
          inputs: { x },
          ceiling: bounded ? traffic('read', 4 * elements) : undefined,
          target: bounded ? { ratio: 1, ofCeiling: 0.8 } : { ratio: 1 },
          tolerance: name === 'argmax' ? 0 : 1e-5,
        },
        ({ x }) => reduce(x, dim),
      );
    }),
);
