/** Batching of products of matrices and of convolutions. */
import type { Tensor } from '@flambeau/core';
import { type Attributes, groups } from '@flambeau/core/internal';
import { type BatchCall, type BatchRule, type BatchRules, joinFirst, splitFirst } from './rule.js';

type Shape = readonly number[];
const { matrixProduct } = groups.matrixProduct;
const { linear: linearOp } = groups.linear;

/** Adds a bias whose last dimension is that of `t`. */
function plusBias(t: Tensor, bias: Tensor | null, batched: boolean): Tensor {
  if (bias === null) return t;
  if (!batched) return t.add(bias);
  const [b, n] = bias.shape;
  return t.add(bias.view([b, ...new Array<number>(t.ndim - 2).fill(1), n]));
}

const product: BatchRule = (call) => {
  const [self, other, bias] = call.values as readonly [Tensor, Tensor, Tensor | null];
  const [a, b, c] = call.batched;
  if (call.ndim(0) === 2 && !b && a) {
    // one matrix for all examples: their rows are rows of one product
    const rows = joinFirst(self);
    return plusBias(splitFirst(matrixProduct(rows, other, c ? null : bias), call.size), c ? bias : null, c);
  }
  const result =
    a || b ? (a ? self : self.unsqueeze(0)).matmul(b ? other : other.unsqueeze(0)) : matrixProduct(self, other).unsqueeze(0); // only the bias differs
  return plusBias(result, bias, c);
};

const linear: BatchRule = (call) => {
  const [input, weight, bias] = call.values as readonly [Tensor, Tensor, Tensor | null];
  const [x, w, c] = call.batched;
  if (!w) return plusBias(linearOp(x ? input : call.spread(0), weight, c ? null : bias), c ? bias : null, c);
  const shape = call.shape(0);
  const rows = shape.slice(0, -1).reduce((n, size) => n * size, 1);
  const [out, features] = call.shape(1);
  const matrix = input.reshape([x ? call.size : 1, rows, features]);
  const result = matrix.matmul(weight.transpose(-2, -1)).reshape([call.size, ...shape.slice(0, -1), out]);
  return plusBias(result, bias, c);
};

// ---- convolutions: examples with weights of their own are groups of one convolution ----

/** (B, N, C, *) to (N, B C, *): the examples' channels side by side. */
function asChannels(t: Tensor): Tensor {
  const [b, n, c, ...rest] = t.shape;
  return t.transpose(0, 1).reshape([n, b * c, ...rest]);
}
/** (N, B C, *) to (B, N, C, *). */
function fromChannels(t: Tensor, b: number): Tensor {
  const [n, channels, ...rest] = t.shape;
  return t.reshape([n, b, channels / b, ...rest]).transpose(0, 1);
}

const grouped = (call: BatchCall): Attributes => ({
  ...call.attributes,
  groups: (call.attributes.groups as number) * call.size,
});

const convolution: BatchRule = (call) => {
  const [input, weight, bias] = call.values as readonly [Tensor, Tensor, Tensor | null];
  const [, w, c] = call.batched;
  const result = w
    ? fromChannels(call.run([asChannels(call.spread(0)), joinFirst(weight), null], grouped(call)) as Tensor, call.size)
    : splitFirst(call.run([joinFirst(call.batched[0] ? input : call.spread(0)), weight, null]) as Tensor, call.size);
  if (bias === null) return result;
  const lead = c ? [call.size, 1] : [1, 1];
  return result.add(bias.reshape([...lead, -1, ...new Array<number>(result.ndim - 3).fill(1)]));
};

const convolutionInput: BatchRule = (call) => {
  const { inputSize } = call.attributes as { inputSize: Shape };
  const [n, channels, ...rest] = inputSize;
  if (!call.batched[1]) {
    const attributes = { ...call.attributes, inputSize: [call.size * n, channels, ...rest] };
    return splitFirst(call.run([joinFirst(call.spread(0)), call.values[1]], attributes) as Tensor, call.size);
  }
  const attributes = { ...grouped(call), inputSize: [n, call.size * channels, ...rest] };
  return fromChannels(call.run([asChannels(call.spread(0)), joinFirst(call.spread(1))], attributes) as Tensor, call.size);
};

const convolutionWeight: BatchRule = (call) => {
  const [out, ...rest] = call.attributes.weightSize as Shape;
  const attributes = { ...grouped(call), weightSize: [call.size * out, ...rest] };
  return splitFirst(call.run([asChannels(call.spread(0)), asChannels(call.spread(1))], attributes) as Tensor, call.size);
};

export const products: BatchRules = {
  matmul: product,
  linear,
  conv2d: convolution,
  conv2d_backward_input: convolutionInput,
  conv2d_backward_weight: convolutionWeight,
  conv3d: convolution,
  conv3d_backward_input: convolutionInput,
  conv3d_backward_weight: convolutionWeight,
};
