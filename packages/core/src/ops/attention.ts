/** Scaled dot-product attention. Vaswani et al. 2017. */
import { lowered } from '../autocast.js';
import { type AttentionForm, context } from '../context.js';
import { full } from '../creation.js';
import { dtypeInfo } from '../dtype.js';
import { DTypeError, formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Op, type TensorMeta } from '../op.js';
import { scalarTensor } from '../promotion.js';
import { broadcastShapes } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { attentionScoresBackward, decomposed, repeatHeads, scores, weightsOf } from './attention-parts.js';

import { castTo } from './copy.js';
import { requireFloating, requireSameDtype } from './dtype-checks.js';
import { matmul } from './linalg.js';
import { where } from './where.js';

type AttentionAttributes = { readonly scale: number; readonly causal: boolean };
/**
 * A result (B, H, n, F) that lies in memory as `like` (B, H, n, E) does: with the heads of a position together if it was split into heads, so
 * that joining them needs no copy. PyTorch's lies so, too.
 */
function liesAs(like: Tensor, features: number): TensorMeta {
  const [batch, heads, n] = like.shape;
  const shape = [batch, heads, n, features];
  const split = heads > 1 && n > 1 && like.strides[1] < like.strides[2];
  return { shape, dtype: like.info, strides: split ? [n * heads * features, features, heads * features, 1] : undefined };
}

type AttentionInputs = [q: Tensor, k: Tensor, v: Tensor, mask: Tensor | null];

/** @internal The output (B, H, n, F) and the logarithm of each query's sum of exponentials (B, H, n). All inputs have four dimensions. */
export const attentionWithStatistics: Op<
  [...AttentionInputs, scale: number, causal: boolean],
  Tensor[],
  'q' | 'k' | 'v' | 'mask',
  AttentionAttributes,
  true
> = defineOp({
  name: 'attention',
  inputs: ['q', 'k', 'v', 'mask'],
  args: (q: Tensor, k: Tensor, v: Tensor, mask: Tensor | null, scale: number, causal: boolean) => [
    [q, k, v, mask],
    { scale, causal },
  ],
  infer: ([q, , v]) => {
    const query = q as Tensor;
    return [liesAs(query, (v as Tensor).shape[3]), { shape: query.shape.slice(0, 3), dtype: query.info }];
  },
  kernel: 'attention',
  decompose: (inputs, attributes): Tensor[] => {
    const operands = inputs as AttentionInputs;
    const s = scores(operands, attributes);
    const lse = s.logsumexp(-1);
    // what the kernel stores, too: weights relative to infinity are zero
    const blind = lse.eq(Number.NEGATIVE_INFINITY);
    return [decomposed(operands, attributes, 0), lse.maskedFill(blind, Number.POSITIVE_INFINITY)];
  },
  differentiable: true,
});

/** @internal Gradients of q, k and v of `attentionWithStatistics`. */
export const attentionBackward: Op<
  [grad: Tensor, ...AttentionInputs, out: Tensor, lse: Tensor, scale: number, causal: boolean],
  Tensor[],
  'grad' | 'q' | 'k' | 'v' | 'mask' | 'out' | 'lse',
  AttentionAttributes,
  true
> = defineOp({
  name: 'attention_backward',
  inputs: ['grad', 'q', 'k', 'v', 'mask', 'out', 'lse'],
  args: (
    grad: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | null,
    out: Tensor,
    lse: Tensor,
    scale: number,
    causal: boolean,
  ) => [[grad, q, k, v, mask, out, lse], { scale, causal }],
  infer: ([, ...inputs]) => inputs.slice(0, 3).map((t) => liesAs(t as Tensor, (t as Tensor).shape[3])),
  kernel: 'attention_backward',
  decompose: ([grad, q, k, v, mask], attributes): Tensor[] => {
    const g = grad as Tensor;
    const inputs = [q, k, v, mask] as AttentionInputs;
    const [query, key] = inputs;
    const weights = weightsOf(scores(inputs, attributes));
    const gradScores = attentionScoresBackward(g, inputs, attributes).mul(attributes.scale);
    /** The sum over the heads of queries that share a head of keys. */
    const shared = (t: Tensor): Tensor => {
      const [batch, heads, n, features] = t.shape;
      const own = key.shape[1];
      return own === heads ? t : t.reshape([batch, own, heads / own, n, features]).sum(2);
    };
    return [
      matmul(gradScores, repeatHeads(key, query.shape[1])),
      shared(matmul(gradScores.transpose(-2, -1), query)),
      shared(matmul(weights.transpose(-2, -1), g)),
    ];
  },
  differentiable: true,
});

export interface AttentionOptions {
  /** What each query sees: bool (true: it does), or numbers that are added to the scores. Broadcasts to `(*, n, keys)`. */
  readonly attnMask?: Tensor | null;
  /** The probability with which a weight is dropped. Default 0. */
  readonly dropoutP?: number;
  /** Whether each query sees only the keys up to its own position. Default false. */
  readonly isCausal?: boolean;
  /** The factor of the scores. Default `1 / √E`. */
  readonly scale?: number | null;
  /** Whether fewer heads of keys and values may serve groups of heads of queries. Default false. */
  readonly enableGqa?: boolean;
}

/** Bool masks as numbers to add. */
function additive(mask: Tensor, query: Tensor): Tensor {
  if (mask.dtype === 'bool') {
    const none = scalarTensor(0, query.info);
    return where(mask, none, full([], Number.NEGATIVE_INFINITY, { dtype: query.dtype, device: query.device }));
  }
  if (mask.info.kind !== 'float')
    throw new DTypeError(
      `scaledDotProductAttention: expected attnMask to be bool or floating-point, got ${mask.dtype}; compare it first, e.g. with .ne(0)`,
    );
  return castTo(mask, query.info);
}

