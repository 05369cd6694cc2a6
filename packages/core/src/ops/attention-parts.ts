/** Attention in other operators: for higher derivatives, dropout and masks that are learned. Shapes are those of `attention.ts`. */
import { ones } from '../creation.js';
import type { Tensor } from '../tensor.js';
import { dropout } from './dropout.js';
import { matmul } from './linalg.js';
import { tril } from './rearranging.js';

type AttentionAttributes = { readonly scale: number; readonly causal: boolean };
type AttentionInputs = [q: Tensor, k: Tensor, v: Tensor, mask: Tensor | null];

/** Each head of keys once for every head of queries that uses it. */
export function repeatHeads(t: Tensor, heads: number): Tensor {
  const [batch, own, n, features] = t.shape;
  if (own === heads) return t;
  return t
    .unsqueeze(2)
    .expand([batch, own, heads / own, n, features])
    .reshape([batch, heads, n, features]);
}

/** `scale · Q Kᵀ + mask`, shape (B, H, n, keys). */
export function scores([q, k, , mask]: AttentionInputs, { scale, causal }: AttentionAttributes): Tensor {
  const plain = matmul(q.mul(scale), repeatHeads(k, q.shape[1]).transpose(-2, -1));
  const masked = mask === null ? plain : plain.add(mask);
  if (!causal) return masked;
  const visible = tril(ones(plain.shape.slice(2), { dtype: 'bool', device: plain.device }));
  return masked.maskedFill(visible.logicalNot(), Number.NEGATIVE_INFINITY);
}

/** The softmax of each row; zeros where a query sees no key. */
export function weightsOf(s: Tensor): Tensor {
  const blind = s.detached().amax(-1, { keepdim: true }).eq(Number.NEGATIVE_INFINITY);
  return s.maskedFill(blind, 0).softmax(-1).maskedFill(blind, 0);
}

/** The output with the weights computed in full. */
export const decomposed = (inputs: AttentionInputs, attributes: AttentionAttributes, dropoutP: number): Tensor =>
  matmul(dropout(weightsOf(scores(inputs, attributes)), dropoutP), repeatHeads(inputs[2], inputs[0].shape[1]));

/** @internal The gradient of the scores, shape (B, H, n, keys), for a mask that is learned. */
export function attentionScoresBackward(grad: Tensor, inputs: AttentionInputs, attributes: AttentionAttributes): Tensor {
  const weights = weightsOf(scores(inputs, attributes));
  const slopes = matmul(grad, repeatHeads(inputs[2], inputs[0].shape[1]).transpose(-2, -1));
  return weights.mul(slopes.sub(weights.mul(slopes).sum(-1, { keepdim: true })));
}
