import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from './logger.js';
import { VersionedFolder } from './versioned-folder.js';

/** Metrics as a table: one row per step, one column per metric, empty where a step has none. Lightning: `CSVLogger`. */
export class CSVLogger implements Logger {
  private readonly folder: VersionedFolder;
  private readonly rows = new Map<number, Record<string, number>>();
  private changed = false;

  constructor(saveDir: string, { version }: { readonly version?: number | string } = {}) {
    this.folder = new VersionedFolder(saveDir, version);
  }
  get logDir(): string {
    return this.folder.path;
  }

  logMetrics(metrics: Readonly<Record<string, number>>, step: number): void {
    this.rows.set(step, { ...this.rows.get(step), ...metrics });
    this.changed = true;
  }
  logHyperparams(values: Readonly<Record<string, unknown>>): void {
    if (Object.keys(values).length > 0) writeFileSync(join(this.logDir, 'hparams.json'), `${JSON.stringify(values, null, 2)}\n`);
  }

  // A new metric is a new column, so the table is written anew.
  flush(): void {
    if (!this.changed) return;
    const columns = [...new Set([...this.rows.values()].flatMap((row) => Object.keys(row)))].toSorted();
    const lines = [...this.rows].map(([step, row]) => [step, ...columns.map((c) => row[c] ?? '')].join(','));
    writeFileSync(join(this.logDir, 'metrics.csv'), `${[['step', ...columns.map(quoted)].join(','), ...lines].join('\n')}\n`);
    this.changed = false;
  }
  close(): void {
    this.flush();
  }
}

const quoted = (name: string): string => (/[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
