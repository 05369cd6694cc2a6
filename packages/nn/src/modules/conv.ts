import { conv1d, conv2d, conv3d, pad, type PerDim, type Tensor } from '@flambeau/core';
import type { FactoryOptions } from '../factory-options.js';
import { ConvBase } from './conv-base.js';

export interface ConvOptions extends FactoryOptions {
  /** Step of the kernel. Default 1. */
  readonly stride?: PerDim;
  /** Places on both sides of the input; `'same'` keeps the size (stride 1 only), `'valid'` is 0. Default 0. */
  readonly padding?: PerDim | 'same' | 'valid';
  /** Distance between the kernel's elements. Default 1. */
  readonly dilation?: PerDim;
  /** Blocks of channels that do not mix. Default 1. */
  readonly groups?: number;
  /** Whether to learn an additive bias. Default true. */
  readonly bias?: boolean;
  /** What the padding holds. Default `'zeros'`. */
  readonly paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
}

/** What convolutions of one to three dimensions share. */
abstract class ConvNd extends ConvBase {
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly paddingMode: 'zeros' | 'reflect' | 'replicate' | 'circular';

  constructor(
    dims: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    { padding = 0, paddingMode = 'zeros', ...options }: ConvOptions,
  ) {
    super(dims, inChannels, outChannels, kernelSize, options);
    this.padding = typeof padding === 'string' ? padding : this.perDim(padding);
    this.paddingMode = paddingMode;
  }

  protected override weightShape(): number[] {
    return [this.outChannels, this.inChannels / this.groups, ...this.kernelSize];
  }

  forward(input: Tensor): Tensor {
    const { stride, dilation, groups, padding, paddingMode } = this;
    if (paddingMode === 'zeros') return this.convolve(input, { stride, padding, dilation, groups });
    const padded = pad(input, this.sides(), { mode: paddingMode });
    return this.convolve(padded, { stride, dilation, groups });
  }

  protected abstract convolve(input: Tensor, options: Pick<ConvOptions, 'stride' | 'padding' | 'dilation' | 'groups'>): Tensor;

  /** The padding as `pad` takes it: before and after, last dimension first. */
  private sides(): number[] {
    const { padding, dilation, kernelSize } = this;
    if (padding === 'valid') return kernelSize.flatMap(() => [0, 0]);
    if (padding !== 'same') return padding.toReversed().flatMap((p) => [p, p]);
    const totals = dilation.map((d, i) => d * (kernelSize[i] - 1));
    return totals.toReversed().flatMap((total) => [Math.floor(total / 2), Math.ceil(total / 2)]);
  }

  override extraRepr(): string {
    const { padding, paddingMode } = this;
    return [
      this.geometry(typeof padding === 'string' ? padding : this.nonZero(padding)),
      ...(paddingMode === 'zeros' ? [] : [`paddingMode=${paddingMode}`]),
    ].join(', ');
  }
}

/**
 * A convolution (cross-correlation) over one dimension, e.g. time.
 *
 * Input `(N, inChannels, L)` or `(inChannels, L)`; weight `(outChannels, inChannels / groups, kernelSize)`. Weight and bias start
 * uniform in `±1 / sqrt(fanIn)`.
 *
 * @see PyTorch: `torch.nn.Conv1d`.
 */
export class Conv1d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options: ConvOptions = {}) {
    super(1, inChannels, outChannels, kernelSize, options);
  }

  protected override convolve(input: Tensor, options: ConvOptions): Tensor {
    return conv1d(input, this.weight, this.bias, options);
  }
}

/**
 * A convolution (cross-correlation) over height and width.
 *
 * Input `(N, inChannels, H, W)` or `(inChannels, H, W)`; weight `(outChannels, inChannels / groups, kH, kW)`. Weight and bias start
 * uniform in `±1 / sqrt(fanIn)`.
 *
 * @see PyTorch: `torch.nn.Conv2d`.
 * @example
 * new Conv2d(3, 16, 3, { stride: 2, padding: 1 })(randn([8, 3, 32, 32])); // shape (8, 16, 16, 16)
 */
export class Conv2d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options: ConvOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, options);
  }

  protected override convolve(input: Tensor, options: ConvOptions): Tensor {
    return conv2d(input, this.weight, this.bias, options);
  }
}

/**
 * A convolution (cross-correlation) over depth, height and width.
 *
 * Input `(N, inChannels, D, H, W)` or `(inChannels, D, H, W)`; weight `(outChannels, inChannels / groups, kD, kH, kW)`. Weight and
 * bias start uniform in `±1 / sqrt(fanIn)`.
 *
 * @see PyTorch: `torch.nn.Conv3d`.
 */
export class Conv3d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options: ConvOptions = {}) {
    super(3, inChannels, outChannels, kernelSize, options);
  }

  protected override convolve(input: Tensor, options: ConvOptions): Tensor {
    return conv3d(input, this.weight, this.bias, options);
  }
}
