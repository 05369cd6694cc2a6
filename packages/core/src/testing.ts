/**
 * Comparing and making tensors in tests, under the names of `torch.testing`.
 *
 * @module
 */
import { finish, type TensorOptions } from './creation.js';
import { type DType, dtypeInfo, promoteTypes } from './dtype.js';
import { FlambeauError, formatShape, ValueError } from './errors.js';
import { type TensorData, tensor } from './from-data.js';
import { isclose } from './ops/closeness.js';
import { viewAsReal } from './ops/complex.js';
import { type GeneratorOptions, rand, randint } from './ops/random.js';
import type { Scalar } from './promotion.js';
import { sameShape, type Shape } from './shape.js';
import { type Complex, isTensor, type Tensor } from './tensor.js';
import { finfo } from './type-info.js';

/** What `assertClose` throws. */
export class AssertionError extends FlambeauError {}

/** What may be compared: tensors, numbers, and lists and records of them. */
export type Comparable =
  | Tensor
  | Scalar
  | string
  | null
  | undefined
  | readonly Comparable[]
  | { readonly [key: string]: Comparable };

export interface AssertCloseOptions {
  /** Largest relative and absolute difference, given together. Default: PyTorch's for the dtype (float32: 1.3e-6 and 1e-5). */
  readonly rtol?: number;
  readonly atol?: number;
  /** Whether NaN is close to NaN. Default false. */
  readonly equalNan?: boolean;
  /** Whether the dtypes must agree; else both are promoted. Default true. */
  readonly checkDtype?: boolean;
  /** Whether the strides must agree. Default false. */
  readonly checkStride?: boolean;
  /** In place of the message, or made from it. */
  readonly msg?: string | ((message: string) => string) | null;
}

/** PyTorch's tolerances for a dtype; integers and bools must be equal. */
const TOLERANCES: { readonly [D in DType]?: readonly [rtol: number, atol: number] } = {
  float16: [1e-3, 1e-5],
  bfloat16: [1.6e-2, 1e-5],
  float32: [1.3e-6, 1e-5],
  float64: [1e-7, 1e-7],
  complex64: [1.3e-6, 1e-5],
  complex128: [1e-7, 1e-7],
};

/**
 * For the matchers of Vitest and Jest: tensors are equal if dtype, shape and elements are (NaN is equal to NaN). Of what is not a pair of
 * tensors it says nothing.
 *
 * @example
 * expect.addEqualityTesters([testing.equalityTester]);
 * expect(tensor([1, 2])).toEqual(tensor([1, 2]));
 */
export function equalityTester(a: unknown, b: unknown): boolean | undefined {
  if (!isTensor(a) || !isTensor(b)) return isTensor(a) || isTensor(b) ? false : undefined;
  return a.dtype === b.dtype && sameShape(a.shape, b.shape) && (a === b || sameElements(a, b));
}
/** Complex numbers part by part. */
function sameElements(a: Tensor, b: Tensor): boolean {
  if (a.isComplex()) return sameElements(viewAsReal(a), viewAsReal(b));
  return Boolean(isclose(a, b, { rtol: 0, atol: 0, equalNan: true }).all().item());
}

/**
 * Throws unless `actual` and `expected` are close: tensors and numbers element by element (`|actual - expected| ≤ atol + rtol ·
 * |expected|`), lists and records part by part. PyTorch: `torch.testing.assert_close`.
 *
 * @throws {AssertionError} Saying how many elements differ, the greatest differences and where they are.
 */
export function assertClose(actual: Comparable, expected: Comparable, options: AssertCloseOptions = {}): void {
  if ((options.rtol === undefined) !== (options.atol === undefined))
    throw new ValueError('assertClose: rtol and atol must be given together, or both left out');
  const message = mismatch(actual, expected, options, '');
  if (message === null) return;
  const { msg = null } = options;
  throw new AssertionError(msg === null ? message : typeof msg === 'string' ? msg : msg(message));
}

const isNumber = (x: unknown): x is Scalar => typeof x === 'number' || typeof x === 'bigint' || typeof x === 'boolean';
const isRecord = (x: unknown): x is { readonly [key: string]: Comparable } =>
  typeof x === 'object' && x !== null && !Array.isArray(x) && !isTensor(x);

