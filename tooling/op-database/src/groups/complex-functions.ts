/** Samples of `core/src/ops/complex-functions.ts`, and of whatever else computes with complex numbers. */
import { complexEntry, complexOf, partsOf } from '../complex-entries.js';
import { snakeCase } from '../request.js';
import type { Entry, Group } from '../sample.js';
import { bools, indices, normal } from '../spec.js';

const unary = ['exp', 'exp2', 'expm1', 'log', 'log2', 'log10', 'log1p', 'sqrt', 'rsqrt', 'reciprocal', 'square', 'neg', 'sgn'];
const trigonometric = ['sin', 'cos', 'tan', 'sinh', 'cosh', 'tanh', 'asin', 'acos', 'atan', 'asinh', 'acosh', 'atanh', 'sigmoid'];
const tests = ['isfinite', 'isnan', 'isinf', 'isreal', 'logicalNot'];

const of = (name: string, count: number, samples: Entry['samples'], rest: Partial<Entry> = {}): readonly [string, Entry] => [
  name,
  complexEntry(`torch.${snakeCase(name)}`, count, samples, rest),
];

const pairs = (...shape: number[]) => normal([...shape, 2]);
/** Errors grow with the condition of the matrices; equal rows are singular. */
const matrices: Partial<Entry> = { tolerance: { float32: [1e-3, 1e-3], float64: [1e-8, 1e-8] }, noExpand: true };
// biome-ignore lint/suspicious/noExplicitAny: a tensor, which the database does not know
function ofGram(x: any): any {
  const z = complexOf(x);
  return z.matmul(z.mT.conj());
}
const meeting: Entry['samples'] = [
  [pairs(3, 4), pairs(3, 4)],
  [pairs(3, 1), pairs(4)],
  [pairs(), pairs(2)],
];

export const complexFunctions: Group = Object.fromEntries([
  ...[...unary, ...trigonometric].map((name) => of(name, 1, [[pairs(3, 4)], [pairs()], [pairs(0)]])),
  ...tests.map((name) => of(name, 1, [[pairs(3, 4)], [normal([2])]], { gradient: false })),
  ...['add', 'sub', 'mul', 'div', 'pow'].map((name) => of(name, 2, meeting)),
  of('eq', 2, meeting, { gradient: false }),
  of('isclose', 2, meeting, { gradient: false }),
  of('addcmul', 3, [[pairs(3, 4), pairs(3, 4), pairs(4), { value: 2 }]]),
  of('addcdiv', 3, [[pairs(3, 4), pairs(3, 4), pairs(4), { value: 2 }]]),
  of('lerp', 2, [[pairs(3, 4), pairs(3, 4), 0.3]]),
  ...['sum', 'mean', 'prod'].map((name) =>
    of(name, 1, [[pairs(3, 5)], [pairs(3, 5), 1], [pairs(2, 3), 0, { keepdim: true }], [pairs()]]),
  ),
  ...['cumsum', 'cumprod'].map((name) =>
    of(name, 1, [
      [pairs(3, 5), 1],
      [pairs(3, 5), 0],
      [pairs(1), 0],
    ]),
  ),
  ...['var', 'std'].map((name) => of(name, 1, [[pairs(3, 5)], [pairs(3, 5), 1, { correction: 0, keepdim: true }]])),
  of('norm', 1, [[pairs(3, 5)], [pairs(3, 5), 1, 1], [pairs(3, 5), 3, 0, { keepdim: true }]]),
  ...['solve', 'inv'].map((name): readonly [string, Entry] => [
    name,
    complexEntry(
      `torch.linalg.${name}`,
      name === 'solve' ? 2 : 1,
      name === 'solve'
        ? [
            [pairs(4, 4), pairs(4, 3)],
            [pairs(2, 3, 3), pairs(2, 3)],
            [pairs(3, 3), pairs(2, 3), { left: false }],
            [pairs(0, 0), pairs(0, 2)],
          ]
        : [[pairs(4, 4)], [pairs(2, 3, 3)], [pairs(1, 1)]],
      matrices,
    ),
  ]),
  // of z zᴴ, which is Hermitian and positive definite
  [
    'cholesky',
    complexEntry(
      'lambda z, **k: torch.linalg.cholesky(z @ z.mH, **k)',
      1,
      [[pairs(3, 4)], [pairs(2, 3, 3)], [pairs(3, 5), { upper: true }]],
      {
        ...matrices,
        adapt: (cholesky) => (x, options) => partsOf(cholesky(ofGram(x), options)),
      },
    ),
  ],
  of('matmul', 2, [
    [pairs(3, 4), pairs(4, 2)],
    [pairs(2, 3, 4), pairs(2, 4, 2)],
    [pairs(3, 4), pairs(2, 4, 2)],
    [pairs(4), pairs(4, 2)],
    [pairs(4), pairs(4)],
    [pairs(2, 0), pairs(0, 3)],
  ]),
  of('addmm', 3, [
    [pairs(3, 2), pairs(3, 4), pairs(4, 2)],
    [pairs(2), pairs(3, 4), pairs(4, 2), { beta: 0.5, alpha: 2 }],
  ]),
  of('bmm', 2, [[pairs(2, 3, 4), pairs(2, 4, 2)]]),
  of('vdot', 2, [[pairs(5), pairs(5)]]),
  of('adjoint', 1, [[pairs(3, 4)], [pairs(2, 3, 1)]]),
  of('flip', 1, [
    [pairs(3, 4), [0]],
    [pairs(2, 3), [0, 1]],
  ]),
  of('indexSelect', 1, [[pairs(3, 4), 1, indices([3], 0, 4)]]),
  of('maskedFill', 1, [[pairs(3, 4), bools([3, 4]), 2]]),
]);
