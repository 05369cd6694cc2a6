/** Stacks of transformer layers. Vaswani et al. 2017. */
import { getDefaultDtype, type Tensor } from '@flambeau/core';
import { deepCopy } from '../deep-copy.js';
import { squareSubsequentMask } from '../functional/multi-head-attention.js';
import { xavierUniform_ } from '../init.js';
import { Module } from '../module.js';
import { ModuleList } from './module-list.js';
import { LayerNorm } from './normalization.js';
import {
  type DecoderMasks,
  type SequenceMasks,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from './transformer-layer.js';

export interface TransformerStackOptions {
  /** Applied to the output. Default: none. */
  readonly norm?: (Module & ((x: Tensor) => Tensor)) | null;
}

/**
 * Encoder layers behind each other, all starting as copies of the one given. PyTorch: `torch.nn.TransformerEncoder`.
 *
 * @example
 * const encoder = new TransformerEncoder(new TransformerEncoderLayer(64, 8), 6);
 * encoder(randn([10, 2, 64]), { isCausal: true }); // (10, 2, 64)
 */
export class TransformerEncoder extends Module {
  layers: ModuleList<TransformerEncoderLayer>;
  norm: TransformerStackOptions['norm'];

  constructor(
    layer: TransformerEncoderLayer,
    readonly numLayers: number,
    { norm = null }: TransformerStackOptions = {},
  ) {
    super();
    this.layers = new ModuleList(Array.from({ length: numLayers }, () => deepCopy(layer)));
    this.norm = norm;
  }

  /** @param src - Shape `(L, B, E)`, or `(B, L, E)` if the layers are `batchFirst`. */
  forward(src: Tensor, masks: SequenceMasks = {}): Tensor {
    let x = src;
    for (const layer of this.layers) x = layer(x, masks);
    return this.norm ? this.norm(x) : x;
  }
}

/** Decoder layers behind each other, all starting as copies of the one given. PyTorch: `torch.nn.TransformerDecoder`. */
export class TransformerDecoder extends Module {
  layers: ModuleList<TransformerDecoderLayer>;
  norm: TransformerStackOptions['norm'];

  constructor(
    layer: TransformerDecoderLayer,
    readonly numLayers: number,
    { norm = null }: TransformerStackOptions = {},
  ) {
    super();
    this.layers = new ModuleList(Array.from({ length: numLayers }, () => deepCopy(layer)));
    this.norm = norm;
  }

  /**
   * @param tgt - Shape `(L, B, E)`, or `(B, L, E)` if the layers are `batchFirst`.
   * @param memory - The encoder's output, `(S, B, E)` or `(B, S, E)`.
   */
  forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    let x = tgt;
    for (const layer of this.layers) x = layer(x, memory, masks);
    return this.norm ? this.norm(x) : x;
  }
}

export interface TransformerOptions extends TransformerLayerOptions {
  /** Features E. Default 512. */
  readonly dModel?: number;
  /** Heads of the attentions. Default 8. */
  readonly nhead?: number;
  /** Default 6. */
  readonly numEncoderLayers?: number;
  /** Default 6. */
  readonly numDecoderLayers?: number;
}

/** What encoder and decoder must not see. */
export interface TransformerMasks extends DecoderMasks {
  /** Of the source's attention to itself. */
  readonly src?: SequenceMasks;
}

/**
 * An encoder and a decoder. PyTorch: `torch.nn.Transformer`.
 *
 * @example
 * const model = new Transformer({ dModel: 64, numEncoderLayers: 2, numDecoderLayers: 2, batchFirst: true });
 * model(randn([3, 10, 64]), randn([3, 7, 64]), { tgt: { isCausal: true } }); // (3, 7, 64)
 */
export class Transformer extends Module {
  encoder: TransformerEncoder;
  decoder: TransformerDecoder;

  constructor(options: TransformerOptions = {}) {
    super();
    const { dModel = 512, nhead = 8, numEncoderLayers = 6, numDecoderLayers = 6, ...layer } = options;
    const norm = (): LayerNorm =>
      new LayerNorm(dModel, { eps: layer.layerNormEps, bias: layer.bias, dtype: layer.dtype, device: layer.device });
    const encoderLayer = new TransformerEncoderLayer(dModel, nhead, layer);
    this.encoder = new TransformerEncoder(encoderLayer, numEncoderLayers, { norm: norm() });
    const decoderLayer = new TransformerDecoderLayer(dModel, nhead, layer);
    this.decoder = new TransformerDecoder(decoderLayer, numDecoderLayers, { norm: norm() });
    for (const parameter of this.parameters()) if (parameter.ndim > 1) xavierUniform_(parameter);
  }

  /**
   * @param src - Shape `(S, B, E)`, or `(B, S, E)` with `batchFirst`.
   * @param tgt - Shape `(L, B, E)`, or `(B, L, E)` with `batchFirst`.
   * @returns The shape of `tgt`.
   */
  forward(src: Tensor, tgt: Tensor, masks: TransformerMasks = {}): Tensor {
    return this.decoder(tgt, this.encoder(src, masks.src), masks);
  }

  /** An additive mask `(size, size)` with which no element sees those that follow it. */
  static generateSquareSubsequentMask(size: number, dtype: Tensor['dtype'] = getDefaultDtype()): Tensor {
    return squareSubsequentMask(size, dtype);
  }
}
