/**
 * Tensors made from a shape or a range. Where no dtype is named, JavaScript numbers make `getDefaultDtype()` (float32), bigints
 * int64 and booleans bool: a dtype never depends on a value.
 */
import { backendFor } from './backend/backends.js';
import { cpu, runKernel } from './backend/cpu/cpu.js';
import { Layer } from './context.js';
import { hasLayer } from './dispatch.js';
import { getDefaultDevice } from './default-device.js';
import { type DType, type DTypeInfo, dtypeInfo, getDefaultDtype } from './dtype.js';
import { AutogradError, DTypeError, ValueError } from './errors.js';
import { BOOL, INT64, type Scalar, scalarTensor } from './promotion.js';
import { checkShape, type Shape } from './shape.js';
import { checkTensor, type Complex, Tensor } from './tensor.js';

// biome-ignore lint/suspicious/noExplicitAny: the dtype of a tensor that nothing is known of, as in Tensor itself
export interface TensorOptions<D extends DType = any> {
  /** Element type. */
  readonly dtype?: D;
  /** Default: `getDefaultDevice()`. */
  readonly device?: string;
  /** Record what happens to the tensor for gradients. Needs @flambeau/autograd. Default false. */
  readonly requiresGrad?: boolean;
}

/** @internal An uninitialised tensor. */
export function emptyOf(op: string, shape: Shape, dtype: DTypeInfo, device = getDefaultDevice()): Tensor {
  if (!Array.isArray(shape))
    throw new TypeError(`${op}: the shape must be an array of sizes such as [2, 3], got ${typeof shape}`);
  checkShape(op, shape);
  return backendFor(op, device).empty([...shape], dtype, op);
}

/** @internal What the options still ask for once the elements are there. */
export function finish<D extends DType>(op: string, t: Tensor, { requiresGrad = false }: TensorOptions<D>): Tensor<D> {
  if (!requiresGrad) return t;
  if (!hasLayer(Layer.Autograd))
    throw new AutogradError(`${op}: requiresGrad needs automatic differentiation; import '@flambeau/autograd' first`);
  (t as Tensor & { requiresGrad: boolean }).requiresGrad = true;
  return t;
}

/** @internal Overwrites every element of a new tensor. */
export function fillNew(op: string, t: Tensor, value: Scalar | Complex): Tensor {
  if (t.device === 'meta') return t;
  if (typeof value === 'number' || typeof value === 'boolean') runKernel('fill', [t], { re: Number(value), im: 0 });
  else if (typeof value === 'bigint') cpu.copy(t, scalarTensor(value, t.info));
  else if (typeof value?.re !== 'number' || typeof value.im !== 'number')
    throw new TypeError(`${op}: the value must be a number, bigint, boolean or { re, im }, got ${typeof value}`);
  else if (t.info.kind !== 'complex')
    throw new DTypeError(`${op}: a complex value does not fit into a ${t.dtype} tensor; ask for complex64 or complex128`);
  else runKernel('fill', [t], { re: value.re, im: value.im });
  return t;
}

/** @internal The dtype that a JavaScript value has of itself. */
export function infoOfValue(value: unknown): DTypeInfo {
  if (typeof value === 'boolean') return BOOL;
  if (typeof value === 'bigint') return INT64;
  if (typeof value === 'object') return dtypeInfo(getDefaultDtype() === 'float64' ? 'complex128' : 'complex64');
  return dtypeInfo(getDefaultDtype());
}

function filled<D extends DType>(op: string, shape: Shape, value: Scalar, options: TensorOptions<D>): Tensor<D> {
  return finish(
    op,
    fillNew(op, emptyOf(op, shape, dtypeInfo(options.dtype ?? getDefaultDtype()), options.device), value),
    options,
  );
}

/** A tensor whose elements are whatever the memory held. PyTorch: `torch.empty`. */
// biome-ignore lint/suspicious/noExplicitAny: see TensorOptions (here and below)
export function empty<D extends DType = any>(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return finish('empty', emptyOf('empty', shape, dtypeInfo(options.dtype ?? getDefaultDtype()), options.device), options);
}

/** A tensor of zeros. PyTorch: `torch.zeros`. */
// biome-ignore lint/suspicious/noExplicitAny: see TensorOptions
export function zeros<D extends DType = any>(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return filled('zeros', shape, 0, options);
}

/** A tensor of ones. PyTorch: `torch.ones`. */
// biome-ignore lint/suspicious/noExplicitAny: see TensorOptions
export function ones<D extends DType = any>(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return filled('ones', shape, 1, options);
}

/** A tensor with `value` everywhere, of the value's dtype unless another is named. PyTorch: `torch.full`. */
// biome-ignore lint/suspicious/noExplicitAny: see TensorOptions
export function full<D extends DType = any>(shape: Shape, value: Scalar | Complex, options: TensorOptions<D> = {}): Tensor<D> {
  const dtype = options.dtype === undefined ? infoOfValue(value) : dtypeInfo(options.dtype);
  return finish('full', fillNew('full', emptyOf('full', shape, dtype, options.device), value), options);
}

// ---- in the shape and dtype of another tensor ----

function emptyAs(op: string, self: Tensor, { dtype, device }: TensorOptions): Tensor {
  checkTensor(op, 'input', self);
  return emptyOf(op, self.shape, dtype === undefined ? self.info : dtypeInfo(dtype), device ?? self.device);
}

