/** Products of several tensors, or over several dimensions. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { normalizeDim, numelOf } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { requireSameDtype } from './dtype-checks.js';
import { matmul } from './linalg.js';
import { matrixProduct } from './matrix-product.js';

export { einsum } from './einsum.js';

/** How many of the last dimensions of `a` meet the first ones of `b`, or which ones meet which. */
export type ContractedDims = number | readonly [ofA: readonly number[], ofB: readonly number[]];

/**
 * The sum of products over several dimensions of both tensors. PyTorch: `torch.tensordot`.
 *
 * @param dims - Default 2. A dimension of size 1 broadcasts.
 * @returns The other dimensions of `a`, then those of `b`.
 * @throws {ShapeError} If dimensions that meet differ in size.
 */
export function tensordot(a: Tensor, b: Tensor, dims: ContractedDims = 2): Tensor {
  checkTensor('tensordot', 'a', a);
  checkTensor('tensordot', 'b', b);
  requireSameDtype('tensordot', ['a', 'b'], [a, b]);
  const [ofA, ofB] = contractedDims(a, b, dims);
  let [x, y] = [a, b];
  ofA.forEach((d, i) => {
    const [n, m] = [a.shape[d], b.shape[ofB[i]]];
    if (n === m) return;
    if (n === 1) y = y.sum([ofB[i]], { keepdim: true, dtype: b.dtype });
    else if (m === 1) x = x.sum([d], { keepdim: true, dtype: a.dtype });
    else
      throw new ShapeError(
        `tensordot: dimension ${d} of ${formatShape(a.shape)} and dimension ${ofB[i]} of ${formatShape(b.shape)} differ: ${n} ≠ ${m}`,
      );
  });
  const restOf = (t: Tensor, list: readonly number[]): number[] => t.shape.flatMap((_, d) => (list.includes(d) ? [] : [d]));
  const [restA, restB] = [restOf(x, ofA), restOf(y, ofB)];
  const k = numelOf(ofA.map((d) => x.shape[d]));
  const sizes = (t: Tensor, list: readonly number[]): number[] => list.map((d) => t.shape[d]);
  const product = matrixProduct(
    x.permute([...restA, ...ofA]).reshape([numelOf(sizes(x, restA)), k]),
    y.permute([...ofB, ...restB]).reshape([k, numelOf(sizes(y, restB))]),
  );
  return product.reshape([...sizes(x, restA), ...sizes(y, restB)]);
}

function contractedDims(a: Tensor, b: Tensor, dims: ContractedDims): readonly [number[], number[]] {
  if (typeof dims === 'number') {
    if (!Number.isInteger(dims) || dims < 0 || dims > Math.min(a.ndim, b.ndim))
      throw new ValueError(
        `tensordot: dims must be a number from 0 to ${Math.min(a.ndim, b.ndim)} for shapes ${formatShape(a.shape)} and ${formatShape(b.shape)}, got ${dims}`,
      );
    const all = Array.from({ length: dims }, (_, i) => i);
    return [all.map((i) => a.ndim - dims + i), all];
  }
  const [ofA, ofB] = dims;
  if (ofA.length !== ofB.length) throw new ValueError(`tensordot: ${ofA.length} dimensions of a cannot meet ${ofB.length} of b`);
  const normal = (t: Tensor, list: readonly number[]): number[] => list.map((d) => normalizeDim('tensordot', d, t.ndim));
  return [normal(a, ofA), normal(b, ofB)];
}

/**
 * The product of a chain of matrices, in the order that takes the fewest multiplications. The first and the last factor may be
 * vectors. PyTorch: `torch.linalg.multi_dot`.
 *
 * @throws {ShapeError} If neighbours do not fit together.
 */
export function multiDot(tensors: readonly Tensor[]): Tensor {
  return chain('multiDot', tensors, true);
}

/** The product of a chain of matrices, in the order that takes the fewest multiplications. PyTorch: `torch.chain_matmul`. */
export function chainMatmul(...matrices: readonly Tensor[]): Tensor {
  return chain('chainMatmul', matrices, false);
}

function chain(op: string, tensors: readonly Tensor[], vectors: boolean): Tensor {
  const last = tensors.length - 1;
  if (last < (vectors ? 1 : 0))
    throw new ValueError(`${op}: expected at least ${vectors ? 'two tensors' : 'one matrix'}, got ${tensors.length}`);
  tensors.forEach((t, i) => {
    checkTensor(op, `factor ${i}`, t);
    const isEnd = i === 0 || i === last;
    if (t.ndim !== 2 && !(vectors && isEnd && t.ndim === 1))
      throw new ShapeError(
        `${op}: expected factor ${i} to be a matrix${vectors && isEnd ? ' or a vector' : ''}, got shape ${formatShape(t.shape)}`,
      );
  });
  if (last === 0) return tensors[0];
  const factors = tensors.map((t, i) => (t.ndim === 2 ? t : t.unsqueeze(i === 0 ? 0 : 1)));
  const product = multiplyRange(factors, cheapestSplits(factors), 0, last);
  const shape = [...(tensors[0].ndim === 1 ? [] : [product.shape[0]]), ...(tensors[last].ndim === 1 ? [] : [product.shape[1]])];
  return shape.length === 2 ? product : product.reshape(shape);
}

/** `splits[i][j]`: after which factor to split the product of factors i … j. */
function cheapestSplits(factors: readonly Tensor[]): number[][] {
  const n = factors.length;
  const sizes = [factors[0].shape[0], ...factors.map((t) => t.shape[1])];
  const cost = factors.map(() => new Array<number>(n).fill(0));
  const splits = factors.map(() => new Array<number>(n).fill(0));
  for (let length = 1; length < n; length++)
    for (let i = 0; i + length < n; i++) {
      const j = i + length;
      cost[i][j] = Number.POSITIVE_INFINITY;
      for (let k = i; k < j; k++) {
        const total = cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1];
        if (total < cost[i][j]) {
          cost[i][j] = total;
          splits[i][j] = k;
        }
      }
    }
  return splits;
}

function multiplyRange(factors: readonly Tensor[], splits: readonly (readonly number[])[], from: number, to: number): Tensor {
  if (from === to) return factors[from];
  const split = splits[from][to];
  return matmul(multiplyRange(factors, splits, from, split), multiplyRange(factors, splits, split + 1, to));
}
