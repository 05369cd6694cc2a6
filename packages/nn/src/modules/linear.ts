import { empty, linear, type Tensor } from '@flambeau/core';
import type { FactoryOptions } from '../factory-options.js';
import { kaimingUniform_, uniform_ } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

export interface LinearOptions extends FactoryOptions {
  /** Whether to learn an additive bias. Default true. */
  readonly bias?: boolean;
}

/**
 * An affine map of the last dimension: `y = x Wᵀ + b`.
 *
 * Weight `(outFeatures, inFeatures)` and bias `(outFeatures)` start uniform in `±1 / sqrt(inFeatures)`.
 *
 * @see PyTorch: `torch.nn.Linear`.
 * @example
 * new Linear(20, 30)(randn([128, 20])); // shape (128, 30)
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  weight: Parameter;
  bias: Parameter | null;

  /**
   * @param inFeatures - Size of the input's last dimension.
   * @param outFeatures - Size of the output's last dimension.
   */
  constructor(inFeatures: number, outFeatures: number, { bias = true, dtype, device }: LinearOptions = {}) {
    super();
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(empty([outFeatures, inFeatures], { dtype, device }));
    this.bias = bias ? new Parameter(empty([outFeatures], { dtype, device })) : null;
    this.resetParameters();
  }

  /** Draws the initial values anew. */
  resetParameters(): void {
    if (this.weight.numel === 0) return;
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (this.bias !== null) {
      const bound = 1 / Math.sqrt(this.inFeatures);
      uniform_(this.bias, -bound, bound);
    }
  }

  /**
   * @param input - Shape `(*, inFeatures)`.
   * @returns Shape `(*, outFeatures)`.
   */
  forward(input: Tensor): Tensor {
    return linear(input, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${this.bias !== null}`;
  }
}
