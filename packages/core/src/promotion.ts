/** What happens to operands before a pointwise op: JavaScript numbers become 0-d tensors, and dtypes meet by PyTorch's rules. */
import { cpu } from './backend/cpu/cpu.js';
import { type DTypeInfo, dtypeInfo, getDefaultDtype, promoteInfos } from './dtype.js';
import { DTypeError } from './errors.js';
import type { Inputs, TensorMeta } from './op.js';
import { castTo } from './ops/copy.js';
import { broadcastShapes } from './shape.js';
import { checkTensor, isTensor, type Tensor } from './tensor.js';

/** A JavaScript value that stands for a 0-d tensor. */
export type Scalar = number | bigint | boolean;

export const INT64 = dtypeInfo('int64');
export const BOOL = dtypeInfo('bool');

/** A 0-d tensor of a given dtype. */
export function scalarTensor(value: Scalar, dtype: DTypeInfo): Tensor {
  const t = cpu.empty(NO_DIMS, dtype, 'scalar');
  if (typeof value === 'bigint' && dtype === INT64)
    new BigInt64Array(t.storage.buffer as ArrayBuffer, t.storage.byteOffset, 1)[0] = value;
  else cpu.fill(t, Number(value));
  return t;
}
const NO_DIMS: readonly number[] = [];

/** The dtype in which a tensor of dtype `self` meets the number `value`. */
function scalarDtype(op: string, self: DTypeInfo, value: Scalar): DTypeInfo {
  if (typeof value === 'boolean' || self.category >= 2) return self;
  if (typeof value === 'bigint' || Number.isInteger(value)) return self.kind === 'bool' ? INT64 : self;
  throw new DTypeError(
    `${op}: a ${self.name} tensor with the number ${value} would need a floating dtype; convert the tensor first, e.g. with .float()`,
  );
}

/** The dtype in which tensors meet: 0-d tensors count only if their category is higher (PyTorch: `torch.result_type`). */
export function resultInfo(a: Tensor, b: Tensor): DTypeInfo {
  if (a.info === b.info) return a.info;
  const aScalar = a.ndim === 0;
  if (aScalar === (b.ndim === 0) || a.info.category === b.info.category) {
    if (aScalar !== (b.ndim === 0)) return aScalar ? b.info : a.info;
    return promoteInfos(a.info, b.info);
  }
  const [array, scalar] = aScalar ? [b, a] : [a, b];
  return scalar.info.category > array.info.category ? promoteInfos(array.info, scalar.info) : array.info;
}

/** Both operands as tensors of one dtype. At least one of them is a tensor already. */
export function promoteOperands(op: string, a: Tensor | Scalar, b: Tensor | Scalar): readonly [Tensor, Tensor] {
  if (isTensor(a)) {
    if (isTensor(b)) {
      if (a.info === b.info) return [a, b];
      const dtype = resultInfo(a, b);
      return [castTo(a, dtype), castTo(b, dtype)];
    }
    checkScalar(op, 'other', b);
    const dtype = scalarDtype(op, a.info, b);
    return [castTo(a, dtype), scalarTensor(b, dtype)];
  }
  checkTensor(op, 'self or other', b);
  checkScalar(op, 'self', a);
  const dtype = scalarDtype(op, b.info, a);
  return [scalarTensor(a, dtype), castTo(b, dtype)];
}

/** Like `promoteOperands` for ops whose result is floating or bool whatever the operands: a fraction may meet an integer tensor. */
export function promoteOperandsLoosely(op: string, a: Tensor | Scalar, b: Tensor | Scalar): readonly [Tensor, Tensor] {
  const [tensor, other] = isTensor(a) ? [a, b] : [b as Tensor, a];
  if (typeof other === 'number' && !Number.isInteger(other) && tensor.info.category < 2) {
    const float = dtypeInfo(getDefaultDtype());
    return isTensor(a)
      ? [castTo(a, float), scalarTensor(other, float)]
      : [scalarTensor(other, float), castTo(b as Tensor, float)];
  }
  return promoteOperands(op, a, b);
}

function checkScalar(op: string, parameter: string, value: unknown): asserts value is Scalar {
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') checkTensor(op, parameter, value);
}

/** Integer and bool tensors become the default floating dtype, for ops that have no integer result. */
export function toFloating(op: string, self: Tensor): Tensor {
  checkTensor(op, 'self', self);
  return self.info.category >= 2 ? self : castTo(self, dtypeInfo(getDefaultDtype()));
}

/** Of an op that has none: one object, so that such a call allocates nothing. */
export const NO_ATTRIBUTES = Object.freeze({});

// ---- what pointwise results look like ----

export const likeInput = ([self]: Inputs): TensorMeta => ({ shape: (self as Tensor).shape, dtype: (self as Tensor).info });
export const likeInputBool = ([self]: Inputs): TensorMeta => ({ shape: (self as Tensor).shape, dtype: BOOL });
export const broadcastMeta = (op: string, [a, b]: Inputs): TensorMeta => ({
  shape: broadcastShapes(op, (a as Tensor).shape, (b as Tensor).shape),
  dtype: (a as Tensor).info,
});
