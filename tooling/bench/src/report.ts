/** The table at the end, which targets are met, and what makes a run fail. */
import type { Ceilings } from './ceilings.js';
import { costOf, fastest, type Measurement } from './measure.js';
import type { Ceiling, Line, Workload } from './workload.js';

export interface Report {
  readonly table: string;
  /** How many rows meet their target, in words. */
  readonly totals: string;
  /** Why the run fails; none if it does not. */
  readonly failures: readonly string[];
  readonly rows: readonly ReportedRow[];
}

export interface ReportedRow {
  readonly name: string;
  /** PyTorch's cost over ours; null where it takes no part. */
  readonly ratio: number | null;
  readonly ofCeiling: number | null;
  readonly met: boolean | null;
}

const OURS = 'flambeau';
/** The peer that targets speak of. */
const PEER = 'pytorch';
/** Ceilings are measured, too, so a time may seem shorter by as much as two measurements differ. */
const SLACK = 1.05;
/** Less than this may lie in a cache, which is faster than the bare kernels that write past it. */
const BEYOND_CACHES = 2 ** 26;

function duration(seconds: number): string {
  if (seconds < 1e-6) return `${(seconds * 1e9).toPrecision(3)} ns`;
  if (seconds < 1e-4) return `${(seconds * 1e6).toPrecision(3)} µs`;
  return seconds < 1 ? `${(seconds * 1e3).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;
}
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`;
const size = (error: number) => (error === 0 ? '0' : error.toExponential(0));
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
/** As the table shows it, so that 0.997 is 1.00. */
const rounded = (ratio: number) => Math.round(100 * ratio) / 100;

/** A row for each line of each measured workload. */
export function report(
  measurements: readonly (readonly [Workload, Measurement])[],
  peers: readonly string[],
  ceilings: Ceilings,
): Report {
  const failures = measurements.flatMap(([workload, { errors }]) => wrongOutputs(workload, errors));
  const rows: ReportedRow[] = [];
  const cells = measurements.flatMap(([workload, measurement]) =>
    workload.lines.map((line) => {
      const [row, cells, failure] = reportLine(workload, line, measurement, peers, ceilings);
      rows.push(row);
      if (failure !== null) failures.push(failure);
      return cells;
    }),
  );
  const head = ['workload', 'ours', ...peers.flatMap((p) => [p, `${p} / ours`]), 'error', 'of ceiling', 'target', 'met'];
  return { table: align([head, ...cells]), totals: totalsOf(rows), failures, rows };
}

/** Which sides' outputs differ by more than the workload allows. */
export function wrongOutputs({ name, tolerance }: Workload, errors: Measurement['errors']): string[] {
  return Object.entries(errors)
    .filter(([, error]) => !(error <= tolerance))
    .map(([side, e]) => `${name}: outputs of flambeau and ${side} differ by ${e.toExponential(1)}, more than ${tolerance}`);
}

function reportLine(
  workload: Workload,
  line: Line,
  measurement: Measurement,
  peers: readonly string[],
  ceilings: Ceilings,
): [row: ReportedRow, cells: string[], failure: string | null] {
  const name = `${workload.name}${line.suffix}`;
  const ours = fastest(measurement, OURS, line.ours);
  if (ours === undefined) throw new Error(`${name}: our side did not run`);
  const cost = costOf(ours);
  const show = workload.measures === 'memory' ? megabytes : duration;
  const cells = [name, `${show(cost)}${named(ours.variant)}`];
  const shortest = workload.ceiling === undefined ? null : ceilings.shortest(workload.ceiling);
  let peerCost: number | null = null;
  for (const peer of peers) {
    const theirs = fastest(measurement, peer, peer === PEER ? line.theirs : undefined);
    if (theirs === undefined) cells.push('–', '–');
    else cells.push(`${show(costOf(theirs))}${named(theirs.variant)}`, (costOf(theirs) / cost).toFixed(2));
    if (peer === PEER && theirs !== undefined) peerCost = costOf(theirs);
  }
  const errors = Object.values(measurement.errors);
  cells.push(errors.length > 0 ? size(Math.max(...errors)) : '–');
  const share = shortest === null ? null : shortest / cost;
  cells.push(share === null ? '–' : percent(share));
  const ratio = peerCost === null ? null : peerCost / cost;
  const { wanted, met } = judge(line, ratio, share, peerCost === null || shortest === null ? null : shortest / peerCost);
  cells.push(wanted, met === null ? '–' : met ? 'yes' : 'NO');
  const impossible = share !== null && share > SLACK && !line.mayExceed && !mayBeCached(workload.ceiling);
  const failure = impossible ? `${name}: ${percent(share)} of its ceiling, so the ceiling or the time is wrong` : null;
  return [{ name, ratio, ofCeiling: share, met }, cells, failure];
}

const mayBeCached = (ceiling?: Ceiling): boolean => ceiling?.kind === 'memory' && ceiling.bytes < BEYOND_CACHES;

/** The target in words and whether it is met; null if nothing is known of it. */
function judge({ target }: Line, ratio: number | null, share: number | null, peerShare: number | null) {
  const least = typeof target.ratio === 'function' ? target.ratio(peerShare ?? 1) : target.ratio;
  const wanted: string[] = [];
  const checks: boolean[] = [];
  if (least !== undefined) {
    wanted.push(`≥ ${least.toFixed(2)}`);
    if (ratio !== null) checks.push(rounded(ratio) >= least);
  }
  if (target.ofCeiling !== undefined && share !== null) {
    wanted.push(`≥ ${percent(target.ofCeiling)}`);
    checks.push(rounded(share) >= target.ofCeiling);
  }
  const met = checks.length === 0 || (least !== undefined && ratio === null) ? null : checks.every(Boolean);
  return { wanted: wanted.join(', ') || '–', met };
}

function totalsOf(rows: readonly ReportedRow[]): string {
  const judged = rows.filter((r) => r.met !== null);
  const met = judged.filter((r) => r.met).length;
  const behind = rows.filter((r) => r.ratio !== null && rounded(r.ratio) < 1).length;
  const lines = [
    `${met} of ${judged.length} rows meet their target (${percent(met / Math.max(1, judged.length))}); ${behind} are behind PyTorch`,
  ];
  const familyOf = (row: ReportedRow) => row.name.split('.')[0];
  for (const family of new Set(judged.map(familyOf))) {
    const own = judged.filter((row) => familyOf(row) === family);
    lines.push(`  ${family}: ${own.filter((r) => r.met).length} of ${own.length}`);
  }
  return lines.join('\n');
}

const named = (variant: string) => (variant === 'plain' ? '' : ` (${variant})`);

/** The first column to the left, all others to the right. */
export function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .join('\n');
}
