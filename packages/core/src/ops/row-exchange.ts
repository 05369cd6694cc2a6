/** The row exchanges of an LU decomposition. */
import { dtypeInfo } from '../dtype.js';
import { DTypeError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import { INT64 } from '../promotion.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { takeAlongDim } from './indexing.js';
import { batchShape } from './matrix-checks.js';

const INT32 = dtypeInfo('int32');

/** @internal For each row of `P A` the number of the row of `A` (of `Pᵀ A`, with `transposed`), int64, shape `(*, rows)`. */
export const rowOrder: Op<
  [pivots: Tensor, rows: number, transposed: boolean],
  Tensor,
  'pivots',
  { readonly transposed: boolean; readonly rows: number },
  false
> = defineOp({
  name: 'linalg_row_order',
  inputs: ['pivots'],
  args: (pivots: Tensor, rows: number, transposed: boolean) => {
    checkTensor('linalg.luSolve', 'pivots', pivots);
    if (pivots.info !== INT32)
      throw new DTypeError(`linalg.luSolve: expected pivots of dtype int32, as luFactor returns them, got ${pivots.dtype}`);
    return [[pivots], { transposed, rows }];
  },
  infer: ([pivots], { rows }) => ({ shape: [...(pivots as Tensor).shape.slice(0, -1), rows], dtype: INT64 }),
  kernel: 'linalg_row_order',
  contiguous: true,
  differentiable: false,
});

/** @internal `P B`, or `Pᵀ B`, for the row exchanges that `pivots` describe. */
export function exchangeRows(B: Tensor, pivots: Tensor, transposed = false): Tensor {
  const index = rowOrder(pivots, B.shape[B.ndim - 2], transposed).unsqueeze(-1);
  return takeAlongDim(B, index.expand([...batchShape(B), B.shape[B.ndim - 2], B.shape[B.ndim - 1]]), -2);
}
