import { dropout, dropout2d, type Tensor, ValueError } from '@flambeau/core';
import { Module } from '../module.js';

abstract class DropoutBase extends Module {
  /** @param p - Probability of a zero, in [0, 1]. Default 0.5. */
  constructor(readonly p = 0.5) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ValueError(`${this.constructor.name}: p must be in [0, 1], got ${p}`);
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}

/**
 * In training, sets each element to zero with probability `p` and scales the others by `1 / (1 - p)`.
 *
 * @see Srivastava et al. 2014, "Dropout". PyTorch: `torch.nn.Dropout`.
 */
export class Dropout extends DropoutBase {
  forward(input: Tensor): Tensor {
    return dropout(input, this.p, { training: this.training });
  }
}

/** In training, sets whole channels of `(N, C, H, W)` to zero with probability `p`. PyTorch: `torch.nn.Dropout2d`. */
export class Dropout2d extends DropoutBase {
  forward(input: Tensor): Tensor {
    return dropout2d(input, this.p, { training: this.training });
  }
}
