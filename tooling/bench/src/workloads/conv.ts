import {
  conv1d,
  conv2d,
  conv3d,
  type ConvTransposeOptions,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type Tensor,
} from '@flambeau/core';
import { arithmetic, type Ceiling, type InputSpec, product, type Target, traffic, type Workload } from '../workload.js';
import { backward, forward } from './operation.js';
import { withAndWithoutWinograd } from './winograd.js';

export interface Layer {
  readonly name: string;
  readonly batch: number;
  readonly channels: readonly [input: number, output: number];
  readonly kernel: readonly number[];
  readonly size: readonly number[];
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
  readonly transposed?: boolean;
}

type Options = ConvTransposeOptions & { readonly padding: number };
type Convolution = (input: Tensor, weight: Tensor, bias: Tensor | null, options: Options) => Tensor;
const CONVOLUTIONS: readonly Convolution[] = [conv1d, conv2d, conv3d];
const TRANSPOSED: readonly Convolution[] = [convTranspose1d, convTranspose2d, convTranspose3d];

/** Ahead where PyTorch leaves room, and at its side where it leaves none. */
const ratio = (peerShare: number): number => (peerShare < 0.7 ? 1.2 : peerShare > 0.9 ? 0.95 : 1);

/** Forward, and the gradients of input and weight, as three workloads. */
function passes(
  layer: Layer,
  targets: (pass: string) => Target,
  ceilingOf?: (pass: string, floats: Floats) => Ceiling,
): Workload[] {
  const { batch, channels, kernel, size, stride = 1, padding = 0, dilation = 1, groups = 1, transposed = false } = layer;
  const options = { stride, padding, dilation, groups };
  const [input, output] = channels;
  const outSize = size.map((n, i) => {
    const span = dilation * (kernel[i] - 1) + 1;
    return transposed ? (n - 1) * stride - 2 * padding + span : Math.floor((n + 2 * padding - span) / stride) + 1;
  });
  const x: InputSpec = { shape: [batch, input, ...size] };
  const fanIn = ((transposed ? output : input) / groups) * product(kernel);
  const weight: InputSpec = {
    shape: [...(transposed ? [input, output / groups] : [output, input / groups]), ...kernel],
    scale: 1 / Math.sqrt(fanIn),
  };
  const g: InputSpec = { shape: [batch, output, ...outSize] };
  const floats = { x: product(x.shape), y: product(g.shape), weight: product(weight.shape) };
  // each of the weight's elements is used once for every position of the smaller of the two images
  const flops = 2 * batch * product(transposed ? size : outSize) * floats.weight;
  const convolve = (transposed ? TRANSPOSED : CONVOLUTIONS)[size.length - 1];
  const run = (inputs: Readonly<Record<string, Tensor>>) => convolve(inputs.x, inputs.weight, null, options);
  const describe = (pass: string, inputs: Readonly<Record<string, InputSpec>>) => ({
    name: `${layer.name}.${pass}`,
    op: transposed ? 'conv_transpose' : 'conv',
    parameters: { dims: size.length, ...options, channelsLast: size.length > 1 },
    inputs,
    ceiling: ceilingOf?.(pass, floats) ?? arithmetic(flops),
    target: targets(pass),
    tolerance: 2e-5,
  });
  const workloads = [
    forward(describe('forward', { x, weight }), run),
    backward(describe('gradInput', { x, weight, g }), ['x'], run),
    backward(describe('gradWeight', { x, weight, g }), ['weight'], run),
  ];
  const winograd =
    kernel.length === 2 &&
    kernel.every((k) => k === 3) &&
    stride === 1 &&
    dilation === 1 &&
    groups === 1 &&
    !transposed &&
    input >= 16;
  if (!winograd) return workloads;
  return workloads.map((w) => {
    const target = w.lines[0].target;
    return withAndWithoutWinograd(w, { ratio: target.ratio }, target);
  });
}

interface Floats {
  readonly x: number;
  readonly y: number;
  readonly weight: number;
}

type Row = readonly [kernel: number, input: number, output: number, size: number, stride?: number];

