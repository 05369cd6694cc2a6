import { expect, test } from 'vitest';
import type { Ceilings } from './ceilings.js';
import type { Measurement } from './measure.js';
import { report } from './report.js';
import type { Workload } from './workload.js';

const ceilings = { shortest: () => 0.5 } as unknown as Ceilings;
const workload = { name: 'w', ceiling: { kind: 'fma', flops: 1 }, tolerance: 1e-3 } as unknown as Workload<string>;
const timing = (side: string, variant: string, seconds: number) => ({
  side,
  variant,
  times: 2,
  rounds: [[2 * seconds], [2 * seconds]],
});
const measured = (seconds: number, error: number): Measurement => ({
  workload: 'w',
  timings: [timing('flambeau', 'plain', seconds), timing('peer', 'plain', 3), timing('peer', 'fused', 2)],
  errors: { peer: error },
});

test('the fastest variants are compared', () => {
  const { table, failures } = report([[workload, measured(1, 1e-4)]], ['peer'], ceilings);
  expect(failures).toEqual([]);
  expect(table.split('\n')[1].split(/ {2,}/)).toEqual(['w', '1.00 s', '2.00 s (fused)', '2.00', '1e-4', '50 %']);
});

test('other results, and more than the ceiling allows, fail the run', () => {
  expect(report([[workload, measured(1, 1e-2)]], ['peer'], ceilings).failures[0]).toMatch(/w: outputs .* differ by 1\.0e-2/);
  expect(report([[workload, measured(1, Number.POSITIVE_INFINITY)]], ['peer'], ceilings).failures).toHaveLength(1);
  expect(report([[workload, measured(0.4, 0)]], ['peer'], ceilings).failures[0]).toMatch(/w: 125 % of its ceiling/);
});
