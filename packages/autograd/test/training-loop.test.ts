/** Loops that never yield, with no scope and no dispose: memory must settle all the same. */
import { beforeAll, describe, expect, test } from 'vitest';
import { resultOf } from '@flambeau/vitest/run-script';

interface Loop {
  readonly loss: number;
  readonly early: number;
  readonly late: number;
  readonly peak: number;
  readonly msPerStep: number;
  readonly ballast: number;
}

const full = process.env.FLAMBEAU_TEST_FULL !== undefined;
const STEPS = full ? { mlp: 10_000, cnn: 500 } : { mlp: 500, cnn: 320 };
/** Each collection walks the other objects, so these runs are slower, and settle in fewer steps. */
const STEPS_WITH_BALLAST = full ? STEPS : { mlp: 500, cnn: 200 };
const BALLAST_MB = 100;
const script = new URL('training-loop.mjs', import.meta.url);
const seconds = full ? 1800 : 100;
const timeout = 1000 * seconds;

const loop = (model: 'mlp' | 'cnn', mode: 'plain' | 'scope', ballastMB = 0) => {
  const steps = (ballastMB > 0 ? STEPS_WITH_BALLAST : STEPS)[model];
  return resultOf<Loop>(script, [], [model, mode, String(steps), String(ballastMB)], seconds);
};

describe.each(['mlp', 'cnn'] as const)('training the %s', (model) => {
  let scoped: Loop;
  beforeAll(async () => {
    scoped = await loop(model, 'scope');
  }, timeout);

  test(
    'holds its memory',
    async () => {
      const plain = await loop(model, 'plain');
      expect(plain.late).toBeLessThanOrEqual(1.05 * plain.early);
      expect(scoped.late).toBeLessThanOrEqual(1.05 * scoped.early);
      expect(plain.peak).toBeLessThanOrEqual(2 * scoped.peak);
      expect(plain.loss).toBe(scoped.loss); // memory management changes no bit
    },
    timeout,
  );

  test(
    'holds its memory beside 100 MB of other objects',
    async () => {
      const [plain, scopedToo] = [await loop(model, 'plain', BALLAST_MB), await loop(model, 'scope', BALLAST_MB)];
      const ms = (l: Loop) => l.msPerStep.toFixed(2);
      console.log(
        `${model}, ms a step beside ${BALLAST_MB} MB of objects: plain ${ms(plain)}, scope ${ms(scopedToo)}; alone: scope ${ms(scoped)}`,
      );
      expect(plain.ballast).toBe(BALLAST_MB * 10_000);
      expect(plain.late).toBeLessThanOrEqual(1.05 * plain.early);
      expect(plain.peak).toBeLessThanOrEqual(2 * scopedToo.peak);
      expect(plain.loss).toBe(scopedToo.loss);
    },
    timeout,
  );
});
