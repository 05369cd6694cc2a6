import type { LightningModule } from '../lightning-module.js';
import type { Trainer } from '../trainer.js';
import type { Callback } from './callback.js';

/** Milliseconds between two drawings of the bar. */
const REFRESH_MS = 100;
const BAR_CELLS = 20;

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A bar that redraws itself on a terminal; elsewhere (files, CI) one line per epoch. Lightning: `TQDMProgressBar`. */
export class ProgressBar implements Callback {
  private started = 0;
  private drawn = 0;
  private first = 0;
  private label = '';

  constructor(private readonly output: Output = process.stderr) {}

  onTrainEpochStart(trainer: Trainer): void {
    this.begin(`Epoch ${trainer.currentEpoch + 1}${Number.isFinite(trainer.maxEpochs) ? `/${trainer.maxEpochs}` : ''}`, trainer.batchIndex);
  }
  async onTrainBatchEnd(trainer: Trainer, _module: LightningModule, _output: unknown, _batch: unknown, batchIndex: number): Promise<void> {
    await this.draw(trainer, batchIndex + 1, trainer.numTrainingBatches);
  }
  async onTrainEpochEnd(trainer: Trainer): Promise<void> {
    await trainer.metrics.step();
    const seconds = (performance.now() - this.started) / 1000;
    this.end(`${this.label}  ${trainer.batchIndex} batches in ${clock(seconds)}  ${metricsText(this.values(trainer))}`);
  }

  onValidationStart(trainer: Trainer): void {
    if (!this.output.isTTY) return;
    this.begin(trainer.stage === 'sanity' ? 'Sanity check' : 'Validation', 0);
  }
  async onValidationBatchEnd(trainer: Trainer, _module: LightningModule, _output: unknown, _batch: unknown, batchIndex: number): Promise<void> {
    await this.draw(trainer, batchIndex + 1, trainer.numEvaluationBatches);
  }
  onValidationEnd(trainer: Trainer): void {
    this.clear();
    if (trainer.fitting) this.label = `Epoch ${trainer.currentEpoch + 1}${Number.isFinite(trainer.maxEpochs) ? `/${trainer.maxEpochs}` : ''}`;
  }
  onTestStart(): void {
    this.begin('Test', 0);
  }
  async onTestBatchEnd(trainer: Trainer, _module: LightningModule, _output: unknown, _batch: unknown, batchIndex: number): Promise<void> {
    await this.draw(trainer, batchIndex + 1, trainer.numEvaluationBatches);
  }
  onTestEnd(): void {
    this.clear();
  }
  onPredictStart(): void {
    this.begin('Prediction', 0);
  }
  async onPredictBatchEnd(trainer: Trainer, _module: LightningModule, _output: unknown, _batch: unknown, batchIndex: number): Promise<void> {
    await this.draw(trainer, batchIndex + 1, trainer.numEvaluationBatches);
  }
  onPredictEnd(): void {
    this.clear();
  }
  onException(): void {
    if (this.output.isTTY) this.output.write('\n');
  }

  private begin(label: string, first: number): void {
    this.label = label;
    this.first = first;
    this.started = performance.now();
    this.drawn = 0;
  }

  private async draw(trainer: Trainer, done: number, total: number): Promise<void> {
    const now = performance.now();
    if (!this.output.isTTY || (now - this.drawn < REFRESH_MS && done !== total)) return;
    this.drawn = now;
    await trainer.metrics.step();
    const seconds = (now - this.started) / 1000;
    const rate = (done - this.first) / seconds;
    const known = Number.isFinite(total);
    const parts = [
      this.label,
      known ? `${bar(done / total)} ${String(Math.floor((100 * done) / total)).padStart(3)}%` : '',
      known ? `${done}/${total}` : String(done),
      `${rate.toFixed(rate < 10 ? 2 : 1)} it/s`,
      known ? `eta ${clock((total - done) / rate)}` : clock(seconds),
      metricsText(this.values(trainer)),
    ];
    const line = parts.filter(Boolean).join('  ');
    this.output.write(`\r\x1b[2K${line.slice(0, (this.output.columns ?? 120) - 1)}`);
  }

  private values(trainer: Trainer): [string, number][] {
    return [...new Map([...trainer.progressValues(), ...trainer.metrics.barValues()])];
  }
  private end(line: string): void {
    this.output.write(`${this.output.isTTY ? '\r\x1b[2K' : ''}${line}\n`);
  }
  private clear(): void {
    if (this.output.isTTY) this.output.write('\r\x1b[2K');
  }
}

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

const metricsText = (values: readonly (readonly [string, number])[]): string => values.map(([name, v]) => `${name} ${formatNumber(v)}`).join('  ');
const formatNumber = (v: number): string => (v === 0 || (Math.abs(v) >= 1e-3 && Math.abs(v) < 1e5) ? v.toFixed(4) : v.toExponential(2));
