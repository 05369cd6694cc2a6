import { type DType, intMm } from '@flambeau/core';
import { relativeRate } from '../cpu.js';
import { arithmetic, type InputSpec, type Target, traffic, type Workload } from '../workload.js';
import { forward } from './operation.js';

type Shape = readonly [batch: number, m: number, k: number, n: number];

/** A matrix as it is, or handed over as the transpose of what lies in memory. */
function matrix(batch: number, rows: number, columns: number, transposed: boolean, dtype: DType): InputSpec {
  const dims = transposed ? [columns, rows] : [rows, columns];
  const swap = transposed ? { permute: batch === 1 ? [1, 0] : [0, 2, 1] } : {};
  return { shape: batch === 1 ? dims : [batch, ...dims], dtype, ...(dtype === 'int8' ? { classes: 127 } : {}), ...swap };
}

/** `cases`: n for a matrix as it lies in memory, t for the transpose of one; a letter for each operand. */
function product(
  family: string,
  shape: Shape,
  cases: string,
  target: Target,
  dtype: DType = 'float32',
  label?: string,
): Workload {
  const [batch, m, k, n] = shape;
  const size = label ?? (batch === 1 ? `${m}x${k}x${n}` : `${batch}x${m}x${k}x${n}`);
  return forward(
    {
      name: `${family}.${size}.${cases}`,
      op: dtype === 'int8' ? 'int_mm' : 'matmul',
      inputs: { a: matrix(batch, m, k, cases[0] === 't', dtype), b: matrix(batch, k, n, cases[1] === 't', dtype) },
      ceiling: Math.min(m, n) === 1 ? traffic('read', 4 * k * Math.max(m, n)) : arithmetic(2 * batch * m * k * n, dtype),
      target,
      tolerance: dtype === 'float16' || dtype === 'bfloat16' ? 1e-2 : 1e-5,
    },
    dtype === 'int8' ? ({ a, b }) => intMm(a, b) : ({ a, b }) => a.matmul(b),
  );
}

const square = (
  family: string,
  sizes: readonly number[],
  cases: readonly string[],
  target: (n: number) => Target,
  dtype?: DType,
) => sizes.flatMap((n) => cases.map((c) => product(family, [1, n, n, n], c, target(n), dtype, String(n))));

/** Without instructions for such numbers there is no rate of their own to compare with. */
const withInstructions = (dtype: DType, share: number) => (relativeRate(dtype) > 1 ? share : undefined);

const CASES = ['nn', 'nt', 'tn', 'tt'];
const SHAPES: readonly Shape[] = [
  [1, 64, 784, 128],
  [1, 197, 768, 3072],
  [12, 197, 64, 197],
  [1, 7, 13, 5],
  [1, 4096, 64, 64],
  [1, 64, 4096, 64],
  [1, 1000, 999, 1001],
];
const VECTORS: readonly Shape[] = [
  [1, 1, 4096, 4096],
  [1, 4096, 4096, 1],
];

export const matmul: readonly Workload[] = [
  ...square('sgemm', [256, 512, 1024, 2048, 4096], CASES, (n) => ({ ratio: 1, ofCeiling: n < 512 ? 0.75 : 0.88 })),
  ...SHAPES.flatMap((shape) => ['nn', 'nt'].map((c) => product('matmul', shape, c, { ratio: 1 }))),
  ...VECTORS.flatMap((shape) => ['nn', 'nt', 'tn'].map((c) => product('matvec', shape, c, { ratio: 1, ofCeiling: 0.8 }))),
  ...square('dgemm', [256, 512, 1024, 2048], ['nn', 'nt'], () => ({ ratio: 1, ofCeiling: 0.85 }), 'float64'),
  ...square(
    'bf16gemm',
    [512, 1024, 2048],
    ['nn', 'nt'],
    () => ({ ratio: 1, ofCeiling: withInstructions('bfloat16', 0.85) }),
    'bfloat16',
  ),
  ...square('f16gemm', [512, 1024], ['nn', 'nt'], () => ({ ratio: 1 }), 'float16'),
  ...square('int8gemm', [512, 1024, 2048], ['nn', 'nt'], () => ({ ratio: 1, ofCeiling: withInstructions('int8', 0.75) }), 'int8'),
];
