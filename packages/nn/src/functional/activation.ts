/** Activations that are made of others, random ones, and those that write over their input. */
import { isGradEnabled } from '@flambeau/autograd';
import {
  celu,
  elu,
  emptyLike,
  hardtanh,
  leakyRelu,
  selu,
  softmax,
  type Tensor,
  threshold,
  ValueError,
  where,
  zerosLike,
} from '@flambeau/core';

/** The softmax of `-input`. PyTorch: `torch.nn.functional.softmin`. */
export function softmin(input: Tensor, dim: number): Tensor {
  return softmax(input.neg(), dim);
}

export interface RreluOptions {
  /** Least slope. Default 1/8. */
  readonly lower?: number;
  /** Largest slope. Default 1/3. */
  readonly upper?: number;
  /** Draw a slope for each element; otherwise all get the mean one. Default false. */
  readonly training?: boolean;
}

/** Leaky ReLU with random slopes. Xu et al. 2015. PyTorch: `torch.nn.functional.rrelu`. */
export function rrelu(input: Tensor, { lower = 1 / 8, upper = 1 / 3, training = false }: RreluOptions = {}): Tensor {
  if (!(lower <= upper)) throw new ValueError(`rrelu: lower must not exceed upper, got ${lower} and ${upper}`);
  if (!training) return leakyRelu(input, (lower + upper) / 2);
  const slopes = emptyLike(input.detach()).uniform_(lower, upper);
  return where(input.ge(0), input, input.mul(slopes));
}

export interface GumbelSoftmaxOptions {
  /** Temperature. Default 1. */
  readonly tau?: number;
  /** Return one-hot vectors, with the gradient of the soft ones. Default false. */
  readonly hard?: boolean;
  /** Default -1. */
  readonly dim?: number;
}

/**
 * Samples from a categorical distribution in a way that lets gradients pass. Jang et al. 2017. PyTorch:
 * `torch.nn.functional.gumbel_softmax`.
 *
 * @param logits - Logarithms of the probabilities, not necessarily normalised.
 */
export function gumbelSoftmax(logits: Tensor, { tau = 1, hard = false, dim = -1 }: GumbelSoftmaxOptions = {}): Tensor {
  const gumbel = emptyLike(logits.detach()).exponential_().log().neg();
  const soft = softmax(logits.add(gumbel).div(tau), dim);
  if (!hard) return soft;
  const oneHot = zerosLike(soft.detach()).scatter(dim, soft.argmax(dim, { keepdim: true }), 1);
  return oneHot.sub(soft.detach()).add(soft);
}

/**
 * @internal Writes `f(input)` over the input. Where a gradient is wanted `f` works on a copy, because its derivative needs what is
 * written over.
 */
export function overwrite(input: Tensor, f: (x: Tensor) => Tensor): Tensor {
  return input.copy_(f(isGradEnabled() && input.requiresGrad ? input.clone() : input));
}

/** `relu` written over its input. PyTorch: `torch.nn.functional.relu_`. */
export const relu_ = (input: Tensor): Tensor => input.relu_();
/** `elu` written over its input. PyTorch: `torch.nn.functional.elu_`. */
export const elu_ = (input: Tensor, alpha = 1): Tensor => overwrite(input, (x) => elu(x, alpha));
/** `celu` written over its input. PyTorch: `torch.nn.functional.celu_`. */
export const celu_ = (input: Tensor, alpha = 1): Tensor => overwrite(input, (x) => celu(x, alpha));
/** `selu` written over its input. PyTorch: `torch.nn.functional.selu_`. */
export const selu_ = (input: Tensor): Tensor => overwrite(input, selu);
/** `leakyRelu` written over its input. PyTorch: `torch.nn.functional.leaky_relu_`. */
export const leakyRelu_ = (input: Tensor, negativeSlope = 0.01): Tensor => overwrite(input, (x) => leakyRelu(x, negativeSlope));
/** `hardtanh` written over its input. PyTorch: `torch.nn.functional.hardtanh_`. */
export const hardtanh_ = (input: Tensor, minVal = -1, maxVal = 1): Tensor => overwrite(input, (x) => hardtanh(x, minVal, maxVal));
/** `threshold` written over its input. PyTorch: `torch.nn.functional.threshold_`. */
export const threshold_ = (input: Tensor, limit: number, value: number): Tensor =>
  overwrite(input, (x) => threshold(x, limit, value));
/** `rrelu` written over its input. PyTorch: `torch.nn.functional.rrelu_`. */
export const rrelu_ = (input: Tensor, options: RreluOptions = {}): Tensor => overwrite(input, (x) => rrelu(x, options));
