import { empty, type Tensor, ValueError } from '@flambeau/core';
import type { FactoryOptions } from '../factory-options.js';
import { type MultiHeadAttentionCall, multiHeadAttentionForward } from '../functional/multi-head-attention.js';
import { constant_, xavierNormal_, xavierUniform_ } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { Linear } from './linear.js';

export type { MultiHeadAttentionCall } from '../functional/multi-head-attention.js';

export interface MultiheadAttentionOptions extends FactoryOptions {
  /** The probability of dropping a weight. Default 0. */
  readonly dropout?: number;
  /** Whether the projections have biases. Default true. */
  readonly bias?: boolean;
  /** Whether one more key and value are learned. Default false. */
  readonly addBiasKV?: boolean;
  /** Whether one more key and value of zeros are added. Default false. */
  readonly addZeroAttn?: boolean;
  /** Features of the keys. Default: as many as the queries have. */
  readonly kdim?: number | null;
  /** Features of the values. Default: as many as the queries have. */
  readonly vdim?: number | null;
  /** Whether inputs are `(B, L, E)`, not `(L, B, E)`. Default false. */
  readonly batchFirst?: boolean;
}

/**
 * Attention in several learned projections at once. Vaswani et al. 2017.
 *
 * @see PyTorch: `torch.nn.MultiheadAttention`.
 * @example
 * const attention = new MultiheadAttention(64, 8, { batchFirst: true });
 * const x = randn([2, 10, 64]);
 * const [output] = attention(x, x, x, { needWeights: false }); // (2, 10, 64)
 */
export class MultiheadAttention extends Module {
  readonly dropout: number;
  readonly batchFirst: boolean;
  readonly addZeroAttn: boolean;
  readonly kdim: number;
  readonly vdim: number;
  /** Query, key and value, shape `(3E, E)`; null if keys or values have other features than queries. */
  inProjWeight: Parameter | null;
  qProjWeight: Parameter | null;
  kProjWeight: Parameter | null;
  vProjWeight: Parameter | null;
  inProjBias: Parameter | null;
  outProj: Linear;
  biasK: Parameter | null;
  biasV: Parameter | null;

  /**
   * @param embedDim - Features E of queries and output.
   * @param numHeads - Projections; each has `embedDim / numHeads` features.
   */
  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options: MultiheadAttentionOptions = {},
  ) {
    super();
    const { dropout = 0, bias = true, addBiasKV = false, addZeroAttn = false, batchFirst = false, dtype, device } = options;
    if (!(embedDim > 0 && numHeads > 0 && embedDim % numHeads === 0))
      throw new ValueError(`MultiheadAttention: embedDim (${embedDim}) must be a multiple of numHeads (${numHeads})`);
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    this.addZeroAttn = addZeroAttn;
    this.kdim = options.kdim ?? embedDim;
    this.vdim = options.vdim ?? embedDim;
    const make = (...shape: number[]): Parameter => new Parameter(empty(shape, { dtype, device }));
    const same = this.kdim === embedDim && this.vdim === embedDim;
    this.inProjWeight = same ? make(3 * embedDim, embedDim) : null;
    this.qProjWeight = same ? null : make(embedDim, embedDim);
    this.kProjWeight = same ? null : make(embedDim, this.kdim);
    this.vProjWeight = same ? null : make(embedDim, this.vdim);
    this.inProjBias = bias ? make(3 * embedDim) : null;
    this.outProj = new Linear(embedDim, embedDim, { bias, dtype, device });
    this.biasK = addBiasKV ? make(1, 1, embedDim) : null;
    this.biasV = addBiasKV ? make(1, 1, embedDim) : null;
    this.resetParameters();
  }

  /** Draws the initial values anew. */
  resetParameters(): void {
    for (const weight of [this.inProjWeight, this.qProjWeight, this.kProjWeight, this.vProjWeight])
      if (weight !== null) xavierUniform_(weight);
    for (const bias of [this.inProjBias, this.outProj.bias]) if (bias !== null) constant_(bias, 0);
    for (const bias of [this.biasK, this.biasV]) if (bias !== null) xavierNormal_(bias);
  }

  /**
   * @param query - Shape `(L, B, E)`, `(B, L, E)` with `batchFirst`, or `(L, E)`.
   * @param key - Shape `(S, B, kdim)` and accordingly.
   * @param value - Shape `(S, B, vdim)` and accordingly.
   * @returns The output, of the query's shape, and the weights: `(B, L, S)`, `(B, heads, L, S)` or null.
   */
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: MultiHeadAttentionCall = {},
  ): [output: Tensor, weights: Tensor | null] {
    const { inProjWeight, qProjWeight, kProjWeight, vProjWeight, inProjBias, biasK, biasV, outProj } = this;
    const projections = { inProjWeight, qProjWeight, kProjWeight, vProjWeight, inProjBias, biasK, biasV };
    const weights = { ...projections, outProjWeight: outProj.weight, outProjBias: outProj.bias };
    const { batchFirst, addZeroAttn, dropout: dropoutP, training } = this;
    return multiHeadAttentionForward(query, key, value, this.numHeads, weights, {
      ...options,
      batchFirst,
      addZeroAttn,
      dropoutP,
      training,
    });
  }

  override extraRepr(): string {
    return `${this.embedDim}, ${this.numHeads}${this.batchFirst ? ', batchFirst=true' : ''}`;
  }
}
