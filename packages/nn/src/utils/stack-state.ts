/** Several modules of one architecture as one. */
import { FlambeauError, stack, type Tensor } from '@flambeau/core';
import type { Module } from '../module.js';

/** Tensors by state-dict names. */
export type StackedState = Record<string, Tensor>;

function stacked(what: string, states: readonly (readonly [string, Tensor][])[]): StackedState {
  const [first] = states;
  const maps = states.map((s) => new Map(s));
  for (const [i, map] of maps.entries())
    if (map.size !== first.length || first.some(([name]) => !map.has(name)))
      throw new FlambeauError(
        `stackModuleState: module ${i} does not have the ${what} of module 0; all must be of one architecture`,
      );
  return Object.fromEntries(
    first.map(([name, tensor]) => {
      const all = stack(maps.map((map) => (map.get(name) as Tensor).detach()));
      if (tensor.requiresGrad) all.requiresGrad = true;
      return [name, all];
    }),
  );
}

/**
 * The parameters and buffers of modules of one architecture, stacked along a new first dimension, for an ensemble that runs at once:
 * `vmap` over them with `functionalCall`. PyTorch: `torch.func.stack_module_state`.
 *
 * @example
 * const [parameters, buffers] = stackModuleState(models);
 * const call = (p: StackedState, b: StackedState, x: Tensor) => functionalCall(models[0], { ...p, ...b }, x);
 * const predictions = vmap(call, { inDims: [0, 0, null] })(parameters, buffers, x);
 */
export function stackModuleState(modules: readonly Module[]): [parameters: StackedState, buffers: StackedState] {
  if (modules.length === 0) throw new FlambeauError('stackModuleState: expected at least one module');
  return [
    stacked(
      'parameters',
      modules.map((m) => m.namedParameters()),
    ),
    stacked(
      'buffers',
      modules.map((m) => m.namedBuffers()),
    ),
  ];
}
