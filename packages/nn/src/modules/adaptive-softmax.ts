import { cat, type Indices, IndexError, logSoftmax, ShapeError, type Tensor, ValueError, zeros } from '@flambeau/core';
import { toIndices } from '@flambeau/core/internal';
import type { FactoryOptions } from '../factory-options.js';
import { Module } from '../module.js';
import { Linear } from './linear.js';
import { ModuleList } from './module-list.js';
import { Sequential } from './sequential.js';

export interface AdaptiveLogSoftmaxOptions extends FactoryOptions {
  /** The features of cluster i are those of the input divided by `divValue ** i`. Default 4. */
  readonly divValue?: number;
  /** Whether the head has a bias. Default false. */
  readonly headBias?: boolean;
}

/**
 * A softmax over many classes, of which the rare ones are reached through clusters: the head knows the first `cutoffs[0]` classes and
 * the clusters. Classes are numbered from the most to the least frequent.
 *
 * @see Grave et al. 2017, "Efficient softmax approximation for GPUs". PyTorch: `torch.nn.AdaptiveLogSoftmaxWithLoss`.
 * @example
 * const softmax = new AdaptiveLogSoftmaxWithLoss(64, 10_000, [100, 1000]);
 * const { loss } = softmax(randn([8, 64]), [3, 5, 2000, 9, 0, 1, 150, 7]);
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  readonly cutoffs: readonly number[];
  head: Linear;
  tail: ModuleList<Sequential>;

  constructor(
    readonly inFeatures: number,
    readonly nClasses: number,
    cutoffs: readonly number[],
    { divValue = 4, headBias = false, dtype, device }: AdaptiveLogSoftmaxOptions = {},
  ) {
    super();
    const rising = cutoffs.every((c, i) => Number.isInteger(c) && c > (cutoffs[i - 1] ?? 0) && c < nClasses);
    if (cutoffs.length === 0 || !rising)
      throw new ValueError(
        `AdaptiveLogSoftmaxWithLoss: cutoffs must be rising integers from 1 to ${nClasses - 1}, got [${cutoffs.join(', ')}]`,
      );
    this.cutoffs = [...cutoffs, nClasses];
    this.head = new Linear(inFeatures, cutoffs[0] + cutoffs.length, { bias: headBias, dtype, device });
    this.tail = new ModuleList(
      cutoffs.map((cutoff, i) => {
        const features = Math.floor(inFeatures / divValue ** (i + 1));
        return new Sequential(
          new Linear(inFeatures, features, { bias: false, dtype, device }),
          new Linear(features, this.cutoffs[i + 1] - cutoff, { bias: false, dtype, device }),
        );
      }),
    );
  }

  /** Draws the initial values anew. */
  resetParameters(): void {
    for (const layer of this.modules()) if (layer instanceof Linear) layer.resetParameters();
  }

  /**
   * @param input - Shape `(N, inFeatures)` or `(inFeatures)`.
   * @param target - Classes, shape `(N)` or `()`.
   * @returns The targets' log-probabilities, of the target's shape, and the mean of their negatives.
   */
  forward(input: Tensor, target: Indices): { output: Tensor; loss: Tensor } {
    const classes = toIndices('AdaptiveLogSoftmaxWithLoss', 'target', target, input);
    if (classes.ndim === 0 && input.ndim === 1) {
      const { output, loss } = this.forward(input.unsqueeze(0), classes.unsqueeze(0));
      return { output: output.squeeze(0), loss };
    }
    if (input.ndim !== 2 || classes.ndim !== 1 || input.shape[0] !== classes.shape[0])
      throw new ShapeError(
        `AdaptiveLogSoftmaxWithLoss: expected an input (N, ${this.inFeatures}) and a target (N), got (${input.shape.join(', ')}) and (${classes.shape.join(', ')})`,
      );
    const list = (classes.toArray() as (number | bigint)[]).map(Number);
    const wrong = list.find((c) => c < 0 || c >= this.nClasses);
    if (wrong !== undefined) throw new IndexError(`AdaptiveLogSoftmaxWithLoss: class ${wrong} is not in [0, ${this.nClasses})`);
    const shortlist = this.cutoffs[0];
    // each target's own place in the head, or that of its cluster
    const inHead = list.map((c) => (c < shortlist ? c : shortlist + this.cutoffs.findIndex((cutoff) => c < cutoff) - 1));
    let output = chosen(logSoftmax(this.head(input), 1), inHead);
    for (let i = 0; i < this.tail.length; i++) {
      const rows = inHead.flatMap((place, row) => (place === shortlist + i ? [row] : []));
      if (rows.length === 0) continue;
      const inCluster = logSoftmax(this.tail[i](input.indexSelect(0, rows)), 1);
      const logProbs = chosen(
        inCluster,
        rows.map((row) => list[row] - this.cutoffs[i]),
      );
      output = output.add(zeros([list.length], { dtype: output.dtype, device: output.device }).indexAdd(0, rows, logProbs));
    }
    return { output, loss: output.neg().mean() };
  }

  /** The log-probabilities of all classes, shape `(N, nClasses)`, for an input `(N, inFeatures)`. */
  logProb(input: Tensor): Tensor {
    const head = logSoftmax(this.head(input), 1);
    const shortlist = this.cutoffs[0];
    const clusters = [...this.tail].map((cluster, i) => logSoftmax(cluster(input), 1).add(head.narrow(1, shortlist + i, 1)));
    return cat([head.narrow(1, 0, shortlist), ...clusters], 1);
  }

  /** The most likely class of each row of `(N, inFeatures)`. */
  predict(input: Tensor): Tensor {
    return this.logProb(input).argmax(1);
  }

  override extraRepr(): string {
    return `${this.inFeatures}, ${this.nClasses}, cutoffs=[${this.cutoffs.slice(0, -1).join(', ')}]`;
  }
}

/** The element of each row that `columns` names. */
const chosen = (rows: Tensor, columns: readonly number[]): Tensor =>
  rows.gather(1, rows.newTensor(columns, { dtype: 'int64' }).unsqueeze(1)).squeeze(1);
