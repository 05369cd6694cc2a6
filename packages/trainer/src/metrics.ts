/** Logged values: kept as tensors in the step, read when they are due. */
import { type DType, isTensor, keep, ShapeError, type Tensor, tensor, ValueError } from '@flambeau/core';

export type Loggable = number | Tensor;

export interface LogOptions {
  /** Log the value of this step. Default: true in a training step. */
  readonly onStep?: boolean;
  /** Average over the epoch. Default: true in validation and test, and in the hooks of a training epoch. */
  readonly onEpoch?: boolean;
  /** Show it in the progress bar. Default false. */
  readonly progBar?: boolean;
  /** Hand it to the loggers. Default true. */
  readonly logger?: boolean;
  /** Weight in the average. Default: the first dimension of the batch. */
  readonly batchSize?: number;
  /** How steps make an epoch. Default 'mean'. */
  readonly reduceFx?: 'mean' | 'sum' | 'min' | 'max';
}

export type Stage = 'train' | 'validate' | 'test' | 'predict' | 'sanity';

type Reduction = NonNullable<LogOptions['reduceFx']>;
interface Entry {
  readonly onStep: boolean;
  readonly onEpoch: boolean;
  readonly progBar: boolean;
  readonly logger: boolean;
  readonly reduceFx: Reduction;
  last: Loggable;
  /** Sum, minimum or maximum so far, and the weight of the mean. */
  total: Loggable | null;
  weight: number;
}

/** A value in a checkpoint: a number, or a tensor's value and dtype. */
type SavedValue = number | { readonly value: number; readonly dtype: DType };
/** A training epoch under way, for checkpoints. */
export type MetricsState = Record<
  string,
  Omit<Entry, 'last' | 'total'> & { readonly last: SavedValue; readonly total: SavedValue | null }
>;

export class Metrics {
  // a validation in mid-epoch leaves what training logged so far alone
  private readonly training = new Map<string, Entry>();
  private readonly evaluation = new Map<string, Entry>();
  private entries: Map<string, Entry> = this.training;
  private isTraining = true;
  private batchSize: number | null = null;
  /** The last value of everything logged, under its public names; what callbacks monitor. */
  readonly values: Record<string, number> = {};

  /** Begins an epoch of a stage. */
  begin(stage: Stage): void {
    this.select(stage);
    this.entries.clear();
  }
  /** Goes on with an epoch of a stage. */
  select(stage: Stage): void {
    this.isTraining = stage === 'train';
    this.entries = this.isTraining ? this.training : this.evaluation;
    this.batchSize = null;
  }
  /** @internal The batch whose step is about to log; undefined after it. */
  setBatch(batch: unknown): void {
    this.batchSize = batch === undefined ? null : (firstTensor(batch)?.shape[0] ?? 1);
  }

  log(name: string, value: Loggable, options: LogOptions): void {
    const inTrainingStep = this.isTraining && this.batchSize !== null;
    const { onStep = inTrainingStep, onEpoch = !inTrainingStep, progBar = false, logger = true, reduceFx = 'mean' } = options;
    const { batchSize = this.batchSize ?? 1 } = options;
    if (isTensor(value) && value.numel !== 1)
      throw new ShapeError(`log: '${name}' must be one number, got a tensor of shape (${value.shape.join(', ')})`);
    if (!isTensor(value) && typeof value !== 'number')
      throw new ValueError(`log: '${name}' must be a number or a tensor, got ${typeof value}`);
    const last = isTensor(value) ? keep(value.detach().reshape([]).clone()) : value;
    let entry = this.entries.get(name);
    if (entry === undefined) {
      entry = { onStep, onEpoch, progBar, logger, reduceFx, last, total: null, weight: 0 };
      this.entries.set(name, entry);
    }
    entry.last = last;
    if (onEpoch) accumulate(entry, last, batchSize);
  }

