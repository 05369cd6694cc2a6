// Collects garbage before and after every allocation of tensor memory and overwrites what was freed, so that a kernel which is
// given the address of memory that nobody holds any more computes with rubbish or crashes. Needs --expose-gc.
import { arange, cat, conv1d, emptyCache, fromTypedArray, scope, stack, tensor } from '@flambeau/core';

const allocate = Buffer.allocUnsafeSlow;
let allocations = 0;
Buffer.allocUnsafeSlow = (bytes) => {
  globalThis.gc({ type: allocations++ % 4 === 0 ? 'major' : 'minor' });
  for (let i = 0; i < 4; i++) allocate(bytes).fill(0xff); // NaN, where freed memory is used again
  const fresh = allocate(bytes);
  globalThis.gc({ type: 'minor' });
  return fresh;
};

const N = 600; // above the size of memory that shares a slab
const numbers = Array.from({ length: N }, (_, i) => (i % 17) - 8);
let checked = 0;

function check(what, got, want) {
  const values = got.flatten().toTypedArray();
  if (values.length !== want.length) throw new Error(`${what}: ${values.length} values`);
  want.forEach((w, i) => {
    if (Math.abs(Number(values[i]) - w) > 1e-4 * Math.max(1, Math.abs(w)))
      throw new Error(`${what}[${i}]: ${values[i]}, not ${w}`);
  });
  checked++;
}

function round() {
  // intermediate results that nobody holds but the call
  check(
    'chain',
    tensor(numbers).mul(2).add(1).neg().abs(),
    numbers.map((x) => Math.abs(2 * x + 1)),
  );
  // strided operands are copied in the middle of a call
  const square = tensor(numbers).reshape([20, 30]);
  const product = square.T.matmul(square.T.T);
  check(
    'matmul',
    product,
    Array.from({ length: 900 }, (_, at) => {
      let sum = 0;
      for (let k = 0; k < 20; k++) sum += numbers[k * 30 + Math.floor(at / 30)] * numbers[k * 30 + (at % 30)];
      return sum;
    }),
  );
  // an op that wants row-major operands: only the call knows the copies
  const weights = numbers.slice(0, 30);
  check(
    'conv1d',
    conv1d(square.T.unsqueeze(0), tensor(weights).reshape([30, 1]).T.unsqueeze(2)),
    Array.from({ length: 20 }, (_, at) => weights.reduce((sum, w, c) => sum + w * numbers[at * 30 + c], 0)),
  );
  check(
    'broadcast',
    tensor(numbers)
      .unsqueeze(0)
      .add(tensor([[1], [2]])),
    [1, 2].flatMap((y) => numbers.map((x) => x + y)),
  );
  check('cat', cat([tensor(numbers), tensor(numbers).mul(3), tensor(numbers)]), [
    ...numbers,
    ...numbers.map((x) => 3 * x),
    ...numbers,
  ]);
  check(
    'stack',
    stack([tensor(numbers), arange(N)]).sum(0),
    numbers.map((x, i) => x + i),
  );
  check(
    'promotion',
    tensor(numbers, { dtype: 'float16' }).add(tensor(numbers, { dtype: 'float64' })),
    numbers.map((x) => 2 * x),
  );
  check('indices', tensor(numbers).index(arange(N - 1, -1, -1, { dtype: 'int64' })), [...numbers].reverse());
  check(
    'lent',
    fromTypedArray(Float32Array.from(numbers)).add(fromTypedArray(Float32Array.from(numbers))),
    numbers.map((x) => 2 * x),
  );
  check(
    'in place',
    tensor(numbers).add_(tensor(numbers).mul(2)).clamp_(0),
    numbers.map((x) => Math.max(0, 3 * x)),
  );
  check(
    'scope',
    scope(() => tensor(numbers).add(1).mul(tensor(numbers))),
    numbers.map((x) => (x + 1) * x),
  );
  emptyCache();
}

for (let i = 0; i < 25; i++) round();
console.log(JSON.stringify({ checked, allocations }));
