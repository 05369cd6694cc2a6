/** Products of a sparse and a dense matrix, on the dense tensors that a sparse one is made of. Behind them stands `sparse/`. */
import { arange, zeros } from '../creation.js';
import { dtypeInfo } from '../dtype.js';
import { formatShape, ShapeError } from '../errors.js';
import { defineOp, type Inputs, type Op } from '../op.js';
import { NO_ATTRIBUTES } from '../promotion.js';
import type { Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { requireSameDtype } from './dtype-checks.js';
import { indexAdd, indexSelect } from './indexing.js';
import { bucketize } from './searching.js';
import { slice } from './view.js';

/** @internal The row of each entry of a matrix by compressed rows: `compressed` (m + 1) says where in the entries each row begins. */
export const expandRows = (compressed: Tensor, entries: number): Tensor =>
  bucketize(arange(entries, { dtype: 'int64', device: compressed.device }), slice(compressed, 0, 1, null, 1), { right: true });

function check(op: string, names: readonly string[], operands: readonly Tensor[], compressed: Tensor, plain: Tensor): void {
  requireSameDtype(op, names, operands);
  for (const [name, t] of Object.entries({ compressed, plain }))
    if (t.ndim !== 1 || t.dtype !== 'int64')
      throw new ShapeError(`${op}: expected ${name} to be a vector of int64, got ${t.dtype}${formatShape(t.shape)}`);
  if (compressed.numel === 0) throw new ShapeError(`${op}: compressed has no element; a matrix of m rows needs m + 1`);
}

/** @internal */
export interface ProductAttributes {
  readonly transposed: boolean;
  readonly rows: number;
  readonly [name: string]: number | boolean;
}

/**
 * @internal `S @ dense`, or `Sᵀ @ dense`, for a matrix S by compressed rows. float32 and float64; `sparseTimesDense` takes the others.
 *
 * @param values - The entries (e), row by row.
 * @param compressed - Where in the entries each row begins, and their number: int64 (m + 1).
 * @param plain - The columns of the entries: int64 (e).
 * @param dense - (k, n); (m, n) for the transposed.
 * @param rows - How many rows the result has: m, or the number of columns for the transposed.
 * @throws {IndexError} If the indices do not describe such a matrix.
 */
export const sparseProduct: Op<
  [values: Tensor, compressed: Tensor, plain: Tensor, dense: Tensor, rows: number, transposed: boolean],
  Tensor,
  'values' | 'compressed' | 'plain' | 'dense',
  ProductAttributes,
  true
> = defineOp({
  name: 'sparse_product',
  inputs: ['values', 'compressed', 'plain', 'dense'],
  args: (values: Tensor, compressed: Tensor, plain: Tensor, dense: Tensor, rows: number, transposed: boolean) => [
    [values, compressed, plain, dense],
    { transposed, rows },
  ],
  infer: (inputs, { transposed, rows }) => {
    const [values, compressed, plain, dense] = inputs as readonly Tensor[];
    check('sparseProduct', ['values', 'dense'], [values, dense], compressed, plain);
    const m = compressed.numel - 1;
    if (values.ndim !== 1 || values.numel !== plain.numel || dense.ndim !== 2 || m !== (transposed ? dense.shape[0] : rows))
      throw new ShapeError(
        `sparseProduct: values ${formatShape(values.shape)}, columns ${formatShape(plain.shape)}, ${m} rows and a dense matrix ${formatShape(dense.shape)} do not make a product of ${rows} rows`,
      );
    return { shape: [rows, dense.shape[1]], dtype: values.info };
  },
  kernel: 'sparse_product',
  contiguous: true,
  decompose: (inputs: Inputs, { transposed, rows }: ProductAttributes): Tensor => {
    const [values, compressed, plain, dense] = inputs as readonly Tensor[];
    const entryRows = expandRows(compressed, plain.numel);
    const [from, to] = transposed ? [entryRows, plain] : [plain, entryRows];
    const products = indexSelect(dense, 0, from).mul(values.unsqueeze(1));
    return indexAdd(zeros([rows, dense.shape[1]], { dtype: values.dtype, device: values.device }), 0, to, products);
  },
  differentiable: true,
});

/**
 * @internal The entries of `a @ bᵀ` that a pattern of compressed rows names: the gradient of a sparse matrix's values. float32 and
 * float64.
 *
 * @param a - (m, n).
 * @param b - (k, n).
 * @returns One value per entry (e).
 */
export const sampledProduct: Op<
  [a: Tensor, b: Tensor, compressed: Tensor, plain: Tensor],
  Tensor,
  'a' | 'b' | 'compressed' | 'plain',
  Readonly<Record<never, never>>,
  true
> = defineOp({
  name: 'sampled_product',
  inputs: ['a', 'b', 'compressed', 'plain'],
  args: (a: Tensor, b: Tensor, compressed: Tensor, plain: Tensor) => [[a, b, compressed, plain], NO_ATTRIBUTES],
  infer: (inputs) => {
    const [a, b, compressed, plain] = inputs as readonly Tensor[];
    check('sampledProduct', ['a', 'b'], [a, b], compressed, plain);
    if (a.ndim !== 2 || b.ndim !== 2 || a.shape[1] !== b.shape[1] || a.shape[0] !== compressed.numel - 1)
      throw new ShapeError(
        `sampledProduct: expected a (m, n) and b (k, n) for a pattern of ${compressed.numel - 1} rows, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      );
    return { shape: plain.shape, dtype: a.info };
  },
  kernel: 'sampled_product',
  contiguous: true,
  decompose: (inputs: Inputs): Tensor => {
    const [a, b, compressed, plain] = inputs as readonly Tensor[];
    return indexSelect(a, 0, expandRows(compressed, plain.numel))
      .mul(indexSelect(b, 0, plain))
      .sum(1);
  },
  differentiable: true,
});

/** @internal `sparseProduct` in every dtype: half-precision sums are kept in float32, integers and complex numbers are composed. */
export function sparseTimesDense(
  values: Tensor,
  compressed: Tensor,
  plain: Tensor,
  dense: Tensor,
  rows: number,
  transposed: boolean,
): Tensor {
  if (values.dtype === 'float32' || values.dtype === 'float64')
    return sparseProduct(values, compressed, plain, dense, rows, transposed);
  if (values.info.kind === 'float') {
    const float = dtypeInfo('float32');
    return castTo(sparseProduct(castTo(values, float), compressed, plain, castTo(dense, float), rows, transposed), values.info);
  }
  const inputs = [values, compressed, plain, dense];
  const attributes = { rows, transposed };
  sparseProduct.def.infer?.(inputs, attributes);
  return (sparseProduct.def.decompose as NonNullable<typeof sparseProduct.def.decompose>)(inputs, attributes);
}
