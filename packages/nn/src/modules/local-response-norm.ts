import type { Tensor } from '@flambeau/core';
import { type LocalResponseNormOptions, localResponseNorm } from '../functional/channel-norm.js';
import { Module } from '../module.js';

/**
 * Divides by a power of the mean square over neighbouring channels. Input `(N, C, *)`. Krizhevsky et al. 2012. PyTorch:
 * `torch.nn.LocalResponseNorm`.
 */
export class LocalResponseNorm extends Module {
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  /** @param size - Number of channels that count. */
  constructor(
    readonly size: number,
    { alpha = 1e-4, beta = 0.75, k = 1 }: LocalResponseNormOptions = {},
  ) {
    super();
    this.alpha = alpha;
    this.beta = beta;
    this.k = k;
  }
  forward(input: Tensor): Tensor {
    return localResponseNorm(input, this.size, { alpha: this.alpha, beta: this.beta, k: this.k });
  }
  override extraRepr(): string {
    return `${this.size}, alpha=${this.alpha}, beta=${this.beta}, k=${this.k}`;
  }
}