/** What is wrong, or null; `path` says where in nested data. */
function mismatch(actual: Comparable, expected: Comparable, options: AssertCloseOptions, path: string): string | null {
  const at = path === '' ? '' : `\n\nThe failure occurred at ${path}`;
  if (isTensor(actual) && isTensor(expected)) {
    const wrong = tensorMismatch(actual, expected, options);
    return wrong === null ? null : wrong + at;
  }
  if (isNumber(actual) && isNumber(expected)) {
    const exact = { checkDtype: false, ...options };
    const wrong = tensorMismatch(scalar(actual), scalar(expected), exact);
    return wrong === null ? null : `Scalars are not close: got ${actual}, expected ${expected}${at}`;
  }
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length !== expected.length)
      return `The lengths of the lists do not match: ${actual.length} != ${expected.length}${at}`;
    return firstOf(actual.keys(), (i) => mismatch(actual[i], expected[i], options, `${path}[${i}]`));
  }
  if (isRecord(actual) && isRecord(expected)) {
    const [a, b] = [actual, expected].map((record) => Object.keys(record).sort());
    if (a.join() !== b.join()) return `The keys do not match: [${a.join(', ')}] != [${b.join(', ')}]${at}`;
    return firstOf(a, (key) => mismatch(actual[key], expected[key], options, `${path}.${key}`));
  }
  if (Object.is(actual, expected)) return null;
  return `${describe(actual)} and ${describe(expected)} cannot be compared or are not equal${at}`;
}

const describe = (x: unknown): string =>
  isTensor(x) ? 'a tensor' : typeof x === 'object' && x !== null ? 'an object' : String(x);
const scalar = (value: Scalar): Tensor =>
  tensor(value as TensorData, { dtype: typeof value === 'number' ? 'float64' : undefined });

function firstOf<T>(items: Iterable<T>, check: (item: T) => string | null): string | null {
  for (const item of items) {
    const wrong = check(item);
    if (wrong !== null) return wrong;
  }
  return null;
}

function tensorMismatch(actual: Tensor, expected: Tensor, options: AssertCloseOptions): string | null {
  const { checkDtype = true, checkStride = false, equalNan = false } = options;
  if (!sameShape(actual.shape, expected.shape))
    return `The values for attribute 'shape' do not match: ${formatShape(actual.shape)} != ${formatShape(expected.shape)}`;
  if (checkDtype && actual.dtype !== expected.dtype)
    return `The values for attribute 'dtype' do not match: ${actual.dtype} != ${expected.dtype}`;
  if (checkStride && !sameShape(actual.strides, expected.strides))
    return `The values for attribute 'stride()' do not match: ${formatShape(actual.strides)} != ${formatShape(expected.strides)}`;
  const dtype = promoteTypes(actual.dtype, expected.dtype);
  const [rtol, atol] = tolerance(actual.dtype, expected.dtype, options);
  const [a, b] = [actual, expected].map((t) => t.detached().to(dtype));
  const parts = dtypeInfo(dtype).kind === 'complex' ? null : isclose(a, b, { rtol, atol, equalNan });
  const x = a.elements() as (number | boolean | Complex)[];
  const y = b.elements() as (number | boolean | Complex)[];
  const close =
    parts === null ? x.map((z, i) => closeComplex(z as Complex, y[i] as Complex, rtol, atol, equalNan)) : parts.elements();
  return report(x, y, close as boolean[], actual.shape, rtol, atol);
}

function tolerance(a: DType, b: DType, { rtol, atol }: AssertCloseOptions): readonly [number, number] {
  if (rtol !== undefined && atol !== undefined) return [rtol, atol];
  const [x, y] = [TOLERANCES[a] ?? [0, 0], TOLERANCES[b] ?? [0, 0]];
  return [Math.max(x[0], y[0]), Math.max(x[1], y[1])];
}

