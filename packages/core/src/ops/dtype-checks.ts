/** Requirements on dtypes that ops of several groups share. */
import { autocasting } from '../autocast.js';
import { DTypeError } from '../errors.js';
import { checkTensor, type Tensor } from '../tensor.js';

/** Throws a DTypeError unless `t` has real floating-point elements. */
export function requireFloating(op: string, name: string, t: Tensor): void {
  checkTensor(op, name, t);
  if (t.info.kind !== 'float')
    throw new DTypeError(`${op}: expected ${name} to be floating-point, got ${t.dtype}; convert it first, e.g. with .float()`);
}

/** Throws a DTypeError unless all operands have one dtype. */
export function requireSameDtype(op: string, names: readonly string[], operands: readonly (Tensor | null)[]): void {
  const [first] = operands as readonly Tensor[];
  operands.forEach((t, i) => {
    if (t !== null && t.info !== first.info)
      throw new DTypeError(
        `${op}: ${names[0]} is ${first.dtype} but ${names[i]} is ${t.dtype}; convert one of them with .to(dtype)`,
      );
  });
}

/** `requireSameDtype` for operands that autocast, where it is on, brings to one dtype; it leaves float64 and integers alone. */
export function requireSameOrCastDtype(op: string, names: readonly string[], operands: readonly (Tensor | null)[]): void {
  const isCast = (t: Tensor | null): boolean => t === null || (t.info.kind === 'float' && t.dtype !== 'float64');
  if (autocasting() === null || !operands.every(isCast)) requireSameDtype(op, names, operands);
}
