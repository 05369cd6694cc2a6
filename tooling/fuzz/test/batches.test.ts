import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBatch } from '../src/batches.js';
import { differentiable } from '../src/operations/index.js';
import { programs } from '../src/program.js';
import { parameters } from './parameters.js';

test('vmap of random programs computes what they do on each example', () => {
  let count = 0;
  let steps = 0;
  fc.assert(
    fc.property(programs(['float64', 'float64', 'float64', 'bool', 'int64'], 8), (program) => {
      count++;
      steps += checkBatch(program, differentiable);
    }),
    parameters(150, 10_000),
  );
  expect(steps).toBeGreaterThan(3 * count);
}, 3_600_000);
