import { convTranspose1d, convTranspose2d, convTranspose3d, type PerDim, type Tensor, ValueError } from '@flambeau/core';
import type { FactoryOptions } from '../factory-options.js';
import { ConvBase } from './conv-base.js';

export interface ConvTransposeOptions extends FactoryOptions {
  /** Step of the kernel over the output. Default 1. */
  readonly stride?: PerDim;
  /** How much the output loses on both sides. Default 0. */
  readonly padding?: PerDim;
  /** Size added to one side of the output, where several sizes are possible. Default 0. */
  readonly outputPadding?: PerDim;
  /** Distance between the kernel's elements. Default 1. */
  readonly dilation?: PerDim;
  /** Blocks of channels that do not mix. Default 1. */
  readonly groups?: number;
  /** Whether to learn an additive bias. Default true. */
  readonly bias?: boolean;
}

type Geometry = Pick<ConvTransposeOptions, 'stride' | 'padding' | 'outputPadding' | 'dilation' | 'groups'>;

/** @internal What transposed convolutions share. */
export abstract class ConvTransposeNd extends ConvBase {
  readonly padding: readonly number[];
  readonly outputPadding: readonly number[];

  constructor(
    dims: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    { padding = 0, outputPadding = 0, ...options }: ConvTransposeOptions,
  ) {
    super(dims, inChannels, outChannels, kernelSize, options);
    this.padding = this.perDim(padding);
    this.outputPadding = this.perDim(outputPadding);
  }

  protected override weightShape(): number[] {
    return [this.inChannels, this.outChannels / this.groups, ...this.kernelSize];
  }

  /** @param outputSize - The size of the output, where the stride allows several; instead of `outputPadding`. */
  forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    const { stride, padding, dilation, groups } = this;
    const outputPadding = outputSize === null ? this.outputPadding : this.paddingFor(input, outputSize);
    return this.convolve(input, { stride, padding, outputPadding, dilation, groups });
  }

  protected abstract convolve(input: Tensor, options: Geometry): Tensor;

  private paddingFor(input: Tensor, outputSize: readonly number[]): readonly number[] {
    const { stride, padding, dilation, kernelSize } = this;
    const dims = kernelSize.length;
    const least = input.shape
      .slice(-dims)
      .map((size, i) => (size - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernelSize[i] - 1) + 1);
    const added = outputSize.slice(-dims).map((size, i) => size - least[i]);
    if (added.length !== dims || added.some((p, i) => !(p >= 0 && p < stride[i])))
      throw new ValueError(
        `${this.constructor.name}: outputSize [${outputSize.join(', ')}] must be at least [${least.join(', ')}] and less than the stride more`,
      );
    return added;
  }

  override extraRepr(): string {
    return this.geometry(this.nonZero(this.padding), this.nonZero(this.outputPadding));
  }
}

/**
 * A transposed convolution: the gradient of `Conv1d` with respect to its input. Input `(N, inChannels, L)`;
 * weight `(inChannels, outChannels / groups, k)`. PyTorch: `torch.nn.ConvTranspose1d`.
 */
export class ConvTranspose1d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options: ConvTransposeOptions = {}) {
    super(1, inChannels, outChannels, kernelSize, options);
  }

  protected override convolve(input: Tensor, options: Geometry): Tensor {
    return convTranspose1d(input, this.weight, this.bias, options);
  }
}

/**
 * A transposed convolution: the gradient of `Conv2d` with respect to its input. Input `(N, inChannels, H, W)`;
 * weight `(inChannels, outChannels / groups, kH, kW)`. PyTorch: `torch.nn.ConvTranspose2d`.
 */
export class ConvTranspose2d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options: ConvTransposeOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, options);
  }

  protected override convolve(input: Tensor, options: Geometry): Tensor {
    return convTranspose2d(input, this.weight, this.bias, options);
  }
}

/**
 * A transposed convolution: the gradient of `Conv3d` with respect to its input. Input `(N, inChannels, D, H, W)`;
 * weight `(inChannels, outChannels / groups, kD, kH, kW)`. PyTorch: `torch.nn.ConvTranspose3d`.
 */
export class ConvTranspose3d extends ConvTransposeNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options: ConvTransposeOptions = {}) {
    super(3, inChannels, outChannels, kernelSize, options);
  }

  protected override convolve(input: Tensor, options: Geometry): Tensor {
    return convTranspose3d(input, this.weight, this.bias, options);
  }
}
