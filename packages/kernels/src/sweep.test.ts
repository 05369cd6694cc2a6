import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { full } from '../test/long.js';

const native = fileURLToPath(new URL('../native', import.meta.url));

// native/test/sweep.cc states the bounds. A prime step meets every exponent with changing significands.
it.skipIf(process.platform === 'win32')(
  `elementary functions stay within their bounds for ${full ? 'every' : 'one in 4099'} of all floats`,
  { timeout: 4 * 3_600_000 },
  () => {
    execFileSync('make', ['-s', '-C', native, 'sweep']);
    const program = `${native}/build/${process.platform}-${process.arch}/sweep`;
    const [step, threads] = full ? [1, availableParallelism()] : [4099, 1];
    const { status, stdout, stderr } = spawnSync(program, [step, threads].map(String), { encoding: 'utf8' });
    expect(stdout.split('\n').filter((line) => line.endsWith('ABOVE'))).toEqual([]);
    expect(status, stderr).toBe(0);
    expect(stdout.split('\n').length).toBeGreaterThan(30);
  },
);
