/** Activation functions as modules; each calls the function of the same name. */
import {
  elu,
  gelu,
  glu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  type Tensor,
  tanh,
  full,
} from '@flambeau/core';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

export interface InplaceOptions {
  /** Write the result over the input. Default false. */
  readonly inplace?: boolean;
}

/** `max(x, 0)`. PyTorch: `torch.nn.ReLU`. */
export class ReLU extends Module {
  readonly inplace: boolean;
  constructor({ inplace = false }: InplaceOptions = {}) {
    super();
    this.inplace = inplace;
  }
  forward(input: Tensor): Tensor {
    return this.inplace ? input.relu_() : relu(input);
  }
  override extraRepr(): string {
    return this.inplace ? 'inplace=true' : '';
  }
}

/** `min(max(x, 0), 6)`. PyTorch: `torch.nn.ReLU6`. */
export class ReLU6 extends Module {
  forward(input: Tensor): Tensor {
    return relu6(input);
  }
}

/** `x` above 0, `negativeSlope * x` below. PyTorch: `torch.nn.LeakyReLU`. */
export class LeakyReLU extends Module {
  constructor(readonly negativeSlope = 0.01) {
    super();
  }
  forward(input: Tensor): Tensor {
    return leakyRelu(input, this.negativeSlope);
  }
  override extraRepr(): string {
    return `negativeSlope=${this.negativeSlope}`;
  }
}

export interface PReLUOptions {
  /** One slope, or one per channel. Default 1. */
  readonly numParameters?: number;
  /** Initial slope. Default 0.25. */
  readonly init?: number;
}

/** Leaky ReLU with a learned slope. He et al. 2015. PyTorch: `torch.nn.PReLU`. */
export class PReLU extends Module {
  weight: Parameter;
  constructor({ numParameters = 1, init = 0.25 }: PReLUOptions = {}) {
    super();
    this.weight = new Parameter(full([numParameters], init));
  }
  forward(input: Tensor): Tensor {
    return prelu(input, this.weight);
  }
  override extraRepr(): string {
    return `numParameters=${this.weight.numel}`;
  }
}

/** `x` above 0, `alpha * (exp(x) - 1)` below. Clevert et al. 2015. PyTorch: `torch.nn.ELU`. */
export class ELU extends Module {
  constructor(readonly alpha = 1) {
    super();
  }
  forward(input: Tensor): Tensor {
    return elu(input, this.alpha);
  }
  override extraRepr(): string {
    return `alpha=${this.alpha}`;
  }
}

/** Scaled ELU, which keeps mean and variance. Klambauer et al. 2017. PyTorch: `torch.nn.SELU`. */
export class SELU extends Module {
  forward(input: Tensor): Tensor {
    return selu(input);
  }
}

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
export class SiLU extends Module {
  forward(input: Tensor): Tensor {
    return silu(input);
  }
}

/** `x tanh(softplus(x))`. Misra 2019. PyTorch: `torch.nn.Mish`. */
export class Mish extends Module {
  forward(input: Tensor): Tensor {
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
export class Hardtanh extends Module {
  constructor(
    readonly minVal = -1,
    readonly maxVal = 1,
  ) {
    super();
  }
  forward(input: Tensor): Tensor {
    return hardtanh(input, this.minVal, this.maxVal);
  }
  override extraRepr(): string {
    return `minVal=${this.minVal}, maxVal=${this.maxVal}`;
  }
}

/** `x relu6(x + 3) / 6`. Howard et al. 2019. PyTorch: `torch.nn.Hardswish`. */
export class Hardswish extends Module {
  forward(input: Tensor): Tensor {
    return hardswish(input);
  }
}

/** `relu6(x + 3) / 6`. PyTorch: `torch.nn.Hardsigmoid`. */
export class Hardsigmoid extends Module {
  forward(input: Tensor): Tensor {
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
