/** The layers of transformers: attention and a feed-forward network, each with a residual connection and a layer norm. */
import { gelu, relu, type Tensor, ValueError } from '@flambeau/core';
import type { FactoryOptions } from '../factory-options.js';
import { Module } from '../module.js';
import { Dropout } from './dropout.js';
import { Linear } from './linear.js';
import { type MultiHeadAttentionCall, MultiheadAttention } from './multihead-attention.js';
import { LayerNorm } from './normalization.js';

export interface TransformerLayerOptions extends FactoryOptions {
  /** Features inside the feed-forward network. Default 2048. */
  readonly dimFeedforward?: number;
  /** Default 0.1. */
  readonly dropout?: number;
  /** Of the feed-forward network. Default `'relu'`. */
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor);
  /** Default 1e-5. */
  readonly layerNormEps?: number;
  /** Whether inputs are `(B, L, E)`, not `(L, B, E)`. Default false. */
  readonly batchFirst?: boolean;
  /** Whether the layer norms stand before attention and feed-forward network, not behind the residual connections. Default false. */
  readonly normFirst?: boolean;
  /** Whether linear maps and layer norms have biases. Default true. */
  readonly bias?: boolean;
}

/** What one sequence of a transformer must not see. */
export interface SequenceMasks {
  /** See `MultiheadAttention`'s `attnMask`. */
  readonly mask?: Tensor | null;
  /** See `MultiheadAttention`'s `keyPaddingMask`. */
  readonly keyPaddingMask?: Tensor | null;
  /** Whether each element sees only those up to its own position. Default false. */
  readonly isCausal?: boolean;
}

/** @internal */
export function activationOf(activation: TransformerLayerOptions['activation']): (x: Tensor) => Tensor {
  if (typeof activation === 'function') return activation;
  if (activation === undefined || activation === 'relu') return (x) => relu(x);
  if (activation === 'gelu') return (x) => gelu(x);
  throw new ValueError(`transformer layer: activation must be 'relu', 'gelu' or a function, got '${String(activation)}'`);
}

const maskOptions = ({ mask, keyPaddingMask, isCausal }: SequenceMasks): MultiHeadAttentionCall => ({
  attnMask: mask,
  keyPaddingMask,
  isCausal,
  needWeights: false,
});

/**
 * Self-attention and a feed-forward network. Vaswani et al. 2017.
 *
 * @see PyTorch: `torch.nn.TransformerEncoderLayer`.
 * @example
 * new TransformerEncoderLayer(64, 8, { batchFirst: true })(randn([2, 10, 64])); // (2, 10, 64)
 */
export class TransformerEncoderLayer extends Module {
  readonly normFirst: boolean;
  readonly activation: (x: Tensor) => Tensor;
  selfAttn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;

  /**
   * @param dModel - Features E.
   * @param nhead - Heads of the attention.
   */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super();
    const { dimFeedforward = 2048, dropout = 0.1, layerNormEps: eps = 1e-5, batchFirst, bias = true, dtype, device } = options;
    this.normFirst = options.normFirst ?? false;
    this.activation = activationOf(options.activation);
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst, bias, dtype, device });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, dtype, device });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, dtype, device });
    this.norm1 = new LayerNorm(dModel, { eps, bias, dtype, device });
    this.norm2 = new LayerNorm(dModel, { eps, bias, dtype, device });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
  }

  /** @param src - Shape `(L, B, E)`, or `(B, L, E)` with `batchFirst`. */
  forward(src: Tensor, masks: SequenceMasks = {}): Tensor {
    const attend = (x: Tensor): Tensor => this.dropout1(this.selfAttn(x, x, x, maskOptions(masks))[0]);
    const feed = (x: Tensor): Tensor => this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))));
    if (this.normFirst) {
      const x = src.add(attend(this.norm1(src)));
      return x.add(feed(this.norm2(x)));
    }
    const x = this.norm1(src.add(attend(src)));
    return this.norm2(x.add(feed(x)));
  }
}

/** What a decoder must not see. */
export interface DecoderMasks {
  /** Of the target's attention to itself. */
  readonly tgt?: SequenceMasks;
  /** Of the target's attention to the memory. */
  readonly memory?: SequenceMasks;
}

/**
 * Self-attention, attention to the encoder's output and a feed-forward network. Vaswani et al. 2017.
 *
 * @see PyTorch: `torch.nn.TransformerDecoderLayer`.
 */
export class TransformerDecoderLayer extends Module {
  readonly normFirst: boolean;
  readonly activation: (x: Tensor) => Tensor;
  selfAttn: MultiheadAttention;
  multiheadAttn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  norm3: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  dropout3: Dropout;

  /**
   * @param dModel - Features E.
   * @param nhead - Heads of the attentions.
   */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super();
    const { dimFeedforward = 2048, dropout = 0.1, layerNormEps: eps = 1e-5, batchFirst, bias = true, dtype, device } = options;
    this.normFirst = options.normFirst ?? false;
    this.activation = activationOf(options.activation);
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst, bias, dtype, device });
    this.multiheadAttn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst, bias, dtype, device });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, dtype, device });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, dtype, device });
    this.norm1 = new LayerNorm(dModel, { eps, bias, dtype, device });
    this.norm2 = new LayerNorm(dModel, { eps, bias, dtype, device });
    this.norm3 = new LayerNorm(dModel, { eps, bias, dtype, device });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
  }

  /**
   * @param tgt - Shape `(L, B, E)`, or `(B, L, E)` with `batchFirst`.
   * @param memory - The encoder's output, `(S, B, E)` or `(B, S, E)`.
   */
  forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    const attend = (x: Tensor): Tensor => this.dropout1(this.selfAttn(x, x, x, maskOptions(masks.tgt ?? {}))[0]);
    const look = (x: Tensor): Tensor => this.dropout2(this.multiheadAttn(x, memory, memory, maskOptions(masks.memory ?? {}))[0]);
    const feed = (x: Tensor): Tensor => this.dropout3(this.linear2(this.dropout(this.activation(this.linear1(x)))));
    if (this.normFirst) {
      const x = tgt.add(attend(this.norm1(tgt)));
      const y = x.add(look(this.norm2(x)));
      return y.add(feed(this.norm3(y)));
    }
    const x = this.norm1(tgt.add(attend(tgt)));
    const y = this.norm2(x.add(look(x)));
    return this.norm3(y.add(feed(y)));
  }
}
