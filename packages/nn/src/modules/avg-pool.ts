/** Average pooling and pooling by p-norms. */
import { type AvgPoolOptions, avgPool1d, avgPool2d, avgPool3d, type PerDim, type Tensor } from '@flambeau/core';
import { type LpPoolOptions, lpPool1d, lpPool2d, lpPool3d } from '../functional/power-pool.js';
import { Pool } from './pool-base.js';

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

/** The mean of each box of a volume, `(N, C, D, H, W)`. PyTorch: `torch.nn.AvgPool3d`. */
export class AvgPool3d extends Pool<AvgPoolOptions> {
  constructor(kernelSize: PerDim, options: AvgPoolOptions = {}) {
    super(kernelSize, options);
  }
  forward(input: Tensor): Tensor {
    return avgPool3d(input, this.kernelSize, this.options);
  }
}

/** What the LPPool layers share. */
abstract class LPPool extends Pool<LpPoolOptions> {
  /** @param normType - The p. */
  constructor(
    readonly normType: number,
    kernelSize: PerDim,
    options: LpPoolOptions = {},
  ) {
    super(kernelSize, options);
  }
  override extraRepr(): string {
    return `normType=${this.normType}, ${super.extraRepr()}`;
  }
}

/** The p-norm of each window of a sequence, `(N, C, L)`. PyTorch: `torch.nn.LPPool1d`. */
export class LPPool1d extends LPPool {
  forward(input: Tensor): Tensor {
    return lpPool1d(input, this.normType, this.kernelSize, this.options);
  }
}

/** The p-norm of each window of an image, `(N, C, H, W)`. PyTorch: `torch.nn.LPPool2d`. */
export class LPPool2d extends LPPool {
  forward(input: Tensor): Tensor {
    return lpPool2d(input, this.normType, this.kernelSize, this.options);
  }
}

/** The p-norm of each box of a volume, `(N, C, D, H, W)`. PyTorch: `torch.nn.LPPool3d`. */
export class LPPool3d extends LPPool {
  forward(input: Tensor): Tensor {
    return lpPool3d(input, this.normType, this.kernelSize, this.options);
  }
}
