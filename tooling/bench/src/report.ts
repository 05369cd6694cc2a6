/** The table at the end, and what makes a run fail. */
import type { Ceilings } from './ceilings.js';
import { fastest, type Measurement, secondsOf } from './measure.js';
import type { Workload } from './workload.js';

export interface Report {
  readonly table: string;
  /** Why the run fails; none if it does not. */
  readonly failures: readonly string[];
}

const OURS = 'flambeau';

function duration(seconds: number): string {
  if (seconds < 1e-4) return `${(seconds * 1e6).toPrecision(3)} µs`;
  return seconds < 1 ? `${(seconds * 1e3).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;
}

const size = (error: number) => (error === 0 ? '0' : error.toExponential(0));
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** A row for each measurement: our time, each peer's with its ratio to ours, the largest error, our share of the ceiling. */
export function report(
  measurements: readonly (readonly [Workload<string>, Measurement])[],
  peers: readonly string[],
  ceilings: Ceilings,
): Report {
  const failures: string[] = [];
  const rows = measurements.map(([workload, measurement]) => {
    const ours = fastest(measurement, OURS);
    if (ours === undefined) throw new Error(`${workload.name}: our side did not run`);
    const seconds = secondsOf(ours);
    const cells = [workload.name, `${duration(seconds)}${named(ours.variant)}`];
    for (const peer of peers) {
      const theirs = fastest(measurement, peer);
      if (theirs === undefined) cells.push('–', '–');
      else cells.push(`${duration(secondsOf(theirs))}${named(theirs.variant)}`, (secondsOf(theirs) / seconds).toFixed(2));
    }
    for (const [side, error] of Object.entries(measurement.errors))
      if (!(error <= workload.tolerance))
        failures.push(
          `${workload.name}: outputs of flambeau and ${side} differ by ${error.toExponential(1)}, more than ${workload.tolerance}`,
        );
    const errors = Object.values(measurement.errors);
    cells.push(errors.length > 0 ? size(Math.max(...errors)) : '–');
    if (workload.ceiling === undefined) cells.push('–');
    else {
      const share = ceilings.shortest(workload.ceiling) / seconds;
      if (share > 1) failures.push(`${workload.name}: ${percent(share)} of its ceiling, so the ceiling or the time is wrong`);
      cells.push(percent(share));
    }
    return cells;
  });
  const head = ['workload', 'ours', ...peers.flatMap((p) => [p, `${p} / ours`]), 'error', 'of ceiling'];
  return { table: align([head, ...rows]), failures };
}

const named = (variant: string) => (variant === 'plain' ? '' : ` (${variant})`);

/** The first column to the left, all others to the right. */
export function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .join('\n');
}
