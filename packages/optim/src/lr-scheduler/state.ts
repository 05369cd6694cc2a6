/** Saving and loading of schedulers: what their fields are called in PyTorch's state dicts. */
import { toSnakeCase } from '../names.js';

export type SchedulerStateDict = { [name: string]: unknown };

const SPECIAL: Record<string, string> = {
  stepCount: '_step_count',
  lastLr: '_last_lr',
  annealStrategy: '_anneal_strategy',
  tMax: 'T_max',
  t0: 'T_0',
  tI: 'T_i',
  tCur: 'T_cur',
  tMult: 'T_mult',
};
const keyOf = (field: string): string => SPECIAL[field] ?? toSnakeCase(field);

/** Fields are numbers, strings, booleans and lists or records of them; the optimizer, functions and schedulers are not saved. */
const isSaved = (value: unknown): boolean =>
  typeof value !== 'function' && (typeof value !== 'object' || value === null || Array.isArray(value) || isRecord(value));
const isRecord = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

export function saveFields(scheduler: object): SchedulerStateDict {
  const fields = Object.entries(scheduler).filter(([field, value]) => field !== 'optimizer' && isSaved(value));
  return Object.fromEntries(fields.map(([field, value]) => [keyOf(field), structuredClone(value)]));
}

/** Sets the fields that `saved` has; others, of other versions of PyTorch, are left alone. */
export function loadFields(scheduler: object, saved: SchedulerStateDict): void {
  const fields = scheduler as Record<string, unknown>;
  for (const field of Object.keys(fields)) {
    const key = keyOf(field);
    if (field !== 'optimizer' && isSaved(fields[field]) && Object.hasOwn(saved, key)) fields[field] = structuredClone(saved[key]);
  }
}
