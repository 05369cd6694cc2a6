/** Products of vectors and matrices. */
import { dtypeInfo } from '../dtype.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { broadcastShapes, numelOf, sameShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { lowered, withoutAutocast } from '../autocast.js';
import { castTo } from './copy.js';
import { requireSameDtype, requireSameOrCastDtype } from './dtype-checks.js';
import { add, mul } from './elementwise.js';
import { innerSizeError, matrixProduct } from './matrix-product.js';

function requireDims(op: string, name: string, t: Tensor, ndim: number): void {
  checkTensor(op, name, t);
  const kind = ['', 'a vector (1-D)', 'a matrix (2-D)', 'a stack of matrices (3-D)'][ndim];
  if (t.ndim !== ndim)
    throw new ShapeError(`${op}: expected ${name} to be ${kind}, got shape ${formatShape(t.shape)}; use matmul for other shapes`);
}

/** Throws unless the rows of `self` are as long as the columns of `other`, and of the same dtype. */
function requireInner(op: string, self: Tensor, other: Tensor): void {
  if (self.shape[self.ndim - 1] !== other.shape[Math.max(other.ndim - 2, 0)]) throw innerSizeError(op, self, other);
  requireSameOrCastDtype(op, ['input', 'other'], [self, other]);
}

/**
 * The matrix product, with PyTorch's rules: vectors are rows on the left and columns on the right, and leading dimensions are
 * batches that broadcast. PyTorch: `torch.matmul`.
 *
 * @param self - Shape `(k)`, `(m, k)` or `(*, m, k)`.
 * @param other - Shape `(k)`, `(k, n)` or `(*, k, n)`, same dtype.
 * @throws {ShapeError} If the inner sizes differ or the batches do not broadcast.
 */
export function matmul(self: Tensor, other: Tensor): Tensor {
  checkTensor('matmul', 'input', self);
  checkTensor('matmul', 'other', other);
  if (self.ndim === 0 || other.ndim === 0)
    throw new ShapeError(
      `matmul: ${formatShape(self.shape)} x ${formatShape(other.shape)}: operands need at least one dimension; use mul for numbers`,
    );
  requireInner('matmul', self, other);
  if (self.ndim === 2 && other.ndim === 2) return matrixProduct(self, other);
  if (self.ndim === 1 && other.ndim === 1) return dot(self, other);
  if (self.ndim === 1) return matmul(self.unsqueeze(0), other).squeeze(-2);
  if (other.ndim === 1) return matmul(self, other.unsqueeze(1)).squeeze(-1);
  if (other.ndim === 2) return foldedProduct(self, other);
  return batchedProduct(self, other);
}

/** (*, m, k) x (k, n): all rows as one matrix. */
function foldedProduct(self: Tensor, other: Tensor): Tensor {
  const lead = self.shape.slice(0, -1);
  const [k, n] = other.shape;
  return matrixProduct(self.reshape([numelOf(lead), k]), other).reshape([...lead, n]);
}

/** (*, m, k) x (*, k, n) with broadcast batches. */
function batchedProduct(self: Tensor, other: Tensor): Tensor {
  const batch = broadcastShapes('matmul', self.shape.slice(0, -2), other.shape.slice(0, -2));
  const product = matrixProduct(stack(self, batch), stack(other, batch));
  return product.reshape([...batch, self.shape[self.ndim - 2], other.shape[other.ndim - 1]]);
}

/** The matrices of `t` as one stack that fits `batch`: of length 1 if all batches share one matrix, so that nothing is copied. */
function stack(t: Tensor, batch: readonly number[]): Tensor {
  const lead = t.shape.slice(0, -2);
  const [rows, columns] = t.shape.slice(-2);
  if (numelOf(lead) === 1) return t.reshape([1, rows, columns]);
  return t.expand([...batch, rows, columns]).reshape([numelOf(batch), rows, columns]);
}

