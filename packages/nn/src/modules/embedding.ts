import { type DType, embedding, empty, type Indices, type Tensor, ValueError } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { normal_ } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

export interface EmbeddingOptions {
  /** An index, also from the end, whose vector is zero and gets no gradient. Default: none. */
  readonly paddingIdx?: number | null;
  readonly dtype?: DType;
}

/**
 * A table of vectors, looked up by index. The vectors start from the standard normal distribution. PyTorch: `torch.nn.Embedding`.
 *
 * @example
 * new Embedding(1000, 64)(tensor([[1, 2], [3, 4]], { dtype: 'int64' })); // shape (2, 2, 64)
 */
export class Embedding extends Module {
  readonly paddingIdx: number | null;
  /** Shape `(numEmbeddings, embeddingDim)`. */
  weight: Parameter;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    { paddingIdx = null, dtype }: EmbeddingOptions = {},
  ) {
    super();
    if (paddingIdx !== null && !(paddingIdx >= -numEmbeddings && paddingIdx < numEmbeddings))
      throw new ValueError(`Embedding: paddingIdx ${paddingIdx} is not one of ${numEmbeddings} rows`);
    this.paddingIdx = paddingIdx !== null && paddingIdx < 0 ? numEmbeddings + paddingIdx : paddingIdx;
    this.weight = new Parameter(empty([numEmbeddings, embeddingDim], { dtype }));
    this.resetParameters();
  }

  /** Draws the initial values anew. */
  resetParameters(): void {
    normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx !== null) noGrad(() => this.weight.select(0, paddingIdx).zero_());
  }

  /**
   * @param input - Indices of shape `(*)`, int64 or int32.
   * @returns Shape `(*, embeddingDim)`.
   */
  forward(input: Indices): Tensor {
    return embedding(input, this.weight, { paddingIdx: this.paddingIdx });
  }

  override extraRepr(): string {
    return `${this.numEmbeddings}, ${this.embeddingDim}${this.paddingIdx === null ? '' : `, paddingIdx=${this.paddingIdx}`}`;
  }
}
