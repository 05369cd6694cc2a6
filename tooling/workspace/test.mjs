// npm test: install, then build, type-check, lint and run every suite through turbo. The last line sums them all up.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { install, root, run } from './shell.mjs';
import { newestSummary, testPackages, tally } from './tally.mjs';

install();
const runs = join(root, '.turbo', 'runs');
rmSync(runs, { recursive: true, force: true });
const packages = testPackages(root);
for (const { results } of packages) rmSync(results, { force: true });

const full = process.argv.includes('--full') ? { FLAMBEAU_TEST_FULL: '1' } : {};
const tasks = ['lint:biome', 'build', 'typecheck', 'test'];
const status = run(
  'turbo',
  ['run', ...tasks, '--continue=dependencies-successful', '--summarize', '--output-logs=new-only'],
  full,
);

const { passed, failed, skipped, failures } = tally(packages, newestSummary(runs));
for (const failure of failures) console.log(`FAILED ${failure}`);
const broken = status !== 0 && failed === 0 ? 1 : 0; // turbo itself failed
console.log(`${passed} passed, ${failed + broken} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed + broken > 0 ? 1 : 0;
