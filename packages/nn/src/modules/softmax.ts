/** Softmax and its relatives as modules. */
import { formatShape, logSoftmax, ShapeError, softmax, type Tensor } from '@flambeau/core';
import { softmin } from '../functional/activation.js';
import { Module } from '../module.js';

/** `exp(x)`, scaled so that it sums to 1 over `dim`. PyTorch: `torch.nn.Softmax`. */
export class Softmax extends Module {
  constructor(readonly dim: number) {
    super();
  }
  forward(input: Tensor): Tensor {
    return softmax(input, this.dim);
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** The logarithm of softmax. PyTorch: `torch.nn.LogSoftmax`. */
export class LogSoftmax extends Module {
  constructor(readonly dim: number) {
    super();
  }
  forward(input: Tensor): Tensor {
    return logSoftmax(input, this.dim);
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** The softmax of `-x`. PyTorch: `torch.nn.Softmin`. */
export class Softmin extends Module {
  constructor(readonly dim: number) {
    super();
  }
  forward(input: Tensor): Tensor {
    return softmin(input, this.dim);
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** Softmax over the channels of (N, C, H, W) or (C, H, W). PyTorch: `torch.nn.Softmax2d`. */
export class Softmax2d extends Module {
  forward(input: Tensor): Tensor {
    if (input.ndim !== 3 && input.ndim !== 4)
      throw new ShapeError(`Softmax2d: expected (N, C, H, W) or (C, H, W), got ${formatShape(input.shape)}`);
    return softmax(input, -3);
  }
}
