/** The kernels' tests once more at each lower ISA level and, in the full run, with the sanitizers at every level. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LEVELS, runSuite, sanitizedKernels } from '@flambeau/vitest/run-suite';
import { temporaryFolder } from '@flambeau/vitest/temporary-folder';
import { describe, expect, it } from 'vitest';
import { full } from '../test/long.js';
import { isa } from './index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const own = LEVELS.indexOf(isa);
const timeout = 3_600_000;

const all = readdirSync(join(root, 'src')).filter((name) => name.endsWith('.test.ts'));
// Programs beside the library are not tried again.
const ofTheLibrary = all.filter((name) => !['levels.test.ts', 'pool.test.ts', 'sweep.test.ts'].includes(name));
// This one sees to the levels itself.
const ofOneLevel = ofTheLibrary.filter((name) => name !== 'kernels.test.ts');

async function expectToPass(names: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const files = names.map((name) => join('src', name));
  expect(await runSuite(root, files, environment, join(temporaryFolder(), 'results.json'))).toBeGreaterThan(names.length);
}

describe('the tests pass', () => {
  for (const level of LEVELS.slice(0, own))
    it(`at ${level}`, { timeout }, () => expectToPass(ofOneLevel, { FLAMBEAU_ISA: level }));
});

describe.runIf(full && process.platform === 'linux')('the sanitizers find nothing', () => {
  for (const level of LEVELS.slice(0, own + 1))
    it(`at ${level}`, { timeout }, () =>
      expectToPass(level === isa ? ofTheLibrary : ofOneLevel, { ...sanitizedKernels(), FLAMBEAU_ISA: level }),
    );
});
