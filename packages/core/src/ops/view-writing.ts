/** A copy of a tensor with a part of it, as a view would show it, replaced. */
import { formatShape, ShapeError } from '../errors.js';
import { sameShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { cloneFor } from './clone-for.js';
import { copy_ } from './copy.js';
import { requireSameDtype } from './dtype-checks.js';
import { asStrided, diagonal, select, slice } from './view.js';

type Shape = readonly number[];

function replaced(op: string, self: Tensor, src: Tensor, part: (t: Tensor) => Tensor): Tensor {
  checkTensor(op, 'self', self);
  checkTensor(op, 'src', src);
  requireSameDtype(op, ['self', 'src'], [self, src]);
  const result = cloneFor(self, [src]);
  const target = part(result);
  if (!sameShape(target.shape, src.shape))
    throw new ShapeError(
      `${op}: the part has shape ${formatShape(target.shape)}, the source ${formatShape(src.shape)}; expand() the source to it`,
    );
  copy_(target, src);
  return result;
}

/** `self` with `src` as its slice at one index of a dimension. PyTorch: `torch.select_scatter`. */
export function selectScatter(self: Tensor, src: Tensor, dim: number, index: number): Tensor {
  return replaced('selectScatter', self, src, (t) => select(t, dim, index));
}

/** `self` with `src` as its slice from `start` to `end` of a dimension. PyTorch: `torch.slice_scatter`. */
export function sliceScatter(
  self: Tensor,
  src: Tensor,
  dim = 0,
  start: number | null = null,
  end: number | null = null,
  step = 1,
): Tensor {
  return replaced('sliceScatter', self, src, (t) => slice(t, dim, start, end, step));
}

/** `self` with `src` as a diagonal of two dimensions. PyTorch: `torch.diagonal_scatter`. */
export function diagonalScatter(self: Tensor, src: Tensor, offset = 0, dim1 = 0, dim2 = 1): Tensor {
  return replaced('diagonalScatter', self, src, (t) => diagonal(t, offset, dim1, dim2));
}

/** `self` with `src` under the layout of `asStrided`, counted from the copy's first element. PyTorch: `torch.as_strided_scatter`. */
export function asStridedScatter(self: Tensor, src: Tensor, size: Shape, stride: Shape, storageOffset = 0): Tensor {
  return replaced('asStridedScatter', self, src, (t) => asStrided(t, size, stride, t.offset + storageOffset));
}
