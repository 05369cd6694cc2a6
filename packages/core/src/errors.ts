/**
 * Typed errors. A message says which op was called, with which shapes and dtypes, what was expected and what to do about it.
 */

export class FlambeauError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}
/** Shapes that do not fit together, or a dimension out of range. */
export class ShapeError extends FlambeauError {}
/** A dtype that the operation does not take. */
export class DTypeError extends FlambeauError {}
/** A sparse tensor where only a dense one is taken, or the other way round. */
export class LayoutError extends FlambeauError {}
/** An index outside of its dimension. */
export class IndexError extends FlambeauError {}
/** Tensors on devices that do not meet, or an operation that the device cannot do. */
export class DeviceError extends FlambeauError {}
/** A value that is not allowed where it stands. */
export class ValueError extends FlambeauError {}
/** A matrix that has no such decomposition or inverse: singular, not positive definite, not finite. */
export class LinAlgError extends FlambeauError {}
/** Differentiation that cannot be done. */
export class AutogradError extends FlambeauError {}
/** Memory that cannot be had, was transferred away or has been released. */
export class StorageError extends FlambeauError {}

/** `(2, 3)`, as PyTorch users read shapes. */
export const formatShape = (shape: readonly number[]): string => `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
