import type { Tensor } from '@flambeau/core';
import { overwrite } from '../functional/activation.js';
import { Module } from '../module.js';

export interface InplaceOptions {
  /** Write the result over the input. Default false. */
  readonly inplace?: boolean;
}

/** What the activations share that can write their result over the input. */
export abstract class Pointwise extends Module {
  readonly inplace: boolean;

  constructor({ inplace = false }: InplaceOptions = {}) {
    super();
    this.inplace = inplace;
  }

  protected abstract compute(input: Tensor): Tensor;

  /** The settings in the printed form, e.g. `alpha=1`. */
  protected settings(): string[] {
    return [];
  }

  forward(input: Tensor): Tensor {
    return this.inplace ? overwrite(input, (x) => this.compute(x)) : this.compute(input);
  }

  override extraRepr(): string {
    return [...this.settings(), ...(this.inplace ? ['inplace=true'] : [])].join(', ');
  }
}
