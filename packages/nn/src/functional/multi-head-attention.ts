/** Attention in several learned projections at once. Vaswani et al. 2017. */
import {
  cat,
  DTypeError,
  dropout,
  formatShape,
  full,
  linear,
  ShapeError,
  scaledDotProductAttention,
  type Tensor,
  ValueError,
} from '@flambeau/core';

/** What is learned. Either `inProjWeight` is given or the three others. */
export interface MultiHeadAttentionWeights {
  /** Projections of query, key and value below each other, shape `(3E, E)`. */
  readonly inProjWeight: Tensor | null;
  /** Shape `(E, E)`. */
  readonly qProjWeight?: Tensor | null;
  /** Shape `(E, kdim)`. */
  readonly kProjWeight?: Tensor | null;
  /** Shape `(E, vdim)`. */
  readonly vProjWeight?: Tensor | null;
  /** Shape `(3E)`. */
  readonly inProjBias?: Tensor | null;
  /** One more key, shape `(1, 1, E)`. */
  readonly biasK?: Tensor | null;
  /** The value of that key. */
  readonly biasV?: Tensor | null;
  /** Shape `(E, E)`. */
  readonly outProjWeight: Tensor;
  /** Shape `(E)`. */
  readonly outProjBias?: Tensor | null;
}

export interface MultiHeadAttentionCall {
  /** Keys to ignore, shape `(B, S)` or `(S)`: bool (true: ignored), or numbers that are added to the scores. */
  readonly keyPaddingMask?: Tensor | null;
  /** Keys each query must not see, shape `(L, S)` or `(B · heads, L, S)`: bool (true: not seen), or numbers that are added. */
  readonly attnMask?: Tensor | null;
  /** Whether each query sees only the keys up to its own position; an `attnMask` that is given decides alone. Default false. */
  readonly isCausal?: boolean;
  /** Whether to return the weights, too, which takes memory for all of them. Default true. */
  readonly needWeights?: boolean;
  /** Whether the weights are averaged over the heads. Default true. */
  readonly averageAttnWeights?: boolean;
}

export interface MultiHeadAttentionOptions extends MultiHeadAttentionCall {
  /** Whether the batch is the first dimension. Default false: the sequence is. */
  readonly batchFirst?: boolean;
  /** Whether one more key and value of zeros is added. Default false. */
  readonly addZeroAttn?: boolean;
  /** The probability of dropping a weight. Default 0. */
  readonly dropoutP?: number;
  /** Without training nothing is dropped. Default true. */
  readonly training?: boolean;
}

/** The additive mask of a square in which no query sees what follows it. PyTorch: `Transformer.generate_square_subsequent_mask`. */
export const squareSubsequentMask = (size: number, dtype: Tensor['dtype']): Tensor =>
  full([size, size], Number.NEGATIVE_INFINITY, { dtype }).triu(1);

/** A mask as numbers to add to the scores. Where a bool is true nothing is seen. */
function additive(name: string, mask: Tensor, dtype: Tensor['dtype']): Tensor {
  if (mask.dtype === 'bool') return mask.newZeros(mask.shape, { dtype }).maskedFill(mask, Number.NEGATIVE_INFINITY);
  if (!mask.dtype.includes('float'))
    throw new DTypeError(`multiHeadAttention: expected ${name} to be bool or floating-point, got ${mask.dtype}`);
  return mask.to(dtype);
}

/** Both masks as one that broadcasts to (B, heads, L, S); null if there is none. */
function mergedMask(
  { keyPaddingMask = null, attnMask = null }: MultiHeadAttentionCall,
  [batch, heads, length, keys]: readonly number[],
  dtype: Tensor['dtype'],
): Tensor | null {
  let merged: Tensor | null = null;
  if (attnMask !== null) {
    const wanted = attnMask.ndim === 3 ? [batch * heads, length, keys] : [length, keys];
    requireShape('attnMask', attnMask, wanted);
    const mask = additive('attnMask', attnMask, dtype);
    merged = mask.ndim === 3 ? mask.reshape([batch, heads, length, keys]) : mask;
  }
  if (keyPaddingMask !== null) {
    const padding = keyPaddingMask.ndim === 1 ? keyPaddingMask.unsqueeze(0) : keyPaddingMask;
    requireShape('keyPaddingMask', padding, [batch, keys]);
    const mask = additive('keyPaddingMask', padding, dtype).reshape([batch, 1, 1, keys]);
    merged = merged === null ? mask : merged.add(mask);
  }
  return merged;
}

function requireShape(name: string, t: Tensor, shape: readonly number[]): void {
  if (formatShape(t.shape) !== formatShape(shape))
    throw new ShapeError(`multiHeadAttention: expected ${name} of shape ${formatShape(shape)}, got ${formatShape(t.shape)}`);
}

