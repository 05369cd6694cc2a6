import { scaledDotProductAttention } from '@flambeau/core';
import { arithmetic, type InputSpec, type Workload } from '../workload.js';
import { backward, forward } from './operation.js';

type Mask = 'bool' | 'float';
type Row = readonly [heads: number, length: number, headDim: number, causal: boolean, mask?: Mask];

const LENGTHS = [128, 256, 1024, 4096];
const ROWS: readonly Row[] = [
  ...LENGTHS.flatMap((length): Row[] => [
    [12, length, 64, true],
    [12, length, 64, false],
  ]),
  [2, 8192, 64, true],
  [2, 8192, 64, false],
  ...[32, 128].flatMap((headDim): Row[] => [
    [12, 128, headDim, true],
    [12, 1024, headDim, true],
    [12, 1024, headDim, false],
  ]),
  [12, 1024, 64, false, 'bool'],
  [12, 1024, 64, false, 'float'],
];

const MASKS: Readonly<Record<Mask, Partial<InputSpec>>> = { bool: { dtype: 'bool', classes: 2 }, float: {} };

/** Forward does two products of matrices, backward five; causal attention half of each. */
function passes([heads, length, headDim, causal, mask]: Row): Workload[] {
  const part = { shape: [1, heads, length, headDim] };
  const attnMask: Record<string, InputSpec> = mask === undefined ? {} : { mask: { shape: [length, length], ...MASKS[mask] } };
  const product = (2 * heads * length * length * headDim) / (causal ? 2 : 1);
  const run: Parameters<typeof forward>[1] = (i) =>
    scaledDotProductAttention(i.q, i.k, i.v, { isCausal: causal, attnMask: i.mask ?? null });
  const common = {
    op: 'attention',
    parameters: { causal },
    target: { ratio: 1.2, ofCeiling: headDim === 32 || length === 128 ? 0.5 : 0.6 },
    tolerance: 1e-4,
  };
  const name = `attention.${length}.${headDim}${causal ? '.causal' : ''}${mask === undefined ? '' : `.${mask}Mask`}`;
  const inputs = { q: part, k: part, v: part, ...attnMask };
  return [
    forward({ ...common, name: `${name}.forward`, inputs, ceiling: arithmetic(2 * product) }, run),
    backward(
      { ...common, name: `${name}.backward`, inputs: { ...inputs, g: part }, ceiling: arithmetic(5 * product) },
      ['q', 'k', 'v'],
      run,
    ),
  ];
}

export const attention: readonly Workload[] = ROWS.flatMap(passes);
