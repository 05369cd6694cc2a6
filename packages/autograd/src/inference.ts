/** Running without anything that only training needs. */
import { context, Layer, withContext } from '@flambeau/core/internal';

/**
 * Runs `fn`, which may be async, without recording operations and without tracking views. The tensors made in it are ordinary
 * ones. PyTorch: `torch.inference_mode`.
 */
export function inferenceMode<T>(fn: () => T): T {
  return withContext('inferenceMode', { excluded: context().excluded | Layer.Autograd, inference: true }, fn);
}

/** Whether the code runs in `inferenceMode`. PyTorch: `torch.is_inference_mode_enabled`. */
export const isInferenceModeEnabled = (): boolean => context().inference;
