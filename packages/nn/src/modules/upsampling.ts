/** Resampling and blocks of images as modules. */
import {
  type FoldOptions,
  fold,
  type InterpolationMode,
  interpolate,
  type PerDim,
  type Tensor,
  unfold,
  ValueError,
} from '@flambeau/core';
import { Module } from '../module.js';

export interface UpsampleOptions {
  /** The new spatial size. */
  readonly size?: number | readonly number[] | null;
  /** The factor of the size, instead of `size`. */
  readonly scaleFactor?: number | readonly number[] | null;
  /** Default `'nearest'`. */
  readonly mode?: InterpolationMode;
  /** Whether the outermost elements keep their places; for the linear and cubic modes. Default: false. */
  readonly alignCorners?: boolean | null;
  /** Whether the factor is computed anew from the rounded size. Default false. */
  readonly recomputeScaleFactor?: boolean | null;
}

/**
 * Resamples the dimensions behind batch and channels; see `interpolate`. PyTorch: `torch.nn.Upsample`.
 *
 * @example
 * new Upsample({ scaleFactor: 2, mode: 'bilinear' })(randn([1, 3, 8, 8])); // (1, 3, 16, 16)
 */
export class Upsample extends Module {
  constructor(readonly options: UpsampleOptions = {}) {
    super();
  }
  /** @param input - Shape `(N, C, L)`, `(N, C, H, W)` or `(N, C, D, H, W)`. */
  forward(input: Tensor): Tensor {
    return interpolate(input, this.options);
  }
  override extraRepr(): string {
    const { size, scaleFactor, mode = 'nearest' } = this.options;
    return `${scaleFactor == null ? `size=${JSON.stringify(size)}` : `scaleFactor=${JSON.stringify(scaleFactor)}`}, mode='${mode}'`;
  }
}

type SizeOptions = Pick<UpsampleOptions, 'size' | 'scaleFactor'>;

/** `Upsample` of images by the nearest elements. PyTorch: `torch.nn.UpsamplingNearest2d`. */
export class UpsamplingNearest2d extends Upsample {
  constructor({ size, scaleFactor }: SizeOptions = {}) {
    super({ size, scaleFactor, mode: 'nearest' });
  }
}

/** Bilinear `Upsample` of images with aligned corners. PyTorch: `torch.nn.UpsamplingBilinear2d`. */
export class UpsamplingBilinear2d extends Upsample {
  constructor({ size, scaleFactor }: SizeOptions = {}) {
    super({ size, scaleFactor, mode: 'bilinear', alignCorners: true });
  }
}

const describeBlocks = (kernelSize: PerDim, { dilation = 1, padding = 0, stride = 1 }: FoldOptions): string =>
  Object.entries({ kernelSize, dilation, padding, stride })
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ');

/** The blocks of images as columns; see `unfold`. PyTorch: `torch.nn.Unfold`. */
export class Unfold extends Module {
  constructor(
    readonly kernelSize: PerDim,
    readonly options: FoldOptions = {},
  ) {
    super();
  }
  /**
   * @param input - Shape `(N, C, H, W)` or `(C, H, W)`.
   * @returns Shape `(N, C · block, blocks)`, or without N.
   */
  forward(input: Tensor): Tensor {
    return unfold(input, this.kernelSize, this.options);
  }
  override extraRepr(): string {
    return describeBlocks(this.kernelSize, this.options);
  }
}

/** Images from their blocks, which are added up; see `fold`. PyTorch: `torch.nn.Fold`. */
export class Fold extends Module {
  constructor(
    readonly outputSize: PerDim,
    readonly kernelSize: PerDim,
    readonly options: FoldOptions = {},
  ) {
    super();
    if (typeof outputSize !== 'number' && outputSize.length !== 2)
      throw new ValueError(`Fold: outputSize must be one number or 2, got ${JSON.stringify(outputSize)}`);
  }
  /**
   * @param input - Shape `(N, C · block, blocks)` or `(C · block, blocks)`.
   * @returns Shape `(N, C, height, width)`, or without N.
   */
  forward(input: Tensor): Tensor {
    return fold(input, this.outputSize, this.kernelSize, this.options);
  }
  override extraRepr(): string {
    return `outputSize=${JSON.stringify(this.outputSize)}, ${describeBlocks(this.kernelSize, this.options)}`;
  }
}
