/** The small net of the programs: its parameters are a plain object, as transforms take it. */
import { linear, type Tensor, tensor } from '@flambeau/core';

export type Parameters = { readonly [name: string]: Tensor };

/** Generic numbers; PyTorch's side (`expected.py`) has the same. */
export function wave(shape: readonly number[], k = 0, scale = 0.5): Tensor {
  const values = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => scale * Math.sin(1 + 0.7 * i + 5 * k));
  return tensor(values, { dtype: 'float64' }).reshape(shape);
}

/** Weights and biases of a fully connected net, by layer. */
export function mlp(sizes: readonly number[]): Parameters {
  const parameters: Record<string, Tensor> = {};
  for (let i = 0; i + 1 < sizes.length; i++) {
    parameters[`${i}.weight`] = wave([sizes[i + 1], sizes[i]], 2 * i);
    parameters[`${i}.bias`] = wave([sizes[i + 1]], 2 * i + 1);
  }
  return parameters;
}

export function apply(p: Parameters, input: Tensor): Tensor {
  const layers = Object.keys(p).length / 2;
  let x = input;
  for (let i = 0; i < layers; i++) {
    x = linear(x, p[`${i}.weight`], p[`${i}.bias`]);
    if (i < layers - 1) x = x.tanh();
  }
  return x;
}

/** `p - rate * g`, parameter by parameter. */
export const step = (p: Parameters, g: Parameters, rate: number): Parameters =>
  Object.fromEntries(Object.entries(p).map(([name, value]) => [name, value.sub(g[name].mul(rate))]));
