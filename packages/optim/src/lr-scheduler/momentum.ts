/** The momentum that schedulers move against the learning rate. */
import { ValueError } from '@flambeau/core';
import type { Optimizer, ParamGroup } from '../optimizer.js';

export interface MomentumGroup extends ParamGroup {
  momentum?: number;
  betas?: readonly [number, number];
  maxMomentum: number;
  baseMomentum: number;
}

/** A setting for all groups, or one each. */
export type PerGroup = number | readonly number[];

/** The setting of each group. */
export function perGroup(scheduler: string, name: string, { paramGroups }: Optimizer, value: PerGroup): number[] {
  if (typeof value === 'number') return paramGroups.map(() => value);
  if (value.length !== paramGroups.length)
    throw new ValueError(`${scheduler}: ${value.length} ${name} for ${paramGroups.length} parameter groups`);
  return [...value];
}

/** Sets momentum, or Adam's beta1. */
export function setMomentum(scheduler: string, group: MomentumGroup, momentum: number): void {
  if (group.betas !== undefined) group.betas = [momentum, group.betas[1]];
  else if (group.momentum !== undefined) group.momentum = momentum;
  else throw new ValueError(`${scheduler}: the optimizer has neither momentum nor betas; pass cycleMomentum: false`);
}

/** Notes the limits of the momentum in the groups and starts at the upper one. */
export function startMomentum(
  scheduler: string,
  optimizer: Optimizer,
  maxMomentums: readonly number[],
  baseMomentums: readonly number[],
): void {
  for (const [i, group] of (optimizer.paramGroups as MomentumGroup[]).entries()) {
    setMomentum(scheduler, group, maxMomentums[i]);
    group.maxMomentum = maxMomentums[i];
    group.baseMomentum = baseMomentums[i];
  }
}
