/** Whether operations are recorded. */
import { context, Layer, withContext } from '@flambeau/core/internal';

/** Runs `fn`, which may be async, without recording operations. PyTorch: `torch.no_grad`. */
export function noGrad<T>(fn: () => T): T {
  return withContext('noGrad', { excluded: context().excluded | Layer.Autograd }, fn);
}

/** Runs `fn`, which may be async, with recording on, inside a `noGrad`. PyTorch: `torch.enable_grad`. */
export function enableGrad<T>(fn: () => T): T {
  return withContext('enableGrad', { excluded: context().excluded & ~Layer.Autograd }, fn);
}

/** Runs `fn` with recording on or off. PyTorch: `torch.set_grad_enabled`. */
export const setGradEnabled = <T>(on: boolean, fn: () => T): T => (on ? enableGrad(fn) : noGrad(fn));

/** Whether operations are recorded here. PyTorch: `torch.is_grad_enabled`. */
export const isGradEnabled = (): boolean => (context().excluded & Layer.Autograd) === 0;
