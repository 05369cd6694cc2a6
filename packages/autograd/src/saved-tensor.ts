import type { Tensor } from '@flambeau/core';
import { edgeOf } from './history.js';
import { checkVersion } from './node.js';
import { PackedTensor, savedHooks } from './saved-hooks.js';

/** A tensor kept for the backward of user code, with the version it had. */
export class SavedTensor {
  private readonly version: number;
  private readonly kept: Tensor | PackedTensor;
  constructor(
    tensor: Tensor,
    private readonly op: string,
    private readonly as: string,
  ) {
    this.version = tensor.version;
    this.kept = savedHooks === null ? tensor : new PackedTensor(savedHooks, tensor, edgeOf(tensor));
  }

  /** @throws {AutogradError} If the tensor was changed in place since. */
  unpack(): Tensor {
    if (this.kept instanceof PackedTensor) return this.kept.unpack();
    checkVersion(this.kept, this.version, this.op, this.as);
    return this.kept;
  }
}
