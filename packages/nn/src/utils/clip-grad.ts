/** Limits gradients. Nothing is read back, so a step waits for nothing. */
import { noGrad } from '@flambeau/autograd';
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
  return list.flatMap(({ grad }) => (grad === null ? [] : [grad]));
}

/**
 * Scales all gradients together so that their common norm is at most `maxNorm`.
 * PyTorch: `torch.nn.utils.clip_grad_norm_`.
 *
 * @returns The norm before clipping, a 0-d tensor.
 */
export function clipGradNorm_(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  { normType = 2, errorIfNonfinite = false }: ClipGradNormOptions = {},
): Tensor {
  return noGrad(() => {
    const grads = gradsOf(parameters);
    if (grads.length === 0) return zeros([]);
    // the norm of the norms is the norm of everything
    const total = foreachNorm(grads, normType).norm(normType);
    if (errorIfNonfinite && !Number.isFinite(total.item()))
      throw new FlambeauError(`clipGradNorm_: the norm of the gradients is ${total.item()}; the gradients were not changed`);
    foreachScale_(grads, total.add(1e-6).reciprocal().mul(maxNorm).clamp(null, 1));
    return total;
  });
}

/** Limits every element of the gradients to [-clipValue, clipValue]. PyTorch: `torch.nn.utils.clip_grad_value_`. */
export function clipGradValue_(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  noGrad(() => {
    for (const grad of gradsOf(parameters)) grad.clamp_(-clipValue, clipValue);
  });
}
