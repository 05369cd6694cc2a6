import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const full = process.env.FLAMBEAU_TEST_FULL !== undefined;
const native = fileURLToPath(new URL('../native', import.meta.url));
const target = `${process.platform}-${process.arch}`;

/** Runs the stress program; it exits with 1 if a chunk did not run exactly once. */
function stress(sanitizer: string, ...args: (string | number)[]): string {
  execFileSync('make', ['-s', '-C', native, 'pool', `SANITIZE=${sanitizer}`]);
  return execFileSync(`${native}/build/${target}/pool${sanitizer}`, args.map(String), { encoding: 'utf8' });
}

describe.skipIf(process.platform !== 'linux')('the thread pool', () => {
  it.each([2, 3, 7])('runs each chunk of each job once on %d threads', (threads) => {
    expect(stress('', threads, full ? 30 : 1)).toMatch(/^\d{3,} jobs, 0 wrong\n$/);
  });

  it('goes on with fewer threads when the system refuses one', () => {
    expect(stress('', 3, 0.2, 'refuse')).toMatch(/^\d{3,} jobs, 0 wrong\n$/);
  });

  it.runIf(full)('has no data race', { timeout: 120_000 }, () => {
    expect(stress('thread', 4, 10)).toMatch(/^\d{3,} jobs, 0 wrong\n$/);
  });
});
