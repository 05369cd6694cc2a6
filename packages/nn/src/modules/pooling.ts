import {
  type AvgPoolOptions,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  type OutputSize,
  type PerDim,
  type Tensor,
} from '@flambeau/core';
import { Module } from '../module.js';

const written = (options: object): string =>
  Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `, ${name}=${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}`)
    .join('');

abstract class Pool<O extends object> extends Module {
  constructor(
    readonly kernelSize: PerDim,
    readonly options: O,
  ) {
    super();
  }
  override extraRepr(): string {
    return `kernelSize=${typeof this.kernelSize === 'number' ? this.kernelSize : `[${this.kernelSize.join(', ')}]`}${written(this.options)}`;
  }
}

/** The largest element of each window of a sequence, `(N, C, L)`. PyTorch: `torch.nn.MaxPool1d`. */
export class MaxPool1d extends Pool<MaxPoolOptions> {
  constructor(kernelSize: PerDim, options: MaxPoolOptions = {}) {
    super(kernelSize, options);
  }
  forward(input: Tensor): Tensor {
    return maxPool1d(input, this.kernelSize, this.options);
  }
}

/**
 * The largest element of each window of an image, `(N, C, H, W)`. The stride is the window's size unless given.
 * PyTorch: `torch.nn.MaxPool2d`.
 */
export class MaxPool2d extends Pool<MaxPoolOptions> {
  constructor(kernelSize: PerDim, options: MaxPoolOptions = {}) {
    super(kernelSize, options);
  }
  forward(input: Tensor): Tensor {
    return maxPool2d(input, this.kernelSize, this.options);
  }
}

/** The mean of each window of a sequence, `(N, C, L)`. PyTorch: `torch.nn.AvgPool1d`. */
export class AvgPool1d extends Pool<Omit<AvgPoolOptions, 'divisorOverride'>> {
  constructor(kernelSize: PerDim, options: Omit<AvgPoolOptions, 'divisorOverride'> = {}) {
    super(kernelSize, options);
  }
  forward(input: Tensor): Tensor {
    return avgPool1d(input, this.kernelSize, this.options);
  }
}

/** The mean of each window of an image, `(N, C, H, W)`. PyTorch: `torch.nn.AvgPool2d`. */
export class AvgPool2d extends Pool<AvgPoolOptions> {
  constructor(kernelSize: PerDim, options: AvgPoolOptions = {}) {
    super(kernelSize, options);
  }
  forward(input: Tensor): Tensor {
    return avgPool2d(input, this.kernelSize, this.options);
  }
}

abstract class AdaptivePool extends Module {
  /** @param outputSize - Size of the result; null keeps the input's. */
  constructor(readonly outputSize: OutputSize) {
    super();
  }
  override extraRepr(): string {
    return `outputSize=${Array.isArray(this.outputSize) ? `[${this.outputSize.join(', ')}]` : this.outputSize}`;
  }
}

/** Means of windows chosen so that the result has a given size. PyTorch: `torch.nn.AdaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends AdaptivePool {
  forward(input: Tensor): Tensor {
    return adaptiveAvgPool2d(input, this.outputSize);
  }
}

/** Maxima of windows chosen so that the result has a given size. PyTorch: `torch.nn.AdaptiveMaxPool2d`. */
export class AdaptiveMaxPool2d extends AdaptivePool {
  forward(input: Tensor): Tensor {
    return adaptiveMaxPool2d(input, this.outputSize);
  }
}
