/** Parametrizations of weights. PyTorch: `torch.nn.utils.parametrizations`. */
import { noGrad } from '@flambeau/autograd';
import { randn, type Tensor, ValueError } from '@flambeau/core';
import { fieldOf } from '../computed-property.js';
import { normalize } from '../functional/similarity.js';
import { Module } from '../module.js';
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from '../modules/conv-transpose.js';
import { registerParametrization } from './parametrize.js';

export { type OrthogonalMap, type OrthogonalOptions, orthogonal } from './orthogonal.js';

export interface WeightNormOptions {
  /** The property. Default `'weight'`. */
  readonly name?: string;
  /** The dimension whose slices have a length each; null for one length of the whole. Default 0. */
  readonly dim?: number | null;
}

/** The length of each slice along `dim`, or of the whole. */
function lengths(v: Tensor, dim: number | null): Tensor {
  if (dim === null) return v.norm();
  const kept = dim < 0 ? dim + v.ndim : dim;
  const others = v.shape.flatMap((_, i) => (i === kept ? [] : [i]));
  return others.length === 0 ? v.abs() : v.norm(2, others, { keepdim: true });
}

/** `g v / ‖v‖`. */
class WeightNorm extends Module {
  constructor(readonly dim: number | null) {
    super();
  }
  forward(g: Tensor, v: Tensor): Tensor {
    return v.mul(g.div(lengths(v, this.dim)));
  }
  rightInverse(weight: Tensor): [g: Tensor, v: Tensor] {
    return [lengths(weight, this.dim), weight];
  }
}

/**
 * Trains length and direction of a weight apart: `original0` and `original1`. Salimans and Kingma 2016. PyTorch:
 * `torch.nn.utils.parametrizations.weight_norm`.
 */
export function weightNorm<M extends Module>(module: M, { name = 'weight', dim = 0 }: WeightNormOptions = {}): M {
  return registerParametrization(module, name, new WeightNorm(dim), { unsafe: true });
}

export interface SpectralNormOptions {
  /** The property. Default `'weight'`. */
  readonly name?: string;
  /** Steps of the power iteration at each use in training. Default 1. */
  readonly nPowerIterations?: number;
  /** Least length of a vector. Default 1e-12. */
  readonly eps?: number;
  /** The dimension of the outputs. Default 0; 1 for transposed convolutions. */
  readonly dim?: number | null;
}

/** `w / σ(w)` with the largest singular value σ by power iteration; its vectors are the buffers `_u` and `_v`. */
class SpectralNorm extends Module {
  readonly _u: Tensor | null;
  readonly _v: Tensor | null;

  constructor(
    weight: Tensor,
    readonly nPowerIterations: number,
    readonly dim: number,
    readonly eps: number,
  ) {
    super();
    const matrix = weight.ndim > 1 ? this.matrix(weight.detach()) : null;
    const start = (size: number): Tensor => this.unit(randn([size], { dtype: 'float32' }).to(weight.dtype));
    this._u = this.registerBuffer('_u', matrix === null ? null : start(matrix.shape[0]));
    this._v = this.registerBuffer('_v', matrix === null ? null : start(matrix.shape[1]));
    if (matrix !== null) this.iterate(matrix, 15);
  }

  private matrix(weight: Tensor): Tensor {
    return weight.movedim(this.dim, 0).flatten(1);
  }
  private unit(x: Tensor): Tensor {
    return normalize(x, { dim: 0, eps: this.eps });
  }
  private iterate(matrix: Tensor, steps: number): void {
    const [u, v] = [this._u as Tensor, this._v as Tensor];
    noGrad(() => {
      for (let i = 0; i < steps; i++) {
        u.copy_(this.unit(matrix.mv(v)));
        v.copy_(this.unit(matrix.T.mv(u)));
      }
    });
  }

  forward(weight: Tensor): Tensor {
    const { _u: u, _v: v } = this;
    if (u === null || v === null) return this.unit(weight);
    const matrix = this.matrix(weight);
    if (this.training) this.iterate(matrix.detach(), this.nPowerIterations);
    // copies, because the next use changes the vectors before backward may have run
    return weight.div(u.clone().dot(matrix.mv(v.clone())));
  }
  rightInverse(weight: Tensor): Tensor {
    return weight;
  }
}

/**
 * Divides a weight by its largest singular value. Miyato et al. 2018. PyTorch: `torch.nn.utils.parametrizations.spectral_norm`.
 */
export function spectralNorm<M extends Module>(
  module: M,
  { name = 'weight', nPowerIterations = 1, eps = 1e-12, dim = null }: SpectralNormOptions = {},
): M {
  const weight = fieldOf(module, name) as Tensor | undefined;
  if (weight === undefined) throw new ValueError(`spectralNorm: ${module.constructor.name} has no '${name}'`);
  if (!Number.isInteger(nPowerIterations) || nPowerIterations < 1)
    throw new ValueError(`spectralNorm: nPowerIterations must be a positive integer, got ${nPowerIterations}`);
  const transposed = [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d].some((Class) => module instanceof Class);
  const outputs = dim ?? (transposed ? 1 : 0);
  return registerParametrization(module, name, new SpectralNorm(weight, nPowerIterations, outputs, eps));
}
