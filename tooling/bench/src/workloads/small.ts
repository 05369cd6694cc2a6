/** Where the arithmetic is nothing and the way to it is everything. */
import { slice } from '@flambeau/core';
import { grad } from '@flambeau/autograd';
import { type InputSpec, type Inputs, type PeerWorkload, repeat, type Workload } from '../workload.js';
import type { Tensor } from '@flambeau/core';

function tiny(
  name: string,
  op: string,
  ratio: number,
  inputs: Readonly<Record<string, InputSpec>>,
  run: (inputs: Inputs) => Tensor,
  pass: PeerWorkload['pass'] = 'forward',
  wrt?: readonly string[],
): Workload {
  return {
    name: `small.${name}`,
    peer: { op, pass, wrt },
    inputs,
    lines: [{ suffix: '', target: { ratio }, theirs: (variant) => variant === 'plain' }],
    tolerance: 1e-5,
    prepare(given) {
      for (const leaf of wrt ?? []) given[leaf].requiresGrad = true;
      return { variants: { plain: repeat(() => run(given)) }, outputs: () => [run(given)] };
    },
  };
}

const eight = { shape: [8] };
const matrix = { shape: [8, 8] };

function chain({ x }: Inputs): Tensor {
  let y = x;
  for (let i = 0; i < 10; i++) y = y.mul(1.01).tanh();
  return grad(y.sum(), [x])[0];
}

export const small: readonly Workload[] = [
  tiny('add', 'add', 4, { a: eight, b: eight }, ({ a, b }) => a.add(b)),
  tiny('addGrad', 'add', 2.5, { a: eight, b: eight }, ({ a, b }) => a.add(b), 'recorded', ['a']),
  tiny('reshapeTranspose', 'reshape_transpose', 2, { x: matrix }, ({ x }) => x.reshape([4, 16]).transpose(0, 1)),
  tiny('chain20', 'chain', 2, { x: matrix }, chain, 'training', ['x']),
  tiny('index', 'index_slices', 2, { x: { shape: [8, 8, 8] } }, ({ x }) => x.index(slice(1, 5), null, 2, slice(0, 8, 2))),
  tiny('indexTensor', 'index_tensor', 2, { x: matrix, y: { shape: [5], dtype: 'int64', classes: 8 } }, ({ x, y }) => x.index(y)),
];
