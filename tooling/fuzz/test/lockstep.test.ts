import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DTYPES } from '../src/dtype.js';
import { compare } from '../src/lockstep.js';
import { everything } from '../src/operations/index.js';
import { programs } from '../src/program.js';
import { parameters } from './parameters.js';

test('random programs compute what loops over indices do', () => {
  let count = 0;
  let steps = 0;
  fc.assert(
    fc.property(programs(DTYPES, 12), (program) => {
      count++;
      steps += compare(program, everything);
    }),
    parameters(300, 20_000),
  );
  expect(steps).toBeGreaterThan(4 * count); // most of what is drawn suits
}, 3_600_000);