/** Every layer shape of ResNet-50 at 224², once. */
const RESNET50: readonly Row[] = [
  [7, 3, 64, 224, 2],
  [1, 64, 64, 56],
  [3, 64, 64, 56],
  [1, 64, 256, 56],
  [1, 256, 64, 56],
  [1, 256, 128, 56],
  [3, 128, 128, 56, 2],
  [1, 128, 512, 28],
  [1, 256, 512, 56, 2],
  [1, 512, 128, 28],
  [3, 128, 128, 28],
  [1, 512, 256, 28],
  [3, 256, 256, 28, 2],
  [1, 256, 1024, 14],
  [1, 512, 1024, 28, 2],
  [1, 1024, 256, 14],
  [3, 256, 256, 14],
  [1, 1024, 512, 14],
  [3, 512, 512, 14, 2],
  [1, 512, 2048, 7],
  [1, 1024, 2048, 14, 2],
  [1, 2048, 512, 7],
  [3, 512, 512, 7],
];

const square = (name: string, batch: number, [k, input, output, size, stride = 1]: Row, more: Partial<Layer> = {}): Layer => ({
  name: `${name}.${k}x${k}${stride > 1 ? `s${stride}` : ''}.${input}-${output}.${size}`,
  batch,
  channels: [input, output],
  kernel: [k, k],
  size: [size, size],
  stride,
  padding: k >> 1,
  ...more,
});

const OTHERS: readonly Layer[] = [
  square('conv.dilated', 8, [3, 64, 64, 56], { dilation: 2, padding: 2 }),
  square('conv.dilated', 8, [3, 256, 256, 28], { dilation: 4, padding: 4 }),
  square('conv.grouped', 8, [3, 128, 128, 56], { groups: 32 }),
  square('conv.grouped', 8, [3, 256, 256, 28], { groups: 8 }),
  { name: 'conv.1d.3.80-512.3000', batch: 4, channels: [80, 512], kernel: [3], size: [3000], padding: 1 },
  { name: 'conv.1d.3s2.512-512.3000', batch: 4, channels: [512, 512], kernel: [3], size: [3000], stride: 2, padding: 1 },
  { name: 'conv.3d.3x3x3.32-64.16x56x56', batch: 1, channels: [32, 64], kernel: [3, 3, 3], size: [16, 56, 56], padding: 1 },
  { ...square('conv.transposed', 8, [4, 256, 128, 16, 2]), padding: 1, transposed: true },
  { ...square('conv.transposed', 8, [2, 128, 64, 56, 2]), padding: 0, transposed: true },
];

const dense = ({ kernel, channels }: Layer): boolean =>
  Math.min(...channels) >= 64 && kernel.length === 2 && (kernel[0] === 1 || kernel[0] === 3);

export const conv: readonly Workload[] = [
  ...RESNET50.map((r) => square('conv', 8, r)).flatMap((layer) =>
    passes(layer, () => (dense(layer) ? { ratio, ofCeiling: 0.75 } : { ratio })),
  ),
  ...OTHERS.flatMap((layer) => passes(layer, () => ({ ratio }))),
];

/** Depthwise layers are bound by memory: input and output move once. */
const DEPTHWISE: readonly Row[] = [
  [3, 128, 128, 56],
  [3, 96, 96, 112, 2],
  [3, 144, 144, 56],
  [3, 384, 384, 14],
  [3, 960, 960, 7],
  [5, 128, 128, 56],
  [5, 240, 240, 28],
];

export const depthwise: readonly Workload[] = DEPTHWISE.map((r) => square('depthwise', 16, r, { groups: r[1] })).flatMap(
  (layer) =>
    passes(
      layer,
      (pass) => (pass === 'gradWeight' ? { ratio: 3 } : { ratio: 3, ofCeiling: layer.kernel[0] === 3 ? 0.6 : 0.4 }),
      (pass, { x, y }) => traffic(pass === 'gradWeight' ? 'read' : 'copy', 4 * (x + y)),
    ),
);
