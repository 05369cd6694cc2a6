/** Sequences of different lengths in one tensor. PyTorch: `torch.nn.utils.rnn`. */
import { cat, formatShape, type Indices, ShapeError, type Tensor, ValueError } from '@flambeau/core';
import { toNumbers } from '@flambeau/core/internal';

/**
 * The elements of several sequences, time step by time step, the longest sequence first: no padding between. Made by
 * `packPaddedSequence` and `packSequence`. PyTorch: `torch.nn.utils.rnn.PackedSequence`.
 */
export class PackedSequence {
  constructor(
    /** Shape `(N, *)`, N the sum of the lengths. */
    readonly data: Tensor,
    /** How many sequences have a first, a second, … element. */
    readonly batchSizes: readonly number[],
    /** The places of the sorted sequences in the batch as it was given; null if it was sorted. */
    readonly sortedIndices: readonly number[] | null = null,
    /** The places of the given sequences among the sorted ones; null if the batch was sorted. */
    readonly unsortedIndices: readonly number[] | null = inverse(sortedIndices),
  ) {}
}

function inverse(order: readonly number[] | null): number[] | null {
  if (order === null) return null;
  const result = new Array<number>(order.length);
  order.forEach((at, i) => {
    result[at] = i;
  });
  return result;
}

export interface PackOptions {
  /** Whether the batch is the first dimension. Default false: time is. */
  readonly batchFirst?: boolean;
  /** Whether the lengths must fall. Default true; false sorts. */
  readonly enforceSorted?: boolean;
}
export interface PadOptions {
  /** Whether the batch is the first dimension. Default false: time is. */
  readonly batchFirst?: boolean;
  /** What stands behind the ends. Default 0. */
  readonly paddingValue?: number;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** How many of the lengths are larger than t, for each t below the largest. */
const sizesOf = (lengths: readonly number[]): number[] =>
  range(Math.max(0, ...lengths)).map((t) => lengths.filter((length) => length > t).length);

/**
 * Packs sequences that are padded to one length. PyTorch: `torch.nn.utils.rnn.pack_padded_sequence`.
 *
 * @param input - Shape `(T, B, *)`, or `(B, T, *)` with `batchFirst`.
 * @param lengths - The length of each of the B sequences, from 1 to T.
 * @throws {ValueError} If a length does not fit, or if the lengths do not fall and `enforceSorted` is true.
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: Indices,
  { batchFirst = false, enforceSorted = true }: PackOptions = {},
): PackedSequence {
  const op = 'packPaddedSequence';
  if (input.ndim < 2) throw new ShapeError(`${op}: expected (T, B, *), got ${formatShape(input.shape)}`);
  const padded = batchFirst ? input.transpose(0, 1) : input;
  const [steps, batch, ...rest] = padded.shape;
  const given = toNumbers(op, 'lengths', lengths);
  if (given.length !== batch || given.some((length) => length < 1 || length > steps))
    throw new ValueError(`${op}: expected ${batch} lengths from 1 to ${steps}, got [${given.join(', ')}]`);
  const order = range(batch);
  if (!enforceSorted) order.sort((a, b) => given[b] - given[a]);
  else if (given.some((length, i) => i > 0 && length > given[i - 1]))
    throw new ValueError(`${op}: the lengths [${given.join(', ')}] do not fall; sort the batch or set enforceSorted: false`);
  const batchSizes = sizesOf(given);
  const places = batchSizes.flatMap((size, t) => order.slice(0, size).map((b) => t * batch + b));
  const data = padded.reshape([steps * batch, ...rest]).indexSelect(0, places);
  return new PackedSequence(data, batchSizes, enforceSorted ? null : order);
}

export interface PadPackedOptions extends PadOptions {
  /** The number of time steps of the result. Default: as many as the longest sequence has. */
  readonly totalLength?: number | null;
}

/**
 * The sequences padded to one length, and their lengths. PyTorch: `torch.nn.utils.rnn.pad_packed_sequence`.
 *
 * @returns Shape `(T, B, *)`, or `(B, T, *)` with `batchFirst`; the lengths in the order of the batch.
 */
