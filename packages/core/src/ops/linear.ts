/** The affine map of neural networks. */
import { formatShape, ShapeError } from '../errors.js';
import { defineOp, type Inputs, type TensorMeta } from '../op.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { gelu, silu } from './activation.js';
import { relu, sigmoid, tanh } from './elementwise.js';
import { requireSameDtype } from './dtype-checks.js';

function check(input: Tensor, weight: Tensor, bias: Tensor | null): void {
  checkTensor('linear', 'input', input);
  checkTensor('linear', 'weight', weight);
  if (bias !== null) checkTensor('linear', 'bias', bias);
}

function infer([input, weight, bias]: Inputs): TensorMeta {
  const [x, w] = [input as Tensor, weight as Tensor];
  if (w.ndim !== 2) throw new ShapeError(`linear: expected a weight of shape (out, in), got ${formatShape(w.shape)}`);
  const [out, features] = w.shape;
  if (x.ndim === 0 || x.shape[x.ndim - 1] !== features)
    throw new ShapeError(
      `linear: input ${formatShape(x.shape)} with weight ${formatShape(w.shape)}: ` +
        `${x.ndim === 0 ? 'no dimension' : x.shape[x.ndim - 1]} ≠ ${features} (last dim of input, last dim of weight)`,
    );
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== out))
    throw new ShapeError(
      `linear: expected a bias of shape (${out},) for weight ${formatShape(w.shape)}, got ${formatShape(bias.shape)}`,
    );
  requireSameDtype('linear', ['input', 'weight', 'bias'], [x, w, bias]);
  return { shape: [...x.shape.slice(0, -1), out], dtype: x.info };
}

/**
 * `input @ weightᵀ + bias`. PyTorch: `torch.nn.functional.linear`.
 *
 * @param input - Shape `(*, in)`.
 * @param weight - Shape `(out, in)`.
 * @param bias - Shape `(out)`, or none.
 * @returns Shape `(*, out)`.
 * @throws {ShapeError} If the shapes do not fit together.
 */
export const linear = defineOp({
  name: 'linear',
  inputs: ['input', 'weight', 'bias'],
  args: (input: Tensor, weight: Tensor, bias: Tensor | null = null) => {
    check(input, weight, bias);
    return [[input, weight, bias], { activation: 0 }];
  },
  infer,
  kernel: 'linear',
  contiguous: true,
  differentiable: true,
});

/** The activations that the kernel applies while it writes the result, by its own numbers. */
const ACTIVATIONS = ['none', 'relu', 'gelu', 'gelu_tanh', 'sigmoid', 'tanh', 'silu'] as const;
export type FusedActivation = (typeof ACTIVATIONS)[number];

const activate: Record<FusedActivation, (x: Tensor) => Tensor> = {
  none: (x) => x,
  relu: (x) => relu(x),
  gelu: (x) => gelu(x),
  gelu_tanh: (x) => gelu(x, { approximate: 'tanh' }),
  sigmoid: (x) => sigmoid(x),
  tanh: (x) => tanh(x),
  silu: (x) => silu(x),
};

/** @internal `linear` and an activation in one step, for inference. */
export const linearActivation = defineOp({
  name: 'linear_activation',
  inputs: ['input', 'weight', 'bias'],
  args: (input: Tensor, weight: Tensor, bias: Tensor | null, activation: FusedActivation) => {
    check(input, weight, bias);
    return [[input, weight, bias], { activation: ACTIVATIONS.indexOf(activation) }];
  },
  infer,
  kernel: 'linear',
  contiguous: true,
  decompose: ([input, weight, bias], { activation }): Tensor =>
    activate[ACTIVATIONS[activation]](linear(input as Tensor, weight as Tensor, bias)),
  differentiable: true,
});
