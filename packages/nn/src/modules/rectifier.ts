/** Rectifiers and their relatives as modules; each calls the function of the same name. */
import { celu, elu, full, leakyRelu, prelu, relu, relu6, selu, type Tensor, threshold } from '@flambeau/core';
import type { FactoryOptions } from '../factory-options.js';
import { rrelu } from '../functional/activation.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { type InplaceOptions, Pointwise } from './pointwise.js';

/** `max(x, 0)`. PyTorch: `torch.nn.ReLU`. */
export class ReLU extends Pointwise {
  protected override compute(input: Tensor): Tensor {
    return relu(input);
  }
  override forward(input: Tensor): Tensor {
    return this.inplace ? input.relu_() : relu(input);
  }
}

/** `min(max(x, 0), 6)`. PyTorch: `torch.nn.ReLU6`. */
export class ReLU6 extends Pointwise {
  protected override compute(input: Tensor): Tensor {
    return relu6(input);
  }
}

/** `x` above 0, `negativeSlope * x` below. PyTorch: `torch.nn.LeakyReLU`. */
export class LeakyReLU extends Pointwise {
  constructor(
    readonly negativeSlope = 0.01,
    options: InplaceOptions = {},
  ) {
    super(options);
  }
  protected override compute(input: Tensor): Tensor {
    return leakyRelu(input, this.negativeSlope);
  }
  protected override settings(): string[] {
    return [`negativeSlope=${this.negativeSlope}`];
  }
}

export interface PReLUOptions extends FactoryOptions {
  /** One slope, or one per channel. Default 1. */
  readonly numParameters?: number;
  /** Initial slope. Default 0.25. */
  readonly init?: number;
}

/** Leaky ReLU with a learned slope. He et al. 2015. PyTorch: `torch.nn.PReLU`. */
export class PReLU extends Module {
  weight: Parameter;
  constructor({ numParameters = 1, init = 0.25, dtype, device }: PReLUOptions = {}) {
    super();
    this.weight = new Parameter(full([numParameters], init, { dtype, device }));
  }
  forward(input: Tensor): Tensor {
    return prelu(input, this.weight);
  }
  override extraRepr(): string {
    return `numParameters=${this.weight.numel}`;
  }
}

/**
 * Leaky ReLU with a random slope in [lower, upper] for each element in training, the mean slope in evaluation. PyTorch:
 * `torch.nn.RReLU`.
 */
export class RReLU extends Pointwise {
  constructor(
    readonly lower = 1 / 8,
    readonly upper = 1 / 3,
    options: InplaceOptions = {},
  ) {
    super(options);
  }
  protected override compute(input: Tensor): Tensor {
    return rrelu(input, { lower: this.lower, upper: this.upper, training: this.training });
  }
  protected override settings(): string[] {
    return [`lower=${this.lower}`, `upper=${this.upper}`];
  }
}

/** `x` above 0, `alpha * (exp(x) - 1)` below. Clevert et al. 2015. PyTorch: `torch.nn.ELU`. */
export class ELU extends Pointwise {
  constructor(
    readonly alpha = 1,
    options: InplaceOptions = {},
  ) {
    super(options);
  }
  protected override compute(input: Tensor): Tensor {
    return elu(input, this.alpha);
  }
  protected override settings(): string[] {
    return [`alpha=${this.alpha}`];
  }
}

/** Scaled ELU, which keeps mean and variance. Klambauer et al. 2017. PyTorch: `torch.nn.SELU`. */
export class SELU extends Pointwise {
  protected override compute(input: Tensor): Tensor {
    return selu(input);
  }
}

/** `max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0)`. Barron 2017. PyTorch: `torch.nn.CELU`. */
export class CELU extends Pointwise {
  constructor(
    readonly alpha = 1,
    options: InplaceOptions = {},
  ) {
    super(options);
  }
  protected override compute(input: Tensor): Tensor {
    return celu(input, this.alpha);
  }
  protected override settings(): string[] {
    return [`alpha=${this.alpha}`];
  }
}

/** `x` above `threshold`, `value` elsewhere. PyTorch: `torch.nn.Threshold`. */
export class Threshold extends Pointwise {
  constructor(
    readonly threshold: number,
    readonly value: number,
    options: InplaceOptions = {},
  ) {
    super(options);
  }
  protected override compute(input: Tensor): Tensor {
    return threshold(input, this.threshold, this.value);
  }
  protected override settings(): string[] {
    return [`threshold=${this.threshold}`, `value=${this.value}`];
  }
}
