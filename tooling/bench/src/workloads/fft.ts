/** Discrete Fourier transforms. Complex numbers travel as pairs, which both sides see as complex without a copy. */
import { fft, hannWindow, istft, stft, type Tensor, viewAsComplex, viewAsReal } from '@flambeau/core';
import type { InputSpec, Inputs, Workload } from '../workload.js';
import { forward, type Operation, training } from './operation.js';

const target = { ratio: 0.5 };

interface Lines {
  readonly name: string;
  readonly op: 'fft' | 'ifft' | 'rfft' | 'irfft';
  readonly shape: readonly number[];
  readonly dim?: number;
}
/** Lengths × lines; `columns`: along the first dimension. */
const LINES: readonly Lines[] = [
  ...[16, 64, 256, 400, 1024, 4096].flatMap((n): Lines[] => [
    { name: `fft.complex.${n}`, op: 'fft', shape: [2 ** 18 / 2 ** Math.floor(Math.log2(n)), n] },
    { name: `fft.real.${n}`, op: 'rfft', shape: [2 ** 18 / 2 ** Math.floor(Math.log2(n)), n] },
    { name: `fft.realBack.${n}`, op: 'irfft', shape: [2 ** 18 / 2 ** Math.floor(Math.log2(n)), n / 2 + 1] },
  ]),
  { name: 'fft.complexBack.512', op: 'ifft', shape: [512, 512] },
  { name: 'fft.complex.1021', op: 'fft', shape: [256, 1021] },
  { name: 'fft.complex.1M', op: 'fft', shape: [1, 2 ** 20] },
  { name: 'fft.complex.columns.512', op: 'fft', shape: [512, 512], dim: 0 },
  { name: 'fft.real.columns.1024', op: 'rfft', shape: [1024, 512], dim: 0 },
];

const isReal = (op: string): boolean => op === 'rfft' || op === 'stft';
const asReal = (y: Tensor): Tensor => (y.info.kind === 'complex' ? viewAsReal(y) : y);

function lines({ name, op, shape, dim = -1 }: Lines): Workload {
  const x: InputSpec = { shape: isReal(op) ? shape : [...shape, 2] };
  const run = ({ x }: Inputs): Tensor => asReal(fft[op](isReal(op) ? x : viewAsComplex(x), { dim }));
  return forward({ name, op, parameters: { dim }, inputs: { x }, target }, run);
}

const windowed = (op: 'stft' | 'istft', nFft: number, hop: number): [Operation, (inputs: Inputs) => Tensor] => {
  const window = hannWindow(nFft);
  const shape = op === 'stft' ? [8, 256000] : [8, nFft / 2 + 1, Math.floor(256000 / hop) + 1, 2];
  const run = ({ x }: Inputs): Tensor =>
    op === 'stft' ? asReal(stft(x, nFft, { hopLength: hop, window })) : istft(viewAsComplex(x), nFft, { hopLength: hop, window });
  return [{ name: `fft.${op}.${nFft}`, op, parameters: { n_fft: nFft, hop }, inputs: { x: { shape } }, target }, run];
};
const trained = ([description, run]: ReturnType<typeof windowed>): Workload =>
  training({ ...description, name: `${description.name}.training` }, ['x'], (inputs) => run(inputs).square().sum());

const twoDims = (name: string, shape: readonly number[]): Workload =>
  forward({ name, op: 'fft2', inputs: { x: { shape: [...shape, 2] } }, target }, ({ x }) =>
    viewAsReal(fft.fft2(viewAsComplex(x))),
  );

export const transforms: readonly Workload[] = [
  ...LINES.map(lines),
  twoDims('fft.2d.512', [512, 512]),
  twoDims('fft.2d.224', [8, 3, 224, 224]),
  ...(
    [
      [400, 160],
      [2048, 512],
    ] as const
  ).flatMap(([nFft, hop]) => [
    forward(...windowed('stft', nFft, hop)),
    forward(...windowed('istft', nFft, hop)),
    trained(windowed('stft', nFft, hop)),
  ]),
];
