import { type DropoutOptions, dropout, dropout1d, dropout2d, dropout3d, type Tensor, ValueError } from '@flambeau/core';
import { alphaDropout, featureAlphaDropout } from '../functional/alpha-dropout.js';
import { type InplaceOptions, Pointwise } from './pointwise.js';

type DropoutFunction = (input: Tensor, p: number, options: DropoutOptions) => Tensor;

abstract class DropoutBase extends Pointwise {
  /** @param p - Probability of a zero, in [0, 1]. Default 0.5. */
  constructor(
    readonly p = 0.5,
    options: InplaceOptions = {},
  ) {
    super(options);
    if (!(p >= 0 && p <= 1)) throw new ValueError(`${this.constructor.name}: p must be in [0, 1], got ${p}`);
  }

  protected abstract drop(...args: Parameters<DropoutFunction>): Tensor;

  protected override compute(input: Tensor): Tensor {
    return this.drop(input, this.p, { training: this.training });
  }

  protected override settings(): string[] {
    return [`p=${this.p}`];
  }
}

/**
 * In training, sets each element to zero with probability `p` and scales the others by `1 / (1 - p)`.
 *
 * @see Srivastava et al. 2014, "Dropout". PyTorch: `torch.nn.Dropout`.
 */
export class Dropout extends DropoutBase {
  protected override drop(...args: Parameters<DropoutFunction>): Tensor {
    return dropout(...args);
  }
}

/** In training, sets whole channels of `(N, C, L)` to zero with probability `p`. PyTorch: `torch.nn.Dropout1d`. */
export class Dropout1d extends DropoutBase {
  protected override drop(...args: Parameters<DropoutFunction>): Tensor {
    return dropout1d(...args);
  }
}

/** In training, sets whole channels of `(N, C, H, W)` to zero with probability `p`. PyTorch: `torch.nn.Dropout2d`. */
export class Dropout2d extends DropoutBase {
  protected override drop(...args: Parameters<DropoutFunction>): Tensor {
    return dropout2d(...args);
  }
}

/** In training, sets whole channels of `(N, C, D, H, W)` to zero with probability `p`. PyTorch: `torch.nn.Dropout3d`. */
export class Dropout3d extends DropoutBase {
  protected override drop(...args: Parameters<DropoutFunction>): Tensor {
    return dropout3d(...args);
  }
}

/**
 * Dropout that keeps mean and variance where activations are SELUs: dropped elements take SELU's lowest value.
 *
 * @see Klambauer et al. 2017, "Self-Normalizing Neural Networks". PyTorch: `torch.nn.AlphaDropout`.
 */
export class AlphaDropout extends DropoutBase {
  protected override drop(...args: Parameters<DropoutFunction>): Tensor {
    return alphaDropout(...args);
  }
}

/** The same for whole channels of `(N, C, *)`. PyTorch: `torch.nn.FeatureAlphaDropout`. */
export class FeatureAlphaDropout extends DropoutBase {
  protected override drop(...args: Parameters<DropoutFunction>): Tensor {
    return featureAlphaDropout(...args);
  }
}
