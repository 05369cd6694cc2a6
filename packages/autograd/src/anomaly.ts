/** Finding the operation whose derivative is NaN. */
import { AutogradError } from '@flambeau/core';
import type { Gradients, Node } from './node.js';

/** Read at every recorded operation, so it is a plain object. */
export const anomaly = { on: false, checkNan: true };

const recordedAt = new WeakMap<Node, string>();

/** Remembers where in the program the operation was called. */
export function noteCreation(node: Node): void {
  const { stack = '' } = new Error();
  recordedAt.set(node, stack.split('\n').slice(1).join('\n'));
}

/** @throws {AutogradError} If one of the gradients that the node gave has a NaN. */
export function checkAnomaly(node: Node, gradients: Gradients): void {
  if (!anomaly.checkNan) return;
  gradients.forEach((g, i) => {
    if (g !== null && g.info.category >= 2 && g.detach().ne(g.detach()).any().item())
      throw new AutogradError(
        `detectAnomaly: the backward of ${node.name} gave NaN as the gradient of its input ${i}.\nThe operation was called here:\n${whereCreated(node)}`,
      );
  });
}

const whereCreated = (node: Node): string => recordedAt.get(node) ?? '    (before anomaly detection was switched on)';

export interface AnomalyOptions {
  /** Look for NaN in every gradient. Default true. */
  readonly checkNan?: boolean;
}

/**
 * Switches anomaly detection on or off: operations remember where they were called, and a backward pass that meets NaN fails with
 * the name of the operation and that place. Slow; for finding errors. PyTorch: `torch.autograd.set_detect_anomaly`.
 */
export function setDetectAnomaly(on: boolean, { checkNan = true }: AnomalyOptions = {}): void {
  anomaly.on = on;
  anomaly.checkNan = checkNan;
}

/** Runs `fn`, which may be async, with anomaly detection on. PyTorch: `torch.autograd.detect_anomaly`. */
export function detectAnomaly<T>(fn: () => T, options: AnomalyOptions = {}): T {
  const before = { ...anomaly };
  const restore = () => setDetectAnomaly(before.on, before);
  setDetectAnomaly(true, options);
  let result: T;
  try {
    result = fn();
  } catch (error) {
    restore();
    throw error;
  }
  if (result instanceof Promise) return result.finally(restore) as T;
  restore();
  return result;
}
