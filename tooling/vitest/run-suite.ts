/** A package's tests once more, in a process of their own: at another ISA level, or with kernels that watch themselves. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const native = fileURLToPath(new URL('../../packages/kernels/native', import.meta.url));

/** The kernels' levels on this processor family, the oldest first. */
export const LEVELS: readonly string[] = process.arch === 'x64' ? ['x86-64-v2', 'x86-64-v3', 'x86-64-v4'] : ['aarch64'];

/**
 * Runs test files of the package in `root` in their ordinary, short form and returns how many tests passed; throws with all that was
 * printed if one fails. `results` names a file to write to.
 */
export function runSuite(
  root: string,
  files: readonly string[],
  environment: NodeJS.ProcessEnv,
  results: string,
): Promise<number> {
  const { FLAMBEAU_TEST_FULL: _, ...inherited } = process.env;
  const patience = ['--testTimeout=1200000', '--hookTimeout=1200000']; // the sanitizers are slow
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const args = [vitest, 'run', ...files, ...patience, ...reporters];
  const options = { cwd: root, env: { ...inherited, ...environment }, maxBuffer: 2 ** 28 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout}\n${stderr}`));
      else resolve((JSON.parse(readFileSync(results, 'utf8')) as { numPassedTests: number }).numPassedTests);
    });
  });
}

/**
 * Builds the kernels with the address and the undefined-behaviour sanitizer of g++ and returns the environment in which a process
 * loads them: its first library must be that of the address sanitizer. Buffers of JavaScript are then watched, too.
 */
export function sanitizedKernels(): NodeJS.ProcessEnv {
  execFileSync('make', ['-s', '-C', native, 'sanitized'], { stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    FLAMBEAU_KERNELS: join(native, `build/sanitized/${process.platform}-${process.arch}.node`),
    LD_PRELOAD: execFileSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim(),
    ASAN_OPTIONS: 'detect_leaks=0', // those of Node
    UBSAN_OPTIONS: 'print_stacktrace=1',
  };
}