export function padPackedSequence(
  sequence: PackedSequence,
  { batchFirst = false, paddingValue = 0, totalLength = null }: PadPackedOptions = {},
): [padded: Tensor, lengths: number[]] {
  const { data, batchSizes, unsortedIndices } = sequence;
  const [batch, longest] = [batchSizes[0] ?? 0, batchSizes.length];
  const steps = totalLength ?? longest;
  if (steps < longest)
    throw new ValueError(`padPackedSequence: totalLength ${steps} is less than the longest sequence's ${longest} steps`);
  const rows = unsortedIndices ?? range(batch);
  const [count, ...rest] = data.shape;
  let start = 0;
  const starts = batchSizes.map((size) => (start += size) - size);
  // the row after the last one holds the padding
  const places = range(steps).flatMap((t) => rows.map((row) => (row < (batchSizes[t] ?? 0) ? starts[t] + row : count)));
  const filled = cat([data, data.newFull([1, ...rest], paddingValue)]);
  const padded = filled.indexSelect(0, places).reshape([steps, batch, ...rest]);
  const lengths = rows.map((row) => batchSizes.filter((size) => size > row).length);
  return [batchFirst ? padded.transpose(0, 1) : padded, lengths];
}

export interface PadSequenceOptions extends PadOptions {
  /** On which side the padding stands. Default `'right'`. */
  readonly paddingSide?: 'left' | 'right';
}

/**
 * Sequences `(L, *)` padded to one length. PyTorch: `torch.nn.utils.rnn.pad_sequence`.
 *
 * @returns Shape `(T, B, *)`, or `(B, T, *)` with `batchFirst`.
 */
export function padSequence(
  sequences: readonly Tensor[],
  { batchFirst = false, paddingValue = 0, paddingSide = 'right' }: PadSequenceOptions = {},
): Tensor {
  if (sequences.length === 0) throw new ValueError('padSequence: there is no sequence');
  const rest = sequences[0].shape.slice(1);
  for (const { shape } of sequences)
    if (shape.length === 0 || shape.slice(1).join() !== rest.join())
      throw new ShapeError(`padSequence: all sequences must be of shape (L, ${rest.join(', ')}), one is ${formatShape(shape)}`);
  const longest = Math.max(...sequences.map(({ shape }) => shape[0]));
  const starts = sequences.map((_, i) => sequences.slice(0, i).reduce((n, { shape }) => n + shape[0], 0));
  const total = sequences.reduce((n, { shape }) => n + shape[0], 0);
  const filler = sequences[0].newFull([1, ...rest], paddingValue);
  const places = sequences.flatMap(({ shape: [length] }, b) =>
    range(longest).map((t) => {
      const at = paddingSide === 'right' ? t : t - (longest - length);
      return at >= 0 && at < length ? starts[b] + at : total;
    }),
  );
  const padded = cat([...sequences, filler])
    .indexSelect(0, places)
    .reshape([sequences.length, longest, ...rest]);
  return batchFirst ? padded : padded.transpose(0, 1);
}

/** The sequences that were padded to one length. PyTorch: `torch.nn.utils.rnn.unpad_sequence`. */
export function unpadSequence(
  padded: Tensor,
  lengths: readonly number[],
  { batchFirst = false }: { readonly batchFirst?: boolean } = {},
): Tensor[] {
  const rows = batchFirst ? padded : padded.transpose(0, 1);
  return lengths.map((length, b) => rows.select(0, b).narrow(0, 0, length));
}

/** Packs sequences `(L, *)`. PyTorch: `torch.nn.utils.rnn.pack_sequence`. */
export function packSequence(
  sequences: readonly Tensor[],
  { enforceSorted = true }: Pick<PackOptions, 'enforceSorted'> = {},
): PackedSequence {
  const lengths = sequences.map(({ shape }) => shape[0]);
  return packPaddedSequence(padSequence(sequences), lengths, { enforceSorted });
}

/** The sequences that were packed. PyTorch: `torch.nn.utils.rnn.unpack_sequence`. */
export function unpackSequence(sequence: PackedSequence): Tensor[] {
  const [padded, lengths] = padPackedSequence(sequence);
  return unpadSequence(padded, lengths);
}
