/** Distances of vectors as modules. */
import type { Tensor } from '@flambeau/core';
import {
  type CosineSimilarityOptions,
  cosineSimilarity,
  type PairwiseDistanceOptions,
  pairwiseDistance,
} from '../functional/similarity.js';
import { Module } from '../module.js';

/** The cosine of the angle between vectors along `dim`. PyTorch: `torch.nn.CosineSimilarity`. */
export class CosineSimilarity extends Module {
  readonly dim: number;
  readonly eps: number;
  constructor({ dim = 1, eps = 1e-8 }: CosineSimilarityOptions = {}) {
    super();
    this.dim = dim;
    this.eps = eps;
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, { dim: this.dim, eps: this.eps });
  }
  override extraRepr(): string {
    return `dim=${this.dim}, eps=${this.eps}`;
  }
}

/** The norm of the difference along the last dimension. PyTorch: `torch.nn.PairwiseDistance`. */
export class PairwiseDistance extends Module {
  readonly p: number;
  readonly eps: number;
  readonly keepdim: boolean;
  constructor({ p = 2, eps = 1e-6, keepdim = false }: PairwiseDistanceOptions = {}) {
    super();
    this.p = p;
    this.eps = eps;
    this.keepdim = keepdim;
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, { p: this.p, eps: this.eps, keepdim: this.keepdim });
  }
  override extraRepr(): string {
    return `p=${this.p}, eps=${this.eps}, keepdim=${this.keepdim}`;
  }
}
