import { empty, formatShape, type Indices, ShapeError, type Tensor, ValueError } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import type { FactoryOptions } from '../factory-options.js';
import { embedding, embeddingBag } from '../functional/embedding.js';
import { normal_ } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

export interface EmbeddingOptions extends FactoryOptions {
  /** An index, also from the end, whose vector is zero and gets no gradient. Default: none. */
  readonly paddingIdx?: number | null;
  /** Vectors that are looked up and are longer are first shortened to this. Default: none. */
  readonly maxNorm?: number | null;
  /** The p of the norm for `maxNorm`. Default 2. */
  readonly normType?: number;
  /** Divide each vector's gradient by how often it was looked up. Default false. */
  readonly scaleGradByFreq?: boolean;
  /** Whether the weight's gradient is a sparse tensor of the rows that were looked up; see `SparseAdam`. Default false. */
  readonly sparse?: boolean;
}

export interface PretrainedOptions extends Omit<EmbeddingOptions, keyof FactoryOptions> {
  /** Whether the vectors stay as they are. Default true. */
  readonly freeze?: boolean;
}

/** @internal What embeddings share: a table of vectors and how it is looked up. */
export abstract class Table extends Module {
  readonly paddingIdx: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly sparse: boolean;
  /** Shape `(numEmbeddings, embeddingDim)`. */
  weight: Parameter;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    { paddingIdx = null, maxNorm = null, normType = 2, scaleGradByFreq = false, sparse = false, dtype, device }: EmbeddingOptions,
  ) {
    super();
    if (paddingIdx !== null && !(paddingIdx >= -numEmbeddings && paddingIdx < numEmbeddings))
      throw new ValueError(`${this.constructor.name}: paddingIdx ${paddingIdx} is not one of ${numEmbeddings} rows`);
    this.paddingIdx = paddingIdx !== null && paddingIdx < 0 ? numEmbeddings + paddingIdx : paddingIdx;
    this.maxNorm = maxNorm;
    this.normType = normType;
    this.scaleGradByFreq = scaleGradByFreq;
    this.sparse = sparse;
    this.weight = new Parameter(empty([numEmbeddings, embeddingDim], { dtype, device }));
    this.resetParameters();
  }

  /** Draws the initial values anew. */
  resetParameters(): void {
    normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx !== null) noGrad(() => this.weight.select(0, paddingIdx).zero_());
  }

  override extraRepr(): string {
    const { paddingIdx, maxNorm, normType, scaleGradByFreq, sparse } = this;
    return [
      `${this.numEmbeddings}, ${this.embeddingDim}`,
      ...(paddingIdx === null ? [] : [`paddingIdx=${paddingIdx}`]),
      ...(maxNorm === null ? [] : [`maxNorm=${maxNorm}`]),
      ...(normType === 2 ? [] : [`normType=${normType}`]),
      ...(scaleGradByFreq ? ['scaleGradByFreq=true'] : []),
      ...(sparse ? ['sparse=true'] : []),
    ].join(', ');
  }
}

/** A table of the given vectors, of shape `(numEmbeddings, embeddingDim)`. */
function pretrained<T extends Table, O extends PretrainedOptions>(
  Class: new (rows: number, dim: number, options: Omit<O, 'freeze'> & FactoryOptions) => T,
  embeddings: Tensor,
  { freeze = true, ...options }: O,
): T {
  if (embeddings.ndim !== 2)
    throw new ShapeError(`${Class.name}.fromPretrained: expected a matrix, got ${formatShape(embeddings.shape)}`);
  const [rows, dim] = embeddings.shape;
  const table = new Class(rows, dim, { ...options, device: 'meta' });
  table.weight = new Parameter(embeddings.detach(), { requiresGrad: !freeze });
  return table;
}

/**
 * A table of vectors, looked up by index. The vectors start from the standard normal distribution. PyTorch: `torch.nn.Embedding`.
 *
 * @example
 * new Embedding(1000, 64)(tensor([[1, 2], [3, 4]], { dtype: 'int64' })); // shape (2, 2, 64)
 */
export class Embedding extends Table {
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super(numEmbeddings, embeddingDim, options);
  }

  /** PyTorch: `Embedding.from_pretrained`. */
  static fromPretrained(embeddings: Tensor, options: PretrainedOptions = {}): Embedding {
    return pretrained(Embedding, embeddings, options);
  }

  /**
   * @param input - Indices of shape `(*)`, int64 or int32.
   * @returns Shape `(*, embeddingDim)`.
   */
  forward(input: Indices): Tensor {
    const { paddingIdx, maxNorm, normType, scaleGradByFreq, sparse } = this;
    return embedding(input, this.weight, { paddingIdx, maxNorm, normType, scaleGradByFreq, sparse });
  }
}

export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** How the vectors of a bag become one. Default `'mean'`. */
  readonly mode?: 'sum' | 'mean' | 'max';
  /** The last offset is the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean;
}

/** Sums, means or maxima of the vectors of bags of indices. PyTorch: `torch.nn.EmbeddingBag`. */
export class EmbeddingBag extends Table {
  readonly mode: 'sum' | 'mean' | 'max';
  readonly includeLastOffset: boolean;

  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    { mode = 'mean', includeLastOffset = false, ...options }: EmbeddingBagOptions = {},
  ) {
    super(numEmbeddings, embeddingDim, options);
    this.mode = mode;
    this.includeLastOffset = includeLastOffset;
  }

  /** PyTorch: `EmbeddingBag.from_pretrained`. */
  static fromPretrained(
    embeddings: Tensor,
    options: PretrainedOptions & Pick<EmbeddingBagOptions, 'mode' | 'includeLastOffset'> = {},
  ): EmbeddingBag {
    return pretrained(EmbeddingBag, embeddings, options);
  }

  /**
   * @param input - Indices of shape `(B, N)`: B bags of N; or `(L)` with `offsets`, which say where each bag starts.
   * @param perSampleWeights - A factor for each index, in mode `'sum'` only.
   * @returns Shape `(B, embeddingDim)`.
   */
  forward(input: Indices, offsets: Indices | null = null, perSampleWeights: Tensor | null = null): Tensor {
    const { paddingIdx, maxNorm, normType, scaleGradByFreq, sparse, mode, includeLastOffset } = this;
    const options = {
      paddingIdx,
      maxNorm,
      normType,
      scaleGradByFreq,
      sparse,
      mode,
      includeLastOffset,
      offsets,
      perSampleWeights,
    };
    return embeddingBag(input, this.weight, options);
  }

  override extraRepr(): string {
    return `${super.extraRepr()}, mode=${this.mode}`;
  }
}
