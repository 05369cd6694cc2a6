/** State dicts of optimizers: PyTorch's structure and names, so that training can go on there and here. */
import { isTensor, type Tensor, ValueError } from '@flambeau/core';
import { dtypeInfo, persistentCopy, scalarTensor } from '@flambeau/core/internal';
import { toCamelCase, toSnakeCase } from './names.js';
import type { OptimizerSettings, ParamGroup } from './optimizer.js';

/** What an optimizer remembers of one parameter: mostly tensors of its shape, and `step`. */
export type ParameterState = { [name: string]: Tensor | number | readonly (Tensor | number | null)[] | null | undefined };

/** PyTorch's structure and names, so that it can be exchanged with PyTorch. */
export interface OptimizerStateDict {
  /** By the parameter's number, counted through all groups. */
  state: Record<number, Record<string, unknown>>;
  param_groups: (Record<string, unknown> & { params: number[] })[];
}

/** Numbers of a parameter's state. They are float32 scalars in PyTorch. */
const SCALARS: ReadonlySet<string> = new Set(['step', 'muProduct', 'eta', 'mu']);

export function saveOptimizer(
  paramGroups: readonly ParamGroup<OptimizerSettings>[],
  states: ReadonlyMap<Tensor, ParameterState>,
  saveValue: (value: unknown) => unknown,
): OptimizerStateDict {
  const state: OptimizerStateDict['state'] = {};
  let number = 0;
  const groups = paramGroups.map(({ params, ...settings }) => {
    const numbers = params.map((p) => {
      const own = states.get(p);
      if (own !== undefined) state[number] = mapEntries(own, toSnakeCase, saveValue);
      return number++;
    });
    return { ...mapEntries(settings, toSnakeCase, copied), params: numbers };
  });
  return { state, param_groups: groups };
}

/** The saved state of each parameter and the saved settings of each group, by our names. Nothing is changed. */
export function readOptimizer(
  { param_groups: groups, state }: OptimizerStateDict,
  paramGroups: readonly ParamGroup<OptimizerSettings>[],
  loadValue: (value: unknown, name: string, p: Tensor, number: number) => unknown,
): { readonly states: Map<Tensor, ParameterState>; readonly settings: object[] } {
  if (groups.length !== paramGroups.length)
    throw new ValueError(`loadStateDict: ${groups.length} parameter groups were saved, the optimizer has ${paramGroups.length}`);
  const states = new Map<Tensor, ParameterState>();
  const settings = paramGroups.map((group, i) => {
    const { params: numbers, ...saved } = groups[i];
    if (numbers.length !== group.params.length)
      throw new ValueError(
        `loadStateDict: group ${i} was saved with ${numbers.length} parameters and has ${group.params.length}`,
      );
    for (const [j, p] of group.params.entries()) {
      const own = state[numbers[j]];
      if (own !== undefined)
        states.set(
          p,
          mapEntries(own, toCamelCase, (value, name) => loadValue(value, toCamelCase(name), p, numbers[j])) as ParameterState,
        );
    }
    return mapEntries(saved, toCamelCase, (value) => (isTensor(value) ? value.item() : copied(value)));
  });
  return { states, settings };
}

export const savedValue = (value: unknown): unknown =>
  typeof value === 'number' ? scalarTensor(value, dtypeInfo('float32')) : value;

/** @param shape - The shape that a tensor of this name must have. */
export function loadedValue(value: unknown, name: string, shape: readonly number[], p: Tensor, number: number): unknown {
  if (SCALARS.has(name)) return isTensor(value) ? Number(value.item()) : value;
  if (!isTensor(value)) return value;
  if (String(value.shape) !== String(shape))
    throw new ValueError(
      `loadStateDict: ${toSnakeCase(name)} of parameter ${number} has shape (${value.shape.join(', ')}), the parameter (${p.shape.join(', ')})`,
    );
  return persistentCopy(value, p.info);
}

function mapEntries<V>(
  object: object,
  rename: (name: string) => string,
  convert: (value: unknown, name: string) => V,
): Record<string, V> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [rename(name), convert(value, name)]));
}

const copied = (value: unknown): unknown => (Array.isArray(value) ? [...value] : value);
