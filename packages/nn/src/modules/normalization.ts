import { groupNorm, layerNorm, ones, rmsNorm, type Tensor, ValueError, zeros } from '@flambeau/core';
import type { FactoryOptions } from '../factory-options.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

export interface LayerNormOptions extends FactoryOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether to learn a scale (and shift). Default true. */
  readonly elementwiseAffine?: boolean;
  /** Whether to learn a shift, too. Default true. */
  readonly bias?: boolean;
}

const shapeOf = (normalizedShape: number | readonly number[]): readonly number[] =>
  typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
const formatted = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/**
 * Normalizes over the last dimensions: `y = (x - mean) / sqrt(var + eps) * weight + bias`.
 *
 * @see Ba et al. 2016, "Layer Normalization". PyTorch: `torch.nn.LayerNorm`.
 * @example
 * new LayerNorm(768)(randn([8, 128, 768]));
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  /** @param normalizedShape - The last dimensions of the input. */
  constructor(
    normalizedShape: number | readonly number[],
    { eps = 1e-5, elementwiseAffine = true, bias = true, dtype, device }: LayerNormOptions = {},
  ) {
    super();
    this.normalizedShape = shapeOf(normalizedShape);
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? new Parameter(ones(this.normalizedShape, { dtype, device })) : null;
    this.bias = elementwiseAffine && bias ? new Parameter(zeros(this.normalizedShape, { dtype, device })) : null;
  }

  forward(input: Tensor): Tensor {
    return layerNorm(input, this.normalizedShape, { weight: this.weight, bias: this.bias, eps: this.eps });
  }

  override extraRepr(): string {
    return `${formatted(this.normalizedShape)}, eps=${this.eps}, elementwiseAffine=${this.elementwiseAffine}`;
  }
}

export type RMSNormOptions = Omit<LayerNormOptions, 'bias' | 'eps'> & {
  /** Added to the mean square. Default: the dtype's machine epsilon. */
  readonly eps?: number | null;
};

/**
 * Scales by the root mean square of the last dimensions: `y = x / sqrt(mean(x²) + eps) * weight`.
 *
 * @see Zhang and Sennrich 2019, "Root Mean Square Layer Normalization". PyTorch: `torch.nn.RMSNorm`.
 */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number | null;
  readonly elementwiseAffine: boolean;
  weight: Parameter | null;

  constructor(
    normalizedShape: number | readonly number[],
    { eps = null, elementwiseAffine = true, dtype, device }: RMSNormOptions = {},
  ) {
    super();
    this.normalizedShape = shapeOf(normalizedShape);
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? new Parameter(ones(this.normalizedShape, { dtype, device })) : null;
  }

  forward(input: Tensor): Tensor {
    return rmsNorm(input, this.normalizedShape, { weight: this.weight, eps: this.eps });
  }

  override extraRepr(): string {
    return `${formatted(this.normalizedShape)}, eps=${this.eps}, elementwiseAffine=${this.elementwiseAffine}`;
  }
}

export interface GroupNormOptions extends FactoryOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Whether to learn a scale and a shift per channel. Default true. */
  readonly affine?: boolean;
}

/**
 * Normalizes over groups of channels. Input `(N, C, *)`.
 *
 * @see Wu and He 2018, "Group Normalization". PyTorch: `torch.nn.GroupNorm`.
 */
export class GroupNorm extends Module {
  readonly eps: number;
  readonly affine: boolean;
  weight: Parameter | null;
  bias: Parameter | null;

  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    { eps = 1e-5, affine = true, dtype, device }: GroupNormOptions = {},
  ) {
    super();
    if (numChannels % numGroups !== 0)
      throw new ValueError(`GroupNorm: numChannels (${numChannels}) must be a multiple of numGroups (${numGroups})`);
    this.eps = eps;
    this.affine = affine;
    this.weight = affine ? new Parameter(ones([numChannels], { dtype, device })) : null;
    this.bias = affine ? new Parameter(zeros([numChannels], { dtype, device })) : null;
  }

  forward(input: Tensor): Tensor {
    return groupNorm(input, this.numGroups, { weight: this.weight, bias: this.bias, eps: this.eps });
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${this.eps}, affine=${this.affine}`;
  }
}
