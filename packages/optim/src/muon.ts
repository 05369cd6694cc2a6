import { addmm, type Tensor, ValueError } from '@flambeau/core';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface MuonSettings {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Decay of the weights themselves. Default 0.1. */
  weightDecay: number;
  /** Default 0.95. */
  momentum: number;
  /** Nesterov momentum. Default true. */
  nesterov: boolean;
  /** Coefficients of x, x³ and x⁵ in the Newton-Schulz iteration. Default [3.4445, -4.775, 2.0315]. */
  nsCoefficients: readonly [number, number, number];
  /** Least norm that the iteration divides by. Default 1e-7. */
  eps: number;
  /** Newton-Schulz iterations. Default 5. */
  nsSteps: number;
  /** How the learning rate depends on a matrix's shape: `'original'` (null, too) or to match AdamW's update size. Default null. */
  adjustLrFn: 'original' | 'match_rms_adamw' | null;
}
export type MuonOptions = Partial<MuonSettings>;

type MuonState = { momentumBuffer: Tensor };

/**
 * Muon: momentum whose singular values are pulled to about 1. For the matrices of hidden layers; train embeddings, biases and the
 * output layer with another optimizer, such as AdamW.
 *
 * @see Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks". PyTorch: `torch.optim.Muon`.
 * @throws {ValueError} For a parameter that is not a matrix.
 */
export class Muon extends Optimizer<MuonSettings, MuonState> {
  constructor(
    params: Params<MuonSettings>,
    {
      lr = 1e-3,
      weightDecay = 0.1,
      momentum = 0.95,
      nesterov = true,
      nsCoefficients = [3.4445, -4.775, 2.0315],
      eps = 1e-7,
      nsSteps = 5,
      adjustLrFn = null,
    }: MuonOptions = {},
  ) {
    super(params, { lr, weightDecay, momentum, nesterov, nsCoefficients, eps, nsSteps, adjustLrFn });
  }

  protected override checkSettings({ lr, weightDecay, momentum, nsSteps, nsCoefficients, adjustLrFn }: MuonSettings): void {
    for (const [name, value] of Object.entries({ lr, weightDecay, momentum })) checkSetting('Muon', name, value);
    checkSetting('Muon', 'nsSteps', nsSteps, 0, 100);
    if (nsCoefficients.length !== 3)
      throw new ValueError(`Muon: nsCoefficients must be three numbers, got ${nsCoefficients.length}`);
    if (adjustLrFn !== null && adjustLrFn !== 'original' && adjustLrFn !== 'match_rms_adamw')
      throw new ValueError(`Muon: adjustLrFn must be 'original', 'match_rms_adamw' or null, got ${adjustLrFn}`);
  }

  protected override checkParameter({ shape }: Tensor, index: number): void {
    if (shape.length !== 2)
      throw new ValueError(
        `Muon: parameter ${index} has shape (${shape.join(', ')}), expected a matrix; give it to another optimizer`,
      );
  }

  protected override update(group: ParamGroup<MuonSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    const { lr, weightDecay, momentum, nesterov } = group;
    for (const [i, p] of params.entries()) {
      const { momentumBuffer } = this.stateOf(p, () => ({ momentumBuffer: persistentZeros(p) }));
      momentumBuffer.lerp_(grads[i], 1 - momentum);
      const direction = orthogonalized(nesterov ? grads[i].lerp(momentumBuffer, momentum) : momentumBuffer, group);
      p.mul_(1 - lr * weightDecay);
      p.add_(direction, { alpha: -lr * shapeFactor(p.shape, group.adjustLrFn) });
    }
  }
}

/** A matrix with the singular vectors of `matrix` and singular values near 1, computed in bfloat16 by a Newton-Schulz iteration. */
function orthogonalized(matrix: Tensor, { nsCoefficients, nsSteps, eps }: MuonSettings): Tensor {
  const [a, b, c] = nsCoefficients;
  const isTall = matrix.shape[0] > matrix.shape[1];
  const start = matrix.bfloat16();
  let x = isTall ? start.T : start;
  x = x.div(x.norm().clamp(eps)); // so that the largest singular value is at most 1
  for (let i = 0; i < nsSteps; i++) {
    const gram = x.matmul(x.T);
    x = addmm(x, addmm(gram, gram, gram, { beta: b, alpha: c }), x, { beta: a });
  }
  return isTall ? x.T : x;
}

function shapeFactor([rows, columns]: readonly number[], adjustLrFn: MuonSettings['adjustLrFn']): number {
  return adjustLrFn === 'match_rms_adamw' ? 0.2 * Math.sqrt(Math.max(rows, columns)) : Math.sqrt(Math.max(1, rows / columns));
}
