/** Where elements are looked up, put in order or moved. */
import {
  cat,
  cumsum,
  dropout,
  embedding,
  gather,
  indexAdd,
  indexSelect,
  scatterAdd,
  sort,
  stack,
  topk,
  type Tensor,
} from '@flambeau/core';
import { type Ceiling, type InputSpec, type Inputs, type Line, product, row, traffic, type Workload } from '../workload.js';
import { backward, forward } from './operation.js';

const ahead = { ratio: 1 };
const lines: readonly Line[] = row(ahead);

interface Moving {
  readonly name: string;
  readonly op: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly ceiling?: Ceiling;
  readonly tolerance?: number;
  run(inputs: Inputs): Tensor | readonly Tensor[];
}

const copying = (floats: number): Ceiling => traffic('copy', 8 * floats);
const indices = (shape: readonly number[], classes: number): InputSpec => ({ shape, dtype: 'int64', classes });

const VOCABULARY = 50257;
const table = { weight: { shape: [VOCABULARY, 768] }, y: indices([4, 1024], VOCABULARY) };
const lookUp = ({ weight, y }: Inputs) => embedding(y, weight);

const MOVING: readonly Moving[] = [
  { name: 'embedding.forward', op: 'embedding', inputs: table, ceiling: copying(4096 * 768), run: lookUp },
  {
    name: 'gather.512x32000',
    op: 'gather',
    parameters: { dim: 1 },
    inputs: { x: { shape: [512, 32000] }, y: indices([512, 4096], 32000) },
    run: ({ x, y }) => gather(x, 1, y),
  },
  {
    name: 'gather.rows',
    op: 'gather',
    parameters: { dim: 0 },
    inputs: { x: { shape: [10000, 256] }, y: indices([4096, 256], 10000) },
    run: ({ x, y }) => gather(x, 0, y),
  },
  {
    name: 'indexSelect.rows',
    op: 'index_select',
    inputs: { x: { shape: [100000, 128] }, y: indices([50000], 100000) },
    ceiling: copying(50000 * 128),
    run: ({ x, y }) => indexSelect(x, 0, y),
  },
  {
    name: 'scatterAdd.512x4096',
    op: 'scatter_add',
    parameters: { dim: 1 },
    inputs: { x: { shape: [512, 4096] }, y: indices([512, 4096], 4096), source: { shape: [512, 4096] } },
    run: ({ x, y, source }) => scatterAdd(x, 1, y, source),
  },
  {
    name: 'scatterAdd.nodes',
    op: 'scatter_add',
    parameters: { dim: 0 },
    inputs: { x: { shape: [10000, 64] }, y: indices([100000, 64], 10000), source: { shape: [100000, 64] } },
    run: ({ x, y, source }) => scatterAdd(x, 0, y, source),
  },
  {
    name: 'indexAdd.nodes',
    op: 'index_add',
    inputs: { x: { shape: [10000, 128] }, y: indices([100000], 10000), source: { shape: [100000, 128] } },
    run: ({ x, y, source }) => indexAdd(x, 0, y, source),
  },
  { name: 'sort.1M', op: 'sort', inputs: { x: { shape: [1000000] } }, run: ({ x }) => sort(x).values },
  { name: 'sort.1024x1024', op: 'sort', inputs: { x: { shape: [1024, 1024] } }, run: ({ x }) => sort(x).values },
  { name: 'sort.int64.1M', op: 'sort', inputs: { x: indices([1000000], 1 << 30) }, run: ({ x }) => sort(x).values },
  {
    name: 'topk.50.512x32000',
    op: 'topk',
    parameters: { k: 50 },
    inputs: { x: { shape: [512, 32000] } },
    ceiling: traffic('read', 4 * 512 * 32000),
    run: ({ x }) => topk(x, 50).values,
  },
  {
    name: 'topk.5.64x1000',
    op: 'topk',
    parameters: { k: 5 },
    inputs: { x: { shape: [64, 1000] } },
    run: ({ x }) => topk(x, 5).values,
  },
  ...[0, 1].map(
    (dim): Moving => ({
      name: `cumsum.${dim === 0 ? 'columns' : 'rows'}.4096x2048`,
      op: 'cumsum',
      parameters: { dim },
      inputs: { x: { shape: [4096, 2048] } },
      ceiling: copying(4096 * 2048),
      run: ({ x }) => cumsum(x, dim),
    }),
  ),
  ...[0, 1].map(
    (dim): Moving => ({
      name: `cat.${dim === 0 ? 'rows' : 'columns'}`,
      op: 'cat',
      parameters: { dim },
      inputs: { a: { shape: [2048, 1024] }, b: { shape: [2048, 1024] }, c: { shape: [2048, 1024] } },
      ceiling: copying(3 * 2048 * 1024),
      run: ({ a, b, c }) => cat([a, b, c], dim),
    }),
  ),
  ...[0, 2].map(
    (dim): Moving => ({
      name: `stack.${dim === 0 ? 'first' : 'last'}`,
      op: 'stack',
      parameters: { dim },
      inputs: { a: { shape: [2048, 1024] }, b: { shape: [2048, 1024] } },
      ceiling: copying(2 * 2048 * 1024),
      run: ({ a, b }) => stack([a, b], dim),
    }),
  ),
  ...(
    [
      ['heads', [8, 256, 12, 64], [0, 2, 1, 3]],
      ['channelsLast', [16, 64, 56, 56], [0, 2, 3, 1]],
      ['channelsFirst', [16, 56, 56, 64], [0, 3, 1, 2]],
      ['reversed', [64, 128, 96, 16], [3, 2, 1, 0]],
    ] as const
  ).map(
    ([name, shape, permute]): Moving => ({
      name: `permute.${name}`,
      op: 'contiguous',
      inputs: { x: { shape, permute } },
      ceiling: copying(product(shape)),
      tolerance: 0,
      run: ({ x }) => x.contiguous(),
    }),
  ),
];

/** Random, so what is compared is the share of zeros and by how much the sum changed. */
function dropoutRow(size: string, floats: number): Workload {
  const workload = forward(
    {
      name: `dropout.${size}`,
      op: 'dropout',
      inputs: { x: { shape: [floats], classes: 2 } },
      ceiling: floats >= 2 ** 20 ? copying(floats) : undefined,
      target: ahead,
      tolerance: 0.05,
    },
    ({ x }) => dropout(x, 0.1),
  );
  return {
    ...workload,
    prepare(inputs) {
      const x = inputs.x.add(1);
      const { variants } = workload.prepare({ x });
      const outputs = () => {
        const y = dropout(x, 0.1);
        return [y.eq(0).to('float32').mean(), y.sum().div(x.sum())].map((t) => t.reshape([1]));
      };
      return { variants, outputs };
    },
  };
}

export const moving: readonly Workload[] = [
  ...MOVING.map(({ run, ...rest }) => forward({ ...rest, lines, target: ahead }, run)),
  backward(
    {
      name: 'embedding.backward',
      op: 'embedding',
      inputs: { ...table, g: { shape: [4, 1024, 768] } },
      target: ahead,
    },
    ['weight'],
    lookUp,
  ),
  dropoutRow('64K', 2 ** 16),
  dropoutRow('16M', 2 ** 24),
];
