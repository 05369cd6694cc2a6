import { noGrad } from '@flambeau/autograd';
import { isTensor, type Tensor } from '@flambeau/core';

/** What is needed of a model: a `Module` has it. */
export interface ModelWithModules {
  readonly training: boolean;
  modules(): object[];
  train(mode?: boolean): unknown;
}

/** A module with running statistics. */
interface RunningStatistics {
  momentum: number | null;
  resetRunningStats(): void;
}

/** A batch of the loader: the input, or a list that begins with it. */
export type Batch = Tensor | readonly [Tensor, ...unknown[]];

/**
 * Computes the running statistics of all norms anew, as plain averages over one pass through `loader`: after weights were
 * averaged they belong to no training step. PyTorch: `torch.optim.swa_utils.update_bn` (which leaves instance norms alone).
 *
 * @param model - Called with each input.
 * @throws {TypeError} If a batch neither is nor begins with a tensor.
 */
export async function updateBn(
  loader: Iterable<Batch> | AsyncIterable<Batch>,
  model: ModelWithModules & ((input: never) => unknown),
): Promise<void> {
  const norms = model.modules().filter(hasRunningStatistics);
  if (norms.length === 0) return;
  const momenta = norms.map((norm) => norm.momentum);
  const wasTraining = model.training;
  for (const norm of norms) {
    norm.resetRunningStats();
    norm.momentum = null;
  }
  model.train();
  try {
    for await (const batch of loader) {
      const input = Array.isArray(batch) ? batch[0] : batch;
      if (!isTensor(input)) throw new TypeError('updateBn: a batch must be a tensor or a list that begins with one');
      noGrad(() => model(input as never));
    }
  } finally {
    for (const [i, norm] of norms.entries()) norm.momentum = momenta[i];
    model.train(wasTraining);
  }
}

function hasRunningStatistics(module: object): module is RunningStatistics {
  const { resetRunningStats, runningMean } = module as { resetRunningStats?: unknown; runningMean?: unknown };
  return typeof resetRunningStats === 'function' && isTensor(runningMean);
}