/** The product of two matrices, (m, k) x (k, n). PyTorch: `torch.mm`. */
export function mm(self: Tensor, mat2: Tensor): Tensor {
  requireDims('mm', 'input', self, 2);
  requireDims('mm', 'mat2', mat2, 2);
  requireInner('mm', self, mat2);
  return matrixProduct(self, mat2);
}

/** The products of two equally long stacks of matrices, (b, m, k) x (b, k, n). PyTorch: `torch.bmm`. */
export function bmm(self: Tensor, mat2: Tensor): Tensor {
  requireDims('bmm', 'input', self, 3);
  requireDims('bmm', 'mat2', mat2, 3);
  if (self.shape[0] !== mat2.shape[0])
    throw new ShapeError(
      `bmm: ${formatShape(self.shape)} x ${formatShape(mat2.shape)}: ${self.shape[0]} ≠ ${mat2.shape[0]} matrices; use matmul to broadcast`,
    );
  requireInner('bmm', self, mat2);
  return matrixProduct(self, mat2);
}

/** The product of a matrix and a vector, (m, k) x (k). PyTorch: `torch.mv`. */
export function mv(self: Tensor, vec: Tensor): Tensor {
  requireDims('mv', 'input', self, 2);
  requireDims('mv', 'vec', vec, 1);
  requireInner('mv', self, vec);
  return withoutAutocast(() => matrixProduct(self, vec.unsqueeze(1)).squeeze(1));
}

/** The inner product of two vectors. PyTorch: `torch.dot`. */
export function dot(self: Tensor, other: Tensor): Tensor {
  requireDims('dot', 'input', self, 1);
  requireDims('dot', 'other', other, 1);
  requireInner('dot', self, other);
  return withoutAutocast(() => matrixProduct(self.unsqueeze(0), other.unsqueeze(1)).reshape([]));
}

/** All products of an element of `self` (m) and one of `vec2` (n): (m, n). PyTorch: `torch.outer`. */
export function outer(self: Tensor, vec2: Tensor): Tensor {
  requireDims('outer', 'input', self, 1);
  requireDims('outer', 'vec2', vec2, 1);
  return mul(self.unsqueeze(1), vec2);
}

export interface AddProductOptions {
  /** Factor for `self`; with 0 its elements are ignored, NaN included. Default 1. */
  readonly beta?: number;
  /** Factor for the product. Default 1. */
  readonly alpha?: number;
}

/** `beta * self + alpha * (mat1 @ mat2)`, with `self` broadcast to the product's shape. PyTorch: `torch.addmm`. */
export function addmm(self: Tensor, mat1: Tensor, mat2: Tensor, options: AddProductOptions = {}): Tensor {
  requireDims('addmm', 'mat1', mat1, 2);
  requireDims('addmm', 'mat2', mat2, 2);
  return addProduct('addmm', self, mat1, mat2, options);
}

/** `beta * self + alpha * (batch1 @ batch2)` for stacks of matrices. PyTorch: `torch.baddbmm`. */
export function baddbmm(self: Tensor, batch1: Tensor, batch2: Tensor, options: AddProductOptions = {}): Tensor {
  requireDims('baddbmm', 'batch1', batch1, 3);
  requireDims('baddbmm', 'batch2', batch2, 3);
  if (batch1.shape[0] !== batch2.shape[0])
    throw new ShapeError(
      `baddbmm: ${formatShape(batch1.shape)} x ${formatShape(batch2.shape)}: ${batch1.shape[0]} ≠ ${batch2.shape[0]} matrices`,
    );
  return addProduct('baddbmm', self, batch1, batch2, options);
}

/** `beta * self + alpha * (mat @ vec)` for a matrix (m, k) and a vector (k). PyTorch: `torch.addmv`. */
export function addmv(self: Tensor, mat: Tensor, vec: Tensor, options: AddProductOptions = {}): Tensor {
  checkTensor('addmv', 'input', self);
  requireDims('addmv', 'mat', mat, 2);
  requireDims('addmv', 'vec', vec, 1);
  const addend = self.ndim === 1 ? self.unsqueeze(1) : self;
  return addProduct('addmv', addend, mat, vec.unsqueeze(1), options).squeeze(1);
}

