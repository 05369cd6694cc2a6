/** Rows of a table: alone, with the row lengths limited, and reduced by bags. */
import { Function as AutogradFunction, type FunctionContext, noGrad } from '@flambeau/autograd';
import {
  cat,
  formatShape,
  type Indices,
  embedding as lookup,
  ShapeError,
  sparseCooTensor,
  type Tensor,
  tensor,
  ValueError,
  where,
} from '@flambeau/core';
import { toIndices, toNumbers } from '@flambeau/core/internal';

export interface EmbeddingOptions {
  /** The row whose gradient is zero; negative counts from the end. Default: none. */
  readonly paddingIdx?: number | null;
  /** Rows that are looked up and are longer are first shortened to this, in the table itself. Default: none. */
  readonly maxNorm?: number | null;
  /** The p of the norm for `maxNorm`. Default 2. */
  readonly normType?: number;
  /** Divide each row's gradient by how often it was looked up. Default false. */
  readonly scaleGradByFreq?: boolean;
  /** Whether the table's gradient is a sparse tensor of the rows that were looked up. Default false. */
  readonly sparse?: boolean;
}

/**
 * The rows of `weight` that `input` names. PyTorch: `torch.nn.functional.embedding`.
 *
 * @param input - Row numbers in [0, rows), any shape `(*)`.
 * @param weight - Shape `(rows, D)`.
 * @returns Shape `(*, D)`.
 * @throws {IndexError} If there is no such row.
 */
export function embedding(input: Indices, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  const { paddingIdx = null, maxNorm = null, normType = 2, scaleGradByFreq = false } = options;
  const indices = toIndices('embedding', 'input', input, weight);
  if (maxNorm !== null) limitNorm_(weight, indices, maxNorm, normType);
  const rows = options.sparse
    ? SparseLookup.apply(weight, indices, fromStart(paddingIdx, weight))
    : lookup(indices, weight, { paddingIdx });
  return scaleGradByFreq ? ScaleGradient.apply(rows, frequencies(indices).reciprocal().unsqueeze(-1)) : rows;
}

const fromStart = (row: number | null, weight: Tensor): number | null => (row !== null && row < 0 ? row + weight.shape[0] : row);

/** The rows of a table, whose gradient is a sparse tensor of them without those of the padding. */
class SparseLookup extends AutogradFunction {
  static forward(ctx: FunctionContext, weight: Tensor, indices: Tensor, paddingIdx: number | null): Tensor {
    ctx.saveForBackward(indices);
    ctx.paddingIdx = paddingIdx;
    ctx.shape = weight.shape;
    return lookup(indices, weight);
  }
  static backward(ctx: FunctionContext, grad: Tensor): (Tensor | null)[] {
    const [rows, features] = ctx.shape as [number, number];
    const all = (ctx.savedTensors[0] as Tensor).flatten();
    const counted =
      ctx.paddingIdx === null
        ? null
        : all
            .ne(ctx.paddingIdx as number)
            .nonzero()
            .flatten();
    const pick = (t: Tensor): Tensor => (counted === null ? t : t.indexSelect(0, counted));
    const values = pick(grad.reshape([-1, features]));
    const places = counted === null ? all.clone() : pick(all); // the caller may fill its index tensor anew
    return [sparseCooTensor(places.unsqueeze(0), values, [rows, features]), null, null];
  }
}

/** Shortens the rows that are looked up, once each. */
function limitNorm_(weight: Tensor, indices: Tensor, maxNorm: number, normType: number): void {
  const used = [...new Set(toNumbers('embedding', 'input', indices))];
  if (used.length === 0) return;
  noGrad(() => {
    const index = weight.newTensor(used, { dtype: 'int64' });
    const rows = weight.detach().indexSelect(0, index);
    const norms = rows.norm(normType, 1, { keepdim: true });
    const scale = where(norms.gt(maxNorm), norms.add(1e-7).reciprocal().mul(maxNorm), 1);
    weight.indexPut_([index], rows.mul(scale));
  });
}

/** How often each index occurs, at each of its places. */
function frequencies(indices: Tensor): Tensor {
  const list = toNumbers('embedding', 'input', indices);
  const counts = new Map<number, number>();
  for (const i of list) counts.set(i, (counts.get(i) ?? 0) + 1);
  return tensor(
    list.map((i) => counts.get(i) as number),
    { device: indices.device },
  ).reshape([...indices.shape]);
}

/** The first argument, with its gradient multiplied by the second. */
class ScaleGradient extends AutogradFunction {
  static forward(ctx: FunctionContext, x: Tensor, scale: Tensor): Tensor {
    ctx.saveForBackward(scale);
    return x;
  }
  static backward(ctx: FunctionContext, grad: Tensor): (Tensor | null)[] {
    return [grad.mul((ctx.savedTensors[0] as Tensor).to(grad.dtype)), null];
  }
}

