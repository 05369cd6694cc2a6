// Trains a small network while garbage is collected around every allocation of tensor memory and what was freed is overwritten.
// Prints the losses, and those without such trouble. Needs --expose-gc.
import { scope } from '@flambeau/core';
import { cnn } from './models.mjs';

const options = { batch: 4, size: 16, channels: 4 };
const losses = (run) => {
  const { step } = cnn(options);
  return Array.from({ length: 6 }, () => run(step));
};
const calm = losses((step) => step().item());

const allocate = Buffer.allocUnsafeSlow;
let allocations = 0;
Buffer.allocUnsafeSlow = (bytes) => {
  globalThis.gc({ type: allocations++ % 4 === 0 ? 'major' : 'minor' });
  for (let i = 0; i < 3; i++) allocate(bytes).fill(0xff); // NaN, where freed memory is used again
  const fresh = allocate(bytes);
  globalThis.gc({ type: 'minor' });
  return fresh;
};
const stressed = losses((step) => step().item());
const scoped = losses((step) => scope(() => step().item()));
console.log(JSON.stringify({ calm, stressed, scoped, allocations }));
