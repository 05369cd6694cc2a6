import { expect, test } from 'vitest';
import type { Ceilings } from './ceilings.js';
import type { Measurement } from './measure.js';
import { report } from './report.js';
import type { Line, Workload } from './workload.js';

const ceilings = { shortest: () => 0.5 } as unknown as Ceilings;
const workload = (more: Partial<Workload> = {}, ...lines: Line[]) =>
  ({
    name: 'w',
    ceiling: { kind: 'fma', flops: 1 },
    tolerance: 1e-3,
    lines: lines.length > 0 ? lines : [{ suffix: '', target: { ratio: 2 } }],
    ...more,
  }) as Workload;
const timing = (side: string, variant: string, seconds: number) => ({
  side,
  variant,
  times: 2,
  rounds: [[2 * seconds], [2 * seconds]],
});
const measured = (seconds: number, error: number): Measurement => ({
  workload: 'w',
  timings: [timing('flambeau', 'plain', seconds), timing('pytorch', 'plain', 3), timing('pytorch', 'fused', 2)],
  errors: { pytorch: error },
});
const cellsOf = (w: Workload, m: Measurement) =>
  report([[w, m]], ['pytorch'], ceilings)
    .table.split('\n')
    .slice(1)
    .map((row) => row.trim().split(/ {2,}/));

test('the fastest variants are compared', () => {
  expect(report([[workload(), measured(1, 1e-4)]], ['pytorch'], ceilings).failures).toEqual([]);
  expect(cellsOf(workload(), measured(1, 1e-4))).toEqual([
    ['w', '1.00 s', '2.00 s (fused)', '2.00', '1e-4', '50 %', '≥ 2.00', 'yes'],
  ]);
});

test('a line takes the variants that it names', () => {
  const w = workload(
    {},
    { suffix: '', target: { ratio: 1 } },
    { suffix: '.plain', target: { ratio: 1, ofCeiling: 0.6 }, theirs: (v) => v === 'plain' },
  );
  const rows = cellsOf(w, measured(1, 0));
  expect(rows.map((r) => [r[0], r[2], r.at(-2), r.at(-1)])).toEqual([
    ['w', '2.00 s (fused)', '≥ 1.00', 'yes'],
    ['w.plain', '3.00 s', '≥ 1.00, ≥ 60 %', 'NO'],
  ]);
});

test('a target may depend on how close the peer is to the ceiling', () => {
  const w = workload({}, { suffix: '', target: { ratio: (peerShare) => (peerShare < 0.5 ? 3 : 1) } });
  expect(cellsOf(w, measured(1, 0))[0].slice(-2)).toEqual(['≥ 3.00', 'NO']); // the peer is at a quarter
});

test('nothing is judged without the peer', () => {
  const { totals, rows } = report(
    [[workload(), { ...measured(1, 0), timings: [timing('flambeau', 'plain', 1)] }]],
    ['pytorch'],
    ceilings,
  );
  expect(rows[0]).toMatchObject({ ratio: null, met: null });
  expect(totals).toMatch(/^0 of 0 rows/);
});

test('totals', () => {
  const all = [measured(1, 0), measured(3, 0), measured(0.9, 0)].map((m, i) => [workload({ name: `w.${i}` }), m] as const);
  const { totals } = report(all, ['pytorch'], ceilings);
  expect(totals).toBe('2 of 3 rows meet their target (67 %); 1 are behind PyTorch\n  w: 2 of 3');
});

test('memory is shown in megabytes', () => {
  const w = workload({ measures: 'memory', ceiling: undefined });
  const m = { ...measured(1, 0), timings: [timing('flambeau', 'plain', 2 ** 30), timing('pytorch', 'plain', 2 ** 31)] };
  expect(cellsOf(w, m)[0].slice(1, 4)).toEqual(['1024 MB', '2048 MB', '2.00']);
});

test('other results, and more than the ceiling allows, fail the run', () => {
  const failures = (m: Measurement, w = workload()) => report([[w, m]], ['pytorch'], ceilings).failures;
  expect(failures(measured(1, 1e-2))[0]).toMatch(/w: outputs .* differ by 1\.0e-2/);
  expect(failures(measured(1, Number.POSITIVE_INFINITY))).toHaveLength(1);
  expect(failures(measured(0.4, 0))[0]).toMatch(/w: 125 % of its ceiling/);
  expect(failures(measured(0.4, 0), workload({}, { suffix: '', target: {}, mayExceed: true }))).toEqual([]);
});