export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** How the rows of a bag become one. Default `'mean'`. */
  readonly mode?: 'sum' | 'mean' | 'max';
  /** Where each bag starts in a one-dimensional input. */
  readonly offsets?: Indices | null;
  /** The last offset is the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean;
  /** A factor for each index, in mode `'sum'` only. */
  readonly perSampleWeights?: Tensor | null;
}

/**
 * Sums, means or maxima of the rows of each bag of indices. PyTorch: `torch.nn.functional.embedding_bag`.
 *
 * @param input - Shape `(B, N)`: B bags of N indices; or `(L)` with `offsets`.
 * @param weight - Shape `(rows, D)`.
 * @returns Shape `(B, D)`. Empty bags are zero. Indices that equal `paddingIdx` do not count.
 */
export function embeddingBag(input: Indices, weight: Tensor, options: EmbeddingBagOptions = {}): Tensor {
  const { mode = 'mean', paddingIdx = null, perSampleWeights = null } = options;
  if (mode !== 'sum' && mode !== 'mean' && mode !== 'max')
    throw new ValueError(`embeddingBag: mode must be 'sum', 'mean' or 'max', got '${String(mode)}'`);
  const indices = toIndices('embeddingBag', 'input', input, weight);
  if (perSampleWeights !== null && (mode !== 'sum' || formatShape(perSampleWeights.shape) !== formatShape(indices.shape)))
    throw new ValueError("embeddingBag: perSampleWeights are for mode 'sum' only and have the input's shape");
  const flat = indices.flatten();
  const padding = fromStart(paddingIdx, weight);
  const bags = bagsOf(indices, options);
  const list = padding === null ? null : (flat.toArray() as (number | bigint)[]).map(Number);
  const counted = list === null ? bags : bags.map((bag) => bag.filter((i) => list[i] !== padding));
  const rows = embedding(flat, weight, options);
  const weighted = perSampleWeights === null ? rows : rows.mul(perSampleWeights.flatten().unsqueeze(1));
  return mode === 'max' ? maxima(weighted, counted) : sums(weighted, counted, mode === 'mean');
}

/** The positions of each bag's indices. */
function bagsOf(indices: Tensor, { offsets = null, includeLastOffset = false }: EmbeddingBagOptions): number[][] {
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  if (indices.ndim === 2) {
    if (offsets !== null) throw new ValueError('embeddingBag: a two-dimensional input has no offsets; each row is a bag');
    const [bags, size] = indices.shape;
    return range(0, bags).map((bag) => range(bag * size, (bag + 1) * size));
  }
  if (indices.ndim !== 1 || offsets === null)
    throw new ShapeError(`embeddingBag: expected (B, N), or (L) with offsets, got ${formatShape(indices.shape)}`);
  const starts = toNumbers('embeddingBag', 'offsets', offsets);
  const ends = includeLastOffset ? starts : [...starts, indices.shape[0]];
  if (starts[0] !== 0 || ends.some((end, i) => end > indices.shape[0] || (i > 0 && end < ends[i - 1])))
    throw new ValueError(`embeddingBag: offsets must start with 0, not fall, and end within the ${indices.shape[0]} indices`);
  return ends.slice(1).map((end, i) => range(ends[i], end));
}

function sums(rows: Tensor, bags: readonly number[][], mean: boolean): Tensor {
  const owners = bags.flatMap((bag, i) => bag.map(() => i));
  const total = rows.newZeros([bags.length, rows.shape[1]]).indexAdd(0, owners, rows.indexSelect(0, bags.flat()));
  return mean ? total.div(rows.newTensor(bags.map((bag) => Math.max(1, bag.length))).unsqueeze(1)) : total;
}

function maxima(rows: Tensor, bags: readonly number[][]): Tensor {
  const longest = Math.max(1, ...bags.map((bag) => bag.length));
  // short bags are filled up with a row of -∞
  const filler = rows.shape[0];
  const positions = bags.flatMap((bag) => [...bag, ...Array<number>(longest - bag.length).fill(filler)]);
  const lowest = rows.newFull([1, rows.shape[1]], Number.NEGATIVE_INFINITY);
  const padded = cat([rows, lowest]).indexSelect(0, positions);
  const [values] = padded.reshape([bags.length, longest, rows.shape[1]]).max(1);
  const empty = rows.newTensor(
    bags.map((bag) => bag.length === 0),
    { dtype: 'bool' },
  );
  return values.maskedFill(empty.unsqueeze(1), 0);
}
