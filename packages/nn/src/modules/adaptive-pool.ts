/** Pooling with windows chosen so that the result has a given size. */
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type OutputSize,
  type Tensor,
} from '@flambeau/core';
import { Module } from '../module.js';
import type { Pooled } from './pool-base.js';

abstract class AdaptivePool extends Module {
  /** @param outputSize - Size of the result; null keeps the input's. */
  constructor(readonly outputSize: OutputSize) {
    super();
  }
  override extraRepr(): string {
    return `outputSize=${Array.isArray(this.outputSize) ? `[${this.outputSize.join(', ')}]` : this.outputSize}`;
  }
}

/** Means of windows of `(N, C, L)`. PyTorch: `torch.nn.AdaptiveAvgPool1d`. */
export class AdaptiveAvgPool1d extends AdaptivePool {
  forward(input: Tensor): Tensor {
    return adaptiveAvgPool1d(input, this.outputSize);
  }
}

/** Means of windows of `(N, C, H, W)`. PyTorch: `torch.nn.AdaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends AdaptivePool {
  forward(input: Tensor): Tensor {
    return adaptiveAvgPool2d(input, this.outputSize);
  }
}

/** Means of windows of `(N, C, D, H, W)`. PyTorch: `torch.nn.AdaptiveAvgPool3d`. */
export class AdaptiveAvgPool3d extends AdaptivePool {
  forward(input: Tensor): Tensor {
    return adaptiveAvgPool3d(input, this.outputSize);
  }
}

abstract class AdaptiveMaxPool<R extends boolean> extends AdaptivePool {
  readonly returnIndices: boolean;
  constructor(outputSize: OutputSize, { returnIndices }: { readonly returnIndices?: R } = {}) {
    super(outputSize);
    this.returnIndices = returnIndices ?? false;
  }
}

/** Maxima of windows of `(N, C, L)`, with their indices if wanted. PyTorch: `torch.nn.AdaptiveMaxPool1d`. */
export class AdaptiveMaxPool1d<R extends boolean = false> extends AdaptiveMaxPool<R> {
  forward(input: Tensor): Pooled<Tensor, R> {
    return adaptiveMaxPool1d(input, this.outputSize, { returnIndices: this.returnIndices }) as Pooled<Tensor, R>;
  }
}

/** Maxima of windows of `(N, C, H, W)`, with their indices if wanted. PyTorch: `torch.nn.AdaptiveMaxPool2d`. */
export class AdaptiveMaxPool2d<R extends boolean = false> extends AdaptiveMaxPool<R> {
  forward(input: Tensor): Pooled<Tensor, R> {
    return adaptiveMaxPool2d(input, this.outputSize, { returnIndices: this.returnIndices }) as Pooled<Tensor, R>;
  }
}

/** Maxima of windows of `(N, C, D, H, W)`, with their indices if wanted. PyTorch: `torch.nn.AdaptiveMaxPool3d`. */
export class AdaptiveMaxPool3d<R extends boolean = false> extends AdaptiveMaxPool<R> {
  forward(input: Tensor): Pooled<Tensor, R> {
    return adaptiveMaxPool3d(input, this.outputSize, { returnIndices: this.returnIndices }) as Pooled<Tensor, R>;
  }
}