function closeComplex(x: Complex, y: Complex, rtol: number, atol: number, equalNan: boolean): boolean {
  if (x.re === y.re && x.im === y.im) return true;
  const isNan = (z: Complex) => Number.isNaN(z.re) || Number.isNaN(z.im);
  if (isNan(x) || isNan(y)) return equalNan && isNan(x) && isNan(y);
  const distance = difference(x, y);
  return Number.isFinite(distance) && distance <= atol + rtol * size(y);
}
const size = (x: number | boolean | Complex): number => (typeof x === 'object' ? Math.hypot(x.re, x.im) : Math.abs(Number(x)));
const difference = (x: number | boolean | Complex, y: number | boolean | Complex): number =>
  typeof x === 'object' && typeof y === 'object' ? Math.hypot(x.re - y.re, x.im - y.im) : Math.abs(Number(x) - Number(y));

/** PyTorch's message about elements that are not close; null if there are none. */
function report(
  x: readonly (number | boolean | Complex)[],
  y: readonly (number | boolean | Complex)[],
  close: readonly boolean[],
  shape: Shape,
  rtol: number,
  atol: number,
): string | null {
  const wrong = close.flatMap((isClose, i) => (isClose ? [] : [i]));
  if (wrong.length === 0) return null;
  const exact = rtol === 0 && atol === 0;
  const worst = (measure: (i: number) => number) => {
    const best = wrong.reduce((a, b) => (rank(measure(b)) > rank(measure(a)) ? b : a));
    return shape.length === 0 ? String(measure(best)) : `${measure(best)} at index ${formatShape(position(best, shape))}`;
  };
  const percent = ((100 * wrong.length) / x.length).toFixed(1);
  return [
    `Tensor-likes are not ${exact ? 'equal' : 'close'}!`,
    '',
    `Mismatched elements: ${wrong.length} / ${x.length} (${percent}%)`,
    `Greatest absolute difference: ${worst((i) => difference(x[i], y[i]))}${exact ? '' : ` (up to ${atol} allowed)`}`,
    `Greatest relative difference: ${worst((i) => difference(x[i], y[i]) / size(y[i]))}${exact ? '' : ` (up to ${rtol} allowed)`}`,
  ].join('\n');
}
/** NaN is worse than any difference. */
const rank = (x: number): number => (Number.isNaN(x) ? Number.POSITIVE_INFINITY : x);

function position(flat: number, shape: Shape): number[] {
  const index: number[] = [];
  for (let d = shape.length - 1, rest = flat; d >= 0; rest = Math.floor(rest / shape[d]), d--) index.unshift(rest % shape[d]);
  return index;
}

export interface MakeTensorOptions extends TensorOptions, GeneratorOptions {
  readonly dtype: DType;
  /** Elements lie in [low, high). Default: -9 to 9; 0 to 9 for uint8; 0 to 1 for bool. */
  readonly low?: number | null;
  readonly high?: number | null;
  /** Zeros are replaced by the smallest positive number (1 for integers). Default false. */
  readonly excludeZero?: boolean;
  /** Every other element of the last dimension's memory is left out. Default false. */
  readonly noncontiguous?: boolean;
}
/** A tensor of uniformly distributed numbers for a test. PyTorch: `torch.testing.make_tensor`. */
export function makeTensor(shape: Shape, options: MakeTensorOptions): Tensor {
  const { dtype, low, high, excludeZero = false, noncontiguous = false, generator, requiresGrad } = options;
  const { kind } = dtypeInfo(dtype);
  if (kind === 'complex') throw new ValueError(`makeTensor: ${dtype} is not supported; use a real dtype`);
  const from = low ?? (kind === 'bool' || dtype === 'uint8' ? 0 : -9);
  const to = high ?? (kind === 'bool' ? 2 : kind === 'int' ? 10 : 9);
  if (!(from < to)) throw new ValueError(`makeTensor: expected low < high, got ${from} and ${to}`);
  const stretched = noncontiguous && shape.length > 0 ? [...shape.slice(0, -1), 2 * shape[shape.length - 1]] : shape;
  const all =
    kind === 'float'
      ? rand(stretched, { dtype, generator })
          .mul(to - from)
          .add(from)
      : randint(Math.ceil(from), Math.ceil(to), stretched, { dtype, generator });
  const t = stretched === shape ? all : all.asStrided(shape, [...all.strides.slice(0, -1), 2], 0);
  if (excludeZero) t.maskedFill_(t.eq(0), kind === 'float' ? finfo(dtype).tiny : 1);
  return finish('makeTensor', t, { requiresGrad });
}
