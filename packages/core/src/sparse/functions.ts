/** The functions of `torch.sparse`. What a sparse tensor has a method for (`matmul`, `add`, `mul`, `t`) needs none of them. */
import { LayoutError } from '../errors.js';
import { type AddProductOptions, addmm as addmmOfAny, mm as mmOfAny } from '../ops/linalg.js';
import { type Dims, type ReduceOptions, sum as sumOfAny } from '../ops/reduction.js';
import type { SoftmaxOptions } from '../ops/softmax.js';
import { normalizeDim } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { softmaxSparse } from './reduction.js';
import { SparseTensor } from './sparse-tensor.js';

function requireSparse(op: string, name: string, t: Tensor): asserts t is SparseTensor {
  checkTensor(op, name, t);
  if (!(t instanceof SparseTensor))
    throw new LayoutError(`${op}: expected ${name} to be sparse, got layout ${t.layout}; convert it with .toSparse()`);
}

/**
 * The product of a sparse matrix and a dense one (m, k) x (k, n), which is dense, or of two sparse ones, which is sparse. The gradient
 * of a sparse factor is sparse, with the factor's own pattern. PyTorch: `torch.sparse.mm`.
 */
export function mm(mat1: Tensor, mat2: Tensor): Tensor {
  checkTensor('sparse.mm', 'mat1', mat1);
  if (!(mat1 instanceof SparseTensor)) requireSparse('sparse.mm', 'mat1 or mat2', mat2);
  return mmOfAny(mat1, mat2);
}

/** `beta * mat + alpha * (mat1 @ mat2)` for a sparse `mat1`. PyTorch: `torch.sparse.addmm`. */
export function addmm(mat: Tensor, mat1: Tensor, mat2: Tensor, options: AddProductOptions = {}): Tensor {
  requireSparse('sparse.addmm', 'mat1', mat1);
  return addmmOfAny(mat, mat1, mat2, options);
}

/** The sum over some dimensions or all: sparse as long as a sparse dimension is left. PyTorch: `torch.sparse.sum`. */
export function sum(input: Tensor, dim: Dims = null, { dtype }: Pick<ReduceOptions, 'dtype'> = {}): Tensor {
  requireSparse('sparse.sum', 'input', input);
  return sumOfAny(input, dim, { dtype: dtype ?? input.dtype });
}

/** The softmax along `dim` of the entries alone, as if all other elements were minus infinity. PyTorch: `torch.sparse.softmax`. */
export const softmax = (input: Tensor, dim: number, options: SoftmaxOptions = {}): Tensor =>
  alongDim('sparse.softmax', input, dim, options, false);
/** The logarithm of `sparse.softmax`. PyTorch: `torch.sparse.log_softmax`. */
export const logSoftmax = (input: Tensor, dim: number, options: SoftmaxOptions = {}): Tensor =>
  alongDim('sparse.logSoftmax', input, dim, options, true);

function alongDim(op: string, input: Tensor, dim: number, { dtype }: SoftmaxOptions, log: boolean): Tensor {
  const t = dtype === undefined ? input : input.to(dtype);
  requireSparse(op, 'input', t);
  return softmaxSparse(t, normalizeDim(op, dim, t.ndim), log);
}
