import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ValueError } from '@flambeau/core';
import type { Trainer } from '../trainer.js';
import type { Callback } from './callback.js';
import type { Mode } from './mode.js';

export interface ModelCheckpointOptions {
  /** Folder. Default: `checkpoints` in the trainer's folder. */
  readonly dirpath?: string;
  /** File name without ending; `{epoch}`, `{step}` and `{metric}` (with digits: `{valLoss:.2f}`) are filled in. */
  readonly filename?: string;
  /** The logged metric that decides which checkpoints are kept. Default: the latest are. */
  readonly monitor?: string;
  readonly mode?: Mode;
  /** How many of the best (or latest) to keep; -1 keeps all. Default 1. */
  readonly saveTopK?: number;
  /** Also keep the latest as `last.ckpt`. Default false. */
  readonly saveLast?: boolean;
  /** Save in mid-epoch, after every so many optimizer steps. Default: after each validation or epoch. */
  readonly everyNTrainSteps?: number;
  readonly everyNEpochs?: number;
}

interface Kept {
  readonly path: string;
  readonly score: number;
}

/** Saves the training as it goes on and keeps the best. Lightning: `ModelCheckpoint`. */
export class ModelCheckpoint implements Callback {
  readonly stateKey: string;
  private readonly options: ModelCheckpointOptions;
  private readonly mode: Mode;
  private readonly saveTopK: number;
  private kept: Kept[] = [];
  private due = false;
  private lastStep = -1;
  /** The latest file. */
  lastModelPath = '';

  constructor(options: ModelCheckpointOptions = {}) {
    this.options = options;
    this.mode = options.mode ?? 'min';
    this.saveTopK = options.saveTopK ?? 1;
    if (!Number.isInteger(this.saveTopK) || this.saveTopK < -1)
      throw new ValueError(`ModelCheckpoint: saveTopK must be an integer of at least -1, got ${this.saveTopK}`);
    if (this.saveTopK > 1 && options.monitor === undefined)
      throw new ValueError('ModelCheckpoint: saveTopK above 1 needs a metric to monitor');
    this.stateKey = `ModelCheckpoint{monitor:${options.monitor ?? null},mode:${this.mode},everyNTrainSteps:${options.everyNTrainSteps ?? 0}}`;
  }

  /** The best checkpoint so far (the latest without a metric); '' before the first. */
  get bestModelPath(): string {
    return this.kept[0]?.path ?? '';
  }
  get bestModelScore(): number | null {
    return this.options.monitor === undefined ? null : (this.kept[0]?.score ?? null);
  }

  async onTrainBatchEnd(trainer: Trainer): Promise<void> {
    const { everyNTrainSteps } = this.options;
    if (everyNTrainSteps && trainer.atOptimizerStep && trainer.globalStep % everyNTrainSteps === 0) await this.save(trainer);
  }
  async onValidationEnd(trainer: Trainer): Promise<void> {
    if (trainer.stage === 'sanity' || !trainer.fitting || this.options.everyNTrainSteps) return;
    // at the end of an epoch the schedulers are still to come: the checkpoint waits for onTrainEpochEnd
    if (trainer.epochBatchesDone) this.due = true;
    else await this.save(trainer);
  }
  async onTrainEpochEnd(trainer: Trainer): Promise<void> {
    if (this.options.everyNTrainSteps) return;
    const due = this.due || !trainer.hasValidation;
    this.due = false;
    if (due && (trainer.currentEpoch + 1) % (this.options.everyNEpochs ?? 1) === 0) await this.save(trainer);
  }

  private async save(trainer: Trainer): Promise<void> {
    if (trainer.globalStep === this.lastStep || trainer.fastDevRun) return;
    this.lastStep = trainer.globalStep;
    const dir = this.options.dirpath ?? join(trainer.defaultRootDir, 'checkpoints');
    mkdirSync(dir, { recursive: true });
    const { saveLast } = this.options;
    const score = await this.score(trainer);
    const order = this.options.monitor === undefined || this.mode === 'max' ? -1 : 1; // the best first
    const ranked = [...this.kept, { path: '', score }].toSorted((a, b) => order * (a.score - b.score));
    const dropped = this.saveTopK === -1 ? [] : ranked.splice(this.saveTopK);
    if (ranked.some((k) => k.path === '')) {
      const path = this.freePath(dir, this.fileName(trainer), dropped);
      this.kept = ranked.map((k) => (k.path === '' ? { path, score } : k));
      this.lastModelPath = path;
      await trainer.saveCheckpoint(path);
      for (const { path: old } of dropped) if (old !== path) rmSync(old, { force: true }); // only once the new one is complete
    }
    if (saveLast) {
      this.lastModelPath = join(dir, 'last.ckpt');
      await trainer.saveCheckpoint(this.lastModelPath);
    }
  }

  /** The monitored metric, a NaN being the worst; without one the step. */
  private async score(trainer: Trainer): Promise<number> {
    const { monitor } = this.options;
    if (monitor === undefined) return trainer.globalStep;
    if (this.options.everyNTrainSteps) await trainer.metrics.step(); // not every step's values are read
    const value = trainer.metrics.monitored('ModelCheckpoint', monitor);
    return Number.isNaN(value) ? (this.mode === 'min' ? Number.MAX_VALUE : -Number.MAX_VALUE) : value;
  }

  private fileName(trainer: Trainer): string {
    const values: Record<string, number> = { ...trainer.metrics.values, epoch: trainer.currentEpoch, step: trainer.globalStep };
    const template = this.options.filename ?? 'epoch={epoch}-step={step}';
    return template.replace(/\{(\w+)(?::\.(\d+)f)?\}/g, (_, name: string, digits?: string) => {
      const value = values[name];
      if (value === undefined) throw new ValueError(`ModelCheckpoint: the file name asks for '${name}', which was not logged`);
      return digits === undefined ? String(value) : value.toFixed(Number(digits));
    });
  }

  // Only a file that is dropped now is overwritten: never one of another run, nor one that is kept.
  private freePath(dir: string, name: string, dropped: readonly Kept[]): string {
    for (let version = 0; ; version++) {
      const path = join(dir, `${name}${version ? `-v${version}` : ''}.ckpt`);
      if (dropped.some((k) => k.path === path) || !existsSync(path)) return path;
    }
  }

  stateDict(): Record<string, unknown> {
    return { kept: this.kept, lastModelPath: this.lastModelPath, lastStep: this.lastStep };
  }
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    this.kept = (state.kept as Kept[]).filter((k) => existsSync(k.path));
    this.lastModelPath = state.lastModelPath as string;
    this.lastStep = state.lastStep as number;
  }
}
