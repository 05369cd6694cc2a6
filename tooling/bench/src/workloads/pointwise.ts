import { scope, type Tensor } from '@flambeau/core';
import { repeat, type Workload, workload } from '../workload.js';

const floats = 2 ** 24;
const x = { shape: [floats], dtype: 'float32' } as const;

const addCeiling = { kind: 'memory', pattern: 'read2Write1', floats, bytes: 12 * floats } as const;
const expCeiling = { kind: 'memory', pattern: 'copy', floats, bytes: 8 * floats } as const;

/** Once with a fresh output each time, which the system has to clear, and once in a scope, which uses its memory again. */
function twice(
  name: string,
  inputs: Workload['inputs'],
  ceiling: Workload['ceiling'],
  op: (t: Record<string, Tensor>) => Tensor,
) {
  const freshAndScoped = (inScope: boolean) =>
    workload({
      name: `point.${name}${inScope ? '.scope' : ''}`,
      peerName: `point.${name}`,
      inputs,
      ceiling,
      tolerance: 1e-6,
      prepare(t) {
        const run = inScope ? () => scope(() => void op(t)) : () => op(t);
        return { variants: { plain: repeat(run) }, outputs: () => [op(t)] };
      },
    });
  return [freshAndScoped(false), freshAndScoped(true)];
}

export const pointwise = [
  ...twice('add', { a: x, b: x }, addCeiling, ({ a, b }) => a.add(b)),
  ...twice('exp', { a: x }, expCeiling, ({ a }) => a.exp()),
];
