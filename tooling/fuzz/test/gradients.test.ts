import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkGradients, type Outcome } from '../src/gradients.js';
import { differentiable } from '../src/operations/index.js';
import { programs } from '../src/program.js';
import { parameters } from './parameters.js';

test('gradients of random programs agree forwards, backwards and with differences', () => {
  const count: Record<Outcome, number> = { checked: 0, refused: 0, unsuitable: 0 };
  fc.assert(
    fc.property(programs(['float64', 'float64', 'float64', 'bool'], 8), (program) => {
      count[checkGradients(program, differentiable)]++;
    }),
    parameters(60, 5_000),
  );
  expect(count.checked).toBeGreaterThan(count.refused + count.unsuitable);
}, 3_600_000);
