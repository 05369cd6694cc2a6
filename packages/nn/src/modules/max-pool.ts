/** Max pooling and its inverse. */
import { type MaxPoolOptions as Options, maxPool1d, maxPool2d, maxPool3d, type PerDim, type Tensor } from '@flambeau/core';
import {
  type FractionalMaxPoolOptions as FractionalOptions,
  fractionalMaxPool2d,
  fractionalMaxPool3d,
} from '../functional/fractional-max-pool.js';
import { type MaxUnpoolOptions, maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../functional/max-unpool.js';
import { Pool, type Pooled } from './pool-base.js';

export interface MaxPoolOptions<R extends boolean = false> extends Options {
  /** Also return the indices of the largest elements, for `MaxUnpool`. Default false. */
  readonly returnIndices?: R;
}

/** The largest element of each window of a sequence, `(N, C, L)`. The stride is the window's size unless given. PyTorch: `torch.nn.MaxPool1d`. */
export class MaxPool1d<R extends boolean = false> extends Pool<MaxPoolOptions<R>> {
  constructor(kernelSize: PerDim, options: MaxPoolOptions<R> = {}) {
    super(kernelSize, options);
  }
  forward(input: Tensor): Pooled<Tensor, R> {
    return maxPool1d(input, this.kernelSize, this.options) as Pooled<Tensor, R>;
  }
}

/** The largest element of each window of an image, `(N, C, H, W)`. The stride is the window's size unless given. PyTorch: `torch.nn.MaxPool2d`. */
export class MaxPool2d<R extends boolean = false> extends Pool<MaxPoolOptions<R>> {
  constructor(kernelSize: PerDim, options: MaxPoolOptions<R> = {}) {
    super(kernelSize, options);
  }
  forward(input: Tensor): Pooled<Tensor, R> {
    return maxPool2d(input, this.kernelSize, this.options) as Pooled<Tensor, R>;
  }
}

/** The largest element of each box of a volume, `(N, C, D, H, W)`. The stride is the window's size unless given. PyTorch: `torch.nn.MaxPool3d`. */
export class MaxPool3d<R extends boolean = false> extends Pool<MaxPoolOptions<R>> {
  constructor(kernelSize: PerDim, options: MaxPoolOptions<R> = {}) {
    super(kernelSize, options);
  }
  forward(input: Tensor): Pooled<Tensor, R> {
    return maxPool3d(input, this.kernelSize, this.options) as Pooled<Tensor, R>;
  }
}

/** Puts the maxima of `MaxPool1d` back in their places, zeros elsewhere. PyTorch: `torch.nn.MaxUnpool1d`. */
export class MaxUnpool1d extends Pool<Omit<MaxUnpoolOptions, 'outputSize'>> {
  constructor(kernelSize: PerDim, options: Omit<MaxUnpoolOptions, 'outputSize'> = {}) {
    super(kernelSize, options);
  }
  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return maxUnpool1d(input, indices, this.kernelSize, { ...this.options, outputSize });
  }
}

/** Puts the maxima of `MaxPool2d` back in their places, zeros elsewhere. PyTorch: `torch.nn.MaxUnpool2d`. */
export class MaxUnpool2d extends Pool<Omit<MaxUnpoolOptions, 'outputSize'>> {
  constructor(kernelSize: PerDim, options: Omit<MaxUnpoolOptions, 'outputSize'> = {}) {
    super(kernelSize, options);
  }
  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return maxUnpool2d(input, indices, this.kernelSize, { ...this.options, outputSize });
  }
}

/** Puts the maxima of `MaxPool3d` back in their places, zeros elsewhere. PyTorch: `torch.nn.MaxUnpool3d`. */
export class MaxUnpool3d extends Pool<Omit<MaxUnpoolOptions, 'outputSize'>> {
  constructor(kernelSize: PerDim, options: Omit<MaxUnpoolOptions, 'outputSize'> = {}) {
    super(kernelSize, options);
  }
  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return maxUnpool3d(input, indices, this.kernelSize, { ...this.options, outputSize });
  }
}

export interface FractionalMaxPoolOptions<R extends boolean = false> extends Omit<FractionalOptions, 'returnIndices'> {
  /** Also return the indices of the largest elements. Default false. */
  readonly returnIndices?: R;
}

/** What fractional poolings share. The random samples are a buffer, absent unless given. */
abstract class FractionalMaxPool<R extends boolean> extends Pool<Omit<FractionalMaxPoolOptions<R>, 'randomSamples'>> {
  readonly randomSamples: Tensor | null;
  constructor(kernelSize: PerDim, { randomSamples = null, ...options }: FractionalMaxPoolOptions<R>) {
    super(kernelSize, options);
    this.randomSamples = this.registerBuffer('randomSamples', randomSamples);
  }
  protected override stateKey(property: string): string {
    return property === 'randomSamples' ? '_random_samples' : super.stateKey(property);
  }
}

/** Max pooling with windows at random places, `(N, C, H, W)`. Graham 2014. PyTorch: `torch.nn.FractionalMaxPool2d`. */
export class FractionalMaxPool2d<R extends boolean = false> extends FractionalMaxPool<R> {
  forward(input: Tensor): Pooled<Tensor, R> {
    const { options, randomSamples } = this;
    return fractionalMaxPool2d(input, this.kernelSize, { ...options, randomSamples }) as Pooled<Tensor, R>;
  }
}

/** Max pooling with windows at random places, `(N, C, D, H, W)`. Graham 2014. PyTorch: `torch.nn.FractionalMaxPool3d`. */
export class FractionalMaxPool3d<R extends boolean = false> extends FractionalMaxPool<R> {
  forward(input: Tensor): Pooled<Tensor, R> {
    const { options, randomSamples } = this;
    return fractionalMaxPool3d(input, this.kernelSize, { ...options, randomSamples }) as Pooled<Tensor, R>;
  }
}
