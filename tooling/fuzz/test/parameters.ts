import type { Parameters } from 'fast-check';

/**
 * So many programs from a fixed seed; in the full run many more, from a new seed that a failure prints (FLAMBEAU_FUZZ_SEED repeats
 * it, FLAMBEAU_FUZZ_RUNS sets their number).
 */
export function parameters(runs: number, fullRuns: number): Parameters<unknown> {
  const { FLAMBEAU_TEST_FULL, FLAMBEAU_FUZZ_SEED, FLAMBEAU_FUZZ_RUNS } = process.env;
  const full = FLAMBEAU_TEST_FULL !== undefined;
  return {
    numRuns: Number(FLAMBEAU_FUZZ_RUNS ?? (full ? fullRuns : runs)),
    seed: Number(FLAMBEAU_FUZZ_SEED ?? (full ? Date.now() % 2 ** 31 : 1)),
  };
}
