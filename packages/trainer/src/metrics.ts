/** Logged values: kept as tensors in the step, read when they are due. */
import { isTensor, ShapeError, type Tensor, tensor, ValueError } from '@flambeau/core';

export type Loggable = number | Tensor;

export interface LogOptions {
  /** Show the value of this step. Default: true in training. */
  readonly onStep?: boolean;
  /** Average over the epoch. Default: true in validation and test. */
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

/** An epoch under way, for checkpoints. */
export type MetricsState = Record<string, Omit<Entry, 'last' | 'total'> & { readonly last: number; readonly total: number | null }>;

export class Metrics {
  private entries = new Map<string, Entry>();
  private stage: Stage = 'train';
  private batchSize = 1;
  /** The last value of everything logged, under its public names; what callbacks monitor. */
  readonly values: Record<string, number> = {};

  /** Begins an epoch of a stage. */
  begin(stage: Stage): void {
    this.stage = stage;
    this.entries = new Map();
  }
  /** @internal The batch whose step is about to log. */
  setBatch(batch: unknown): void {
    this.batchSize = firstTensor(batch)?.shape[0] ?? 1;
  }

  log(name: string, value: Loggable, options: LogOptions): void {
    const training = this.stage === 'train';
    const { onStep = training, onEpoch = !training, progBar = false, logger = true, batchSize = this.batchSize, reduceFx = 'mean' } = options;
    if (isTensor(value) && value.numel !== 1) throw new ShapeError(`log: '${name}' must be one number, got a tensor of shape (${value.shape.join(', ')})`);
    if (!isTensor(value) && typeof value !== 'number') throw new ValueError(`log: '${name}' must be a number or a tensor, got ${typeof value}`);
    const last = isTensor(value) ? value.detach().reshape([]).clone() : value;
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

  /** What the progress bar shows, from what has been read last. */
  barValues(): [string, number][] {
    return [...this.entries].filter(([name, e]) => e.progBar && name in this.values).map(([name]) => [name, this.values[name]]);
  }

  async state(): Promise<MetricsState> {
    const state: MetricsState = {};
    for (const [name, e] of this.entries)
      state[name] = { ...e, last: await toNumber(e.last), total: e.total === null ? null : await toNumber(e.total) };
    return state;
  }
  loadState(state: MetricsState): void {
    this.entries = new Map(
      Object.entries(state).map(([name, e]) => [name, { ...e, last: tensor(e.last), total: e.total === null ? null : tensor(e.total) }]),
    );
  }
}

function accumulate(entry: Entry, value: Loggable, batchSize: number): void {
  const { total, reduceFx } = entry;
  const weight = reduceFx === 'mean' ? batchSize : 1;
  const term = weight === 1 ? value : isTensor(value) ? value.mul(weight) : value * weight;
  entry.weight += weight;
  if (total === null) entry.total = term;
  else if (isTensor(total) || isTensor(term)) entry.total = combineTensors(asTensor(total), asTensor(term), reduceFx);
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

function firstTensor(value: unknown): Tensor | null {
  if (isTensor(value)) return value.ndim > 0 ? value : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const part of Object.values(value)) {
    const found = firstTensor(part);
    if (found !== null) return found;
  }
  return null;
}
