/** Copies and conversions. */
import { backendFor } from '../backend/backends.js';
import { type DType, type DTypeInfo, dtypeInfo, infoByCode } from '../dtype.js';
import { defineOp, inplace } from '../op.js';
import { broadcastShapes, sameShape } from '../shape.js';
import { ShapeError, formatShape } from '../errors.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { type MemoryFormat, memoryOrder } from '../memory-format.js';
import { clone } from './clone.js';
import { expand, permute } from './view.js';

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
  /** The order in which the elements lie. Default `'preserve_format'`: row-major where a copy is made. */
  readonly memoryFormat?: MemoryFormat;
  /** Copy even if nothing changes. Default false. */
  readonly copy?: boolean;
}

/**
 * The tensor in another dtype, memory format or on another device; itself if nothing changes (unless `copy`). On the meta device it
 * has no elements and no history. PyTorch: `Tensor.to`.
 *
 * @throws {DeviceError} If there is no such device.
 * @throws {StorageError} If the tensor is on the meta device and is to leave it: there are no elements to copy.
 */
export function to(self: Tensor, target: DType | Tensor | ToOptions): Tensor {
  checkTensor('to', 'self', self);
  const options: ToOptions =
    typeof target === 'string' ? { dtype: target } : isTensor(target) ? { dtype: target.dtype, device: target.device } : target;
  const { dtype = self.dtype, device = self.device, copy = false, memoryFormat = 'preserve_format' } = options;
  const backend = backendFor('to', device);
  if (device !== self.device) {
    if (backend.hasElements) self.storage.checkedAddress(); // throws: none to copy
    return backend.empty(self.shape, dtypeInfo(dtype), 'to');
  }
  const converted = dtype !== self.dtype ? toDtype(self, dtypeInfo(dtype)) : copy ? clone(self) : self;
  return memoryFormat === 'preserve_format' ? converted : contiguous(converted, { memoryFormat });
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

export interface ContiguousOptions {
  /** The order in which the elements lie. Default `'contiguous_format'`, row-major. */
  readonly memoryFormat?: MemoryFormat;
}
/**
 * The tensor itself if its elements lie in the given order already, else a copy: row-major, or with the channels last in memory.
 * Kernels take any strides, and most results are row-major again. PyTorch: `Tensor.contiguous`.
 *
 * @throws {ShapeError} If `'channels_last'` is asked of a tensor that is not `(N, C, H, W)`, or the 3d form of one not `(N, C, D, H, W)`.
 */
export function contiguous(self: Tensor, { memoryFormat = 'contiguous_format' }: ContiguousOptions = {}): Tensor {
  if (memoryFormat === 'contiguous_format') return self.isContiguous() ? self : clone(self);
  const order = memoryOrder('contiguous', self, memoryFormat);
  if (self.isContiguous(memoryFormat)) return self;
  return permute(
    clone(permute(self, order)),
    order.map((_, dim) => order.indexOf(dim)),
  );
}

const copyFrom = defineOp({
  name: 'copy',
  inputs: ['self', 'src'],
  args: (self: Tensor, src: Tensor) => {
    checkTensor('copy_', 'self', self);
    checkTensor('copy_', 'src', src);
    if (!sameShape(broadcastShapes('copy_', self.shape, src.shape), self.shape))
      throw new ShapeError(`copy_: a source of shape ${formatShape(src.shape)} does not broadcast to ${formatShape(self.shape)}`);
    const source = castTo(src, self.info);
    return [[self, sameShape(source.shape, self.shape) ? source : expand(source, self.shape)], {}];
  },
  infer: ([self]) => ({ shape: (self as Tensor).shape, dtype: (self as Tensor).info }),
  kernel: 'copy',
  updates: true,
  differentiable: true,
});
/** Overwrites the elements with those of `src`, which is broadcast and converted. PyTorch: `Tensor.copy_`. */
export const copy_ = inplace(copyFrom);
export { copyFrom as copy };
