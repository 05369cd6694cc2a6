/** Softmax and its relatives, normalisations, the loss: each forward and backward. */
import { batchNorm, crossEntropy, groupNorm, layerNorm, logSoftmax, rmsNorm, softmax, type Tensor } from '@flambeau/core';
import { type InputSpec, type Inputs, type MemoryPattern, product, traffic, type Workload } from '../workload.js';
import { backward, forward } from './operation.js';

interface Norm {
  readonly name: string;
  readonly op: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly shape: readonly number[];
  /** The sizes of weight and bias, where there are any. */
  readonly features?: number;
  /** What is read and written of each element: by default, forward reads x and writes y; backward reads two arrays and writes one. */
  readonly moves?: { readonly forward: Move; readonly backward?: Move };
  readonly more?: Readonly<Record<string, InputSpec>>;
  /** A loss has no gradient of its own. */
  readonly scalar?: boolean;
  run(inputs: Inputs): Tensor;
}
type Move = readonly [pattern: MemoryPattern, bytes: number];

const IMAGES = [16, 64, 56, 56];

const NORMS: readonly Norm[] = [
  ...(
    [
      [512, 32000],
      [4096, 1024],
      [8192, 128],
    ] as const
  ).flatMap((shape): Norm[] => [
    { name: `softmax.${shape.join('x')}`, op: 'softmax', parameters: { dim: -1 }, shape, run: ({ x }) => softmax(x, -1) },
    {
      name: `logSoftmax.${shape.join('x')}`,
      op: 'log_softmax',
      parameters: { dim: -1 },
      shape,
      run: ({ x }) => logSoftmax(x, -1),
    },
  ]),
  {
    name: 'softmax.columns.1024x4096',
    op: 'softmax',
    parameters: { dim: 0 },
    shape: [1024, 4096],
    run: ({ x }) => softmax(x, 0),
  },
  {
    name: 'layerNorm.4096x768',
    op: 'layer_norm',
    shape: [4096, 768],
    features: 768,
    run: ({ x, weight, bias }) => layerNorm(x, [768], { weight, bias }),
  },
  {
    name: 'rmsNorm.4096x768',
    op: 'rms_norm',
    shape: [4096, 768],
    features: 768,
    run: ({ x, weight }) => rmsNorm(x, [768], { weight }),
  },
  {
    name: 'batchNorm.training',
    op: 'batch_norm',
    parameters: { training: true },
    shape: IMAGES,
    features: 64,
    moves: { forward: ['copy', 8] },
    run: ({ x, weight, bias }) => batchNorm(x, null, null, { weight, bias, training: true }),
  },
  {
    name: 'batchNorm.eval',
    op: 'batch_norm',
    parameters: { training: false },
    shape: IMAGES,
    features: 64,
    more: { mean: { shape: [64] }, variance: { shape: [64], dtype: 'float32', classes: 3 } },
    run: ({ x, weight, bias, mean, variance }) => batchNorm(x, mean, variance, { weight, bias }),
  },
  {
    name: 'groupNorm.32',
    op: 'group_norm',
    parameters: { groups: 32 },
    shape: IMAGES,
    features: 64,
    run: ({ x, weight, bias }) => groupNorm(x, 32, { weight, bias }),
  },
  {
    name: 'crossEntropy.512x32000',
    op: 'cross_entropy',
    shape: [512, 32000],
    moves: { forward: ['read', 4], backward: ['copy', 8] },
    more: { y: { shape: [512], dtype: 'int64', classes: 32000 } },
    scalar: true,
    run: ({ x, y }) => crossEntropy(x, y),
  },
];

function passes({ name, op, parameters, shape, features, moves, more, scalar, run }: Norm): Workload[] {
  const floats = product(shape);
  const perFeature = { shape: [features as number] };
  const affine: Record<string, InputSpec> = features === undefined ? {} : { weight: perFeature, bias: perFeature };
  const inputs = { x: { shape }, ...affine, ...more };
  const ceiling = ([pattern, bytes]: Move) => traffic(pattern, bytes * floats);
  const common = { op, parameters, target: { ratio: 1, ofCeiling: 0.8 } };
  return [
    forward({ ...common, name: `${name}.forward`, inputs, ceiling: ceiling(moves?.forward ?? ['copy', 8]) }, run),
    backward(
      {
        ...common,
        name: `${name}.backward`,
        inputs: scalar ? inputs : { ...inputs, g: { shape } },
        ceiling: ceiling(moves?.backward ?? ['read2Write1', 12]),
        tolerance: 1e-4,
      },
      features === undefined ? ['x'] : ['x', 'weight'],
      run,
    ),
  ];
}

export const norm: readonly Workload[] = NORMS.flatMap(passes);
