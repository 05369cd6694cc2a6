/** Joining tensors of different shapes, and all combinations of their elements. */
import { zeros } from '../creation.js';
import { promoteInfos } from '../dtype.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { tensor } from '../from-data.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { indexSelect } from './indexing.js';
import { cat, meshgrid, stack } from './joining.js';
import { reshape } from './view.js';

/** Joins along the third dimension; vectors become rows of a matrix of depth 1. PyTorch: `torch.dstack`. */
export function dstack(tensors: readonly Tensor[]): Tensor {
  const parts = tensors.map((x) => {
    checkTensor('dstack', 'tensors', x);
    if (x.ndim > 2) return x;
    return reshape(x, x.ndim === 2 ? [...x.shape, 1] : [1, x.numel, 1]);
  });
  return cat(parts, 2);
}

/** Joins along the second dimension; vectors become columns. PyTorch: `torch.column_stack`. */
export function columnStack(tensors: readonly Tensor[]): Tensor {
  const parts = tensors.map((x) => {
    checkTensor('columnStack', 'tensors', x);
    return x.ndim > 1 ? x : reshape(x, [x.numel, 1]);
  });
  return cat(parts, 1);
}

/** A matrix with the given matrices (vectors are rows) along its diagonal, zeros elsewhere. PyTorch: `torch.block_diag`. */
export function blockDiag(...tensors: Tensor[]): Tensor {
  if (tensors.length === 0) return zeros([1, 0]);
  const matrices = tensors.map((x, i) => {
    checkTensor('blockDiag', `tensors[${i}]`, x);
    if (x.ndim > 2)
      throw new ShapeError(`blockDiag: tensors[${i}] has shape ${formatShape(x.shape)}; at most 2 dimensions are supported`);
    return x.ndim === 2 ? x : reshape(x, [1, x.numel]);
  });
  const dtype = matrices.map((x) => x.info).reduce(promoteInfos);
  const columns = matrices.reduce((n, x) => n + x.shape[1], 0);
  let left = 0;
  const rows = matrices.map((x) => {
    const [height, width] = x.shape;
    const before = x.newZeros([height, left], { dtype: dtype.name });
    left += width;
    return cat([before, castTo(x, dtype), x.newZeros([height, columns - left], { dtype: dtype.name })], 1);
  });
  return cat(rows, 0);
}

/** All ways to choose one element of each vector, one per row (of one vector: the vector). PyTorch: `torch.cartesian_prod`. */
export function cartesianProd(...tensors: Tensor[]): Tensor {
  if (tensors.length === 0) throw new ValueError('cartesianProd: expected at least one tensor');
  tensors.forEach((x, i) => {
    checkTensor('cartesianProd', `tensors[${i}]`, x);
    if (x.ndim !== 1) throw new ShapeError(`cartesianProd: tensors[${i}] must be a vector, got shape ${formatShape(x.shape)}`);
  });
  if (tensors.length === 1) return tensors[0];
  return stack(
    meshgrid(tensors).map((x) => reshape(x, [-1])),
    1,
  );
}

/**
 * All combinations of `r` elements of a vector in the order of their indices, one per row. PyTorch: `torch.combinations`.
 *
 * @param withReplacement - An element may come again. Default false.
 */
export function combinations(self: Tensor, r = 2, withReplacement = false): Tensor {
  checkTensor('combinations', 'self', self);
  if (self.ndim !== 1) throw new ShapeError(`combinations: expected a vector, got shape ${formatShape(self.shape)}`);
  if (!Number.isInteger(r) || r < 0) throw new ValueError(`combinations: r must be a non-negative integer, got ${r}`);
  if (r === 0) return self.newZeros([0]);
  const rows: number[] = [];
  const chosen: number[] = [];
  const choose = (from: number): void => {
    if (chosen.length === r) {
      rows.push(...chosen);
      return;
    }
    for (let i = from; i < self.numel; i++) {
      chosen.push(i);
      choose(withReplacement ? i : i + 1);
      chosen.pop();
    }
  };
  choose(0);
  return reshape(indexSelect(self, 0, tensor(rows, { dtype: 'int64', device: self.device })), [rows.length / r, r]);
}