/** (*, n, features) with the leading dimensions broadcast to `lead`, as (B, H, n, features). */
function asHeads(t: Tensor, lead: readonly number[], heads: number): Tensor {
  const own = t.shape.slice(-2);
  const wide = t.ndim === lead.length + 2 && lead.every((n, i) => n === t.shape[i]) ? t : t.expand([...lead, ...own]);
  return wide.ndim === 4 ? wide : wide.reshape([lead.slice(0, -1).reduce((n, size) => n * size, 1), heads, ...own]);
}

/** The kernel where it may be used: it has no dropout. */
function formFor(dropoutP: number): AttentionForm {
  const allowed = context().attention;
  if (dropoutP === 0 && allowed.includes('flash')) return 'flash';
  if (allowed.includes('math')) return 'math';
  throw new ValueError('scaledDotProductAttention: dropout needs the math backend, which sdpaKernel leaves out here');
}

/**
 * `softmax(scale · Q Kᵀ + mask) V` in memory proportional to the sequence, without the matrix of weights (with dropout: with it).
 * float16 and bfloat16 are computed in float32. A query that sees no key gives zeros. PyTorch:
 * `torch.nn.functional.scaled_dot_product_attention`.
 *
 * @param query - Shape `(*, n, E)`.
 * @param key - Shape `(*, keys, E)`.
 * @param value - Shape `(*, keys, F)`.
 * @returns Shape `(*, n, F)`.
 * @throws {ShapeError} If the shapes do not fit together.
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { attnMask = null, dropoutP = 0, isCausal = false, scale = null, enableGqa = false }: AttentionOptions = {},
): Tensor {
  const op = 'scaledDotProductAttention';
  const operands = { query, key, value };
  for (const [name, t] of Object.entries(operands)) {
    requireFloating(op, name, t);
    if (t.ndim < 2) throw new ShapeError(`${op}: expected ${name} of shape (*, n, features), got ${formatShape(t.shape)}`);
  }
  const cast = [lowered(query), lowered(key), lowered(value)] as const;
  if (cast[0] !== query || cast[1] !== key || cast[2] !== value)
    return scaledDotProductAttention(...cast, { attnMask, dropoutP, isCausal, scale, enableGqa });
  requireSameDtype(op, Object.keys(operands), Object.values(operands));
  const [n, size] = query.shape.slice(-2);
  const [keys, keySize] = key.shape.slice(-2);
  if (size !== keySize || keys !== value.shape[value.ndim - 2])
    throw new ShapeError(
      `${op}: expected query (*, n, E), key (*, keys, E) and value (*, keys, F), got ${formatShape(query.shape)}, ${formatShape(key.shape)} and ${formatShape(value.shape)}`,
    );
  if (isCausal && attnMask !== null) throw new ValueError(`${op}: give attnMask or isCausal, not both`);
  if (!(dropoutP >= 0 && dropoutP <= 1)) throw new ValueError(`${op}: dropoutP must be a probability in [0, 1], got ${dropoutP}`);

  const leads: (readonly number[])[] = [query, key, value].map((t) => t.shape.slice(0, -2));
  const grouped = enableGqa && query.ndim > 2;
  const headsOf = (lead: readonly number[]): number => lead[lead.length - 1] ?? 1;
  if (grouped && (headsOf(leads[1]) !== headsOf(leads[2]) || headsOf(leads[0]) % headsOf(leads[1]) !== 0))
    throw new ShapeError(
      `${op}: the ${headsOf(leads[0])} heads of query must be a multiple of those of key and value, which are ${headsOf(leads[1])} and ${headsOf(leads[2])}`,
    );
  const common = leads.map((lead) => (grouped ? lead.slice(0, -1) : lead)).reduce((a, b) => broadcastShapes(op, a, b));
  const full4 = (t: Tensor, lead: readonly number[]): Tensor => {
    const heads = grouped ? headsOf(lead) : headsOf(common);
    const wanted = grouped ? [...common, heads] : common.length === 0 ? [1] : common;
    return asHeads(castTo(t, t.itemSize === 2 ? dtypeInfo('float32') : t.info), wanted, heads);
  };
  const [q, k, v] = [query, key, value].map((t, i) => full4(t, leads[i]));
  const lead = [...common, ...(grouped ? [q.shape[1]] : [])];
  let mask: Tensor | null = null;
  if (attnMask !== null) {
    checkTensor(op, 'attnMask', attnMask);
    const wanted = [...lead, n, keys];
    const wide = additive(attnMask, q).expand(broadcastShapes(op, attnMask.shape, wanted));
    if (wide.ndim !== wanted.length || wide.shape.some((m, i) => m !== wanted[i]))
      throw new ShapeError(`${op}: attnMask ${formatShape(attnMask.shape)} does not broadcast to ${formatShape(wanted)}`);
    mask = wide.ndim === 4 ? wide : wide.reshape([q.shape[0], q.shape[1], n, keys]);
  }
  const factor = scale ?? 1 / Math.sqrt(size);
  const form = formFor(dropoutP);
  const result =
    form === 'math'
      ? decomposed([q, k, v, mask], { scale: factor, causal: isCausal }, dropoutP)
      : attentionWithStatistics(q, k, v, mask, factor, isCausal)[0];
  return castTo(result.reshape([...lead, n, value.shape[value.ndim - 1]]), query.info);
}
