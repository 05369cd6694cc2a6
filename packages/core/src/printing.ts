/** Tensors as text, laid out as PyTorch does. */
import { withContext } from './context.js';
import { dtypeInfo, getDefaultDtype } from './dtype.js';
import { formatShape, ValueError } from './errors.js';
import type { Complex, Tensor } from './tensor.js';

export interface PrintOptions {
  /** Digits after the point. Default 4. */
  readonly precision?: number;
  /** Tensors with more elements are abbreviated. Default 1000. */
  readonly threshold?: number;
  /** How many elements of each dimension are shown at either end of an abbreviated tensor. Default 3. */
  readonly edgeitems?: number;
  /** Characters per line. Default 80. */
  readonly linewidth?: number;
  /** Scientific notation always or never; null decides by the values. Default null. */
  readonly sciMode?: boolean | null;
}

const DEFAULTS: Required<PrintOptions> = { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80, sciMode: null };
let current: Required<PrintOptions> = DEFAULTS;

/** Changes how tensors are printed; what is not named stays as it is. PyTorch: `torch.set_printoptions`. */
export function setPrintOptions(options: PrintOptions): void {
  for (const name of ['precision', 'threshold', 'edgeitems', 'linewidth'] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 0)) throw new ValueError(`setPrintOptions: ${name} must not be negative, got ${value}`);
  }
  current = { ...current, ...options };
}
export const getPrintOptions = (): Required<PrintOptions> => current;
/** Back to the defaults. */
export function resetPrintOptions(): void {
  current = DEFAULTS;
}

/** What layers above say about a tensor, such as `requiresGrad=true`. */
type Describe = (t: Tensor) => readonly string[];
let describe: Describe = () => [];
/** @internal What layers above say about a tensor. */
export const describedBy = (t: Tensor): readonly string[] => describe(t);
/** @internal For autograd: more to say behind the elements. */
export function setPrintSuffix(fn: Describe): void {
  describe = fn;
}

/** @internal */
export const PREFIX = 'tensor(';

/** `tensor([1., 2.])`: the elements, and what is not obvious from them (dtype, size, history). */
export function formatTensor(t: Tensor): string {
  const suffixes: string[] = [];
  if (t.device !== 'cpu') suffixes.push(`device='${t.device}'`);
  if (t.isMeta || (t.numel === 0 && t.ndim !== 1)) suffixes.push(`size=${formatShape(t.shape)}`);
  if (!isObviousDtype(t)) suffixes.push(`dtype=${t.dtype}`);
  suffixes.push(...describedBy(t));
  const elements = t.isMeta
    ? '...'
    : t.numel === 0
      ? '[]'
      : withContext('print', { active: 0 }, () => formatElements(t.detached()));
  return withSuffixes(PREFIX + elements, suffixes);
}

/** @internal */
export function isObviousDtype({ numel, info }: Tensor): boolean {
  const byDefault = dtypeInfo(getDefaultDtype());
  if (info === byDefault) return true;
  if (numel === 0) return false;
  return (
    info.name === 'int64' || info.name === 'bool' || info.name === (byDefault.name === 'float64' ? 'complex128' : 'complex64')
  );
}

/** @internal The text and, behind it or on new lines, what else there is to say. */
export function withSuffixes(text: string, suffixes: readonly string[], onNewLine = false): string {
  let result = text;
  let column = onNewLine ? Number.POSITIVE_INFINITY : text.length - text.lastIndexOf('\n') + 1;
  for (const suffix of suffixes) {
    if (column + suffix.length + 2 > current.linewidth) {
      result += `,\n${' '.repeat(PREFIX.length)}${suffix}`;
      column = PREFIX.length + suffix.length;
    } else {
      result += `, ${suffix}`;
      column += suffix.length + 2;
    }
  }
  return `${result})`;
}

// ---- layout ----

