/** Limits gradients. Nothing is read back, so a step waits for nothing. */
import { noGrad } from '@flambeau/autograd';
import { borrowGrad } from '@flambeau/autograd/internal';
import { FlambeauError, isTensor, type Tensor, zeros } from '@flambeau/core';
import { foreachNorm, foreachScale_ } from './foreach.js';

export interface ClipGradNormOptions {
  /** The p of the p-norm; `Infinity` for the largest absolute value. Default 2. */
  readonly normType?: number;
  /** Throw if the norm is NaN or infinite; reads it back synchronously. Default false. */
  readonly errorIfNonfinite?: boolean;
}

function gradsOf(parameters: Tensor | Iterable<Tensor>): Tensor[] {
  const list = isTensor(parameters) ? [parameters] : [...parameters];
  return list.flatMap((p) => borrowGrad(p) ?? []);
}

/**
 * Scales all gradients together so that their common norm is at most `maxNorm`.
 * PyTorch: `torch.nn.utils.clip_grad_norm_`.
 *
 * @returns The norm before clipping, a 0-d tensor.
 */
export function clipGradNorm_(parameters: Tensor | Iterable<Tensor>, maxNorm: number, options: ClipGradNormOptions = {}): Tensor {
  return noGrad(() => {
    const grads = gradsOf(parameters);
    const total = getTotalNorm(grads, options);
    scale_(grads, maxNorm, total);
    return total;
  });
}

function scale_(grads: readonly Tensor[], maxNorm: number, total: Tensor): void {
  if (grads.length > 0) foreachScale_(grads, total.add(1e-6).reciprocal().mul(maxNorm).clamp(null, 1));
}

/**
 * The common norm of all tensors, a 0-d tensor. PyTorch: `torch.nn.utils.get_total_norm`.
 *
 * @throws {FlambeauError} If it is not finite and `errorIfNonfinite` is set.
 */
export function getTotalNorm(
  tensors: Tensor | Iterable<Tensor>,
  { normType = 2, errorIfNonfinite = false }: ClipGradNormOptions = {},
): Tensor {
  return noGrad(() => {
    const list = isTensor(tensors) ? [tensors] : [...tensors];
    if (list.length === 0) return zeros([]);
    // the norm of the norms is the norm of everything
    const total = foreachNorm(list, normType).norm(normType);
    if (errorIfNonfinite && !Number.isFinite(total.item()))
      throw new FlambeauError(`getTotalNorm: the norm of the gradients is ${total.item()}; the gradients were not changed`);
    return total;
  });
}

/** Scales gradients whose common norm `totalNorm` is known. PyTorch: `torch.nn.utils.clip_grads_with_norm_`. */
export function clipGradsWithNorm_(parameters: Tensor | Iterable<Tensor>, maxNorm: number, totalNorm: Tensor): void {
  noGrad(() => scale_(gradsOf(parameters), maxNorm, totalNorm));
}

/** Limits every element of the gradients to [-clipValue, clipValue]. PyTorch: `torch.nn.utils.clip_grad_value_`. */
export function clipGradValue_(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  noGrad(() => {
    for (const grad of gradsOf(parameters)) grad.clamp_(-clipValue, clipValue);
  });
}
