/** Folds batch norms in evaluation mode into the layer before. PyTorch: `torch.nn.utils.fusion`. */
import { noGrad } from '@flambeau/autograd';
import { type Tensor, ValueError, zerosLike } from '@flambeau/core';
import { deepCopy } from '../deep-copy.js';
import type { Module } from '../module.js';
import type { BatchNorm1d, BatchNorm2d, BatchNorm3d } from '../modules/batch-norm.js';
import type { Conv1d, Conv2d, Conv3d } from '../modules/conv.js';
import type { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from '../modules/conv-transpose.js';
import type { Linear } from '../modules/linear.js';
import { Parameter } from '../parameter.js';

/** What a batch norm is made of. */
export interface BatchNormParts {
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;
  readonly eps: number;
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
}
type Weights = [weight: Parameter, bias: Parameter];
type AnyConv = Conv1d | Conv2d | Conv3d | ConvTranspose1d | ConvTranspose2d | ConvTranspose3d;
type AnyBatchNorm = BatchNorm1d | BatchNorm2d | BatchNorm3d;

/** `scaled(weight, scale)` and the bias, where the norm is `scale * x + shift`. */
function fuse(
  weight: Tensor,
  bias: Tensor | null,
  { runningMean, runningVar, eps, weight: gain, bias: offset }: BatchNormParts,
  scaled: (weight: Tensor, scale: Tensor) => Tensor,
): Weights {
  if (runningMean === null || runningVar === null) throw new ValueError('fuse: the batch norm has no running statistics');
  return noGrad(() => {
    const inverse = runningVar.add(eps).rsqrt();
    const scale = gain === null ? inverse : inverse.mul(gain);
    const shift = (bias ?? zerosLike(runningMean)).sub(runningMean).mul(scale);
    const values = [scaled(weight, scale), offset === null ? shift : shift.add(offset)];
    return values.map((t) => new Parameter(t.to(weight.dtype), { requiresGrad: weight.requiresGrad })) as Weights;
  });
}

export interface FuseOptions {
  /** The convolution is a transposed one. Default false. */
  readonly transpose?: boolean;
  /** Its groups. Default 1; they matter for transposed ones only. */
  readonly groups?: number;
}

/** Weight and bias of a convolution that does a batch norm's work, too. PyTorch: `torch.nn.utils.fuse_conv_bn_weights`. */
export function fuseConvBnWeights(
  weight: Tensor,
  bias: Tensor | null,
  norm: BatchNormParts,
  { transpose = false, groups = 1 }: FuseOptions = {},
): Weights {
  return fuse(weight, bias, norm, (w, scale) => {
    const places = Array<number>(w.ndim - 2).fill(1);
    if (!transpose) return w.mul(scale.reshape([-1, 1, ...places]));
    // (in, out / groups, …): the inputs of a group go to that group's outputs
    const blocks = scale.reshape([groups, 1, -1, ...places]);
    return w.unflatten(0, [groups, -1]).mul(blocks).flatten(0, 1);
  });
}

/** Weight and bias of a linear map that does a batch norm's work, too. PyTorch: `torch.nn.utils.fuse_linear_bn_weights`. */
export function fuseLinearBnWeights(weight: Tensor, bias: Tensor | null, norm: BatchNormParts): Weights {
  return fuse(weight, bias, norm, (w, scale) => w.mul(scale.unsqueeze(1)));
}

function requireEval(...modules: Module[]): void {
  if (modules.some((module) => module.training))
    throw new ValueError('fuse: both modules must be in evaluation mode; call eval() first');
}

function withWeights<M extends AnyConv | Linear>(layer: M, [weight, bias]: Weights): M {
  const fused = deepCopy(layer);
  fused.weight = weight;
  fused.bias = bias;
  return fused;
}

/**
 * A copy of a convolution that does the batch norm's work, too, both in evaluation mode. PyTorch: `torch.nn.utils.fuse_conv_bn_eval`.
 *
 * @throws {ValueError} If one of them is in training mode or the norm has no running statistics.
 */
export function fuseConvBnEval<M extends AnyConv>(
  conv: M,
  norm: AnyBatchNorm,
  { transpose = false }: Pick<FuseOptions, 'transpose'> = {},
): M {
  requireEval(conv, norm);
  return withWeights(conv, fuseConvBnWeights(conv.weight, conv.bias, norm, { transpose, groups: conv.groups }));
}

/** The same for a linear map. PyTorch: `torch.nn.utils.fuse_linear_bn_eval`. */
export function fuseLinearBnEval(linear: Linear, norm: AnyBatchNorm): Linear {
  requireEval(linear, norm);
  return withWeights(linear, fuseLinearBnWeights(linear.weight, linear.bias, norm));
}
