/** In the full run, the op database once more at each lower ISA level and with the sanitizers. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isa } from '@flambeau/kernels';
import { LEVELS, runSuite, sanitizedKernels } from '@flambeau/vitest/run-suite';
import { temporaryFolder } from '@flambeau/vitest/temporary-folder';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = readdirSync(join(root, 'test')).filter((name) => name.endsWith('.test.ts') && name !== 'kernels.test.ts');

describe.runIf(process.env.FLAMBEAU_TEST_FULL !== undefined)('every operator', { timeout: 2 * 3_600_000 }, () => {
  async function expectToPass(environment: NodeJS.ProcessEnv): Promise<void> {
    const names = files.map((name) => join('test', name));
    expect(await runSuite(root, names, environment, join(temporaryFolder(), 'results.json'))).toBeGreaterThan(files.length);
  }
  for (const level of LEVELS.slice(0, LEVELS.indexOf(isa))) it(`passes at ${level}`, () => expectToPass({ FLAMBEAU_ISA: level }));
  it.runIf(process.platform === 'linux')('passes with the sanitizers', () => expectToPass(sanitizedKernels()));
});
