/** How long random tests run, and from which numbers. */
const { FLAMBEAU_TEST_FULL, FLAMBEAU_FUZZ_RUNS, FLAMBEAU_FUZZ_SEED } = process.env;

/** Whether this is the full run, with every test at its full length. */
export const full = FLAMBEAU_TEST_FULL !== undefined;

/** The seed of random tests: the same at every ordinary run, a new one in the full run; FLAMBEAU_FUZZ_SEED repeats it. */
export const seed = Number(FLAMBEAU_FUZZ_SEED ?? (full ? Date.now() % 2 ** 31 : 1));

/** How many random cases a test takes: `runs`, or `fullRuns` in the full run; FLAMBEAU_FUZZ_RUNS sets it. */
export const trials = (runs: number, fullRuns: number): number => Number(FLAMBEAU_FUZZ_RUNS ?? (full ? fullRuns : runs));