/** Query, key and value projected; equal inputs in one product. */
function project(q: Tensor, k: Tensor, v: Tensor, weights: MultiHeadAttentionWeights): Tensor[] {
  const { inProjWeight, inProjBias = null } = weights;
  if (inProjWeight !== null && q === k && k === v) return linear(q, inProjWeight, inProjBias).chunk(3, -1);
  const matrices = inProjWeight?.chunk(3, 0) ?? [weights.qProjWeight, weights.kProjWeight, weights.vProjWeight];
  const biases = inProjBias?.chunk(3, 0) ?? [null, null, null];
  return [q, k, v].map((t, i) => linear(t, matrices[i] as Tensor, biases[i]));
}

/**
 * `softmax(Q Kᵀ / √d + masks) V` in `numHeads` projections, joined and projected. PyTorch:
 * `torch.nn.functional.multi_head_attention_forward`.
 *
 * @param query - Shape `(L, B, E)`, `(B, L, E)` with `batchFirst`, or `(L, E)`.
 * @param key - Shape `(S, B, kdim)` and accordingly.
 * @param value - Shape `(S, B, vdim)` and accordingly.
 * @returns The output, of the query's shape, and the weights `(B, L, S)`, or `(B, heads, L, S)` if they are not averaged.
 * @throws {ShapeError} If the shapes do not fit together.
 */
export function multiHeadAttentionForward(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  numHeads: number,
  weights: MultiHeadAttentionWeights,
  options: MultiHeadAttentionOptions = {},
): [output: Tensor, weights: Tensor | null] {
  if (query.ndim === 2) {
    const [output, w] = multiHeadAttentionForward(
      query.unsqueeze(0),
      key === query ? query.unsqueeze(0) : key.unsqueeze(0),
      value.unsqueeze(0),
      numHeads,
      weights,
      { ...options, batchFirst: true },
    );
    return [output.squeeze(0), w === null ? null : w.squeeze(0)];
  }
  if (query.ndim !== 3 || key.ndim !== 3 || value.ndim !== 3)
    throw new ShapeError(
      `multiHeadAttention: expected three inputs of 3 dimensions (or 2), got ${[query, key, value].map((t) => formatShape(t.shape)).join(', ')}`,
    );
  const { batchFirst = false, addZeroAttn = false, needWeights = true, averageAttnWeights = true } = options;
  const dropoutP = (options.training ?? true) ? (options.dropoutP ?? 0) : 0;
  const sequence = batchFirst ? 1 : 0;
  const [batch, length, features] = [query.shape[1 - sequence], query.shape[sequence], query.shape[2]];
  if (features % numHeads !== 0)
    throw new ValueError(`multiHeadAttention: ${features} features do not divide into ${numHeads} heads`);
  let [q, k, v] = project(query, key, value, weights);
  const given = k.shape[sequence];
  const added: Tensor[][] = [];
  const { biasK = null, biasV = null } = weights;
  const one = batchFirst ? [batch, 1, features] : [1, batch, features];
  if (biasK !== null && biasV !== null) added.push([biasK.expand(one), biasV.expand(one)]);
  if (addZeroAttn) added.push([k.newZeros(one), v.newZeros(one)]);
  if (added.length > 0) {
    k = cat([k, ...added.map((pair) => pair[0])], sequence);
    v = cat([v, ...added.map((pair) => pair[1])], sequence);
  }
  const keys = k.shape[sequence];
  const causal = (options.isCausal ?? false) && (options.attnMask ?? null) === null;
  let mask = mergedMask(options, [batch, numHeads, length, given], q.dtype);
  // a causal mask must be written out where another one or the weights are asked for
  const inKernel = causal && mask === null && !needWeights && keys === given;
  if (causal && !inKernel) {
    const seen = q.newOnes([length, given], { dtype: 'bool' }).tril();
    const future = additive('isCausal', seen.logicalNot(), q.dtype);
    mask = mask === null ? future : mask.add(future);
  }
  if (mask !== null && keys > given) mask = cat([mask, mask.newZeros([...mask.shape.slice(0, -1), keys - given])], -1);

  const size = features / numHeads;
  /** (B, heads, length, size), as a view. */
  const heads = (t: Tensor): Tensor => {
    const split = t.reshape([t.shape[0], t.shape[1], numHeads, size]);
    return batchFirst ? split.transpose(1, 2) : split.permute([1, 2, 0, 3]);
  };
  const [qh, kh, vh] = [heads(q), heads(k), heads(v)];
  let attended: Tensor;
  let attention: Tensor | null = null;
  if (needWeights) {
    const scores = qh.mul(1 / Math.sqrt(size)).matmul(kh.transpose(-2, -1));
    attention = dropout((mask === null ? scores : scores.add(mask)).softmax(-1), dropoutP);
    attended = attention.matmul(vh);
    if (averageAttnWeights) attention = attention.mean(1);
  } else {
    attended = scaledDotProductAttention(qh, kh, vh, { attnMask: mask, dropoutP, isCausal: inKernel });
  }
  const joined = (batchFirst ? attended.transpose(1, 2) : attended.permute([2, 0, 1, 3])).reshape([...query.shape]);
  return [linear(joined, weights.outProjWeight, weights.outProjBias ?? null), attention];
}
