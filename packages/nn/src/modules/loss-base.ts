import type { KlDivOptions, LossOptions } from '@flambeau/core';
import { Module } from '../module.js';

/** A loss with options of type `O`. Weights among them become buffers: they are converted and saved with the module. */
export abstract class Loss<O extends LossOptions | KlDivOptions> extends Module {
  constructor(protected readonly options: O) {
    super();
  }

  override extraRepr(): string {
    const plain = Object.entries(this.options).filter(([, value]) => typeof value !== 'object' && typeof value !== 'function');
    return plain.map(([name, value]) => `${name}=${String(value)}`).join(', ');
  }
}
