import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { tally } from '../tally.mjs';

const folder = mkdtempSync(join(tmpdir(), 'flambeau-tally-'));
afterAll(() => rmSync(folder, { recursive: true }));

function packageWith(name: string, statuses: string[], suiteStatus = 'passed') {
  const results = join(folder, `${name}.json`);
  const assertionResults = statuses.map((status, i) => ({ fullName: `t${i}`, status }));
  writeFileSync(results, JSON.stringify({ testResults: [{ name: 'a.test.ts', status: suiteStatus, assertionResults }] }));
  return { name, results };
}
const task = (name: string, kind: string, exitCode: number) => ({
  taskId: `${name}#${kind}`,
  task: kind,
  execution: { exitCode },
});

test('sums passed, failed and skipped tests over packages', () => {
  const packages = [packageWith('a', ['passed', 'failed'], 'failed'), packageWith('b', ['passed', 'pending', 'todo'])];
  expect(tally(packages, [task('a', 'test', 1), task('b', 'test', 0)])).toEqual({
    passed: 2,
    failed: 1,
    skipped: 2,
    failures: ['a: t1'],
  });
});

test('a suite that could not be loaded is a failure', () => {
  expect(tally([packageWith('a', [], 'failed')], [task('a', 'test', 1)]).failures).toEqual(['a: a.test.ts']);
});

test('a package without results is a failure, whether or not turbo reached it', () => {
  const packages = [{ name: 'a', results: join(folder, 'missing.json') }];
  expect(tally(packages, [task('a', 'test', 1)]).failed).toBe(1);
  expect(tally(packages, []).failed).toBe(1);
});

test('a run that ends badly although all its tests passed is a failure', () => {
  expect(tally([packageWith('a', ['passed'])], [task('a', 'test', 1)]).failures).toEqual(['a#test: exit code 1']);
});

test('a failed build, type check or lint is a failure', () => {
  const tasks = [task('a', 'build', 2), task('a', 'typecheck', 1), task('//', 'lint:biome', 1), task('b', 'build', 0)];
  expect(tally([], tasks).failures).toEqual(['a#build', 'a#typecheck', '//#lint:biome']);
});
