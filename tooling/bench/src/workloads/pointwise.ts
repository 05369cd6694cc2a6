import { add, exp, gelu, mul, relu, sigmoid, tanh, type Tensor, where } from '@flambeau/core';
import { type InputSpec, type Inputs, type Line, type MemoryPattern, traffic, type Workload } from '../workload.js';
import { forward } from './operation.js';

interface Pointwise {
  readonly operands: readonly string[];
  readonly pattern: MemoryPattern;
  /** Bytes for each element. */
  readonly bytes: number;
  readonly transcendental?: boolean;
  run(inputs: Inputs): Tensor;
  out?(target: Tensor, inputs: Inputs): unknown;
}

type Unary = ((a: Tensor) => Tensor) & { out(out: Tensor, a: Tensor): Tensor };
const unary = (op: Unary, transcendental = false): Pointwise => ({
  operands: ['a'],
  pattern: 'copy',
  bytes: 8,
  transcendental,
  run: ({ a }) => op(a),
  out: (target, { a }) => op.out(target, a),
});

type Binary = ((a: Tensor, b: Tensor) => Tensor) & { out(out: Tensor, a: Tensor, b: Tensor): Tensor };
const binary = (op: Binary): Pointwise => ({
  operands: ['a', 'b'],
  pattern: 'read2Write1',
  bytes: 12,
  run: ({ a, b }) => op(a, b),
  out: (target, { a, b }) => op.out(target, a, b),
});

const OPS: Readonly<Record<string, Pointwise>> = {
  add: binary(add),
  mul: binary(mul),
  relu: unary(relu),
  gelu: { operands: ['a'], pattern: 'copy', bytes: 8, transcendental: true, run: ({ a }) => gelu(a) },
  exp: unary(exp, true),
  tanh: unary(tanh, true),
  sigmoid: unary(sigmoid, true),
  where: {
    operands: ['c', 'a', 'b'],
    pattern: 'read2Write1',
    bytes: 13,
    run: ({ c, a, b }) => where(c, a, b),
    out: (target, { c, a, b }) => where.out(target, c, a, b),
  },
  cast: {
    operands: ['a'],
    pattern: 'copy',
    bytes: 6,
    run: ({ a }) => a.to('bfloat16'),
    out: (target, { a }) => target.copy_(a),
  },
  transpose: {
    operands: ['a'],
    pattern: 'copy',
    bytes: 8,
    run: ({ a }) => a.contiguous(),
    out: (target, { a }) => target.copy_(a),
  },
};

/** Elements as a square or nearly square matrix. */
const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  '8': [2, 4],
  '256': [16, 16],
  '4K': [64, 64],
  '64K': [256, 256],
  '1M': [1024, 1024],
  '16M': [4096, 4096],
  '64M': [8192, 8192],
};

const layouts = {
  contiguous: (n: number, m: number): InputSpec => ({ shape: [n, m] }),
  /** The last operand is one row. */
  broadcast: (n: number, m: number, last: boolean): InputSpec => ({ shape: [last ? 1 : n, m] }),
  /** Every second element of each row. */
  strided: (n: number, m: number): InputSpec => ({ shape: [n, 2 * m], step: 2 }),
};

const is =
  (...names: string[]) =>
  (variant: string): boolean =>
    names.includes(variant);

/** Fresh results against fresh results, `out` against `out`, and in a scope against PyTorch's fresh ones. */
function lines({ transcendental, out: into }: Pointwise, elements: number, ofCeiling: number | undefined): Line[] {
  const main = transcendental ? 1.3 : elements <= 4096 || elements >= 2 ** 24 ? 2 : 1;
  const out = into === undefined ? [] : [{ suffix: '.out', target: { ratio: 1 }, ours: is('out'), theirs: is('out') }];
  if (elements <= 4096) return [{ suffix: '', target: { ratio: main }, ours: is('plain'), theirs: is('plain') }, ...out];
  return [
    { suffix: '', target: { ratio: main, ofCeiling }, ours: is('scope'), theirs: is('plain') },
    { suffix: '.fresh', target: { ratio: 1 }, ours: is('plain'), theirs: is('plain') },
    ...out,
  ];
}

function pointwiseRow(name: string, layout: keyof typeof layouts, size: string): Workload {
  const op = OPS[name];
  const [n, m] = SIZES[size];
  const elements = n * m;
  const spec = (operand: string, i: number): InputSpec => ({
    ...layouts[layout](n, m, i === op.operands.length - 1),
    ...(operand === 'c' ? { dtype: 'bool', classes: 2 } : {}),
    ...(name === 'transpose' ? { permute: [1, 0] } : {}),
  });
  const bounded = !op.transcendental && elements >= 2 ** 24;
  // a row that is repeated stays in a cache, and every second element brings its neighbour along
  const floats = op.operands.filter((operand) => operand !== 'c').length;
  const bytes = op.bytes + { contiguous: 0, broadcast: -4, strided: 4 * floats }[layout];
  const pattern = layout === 'broadcast' ? 'copy' : op.pattern;
  return forward(
    {
      name: `point.${name}.${layout === 'contiguous' ? '' : `${layout}.`}${size}`,
      op: name,
      inputs: Object.fromEntries(op.operands.map((operand, i) => [operand, spec(operand, i)])),
      ceiling: elements >= 2 ** 20 ? traffic(pattern, bytes * elements) : undefined,
      target: {},
      lines: lines(op, elements, bounded ? 0.85 : undefined),
      tolerance: name === 'cast' ? 0 : 1e-6,
    },
    op.run,
    op.out,
  );
}

const every = Object.keys(OPS);
const irregular = every.filter((name) => name !== 'transpose');
export const pointwise: readonly Workload[] = [
  ...every.flatMap((name) => Object.keys(SIZES).map((size) => pointwiseRow(name, 'contiguous', size))),
  ...(['broadcast', 'strided'] as const).flatMap((layout) =>
    irregular
      .filter((name) => layout === 'strided' || OPS[name].operands.length > 1)
      .flatMap((name) => ['4K', '1M', '16M'].map((size) => pointwiseRow(name, layout, size))),
  ),
];