/** `beta * self + alpha * outer(vec1, vec2)`, with `self` broadcast to (m, n). PyTorch: `torch.addr`. */
export function addr(self: Tensor, vec1: Tensor, vec2: Tensor, options: AddProductOptions = {}): Tensor {
  requireDims('addr', 'vec1', vec1, 1);
  requireDims('addr', 'vec2', vec2, 1);
  return addProduct('addr', self, vec1.unsqueeze(1), vec2.unsqueeze(0), options);
}

/** `beta * self + alpha * Σ batch1[i] @ batch2[i]` for stacks of matrices. PyTorch: `torch.addbmm`. */
export function addbmm(self: Tensor, batch1: Tensor, batch2: Tensor, options: AddProductOptions = {}): Tensor {
  requireDims('addbmm', 'batch1', batch1, 3);
  requireDims('addbmm', 'batch2', batch2, 3);
  const [b, m, k] = batch1.shape;
  if (batch2.shape[0] !== b || batch2.shape[1] !== k)
    throw new ShapeError(
      `addbmm: ${formatShape(batch1.shape)} x ${formatShape(batch2.shape)}: expected (b, m, k) and (b, k, n) with the same b and k`,
    );
  // the sum over the stack is one product: the matrices side by side times the matrices one below the other
  const left = batch1.transpose(0, 1).reshape([m, b * k]);
  return addProduct('addbmm', self, left, batch2.reshape([b * k, batch2.shape[2]]), options);
}

type AddProduct = (self: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions) => Tensor;
const replacing =
  (compute: AddProduct): AddProduct =>
  (self, a, b, options) => {
    const result = compute(self, a, b, options);
    if (!sameShape(result.shape, self.shape))
      throw new ShapeError(
        `${compute.name}_: the result has shape ${formatShape(result.shape)} and does not fit into a tensor of shape ${formatShape(self.shape)}`,
      );
    return self.copy_(result);
  };
export const addmm_: AddProduct = replacing(addmm);
export const baddbmm_: AddProduct = replacing(baddbmm);
export const addmv_: AddProduct = replacing(addmv);
export const addr_: AddProduct = replacing(addr);
export const addbmm_: AddProduct = replacing(addbmm);

function addProduct(op: string, input: Tensor, left: Tensor, right: Tensor, { beta = 1, alpha = 1 }: AddProductOptions): Tensor {
  checkTensor(op, 'input', input);
  requireInner(op, left, right);
  const [self, a, b] = [lowered(input), lowered(left), lowered(right)];
  requireSameDtype(op, ['the left matrix', 'the right matrix', 'input'], [a, b, self]);
  if (a.info.category < 2 && !(Number.isInteger(beta) && Number.isInteger(alpha)))
    throw new ValueError(`${op}: beta and alpha must be integers for ${a.dtype} tensors, got ${beta} and ${alpha}`);
  const shape = [...a.shape.slice(0, -1), b.shape[b.ndim - 1]];
  if (beta === 1 && alpha === 1 && self.ndim === 1 && self.shape[0] === shape[shape.length - 1]) return matrixProduct(a, b, self);
  if (!sameShape(broadcastShapes(op, self.shape, shape), shape))
    throw new ShapeError(
      `${op}: an input of shape ${formatShape(self.shape)} does not broadcast to the product's shape ${formatShape(shape)}`,
    );
  const combine = (addend: Tensor, left: Tensor, right: Tensor): Tensor => {
    const product = scaled(matrixProduct(left, right), alpha);
    return beta === 0 ? product : add(product, scaled(addend.expand(shape), beta));
  };
  if (a.info.kind !== 'float' || a.itemSize !== 2) return combine(self, a, b);
  // rounded once, at the end
  const float32 = (t: Tensor): Tensor => castTo(t, dtypeInfo('float32'));
  return castTo(
    withoutAutocast(() => combine(float32(self), float32(a), float32(b))),
    a.info,
  );
}

const scaled = (t: Tensor, factor: number): Tensor => (factor === 1 ? t : mul(t, factor));