  /** The values of the last step. */
  async step(): Promise<Record<string, number>> {
    return this.read((e) => (e.onStep ? e.last : null), '_step');
  }
  /** The values of the whole epoch. */
  async epoch(): Promise<Record<string, number>> {
    return this.read((e) => (e.onEpoch ? mean(e) : null), '_epoch');
  }

  private async read(pick: (e: Entry) => Loggable | null, suffix: string): Promise<Record<string, number>> {
    const result: Record<string, number> = {};
    for (const [name, entry] of this.entries) {
      const value = pick(entry);
      if (value === null) continue;
      const number = await toNumber(value);
      const forked = entry.onStep && entry.onEpoch;
      if (entry.logger) result[forked ? name + suffix : name] = number;
      this.values[name] = number;
      if (forked) this.values[name + suffix] = number;
    }
    return result;
  }

  /** The last value of a metric. @throws {ValueError} If nothing of this name was logged, naming what was. */
  monitored(who: string, name: string): number {
    if (Object.hasOwn(this.values, name)) return this.values[name];
    throw new ValueError(
      `${who}: the metric '${name}' was not logged; logged are ${Object.keys(this.values).join(', ') || 'none'} (this.log('${name}', value) in a step)`,
    );
  }

  /** What the progress bar shows: values of the last step or, at its end, of the epoch. */
  async barValues(atEpochEnd: boolean): Promise<[string, number][]> {
    const values: [string, number][] = [];
    for (const [name, entry] of this.entries) {
      const value = entry.onStep && !(atEpochEnd && entry.onEpoch) ? entry.last : mean(entry);
      if (entry.progBar && value !== null) values.push([name, await toNumber(value)]);
    }
    return values;
  }

  async state(): Promise<MetricsState> {
    const state: MetricsState = {};
    for (const [name, e] of this.training)
      state[name] = { ...e, last: await save(e.last), total: e.total === null ? null : await save(e.total) };
    return state;
  }
  loadState(state: MetricsState): void {
    this.training.clear();
    for (const [name, e] of Object.entries(state))
      this.training.set(name, { ...e, last: restore(e.last), total: e.total === null ? null : restore(e.total) });
  }
}

function accumulate(entry: Entry, value: Loggable, batchSize: number): void {
  const { total, reduceFx } = entry;
  const weight = reduceFx === 'mean' ? batchSize : 1;
  const term = weight === 1 ? value : isTensor(value) ? keep(value.mul(weight)) : value * weight;
  entry.weight += weight;
  if (total === null) entry.total = term;
  else if (isTensor(total) || isTensor(term)) entry.total = keep(combineTensors(asTensor(total), asTensor(term), reduceFx));
  else entry.total = reduceFx === 'min' ? Math.min(total, term) : reduceFx === 'max' ? Math.max(total, term) : total + term;
}
const asTensor = (x: Loggable): Tensor => (isTensor(x) ? x : tensor(x));
function combineTensors(a: Tensor, b: Tensor, reduceFx: Reduction): Tensor {
  return reduceFx === 'min' ? a.minimum(b) : reduceFx === 'max' ? a.maximum(b) : a.add(b);
}
function mean({ total, weight, reduceFx }: Entry): Loggable | null {
  if (total === null || reduceFx !== 'mean') return total;
  return isTensor(total) ? total.div(weight) : total / weight;
}

async function toNumber(value: Loggable): Promise<number> {
  return isTensor(value) ? Number((await value.to('float64').data())[0]) : value;
}

const save = async (value: Loggable): Promise<SavedValue> =>
  isTensor(value) ? { value: await toNumber(value), dtype: value.dtype } : value;
const restore = (saved: SavedValue): Loggable =>
  typeof saved === 'number' ? saved : tensor(saved.value, { dtype: saved.dtype });

function firstTensor(value: unknown): Tensor | null {
  if (isTensor(value)) return value.ndim > 0 ? value : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const part of Object.values(value)) {
    const found = firstTensor(part);
    if (found !== null) return found;
  }
  return null;
}