/** @internal The elements in nested brackets, of which the lines behind the first begin at column `indent`. */
export function formatElements(t: Tensor, indent = PREFIX.length): string {
  const { threshold, edgeitems, linewidth } = current;
  const abbreviated = t.numel > threshold;
  const isCut = t.shape.map((size) => abbreviated && size > 2 * edgeitems);
  const shown = isCut.reduce((x, cut, d) => (cut ? x.indexSelect(d, edges(t.shape[d], edgeitems)) : x), t);
  const { cells, width } = formatCells(shown);
  const perLine = Math.max(1, Math.floor((linewidth - (indent + t.ndim - 1)) / (width + 2)));
  let at = 0;

  const row = (column: number): string => {
    const size = shown.shape[t.ndim - 1];
    const parts = cells.slice(at, at + size);
    at += size;
    if (isCut[t.ndim - 1]) parts.splice(edgeitems, 0, edgeitems === 0 ? '...' : ' ...');
    const lines: string[] = [];
    for (let i = 0; i < parts.length; i += perLine) lines.push(parts.slice(i, i + perLine).join(', '));
    return `[${lines.join(`,\n${' '.repeat(column + 1)}`)}]`;
  };
  const block = (dim: number, column: number): string => {
    if (dim === t.ndim) return cells[0];
    if (dim === t.ndim - 1) return row(column);
    const parts = Array.from({ length: shown.shape[dim] }, () => block(dim + 1, column + 1));
    if (isCut[dim]) parts.splice(edgeitems, 0, '...');
    return `[${parts.join(`,${'\n'.repeat(t.ndim - dim - 1)}${' '.repeat(column + 1)}`)}]`;
  };
  return block(0, indent);
}

/** The first and the last indices of a dimension. */
const edges = (size: number, count: number): number[] =>
  Array.from({ length: 2 * count }, (_, i) => (i < count ? i : size - 2 * count + i));

// ---- elements ----

interface Cells {
  readonly cells: readonly string[];
  /** Of one cell, as far as lines are concerned. */
  readonly width: number;
}

function formatCells(t: Tensor): Cells {
  switch (t.info.kind) {
    case 'float':
      return formatFloats(t.elements() as number[]);
    case 'complex': {
      const values = t.elements() as unknown as Complex[];
      const re = formatFloats(values.map((z) => z.re));
      const im = formatFloats(values.map((z) => z.im));
      const cells = re.cells.map((x, i) => {
        const y = im.cells[i].trimStart();
        return `${x}${y.startsWith('-') ? '' : '+'}${y}j`;
      });
      return { cells, width: re.width + im.width + 1 };
    }
    case 'bool':
      return padded((t.elements() as unknown as boolean[]).map((x) => (x ? 'True' : 'False')));
    default:
      return padded(Array.from(t.toTypedArray() as ArrayLike<number | bigint>, String));
  }
}

function padded(cells: readonly string[], width = Math.max(1, ...cells.map((cell) => cell.length))): Cells {
  return { cells: cells.map((cell) => cell.padStart(width)), width };
}

/** All numbers in one notation: as integers with a point, with a fixed number of digits, or scientific. */
function formatFloats(values: readonly number[]): Cells {
  const { precision, sciMode } = current;
  const regular = values.filter((x) => Number.isFinite(x) && x !== 0);
  const sizes = regular.map(Math.abs);
  const [smallest, largest] = [sizes.reduce((a, b) => Math.min(a, b), Infinity), sizes.reduce((a, b) => Math.max(a, b), 0)];
  const wide = largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4;
  const scientific = regular.length > 0 && (sciMode ?? wide);
  const integers = regular.every(Number.isInteger);
  const format = (x: number): string => {
    if (!Number.isFinite(x)) return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf';
    if (scientific) return toScientific(x, precision);
    return integers ? `${toFixed(x, 0)}.` : toFixed(x, precision);
  };
  // zeros, infinities and NaN do not widen the column
  const width = Math.max(1, ...regular.map((x) => format(x).length));
  return padded(values.map(format), width);
}

// JavaScript rounds ties away from zero, C and PyTorch to the even digit.

function toFixed(x: number, digits: number): string {
  if (Math.abs(x) >= 1e21) return `${BigInt(x)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`;
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  const size = Math.abs(x);
  const exact = size.toFixed(Math.min(digits + 25, 100));
  const cut = exact.length - Math.min(25, 100 - digits); // the digits to keep
  const kept = digits === 0 ? exact.slice(0, cut - 1) : exact.slice(0, cut);
  return sign + (isTieToEven(kept, exact.slice(cut)) ? kept : size.toFixed(digits));
}

function toScientific(x: number, digits: number): string {
  const exact = x.toExponential(Math.min(digits + 25, 100));
  const [mantissa, exponent] = exact.split('e');
  const kept = mantissa.slice(0, mantissa.length - Math.min(25, 100 - digits));
  const tie = isTieToEven(kept, mantissa.slice(kept.length));
  const [rounded, e] = tie ? [kept.replace(/\.$/, ''), exponent] : x.toExponential(digits).split('e');
  return `${Object.is(x, -0) ? '-' : ''}${rounded}e${e[0]}${e.slice(1).padStart(2, '0')}`;
}

/** Whether what follows the kept digits is exactly one half and the last kept digit is even. */
const isTieToEven = (kept: string, rest: string): boolean => /^50*$/.test(rest) && Number(kept.replace('.', '').at(-1)) % 2 === 0;