/** An uninitialised tensor of the input's shape and dtype. PyTorch: `torch.empty_like`. */
export function emptyLike(input: Tensor, options: TensorOptions = {}): Tensor {
  return finish('emptyLike', emptyAs('emptyLike', input, options), options);
}
/** Zeros in the input's shape and dtype. PyTorch: `torch.zeros_like`. */
export function zerosLike(input: Tensor, options: TensorOptions = {}): Tensor {
  return finish('zerosLike', fillNew('zerosLike', emptyAs('zerosLike', input, options), 0), options);
}
/** Ones in the input's shape and dtype. PyTorch: `torch.ones_like`. */
export function onesLike(input: Tensor, options: TensorOptions = {}): Tensor {
  return finish('onesLike', fillNew('onesLike', emptyAs('onesLike', input, options), 1), options);
}
/** `value` everywhere, in the input's shape and dtype. PyTorch: `torch.full_like`. */
export function fullLike(input: Tensor, value: Scalar | Complex, options: TensorOptions = {}): Tensor {
  return finish('fullLike', fillNew('fullLike', emptyAs('fullLike', input, options), value), options);
}

// ---- ranges ----

/**
 * The numbers from `start` (default 0) up to but not including `end`, `step` (default 1) apart. Shape `(ceil((end - start) / step))`.
 * Numbers give the default dtype, bigints int64. PyTorch: `torch.arange`, which gives int64 for integers of any kind.
 *
 * @example
 * arange(3); // [0, 1, 2]
 * arange(1, 2, 0.25, { dtype: 'float64' }); // [1, 1.25, 1.5, 1.75]
 */
export function arange(end: number | bigint, options?: TensorOptions): Tensor;
export function arange(start: number | bigint, end: number | bigint, options?: TensorOptions): Tensor;
export function arange(start: number | bigint, end: number | bigint, step: number | bigint, options?: TensorOptions): Tensor;
export function arange(...parameters: (number | bigint | TensorOptions | undefined)[]): Tensor {
  const numbers = parameters.filter((p): p is number | bigint => typeof p === 'number' || typeof p === 'bigint');
  const options = (parameters.find((p) => typeof p === 'object') ?? {}) as TensorOptions;
  const [start, end, step = 1] = (numbers.length === 1 ? [0, ...numbers] : numbers).map(Number);
  if (![start, end, step].every(Number.isFinite))
    throw new ValueError(`arange: start ${start}, end ${end} and step ${step} must be finite numbers`);
  if (step === 0) throw new ValueError('arange: step must not be zero');
  if ((end - start) / step < 0) throw new ValueError(`arange: a step of ${step} does not lead from ${start} to ${end}`);
  const dtype = options.dtype === undefined ? infoOfValue(numbers[0]) : dtypeInfo(options.dtype);
  const t = emptyOf('arange', [Math.ceil((end - start) / step)], dtype, options.device);
  if (t.device !== 'meta') runKernel('arange', [t], { start, step });
  return finish('arange', t, options);
}

/** `steps` numbers, evenly spaced from `start` to `end` inclusive. PyTorch: `torch.linspace`. */
export function linspace(start: number, end: number, steps: number, options: TensorOptions = {}): Tensor {
  const dtype = dtypeInfo(options.dtype ?? getDefaultDtype());
  return finish('linspace', spaced('linspace', start, end, steps, dtype, options.device), options);
}

/** `base` to the power of `steps` numbers evenly spaced from `start` to `end` inclusive. Default base: 10. PyTorch: `torch.logspace`. */
export function logspace(start: number, end: number, steps: number, base = 10, options: TensorOptions = {}): Tensor {
  const exponents = spaced('logspace', start, end, steps, dtypeInfo('float64'), 'cpu').toTypedArray() as Float64Array;
  return fromFloat64(
    'logspace',
    exponents.map((x) => base ** x),
    options,
  );
}

function spaced(op: string, start: number, end: number, steps: number, dtype: DTypeInfo, device?: string): Tensor {
  if (!Number.isSafeInteger(steps) || steps < 0)
    throw new ValueError(`${op}: the number of steps must be a non-negative integer, got ${steps}`);
  const t = emptyOf(op, [steps], dtype, device);
  if (t.device === 'meta') return t;
  const exact = dtype.kind === 'float' ? t : emptyOf(op, [steps], dtypeInfo('float64'), 'cpu');
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  // counted from both ends, so that the last number is `end` itself
  const half = Math.ceil(steps / 2);
  runKernel('arange', [new Tensor(exact.storage, [half], [1], 0, exact.info)], { start, step });
  const backwards = new Tensor(exact.storage, [steps - half], [-1], steps - 1, exact.info);
  if (steps > half) runKernel('arange', [backwards], { start: end, step: -step });
  if (exact !== t) cpu.copy(t, exact);
  return t;
}

/** @internal The values in the dtype of the options, rounded once. */
export function fromFloat64(op: string, values: Float64Array, options: TensorOptions): Tensor {
  const t = emptyOf(op, [values.length], dtypeInfo(options.dtype ?? getDefaultDtype()), options.device);
  const exact = emptyOf(op, [values.length], dtypeInfo('float64'), 'cpu');
  new Float64Array(exact.storage.buffer as ArrayBuffer, exact.storage.byteOffset, values.length).set(values);
  if (t.device !== 'meta') cpu.copy(t, exact);
  return finish(op, t, options);
}

/** Ones on the diagonal, zeros elsewhere, shape `(n, m)`. PyTorch: `torch.eye`. */
export function eye(n: number, m: number = n, options: TensorOptions = {}): Tensor {
  const t = filled('eye', [n, m], 0, { ...options, requiresGrad: false });
  fillNew('eye', new Tensor(t.storage, [Math.min(n, m)], [m + 1], 0, t.info), 1);
  return finish('eye', t, options);
}
