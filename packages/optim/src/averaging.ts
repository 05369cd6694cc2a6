/** How weights are averaged. PyTorch: `torch.optim.swa_utils`. */
import { noGrad } from '@flambeau/autograd';
import { type Tensor, ValueError } from '@flambeau/core';

/** The new average from the present one, the newest value and the number of values in the average so far. */
export type AvgFn = (averaged: Tensor, current: Tensor, numAveraged: number) => Tensor;
/** Writes the new averages over the present ones, for a list of tensors of one dtype. */
export type MultiAvgFn = (averaged: readonly Tensor[], current: readonly Tensor[], numAveraged: number) => void;

function checkDecay(name: string, decay: number): void {
  if (!(decay >= 0 && decay <= 1)) throw new ValueError(`${name}: decay must be in [0, 1], got ${decay}`);
}

/** Integers are averaged as numbers of the default dtype and cut off when they are written back. */
const asFloat = (t: Tensor): Tensor => (t.info.kind === 'float' || t.info.kind === 'complex' ? t : t.float());

/** Equal weights for all values (stochastic weight averaging). PyTorch: `get_swa_avg_fn`. */
export function getSwaAvgFn(): AvgFn {
  return (averaged, current, numAveraged) => noGrad(() => averaged.add(asFloat(current.sub(averaged)).div(numAveraged + 1)));
}

/** `decay * averaged + (1 - decay) * current` (exponential moving average). PyTorch: `get_ema_avg_fn`. */
export function getEmaAvgFn(decay = 0.999): AvgFn {
  checkDecay('getEmaAvgFn', decay);
  return (averaged, current) =>
    noGrad(() =>
      asFloat(averaged)
        .mul(decay)
        .add(asFloat(current).mul(1 - decay)),
    );
}

/** Equal weights for all values, in place. PyTorch: `get_swa_multi_avg_fn`. */
export function getSwaMultiAvgFn(): MultiAvgFn {
  return (averaged, current, numAveraged) =>
    noGrad(() => {
      const weight = 1 / (numAveraged + 1);
      for (const [i, t] of averaged.entries()) {
        if (t.info.kind === 'float') t.lerp_(current[i], weight);
        else t.copy_(t.add(asFloat(current[i].sub(t)).div(numAveraged + 1)));
      }
    });
}

/** The exponential moving average, in place. PyTorch: `get_ema_multi_avg_fn`. */
export function getEmaMultiAvgFn(decay = 0.999): MultiAvgFn {
  checkDecay('getEmaMultiAvgFn', decay);
  return (averaged, current) =>
    noGrad(() => {
      for (const [i, t] of averaged.entries()) {
        if (t.info.kind === 'float') t.lerp_(current[i], 1 - decay);
        else
          t.copy_(
            asFloat(t)
              .mul(decay)
              .add(asFloat(current[i]).mul(1 - decay)),
          );
      }
    });
}
