/** Copies and conversions. */
import { type DType, type DTypeInfo, dtypeInfo, infoByCode } from '../dtype.js';
import { DeviceError } from '../errors.js';
import { defineOp, inplace } from '../op.js';
import { broadcastShapes, sameShape } from '../shape.js';
import { ShapeError, formatShape } from '../errors.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { clone } from './clone.js';
import { expand } from './view.js';

export { clone };

/** @internal A copy in another dtype. */
export const toDtype = defineOp({
  name: '_to_copy',
  inputs: ['self'],
  args: (self: Tensor, dtype: DTypeInfo) => [[self], { dtype: dtype.code }],
  infer: ([self], { dtype }) => ({ shape: (self as Tensor).shape, dtype: infoByCode(dtype) }),
  kernel: 'copy',
  differentiable: true,
});

/** @internal The tensor in `dtype`: itself if it has that dtype already. */
export const castTo = (self: Tensor, dtype: DTypeInfo): Tensor => (self.info === dtype ? self : toDtype(self, dtype));

export interface ToOptions {
  readonly dtype?: DType;
  readonly device?: string;
  /** Copy even if nothing changes. Default false. */
  readonly copy?: boolean;
}

/**
 * The tensor in another dtype or on another device; itself if nothing changes (unless `copy`). PyTorch: `Tensor.to`.
 *
 * @throws {DeviceError} If there is no such device.
 */
export function to(self: Tensor, target: DType | Tensor | ToOptions): Tensor {
  checkTensor('to', 'self', self);
  const options: ToOptions = typeof target === 'string' ? { dtype: target } : isTensor(target) ? { dtype: target.dtype } : target;
  const { dtype = self.dtype, device = self.device, copy = false } = options;
  if (device !== self.device) throw new DeviceError(`to: there is no device '${device}'; available: cpu`);
  if (dtype !== self.dtype) return toDtype(self, dtypeInfo(dtype));
  return copy ? clone(self) : self;
}

export const float = (self: Tensor): Tensor => to(self, 'float32');
export const double = (self: Tensor): Tensor => to(self, 'float64');
export const half = (self: Tensor): Tensor => to(self, 'float16');
/** To bfloat16. PyTorch: `Tensor.bfloat16`. */
export const bfloat16 = (self: Tensor): Tensor => to(self, 'bfloat16');
export const long = (self: Tensor): Tensor => to(self, 'int64');
export const int = (self: Tensor): Tensor => to(self, 'int32');
/** To bool: true where an element is not zero. PyTorch: `Tensor.bool`. */
export const bool = (self: Tensor): Tensor => to(self, 'bool');

/** To int16. PyTorch: `Tensor.short`. */
export const short = (self: Tensor): Tensor => to(self, 'int16');
/** To uint8. PyTorch: `Tensor.byte`. */
export const byte = (self: Tensor): Tensor => to(self, 'uint8');
/** To int8. PyTorch: `Tensor.char`. */
export const char = (self: Tensor): Tensor => to(self, 'int8');
/** To complex64; imaginary parts of real numbers are 0. PyTorch: `Tensor.cfloat`. */
export const cfloat = (self: Tensor): Tensor => to(self, 'complex64');
/** To complex128; imaginary parts of real numbers are 0. PyTorch: `Tensor.cdouble`. */
export const cdouble = (self: Tensor): Tensor => to(self, 'complex128');
/** In the dtype of `other`. PyTorch: `Tensor.type_as`. */
export const typeAs = (self: Tensor, other: Tensor): Tensor => to(self, other.dtype);
/** In memory that JavaScript reads directly; itself if it is there already. PyTorch: `Tensor.cpu`. */
export const cpu = (self: Tensor): Tensor => to(self, { device: 'cpu' });

/** The tensor itself if it is row-major already, else a row-major copy. PyTorch: `Tensor.contiguous`. */
export const contiguous = (self: Tensor): Tensor => (self.isContiguous() ? self : clone(self));

const copyFrom = defineOp({
  name: 'copy',
  inputs: ['self', 'src'],
  args: (self: Tensor, src: Tensor) => {
    checkTensor('copy_', 'self', self);
    checkTensor('copy_', 'src', src);
    if (!sameShape(broadcastShapes('copy_', self.shape, src.shape), self.shape))
      throw new ShapeError(`copy_: a source of shape ${formatShape(src.shape)} does not broadcast to ${formatShape(self.shape)}`);
    return [[self, expand(castTo(src, self.info), self.shape)], {}];
  },
  infer: ([self]) => ({ shape: (self as Tensor).shape, dtype: (self as Tensor).info }),
  kernel: 'copy',
  updates: true,
  differentiable: true,
});
/** Overwrites the elements with those of `src`, which is broadcast and converted. PyTorch: `Tensor.copy_`. */
export const copy_ = inplace(copyFrom);
export { copyFrom as copy };
