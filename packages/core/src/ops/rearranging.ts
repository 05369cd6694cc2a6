/** Elements in other places, zeroed or repeated. */
import { type Attributes, defineOp, inplace, type Op } from '../op.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { likeInput } from '../promotion.js';
import { normalizeDim, normalizeDims } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { clone } from './clone.js';
import { indexSelect } from './indexing.js';
import { type Indices, toNumbers } from './indices.js';
import { cat } from './joining.js';
import { expand, flatten, narrow, reshape, transpose, unsqueeze, view } from './view.js';

type Shape = readonly number[];
export interface Triangle extends Attributes {
  readonly diagonal: number;
}

function triangle(name: string): Op<[self: Tensor, diagonal?: number], Tensor, 'self', Triangle, true> {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor, diagonal = 0) => {
      checkTensor(name, 'self', self);
      if (self.ndim < 2) throw new ShapeError(`${name}: expected at least two dimensions, got ${formatShape(self.shape)}`);
      if (!Number.isSafeInteger(diagonal)) throw new TypeError(`${name}: the diagonal must be an integer, got ${diagonal}`);
      return [[self], { diagonal }];
    },
    infer: likeInput,
    kernel: name,
    differentiable: true,
  });
}
/** The matrices of the last two dimensions with zeros above diagonal `diagonal` (0: the main one). PyTorch: `torch.tril`. */
export const tril = triangle('tril');
/** The matrices of the last two dimensions with zeros below diagonal `diagonal` (0: the main one). PyTorch: `torch.triu`. */
export const triu = triangle('triu');
export const tril_ = inplace(tril);
export const triu_ = inplace(triu);

/** The elements in reverse order along the given dimensions. A copy. PyTorch: `torch.flip`. */
export const flip = defineOp({
  name: 'flip',
  inputs: ['self'],
  args: (self: Tensor, dims: number | Shape) => {
    checkTensor('flip', 'self', self);
    return [[self], { dims: typeof dims !== 'number' && dims.length === 0 ? [] : normalizeDims('flip', dims, self.ndim) }];
  },
  infer: likeInput,
  kernel: 'flip',
  differentiable: true,
});

/** Left and right exchanged: reversed along the second dimension. PyTorch: `torch.fliplr`. */
export function fliplr(self: Tensor): Tensor {
  checkTensor('fliplr', 'self', self);
  if (self.ndim < 2) throw new ShapeError(`fliplr: expected at least two dimensions, got ${formatShape(self.shape)}`);
  return flip(self, 1);
}
/** Up and down exchanged: reversed along the first dimension. PyTorch: `torch.flipud`. */
export function flipud(self: Tensor): Tensor {
  checkTensor('flipud', 'self', self);
  if (self.ndim < 1) throw new ShapeError('flipud: expected at least one dimension, got a 0-d tensor');
  return flip(self, 0);
}

/** Turned by `k` quarters in the plane of two dimensions, from the first towards the second. A copy. PyTorch: `torch.rot90`. */
export function rot90(self: Tensor, k = 1, dims: Shape = [0, 1]): Tensor {
  checkTensor('rot90', 'self', self);
  if (dims.length !== 2) throw new ShapeError(`rot90: expected two dimensions to turn, got ${formatShape(dims)}`);
  if (!Number.isInteger(k)) throw new ValueError(`rot90: k must be an integer, got ${k}`);
  const [a, b] = normalizeDims('rot90', dims, self.ndim);
  switch (((k % 4) + 4) % 4) {
    case 1:
      return transpose(flip(self, b), a, b).contiguous();
    case 2:
      return flip(self, [a, b]);
    case 3:
      return transpose(flip(self, a), a, b).contiguous();
    default:
      return self.clone();
  }
}

/**
 * The elements shifted along the given dimensions; what leaves at the end comes in at the start. Without `dims` the tensor is
 * shifted as if it were flat. PyTorch: `torch.roll`.
 */
