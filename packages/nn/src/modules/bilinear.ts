import { empty, type Tensor } from '@flambeau/core';
import { bilinear } from '../functional/bilinear.js';
import { uniform_ } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import type { LinearOptions } from './linear.js';

/**
 * A bilinear form for each output: `y_k = x1ᵀ A_k x2 + b_k`.
 *
 * Weight `(outFeatures, in1Features, in2Features)` and bias start uniform in `±1 / sqrt(in1Features)`.
 *
 * @see PyTorch: `torch.nn.Bilinear`.
 */
export class Bilinear extends Module {
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    readonly in1Features: number,
    readonly in2Features: number,
    readonly outFeatures: number,
    { bias = true, dtype, device }: LinearOptions = {},
  ) {
    super();
    this.weight = new Parameter(empty([outFeatures, in1Features, in2Features], { dtype, device }));
    this.bias = bias ? new Parameter(empty([outFeatures], { dtype, device })) : null;
    this.resetParameters();
  }

  /** Draws the initial values anew. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    for (const parameter of this.parameters(false)) uniform_(parameter, -bound, bound);
  }

  /**
   * @param input1 - Shape `(*, in1Features)`.
   * @param input2 - Shape `(*, in2Features)`.
   * @returns Shape `(*, outFeatures)`.
   */
  forward(input1: Tensor, input2: Tensor): Tensor {
    return bilinear(input1, input2, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `in1Features=${this.in1Features}, in2Features=${this.in2Features}, outFeatures=${this.outFeatures}, bias=${this.bias !== null}`;
  }
}
