/** Activation functions as modules; each calls the function of the same name. */
import {
  gelu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  logSigmoid,
  mish,
  sigmoid,
  silu,
  softplus,
  softshrink,
  softsign,
  type Tensor,
  tanh,
  tanhshrink,
} from '@flambeau/core';
import { Module } from '../module.js';
import { type InplaceOptions, Pointwise } from './pointwise.js';

export interface GELUOptions {
  /** `'tanh'` for the approximation of GPT-2. Default `'none'`. */
  readonly approximate?: 'none' | 'tanh';
}

/** `x Φ(x)`. Hendrycks and Gimpel 2016. PyTorch: `torch.nn.GELU`. */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';
  constructor({ approximate = 'none' }: GELUOptions = {}) {
    super();
    this.approximate = approximate;
  }
  forward(input: Tensor): Tensor {
    return gelu(input, { approximate: this.approximate });
  }
  override extraRepr(): string {
    return `approximate=${this.approximate}`;
  }
}

/** `x sigmoid(x)`. PyTorch: `torch.nn.SiLU`. */
export class SiLU extends Pointwise {
  protected override compute(input: Tensor): Tensor {
    return silu(input);
  }
}

/** `x tanh(softplus(x))`. Misra 2019. PyTorch: `torch.nn.Mish`. */
export class Mish extends Pointwise {
  protected override compute(input: Tensor): Tensor {
    return mish(input);
  }
}

/** `1 / (1 + exp(-x))`. PyTorch: `torch.nn.Sigmoid`. */
export class Sigmoid extends Module {
  forward(input: Tensor): Tensor {
    return sigmoid(input);
  }
}

/** `log(sigmoid(x))`. PyTorch: `torch.nn.LogSigmoid`. */
export class LogSigmoid extends Module {
  forward(input: Tensor): Tensor {
    return logSigmoid(input);
  }
}

/** PyTorch: `torch.nn.Tanh`. */
export class Tanh extends Module {
  forward(input: Tensor): Tensor {
    return tanh(input);
  }
}

/** Limits to [minVal, maxVal]. PyTorch: `torch.nn.Hardtanh`. */
export class Hardtanh extends Pointwise {
  constructor(
    readonly minVal = -1,
    readonly maxVal = 1,
    options: InplaceOptions = {},
  ) {
    super(options);
  }
  protected override compute(input: Tensor): Tensor {
    return hardtanh(input, this.minVal, this.maxVal);
  }
  protected override settings(): string[] {
    return [`minVal=${this.minVal}`, `maxVal=${this.maxVal}`];
  }
}

/** `x relu6(x + 3) / 6`. Howard et al. 2019. PyTorch: `torch.nn.Hardswish`. */
export class Hardswish extends Pointwise {
  protected override compute(input: Tensor): Tensor {
    return hardswish(input);
  }
}

/** `relu6(x + 3) / 6`. PyTorch: `torch.nn.Hardsigmoid`. */
export class Hardsigmoid extends Pointwise {
  protected override compute(input: Tensor): Tensor {
    return hardsigmoid(input);
  }
}

export interface SoftplusOptions {
  /** Steepness. Default 1. */
  readonly beta?: number;
  /** Where `beta * x` is larger, the function is `x` itself. Default 20. */
  readonly threshold?: number;
}

/** `log(1 + exp(beta x)) / beta`. PyTorch: `torch.nn.Softplus`. */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;
  constructor({ beta = 1, threshold = 20 }: SoftplusOptions = {}) {
    super();
    this.beta = beta;
    this.threshold = threshold;
  }
  forward(input: Tensor): Tensor {
    return softplus(input, { beta: this.beta, threshold: this.threshold });
  }
  override extraRepr(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/** `x / (1 + |x|)`. PyTorch: `torch.nn.Softsign`. */
export class Softsign extends Module {
  forward(input: Tensor): Tensor {
    return softsign(input);
  }
}

/** The first half of a dimension times the sigmoid of the second. Dauphin et al. 2016. PyTorch: `torch.nn.GLU`. */
export class GLU extends Module {
  constructor(readonly dim = -1) {
    super();
  }
  forward(input: Tensor): Tensor {
    return glu(input, this.dim);
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** `x` where `|x| > lambd`, else 0. PyTorch: `torch.nn.Hardshrink`. */
export class Hardshrink extends Module {
  constructor(readonly lambd = 0.5) {
    super();
  }
  forward(input: Tensor): Tensor {
    return hardshrink(input, this.lambd);
  }
  override extraRepr(): string {
    return `lambd=${this.lambd}`;
  }
}

/** `x` moved towards 0 by `lambd`. PyTorch: `torch.nn.Softshrink`. */
export class Softshrink extends Module {
  constructor(readonly lambd = 0.5) {
    super();
  }
  forward(input: Tensor): Tensor {
    return softshrink(input, this.lambd);
  }
  override extraRepr(): string {
    return `lambd=${this.lambd}`;
  }
}

/** `x - tanh(x)`. PyTorch: `torch.nn.Tanhshrink`. */
export class Tanhshrink extends Module {
  forward(input: Tensor): Tensor {
    return tanhshrink(input);
  }
}
