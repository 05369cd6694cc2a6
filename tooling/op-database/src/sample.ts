/** What the database says about an op: sample arguments as plain data, PyTorch's name for it, and what must be refused. */
import type { DType } from './dtype.js';
import { formatSpec, isSpec, type TensorSpec } from './spec.js';

/** Arguments as they are written in a call; a trailing object holds the options. */
export type Argument =
  | TensorSpec
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly Argument[]
  | { readonly [option: string]: Argument };

export interface Sample {
  readonly args: readonly Argument[];
  /** Instead of the entry's dtypes. */
  readonly dtypes?: readonly DType[];
  /** False where the gradient is not defined or not comparable. Default: the entry's. */
  readonly gradient?: boolean;
  /** The function has a kink here, so central differences do not apply; PyTorch's choice of a gradient does. */
  readonly kink?: boolean;
}

export interface ErrorSample {
  readonly args: readonly Argument[];
  /** Class of the error. */
  readonly throws:
    | 'ShapeError'
    | 'DTypeError'
    | 'IndexError'
    | 'ValueError'
    | 'TypeError'
    | 'RangeError'
    | 'DeviceError'
    | 'StorageError'
    | 'LinAlgError';
  /** What the message must contain besides the op's name. */
  readonly says: readonly string[];
  /** The name in the message where it is another op's, because that is what the function calls; '' for errors about a dtype's name. */
  readonly op?: string;
  /** Dtype of tensors that name none. Default float32. */
  readonly dtype?: DType;
}

/** Largest relative and absolute error allowed. */
export type Tolerance = readonly [rtol: number, atol: number];

/** A function of core, or what stands in for it; the database knows neither tensors nor core. */
// biome-ignore lint/suspicious/noExplicitAny: takes and returns whatever the samples say
export type AnyFunction = (...args: any[]) => any;

export interface Entry {
  /** A Python expression for the function; `torch` and `F` are known. Default: `torch.<name in snake_case>`. */
  readonly torch?: string;
  /** Dtypes of the samples. Gradients are taken in float64 and float32 of them. */
  readonly dtypes: readonly DType[];
  readonly samples: readonly (readonly Argument[] | Sample)[];
  /** Inputs that are large enough to be shared among threads; float32 if the op takes it. */
  readonly large?: readonly (readonly Argument[])[];
  readonly errors?: readonly ErrorSample[];
  /** False for functions without a derivative. Default true. */
  readonly gradient?: boolean;
  /** Check second derivatives, too. Default true; false where PyTorch's op has none either, or says why beside it. */
  readonly secondGradient?: boolean;
  /** Other operators that the samples (forward or backward) run; checked. */
  readonly covers?: readonly string[];
  /** Looser than the table, with the reason beside it. */
  readonly tolerance?: { readonly [D in DType]?: Tolerance };
  /** Inputs cannot be replaced by expanded ones (their elements must be distinct, or they are written to). */
  readonly noExpand?: boolean;
  /** The result depends on the inputs' strides, or other strides are refused: row-major inputs only. */
  readonly fixedLayout?: boolean;
  /** The function's arguments come in another order than the method's. */
  readonly noMethod?: boolean;
  /**
   * What is tested in place of the function, made of it, its group's other functions and methods of tensors, where inputs must be
   * special (symmetric) or results are not unique (signs of eigenvectors); `torch` then is the same in Python.
   */
  readonly adapt?: (fn: AnyFunction, group: Readonly<Record<string, AnyFunction>>) => AnyFunction;
  /** The numbers are drawn at random: no stored result; the random suite tests it. */
  readonly random?: boolean;
}

/** Samples of one file of core's `ops/`, by exported name. */
export type Group = { readonly [name: string]: Entry };

/** `[args, …]` and `{ args }` alike. */
export const toSample = (sample: readonly Argument[] | Sample): Sample =>
  Array.isArray(sample) ? { args: sample as readonly Argument[] } : (sample as Sample);

const largeDtype = ({ dtypes }: Entry): DType => (dtypes.includes('float32') ? 'float32' : dtypes[0]);

/** All samples of an entry, the large ones last. */
export function samplesOf(entry: Entry): readonly (Sample & { readonly large: boolean })[] {
  return [
    ...entry.samples.map((s) => ({ ...toSample(s), large: false })),
    ...(entry.large ?? []).map((args) => ({ args, dtypes: [largeDtype(entry)], large: true })),
  ];
}

/** The tensor specs among the arguments, in order. */
export function specsOf(argument: Argument): TensorSpec[] {
  if (isSpec(argument)) return [argument];
  if (Array.isArray(argument)) return argument.flatMap(specsOf);
  if (typeof argument === 'object' && argument !== null)
    return Object.values(argument as { readonly [option: string]: Argument }).flatMap(specsOf);
  return [];
}

/** The arguments with every tensor spec replaced; `index` counts them. */
export function mapSpecs(args: readonly Argument[], replace: (spec: TensorSpec, index: number) => unknown): unknown[] {
  let index = 0;
  const visit = (argument: Argument): unknown => {
    if (isSpec(argument)) return replace(argument, index++);
    if (Array.isArray(argument)) return argument.map(visit);
    if (typeof argument === 'object' && argument !== null)
      return Object.fromEntries(Object.entries(argument).map(([key, value]) => [key, visit(value)]));
    return argument;
  };
  return args.map(visit);
}

/** Whether the gradient of this input is taken. Edge values have none worth comparing. */
export const isDifferentiable = (spec: TensorSpec): boolean => spec.differentiable ?? spec.dtype === undefined;
export function hasGradient(entry: Entry, sample: Sample): boolean {
  const specs = specsOf(sample.args as Argument);
  return (sample.gradient ?? entry.gradient ?? true) && specs.every((s) => s.fill !== 'edges') && specs.some(isDifferentiable);
}

/** `(normal(3, 4), 2, { alpha: 3 })`, for messages. */
export function formatArguments(args: readonly Argument[]): string {
  const format = (argument: Argument): string => {
    if (isSpec(argument)) return formatSpec(argument);
    if (Array.isArray(argument)) return `[${argument.map(format).join(', ')}]`;
    if (typeof argument === 'object' && argument !== null)
      return `{ ${Object.entries(argument)
        .map(([k, v]) => `${k}: ${format(v)}`)
        .join(', ')} }`;
    return String(argument);
  };
  return `(${args.map(format).join(', ')})`;
}
