import type { PerDim } from '@flambeau/core';
import { Module } from '../module.js';

/** What a pooling returns: with `returnIndices` also where the largest elements stood. */
export type Pooled<T, R extends boolean> = R extends true ? [output: T, indices: T] : T;

const formatted = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : String(value));

/** What poolings with windows share. */
export abstract class Pool<O extends object> extends Module {
  /**
   * @param kernelSize - Size of the window.
   * @param options - See the function of the same name.
   */
  constructor(
    readonly kernelSize: PerDim,
    readonly options: O,
  ) {
    super();
  }
  override extraRepr(): string {
    const written = Object.entries(this.options).filter(([, value]) => value !== undefined && value !== null);
    return [`kernelSize=${formatted(this.kernelSize)}`, ...written.map(([name, value]) => `${name}=${formatted(value)}`)].join(
      ', ',
    );
  }
}