export function roll(self: Tensor, shifts: number | Shape, dims?: number | Shape): Tensor {
  checkTensor('roll', 'self', self);
  const by = typeof shifts === 'number' ? [shifts] : shifts;
  if (dims === undefined) {
    if (by.length !== 1) throw new ShapeError(`roll: ${by.length} shifts need as many dims`);
    return reshape(rollOne(flatten(self), by[0], 0), self.shape);
  }
  const along = typeof dims === 'number' ? [dims] : dims;
  if (along.length !== by.length) throw new ShapeError(`roll: ${by.length} shifts for ${along.length} dims`);
  return along.reduce((x, dim, i) => rollOne(x, by[i], normalizeDim('roll', dim, x.ndim)), self);
}

function rollOne(x: Tensor, shift: number, dim: number): Tensor {
  const size = x.shape[dim];
  const from = size === 0 ? 0 : ((-shift % size) + size) % size; // the first element of the result
  return cat([narrow(x, dim, from, size - from), narrow(x, dim, 0, from)], dim);
}

/** `repeats[i]` copies along dimension i; more repeats than dimensions add dimensions in front. PyTorch: `Tensor.repeat`. */
export function repeat(self: Tensor, repeats: Shape): Tensor {
  checkTensor('repeat', 'self', self);
  if (repeats.length < self.ndim)
    throw new ShapeError(
      `repeat: ${formatShape(repeats)} must name a number for each of the ${self.ndim} dimensions of ${formatShape(self.shape)}`,
    );
  if (repeats.some((r) => !Number.isSafeInteger(r) || r < 0))
    throw new ValueError(`repeat: expected non-negative integers, got ${formatShape(repeats)}`);
  const shape = [...new Array<number>(repeats.length - self.ndim).fill(1), ...self.shape];
  // (s0, s1) -> (1, s0, 1, s1) -> (r0, s0, r1, s1) -> (r0 s0, r1 s1)
  const spread = reshape(
    self,
    shape.flatMap((size) => [1, size]),
  );
  const repeated = expand(
    spread,
    shape.flatMap((size, i) => [repeats[i], size]),
  );
  // a copy even where the layout would allow a view: writing to the result must not change the input
  return view(
    clone(repeated),
    shape.map((size, i) => size * repeats[i]),
  );
}

/** `repeat` with ones put in front of too few repeats. PyTorch: `torch.tile`. */
export function tile(self: Tensor, dims: Shape): Tensor {
  checkTensor('tile', 'self', self);
  return repeat(self, [...new Array<number>(Math.max(self.ndim - dims.length, 0)).fill(1), ...dims]);
}

/**
 * Each element (or slice along `dim`) `repeats` times in a row, or as often as its entry of `repeats` says. Without `dim` of the
 * flattened tensor. PyTorch: `torch.repeat_interleave`.
 */
export function repeatInterleave(self: Tensor, repeats: number | Indices, dim?: number | null): Tensor {
  checkTensor('repeatInterleave', 'self', self);
  if (dim === undefined || dim === null) return repeatInterleave(flatten(self), repeats, 0);
  const d = normalizeDim('repeatInterleave', dim, self.ndim);
  const size = self.shape[d];
  if (typeof repeats === 'number') {
    if (!Number.isSafeInteger(repeats) || repeats < 0)
      throw new ValueError(`repeatInterleave: repeats must be a non-negative integer, got ${repeats}`);
    const shape = [...self.shape.slice(0, d + 1), repeats, ...self.shape.slice(d + 1)];
    const repeated = expand(unsqueeze(self, d + 1), shape);
    return view(
      clone(repeated),
      self.shape.map((n, i) => (i === d ? n * repeats : n)),
    );
  }
  const times = toNumbers('repeatInterleave', 'repeats', repeats);
  if (times.length === 1 && size !== 1) return repeatInterleave(self, times[0], d);
  if (times.length !== size) throw new ShapeError(`repeatInterleave: ${times.length} repeats for dimension ${d} of size ${size}`);
  if (times.some((n) => n < 0)) throw new ValueError('repeatInterleave: repeats must not be negative');
  return indexSelect(
    self,
    d,
    times.flatMap((n, i) => new Array<number>(n).fill(i)),
  );
}
