/** Tensors that stand for something else while a transform runs. */
import { Tensor } from '@flambeau/core';
import { Layer } from '@flambeau/core/internal';
import { needsGrad } from '../meta.js';
import { type Frame, TransformError } from './frame.js';

/**
 * What a transformed function gets to see: shape, strides and dtype are those of one example (`vmap`) or of the primal (`jvp`); the
 * storage is that of the tensor inside, so that in-place changes are noticed. Its elements cannot be read.
 */
export abstract class WrappedTensor extends Tensor {
  constructor(
    readonly frame: Frame,
    readonly inside: Tensor,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    super(inside.storage, shape, strides, inside.offset, inside.info);
    this.layers = Layer.Transform;
  }

  private unreadable(): never {
    throw new TransformError(
      `${this.frame.name}: the elements of a tensor cannot be read inside of the transform (item, toArray, data, conditions on ` +
        'values): they differ between examples or carry derivatives; use operations such as where, or read the results outside',
    );
  }
  override toTypedArray(): never {
    return this.unreadable();
  }
  override item(): never {
    return this.unreadable();
  }
  override elements(): never {
    return this.unreadable();
  }
  override unsafeData(): never {
    return this.unreadable();
  }
  override setData(): never {
    throw new TransformError(`${this.frame.name}: a wrapped tensor cannot be given other memory`);
  }
  override toJSON(): unknown {
    return this.toString();
  }
  /** The tensors that it stands for. */
  parts(): readonly (Tensor | null)[] {
    return [this.inside];
  }
  /** The same, without what autograd has recorded at this level. */
  abstract override detached(): Tensor;
  /** The same without any derivative, at whatever level: what users mean by `detach()`. */
  abstract stopped(): Tensor;
  abstract override toString(): string;
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** 0 for a tensor of no transform. */
export const levelOf = (t: Tensor): number => (t instanceof WrappedTensor ? t.frame.level : 0);

/** The greatest level among the inputs. */
export function topLevel(inputs: readonly (Tensor | null)[]): number {
  let level = 0;
  for (const t of inputs) if (t !== null && t instanceof WrappedTensor && t.frame.level > level) level = t.frame.level;
  return level;
}

/** @throws {TransformError} If the tensor was kept from a transform that has ended. */
export function checkAlive({ frame }: WrappedTensor): void {
  if (!frame.alive)
    throw new TransformError(
      `a tensor made inside of ${frame.name} is used after it has ended; return it from the transformed function instead`,
    );
}

/** Whether gradients flow to the tensor, at its own level or at one inside of it. */
export function needsGradAnywhere(t: Tensor | null): boolean {
  if (t === null) return false;
  return needsGrad(t) || (t instanceof WrappedTensor && t.parts().some(needsGradAnywhere));
}

/** The inputs of an in-place operation that is computed apart and then written: what a derivative may keep of `self` is a copy. */
export function beforeWriting(self: Tensor, inputs: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
  if (!inputs.some(needsGradAnywhere)) return inputs;
  return inputs.map((t) => (t !== null && t.storage === self.storage ? t.clone() : t));
}
