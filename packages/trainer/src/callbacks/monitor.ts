import { ValueError } from '@flambeau/core';
import type { Trainer } from '../trainer.js';

/** Whether smaller or larger is better. */
export type Mode = 'min' | 'max';
export const isBetter = (mode: Mode, a: number, b: number): boolean => (mode === 'min' ? a < b : a > b);

/** The last value of a metric. @throws {ValueError} If nothing of this name was logged, naming what was. */
export function monitored(who: string, trainer: Trainer, name: string): number {
  const { values } = trainer.metrics;
  if (!(name in values))
    throw new ValueError(`${who}: the metric '${name}' was not logged; logged are ${Object.keys(values).join(', ') || 'none'} (this.log('${name}', value) in a step)`);
  return values[name];
}
