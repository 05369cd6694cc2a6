import type { LightningModule } from '../lightning-module.js';
import type { Trainer } from '../trainer.js';
import type { Callback } from './callback.js';

/** Milliseconds between two drawings of the bar. */
const REFRESH_MS = 100;
const BAR_CELLS = 20;
const CLEAR_LINE = '\r\x1b[2K';

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A bar that redraws itself on a terminal; elsewhere (files, CI) one line per epoch. Lightning: `TQDMProgressBar`. */
export class ProgressBar implements Callback {
  private shown: Phase = begin('', 0);
  /** The training epoch, while a validation is shown. */
  private training: Phase | null = null;
  private drawn = 0;

  constructor(private readonly output: Output = process.stderr) {}

  onTrainEpochStart(trainer: Trainer): void {
    const { currentEpoch, maxEpochs, batchIndex } = trainer;
    this.shown = begin(`Epoch ${currentEpoch + 1}${Number.isFinite(maxEpochs) ? `/${maxEpochs}` : ''}`, batchIndex);
    this.training = this.shown;
  }
  async onTrainBatchEnd(
    trainer: Trainer,
    _module: LightningModule,
    _output: unknown,
    _batch: unknown,
    batchIndex: number,
  ): Promise<void> {
    await this.draw(trainer, batchIndex + 1, trainer.numTrainingBatches);
  }
  async onTrainEpochEnd(trainer: Trainer): Promise<void> {
    const { label, started, first } = this.shown;
    const seconds = (performance.now() - started) / 1000;
    const line = `${label}  ${trainer.batchIndex - first} batches in ${clock(seconds)}  ${await metricsText(trainer, true)}`;
    this.clear();
    this.output.write(`${line.trimEnd()}\n`);
    this.training = null;
  }

  onValidationStart(trainer: Trainer): void {
    this.shown = begin(trainer.stage === 'sanity' ? 'Sanity check' : 'Validation', 0);
  }
  async onValidationBatchEnd(
    trainer: Trainer,
    _module: LightningModule,
    _output: unknown,
    _batch: unknown,
    batchIndex: number,
  ): Promise<void> {
    await this.draw(trainer, batchIndex + 1, trainer.numEvaluationBatches);
  }
  onValidationEnd(): void {
    this.clear();
    if (this.training === null) return;
    this.training.started += performance.now() - this.shown.started; // rates are of training alone
    this.shown = this.training;
  }
  onTestStart(): void {
    this.shown = begin('Test', 0);
  }
  async onTestBatchEnd(
    trainer: Trainer,
    _module: LightningModule,
    _output: unknown,
    _batch: unknown,
    batchIndex: number,
  ): Promise<void> {
    await this.draw(trainer, batchIndex + 1, trainer.numEvaluationBatches);
  }
  onTestEnd(): void {
    this.clear();
  }
  onPredictStart(): void {
    this.shown = begin('Prediction', 0);
  }
  async onPredictBatchEnd(
    trainer: Trainer,
    _module: LightningModule,
    _output: unknown,
    _batch: unknown,
    batchIndex: number,
  ): Promise<void> {
    await this.draw(trainer, batchIndex + 1, trainer.numEvaluationBatches);
  }
  onPredictEnd(): void {
    this.clear();
  }
  onException(): void {
    if (this.output.isTTY) this.output.write('\n');
  }

  private async draw(trainer: Trainer, done: number, total: number): Promise<void> {
    const now = performance.now();
    if (!this.output.isTTY || (now - this.drawn < REFRESH_MS && done !== total)) return;
    this.drawn = now;
    const { label, started, first } = this.shown;
    const seconds = (now - started) / 1000;
    const rate = (done - first) / seconds;
    const known = Number.isFinite(total);
    const parts = [
      label,
      known ? `${bar(done / total)} ${String(Math.floor((100 * done) / total)).padStart(3)}%` : '',
      known ? `${done}/${total}` : String(done),
      `${rate.toFixed(rate < 10 ? 2 : 1)} it/s`,
      known ? `eta ${clock((total - done) / rate)}` : clock(seconds),
      await metricsText(trainer, false),
    ];
    const line = parts.filter(Boolean).join('  ');
    this.output.write(`${CLEAR_LINE}${line.slice(0, (this.output.columns ?? 120) - 1)}`);
  }

  private clear(): void {
    if (this.output.isTTY) this.output.write(CLEAR_LINE);
  }
}

/** What the bar counts. */
interface Phase {
  readonly label: string;
  /** Batches that were done before it began. */
  readonly first: number;
  started: number;
}
const begin = (label: string, first: number): Phase => ({ label, first, started: performance.now() });

function bar(fraction: number): string {
  const cells = Math.min(1, fraction) * BAR_CELLS;
  const full = Math.floor(cells);
  const half = cells - full >= 0.5 && full < BAR_CELLS;
  return `${'━'.repeat(full)}${half ? '╸' : ''}${' '.repeat(BAR_CELLS - full - (half ? 1 : 0))}`;
}

function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  const s = Math.round(seconds);
  const minutes = `${Math.floor(s / 60) % 60}:${String(s % 60).padStart(2, '0')}`;
  return s < 3600 ? minutes : `${Math.floor(s / 3600)}:${minutes.padStart(5, '0')}`;
}

async function metricsText({ shown, metrics }: Trainer, atEpochEnd: boolean): Promise<string> {
  const values = new Map([...shown, ...(await metrics.barValues(atEpochEnd))]);
  return [...values].map(([name, v]) => `${name} ${formatNumber(v)}`).join('  ');
}
const formatNumber = (v: number): string =>
  v === 0 || (Math.abs(v) >= 1e-3 && Math.abs(v) < 1e5) ? v.toFixed(4) : v.toExponential(2);
