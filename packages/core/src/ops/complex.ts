/** Complex tensors: how they are made of real ones, and their parts. Parts are views: no memory moves. */
import { autocasting, inFloat32, widened } from '../autocast.js';
import { toComplexInfo, toRealInfo } from '../dtype.js';
import { DTypeError, formatShape, ShapeError } from '../errors.js';
import { tensor } from '../from-data.js';
import { defineOp } from '../op.js';
import { NO_ATTRIBUTES } from '../promotion.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { hypot } from './arithmetic.js';
import { isnan, lt } from './comparison.js';
import { requireFloating, requireSameDtype } from './dtype-checks.js';
import { atan2, cos, mul, sin } from './elementwise.js';
import { broadcastTensors, stack } from './joining.js';
import { select } from './view.js';
import { where } from './where.js';

function requireComplex(op: string, self: Tensor, fix: string): void {
  checkTensor(op, 'self', self);
  if (self.info.kind !== 'complex') throw new DTypeError(`${op}: expected a complex tensor, got ${self.dtype}; ${fix}`);
}

// ---- pairs of real numbers ----

/** The real and imaginary parts as a last dimension of size 2, in the same memory. PyTorch: `torch.view_as_real`. */
export const viewAsReal = defineOp({
  name: 'view_as_real',
  inputs: ['self'],
  args: (self: Tensor) => {
    requireComplex('viewAsReal', self, 'it is real already');
    return [[self], NO_ATTRIBUTES];
  },
  view: ({ shape, strides, offset, info }) => ({
    shape: [...shape, 2],
    strides: [...strides.map((s) => 2 * s), 1],
    offset: 2 * offset,
    dtype: toRealInfo(info),
  }),
  differentiable: true,
});

/** @internal Whether pairs along the last dimension lie as complex numbers do. */
export const liesInPairs = ({ shape, strides, offset, ndim }: Tensor): boolean =>
  ndim > 0 &&
  offset % 2 === 0 &&
  strides[ndim - 1] === 1 &&
  strides.every((s, i) => i === ndim - 1 || s % 2 === 0 || shape[i] < 2);

/**
 * Pairs of real numbers along the last dimension as complex numbers, in the same memory. PyTorch: `torch.view_as_complex`.
 *
 * @throws {ShapeError} If the last dimension is not of size 2, or its pairs do not lie as complex numbers do; `contiguous()` helps then.
 */
export const viewAsComplex = defineOp({
  name: 'view_as_complex',
  inputs: ['self'],
  args: (self: Tensor) => {
    const parts = widened(self);
    requireParts('viewAsComplex', 'self', parts);
    if (self.shape[self.ndim - 1] !== 2)
      throw new ShapeError(`viewAsComplex: expected a last dimension of size 2, got ${formatShape(self.shape)}`);
    return [[parts], NO_ATTRIBUTES];
  },
  view: (self) => {
    if (!liesInPairs(self))
      throw new ShapeError(
        `viewAsComplex: strides ${formatShape(self.strides)} from element ${self.offset} on are not those of pairs; clone() first`,
      );
    const { shape, strides, offset, info } = self;
    return {
      shape: shape.slice(0, -1),
      strides: strides.slice(0, -1).map((s) => Math.floor(s / 2)),
      offset: offset / 2,
      dtype: toComplexInfo(info),
    };
  },
  differentiable: true,
});

function requireParts(op: string, name: string, t: Tensor): void {
  requireFloating(op, name, t);
  if (t.itemSize < 4) throw new DTypeError(`${op}: ${name} is ${t.dtype}; expected float32 or float64, convert it with .float()`);
}

/** `real + imag i`. PyTorch: `torch.complex`. */
export function complex(real: Tensor, imag: Tensor): Tensor {
  requireParts('complex', 'real', real);
  requireParts('complex', 'imag', imag);
  requireSameDtype('complex', ['real', 'imag'], [real, imag]);
  return viewAsComplex(stack(broadcastTensors(real, imag), -1));
}

/** `abs e^(angle i)`. PyTorch: `torch.polar`. */
export function polar(abs: Tensor, angle: Tensor): Tensor {
  if (autocasting() !== null) return inFloat32([abs, angle], polar);
  requireParts('polar', 'abs', abs);
  requireParts('polar', 'angle', angle);
  requireSameDtype('polar', ['abs', 'angle'], [abs, angle]);
  return complex(mul(abs, cos(angle)), mul(abs, sin(angle)));
}

// ---- parts ----

/** The real part, a view; a real tensor itself. PyTorch: `torch.real`. */
export function real(self: Tensor): Tensor {
  checkTensor('real', 'self', self);
  return self.info.kind === 'complex' ? select(viewAsReal(self), -1, 0) : self;
}

/** The imaginary part, a view. PyTorch: `torch.imag`. */
export function imag(self: Tensor): Tensor {
  requireComplex('imag', self, 'real tensors have no imaginary part');
  return select(viewAsReal(self), -1, 1);
}

/** The conjugate, in memory of its own; a real tensor itself. PyTorch: `torch.conj`. */
export function conj(self: Tensor): Tensor {
  checkTensor('conj', 'self', self);
  if (self.info.kind !== 'complex') return self;
  return viewAsComplex(mul(viewAsReal(self), tensor([1, -1], { dtype: toRealInfo(self.info).name, device: self.device })));
}
/** `conj` under the name of `torch.conj_physical`. */
export const conjPhysical = (self: Tensor): Tensor => conj(self);
/** The tensor itself: conjugates are never left for later. PyTorch: `torch.resolve_conj`. */
export const resolveConj = (self: Tensor): Tensor => self;

/** @internal The absolute values of complex numbers, `√(re² + im²)` without overflow. */
export const complexAbs = defineOp({
  name: 'abs.complex',
  inputs: ['self'],
  args: (self: Tensor) => [[self], NO_ATTRIBUTES],
  infer: ([self]) => ({ shape: (self as Tensor).shape, dtype: toRealInfo((self as Tensor).info) }),
  decompose: ([self]): Tensor => hypot(real(self as Tensor), imag(self as Tensor)),
  differentiable: true,
});

/** The angle in radians; of a real number 0, or π if it is negative. PyTorch: `torch.angle`. */
export function angle(self: Tensor): Tensor {
  checkTensor('angle', 'self', self);
  if (self.info.kind === 'complex') return atan2(imag(self), real(self));
  const x = self.info.kind === 'float' ? self : self.float();
  return where(isnan(x), x, lt(x, 0).to(x.dtype).mul(Math.PI));
}
