import { readFileSync } from 'node:fs';
import { ones, sparseCooTensor, type Tensor, tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { Adam, type OptimizerStateDict, SGD, SparseAdam, type SparseAdamOptions } from './index.js';

interface Stored {
  readonly shape: number[];
  readonly data: number[];
}
/** What tooling/oracle/optim.py wrote. */
interface Case {
  readonly options: SparseAdamOptions;
  readonly initial: Stored;
  readonly values: Stored[];
  readonly final: Stored;
  readonly state: { readonly state: Record<'0', { step: number; exp_avg: Stored; exp_avg_sq: Stored }> };
}
const fixture = JSON.parse(readFileSync(new URL('../test/fixtures/sparse-adam.json', import.meta.url), 'utf8')) as {
  rows: number[][];
  cases: Case[];
};
const load = ({ shape, data }: Stored): Tensor => tensor(data, { dtype: 'float64' }).reshape(shape);
function expectSame(actual: Tensor, expected: Stored): void {
  expect([...actual.shape]).toEqual(expected.shape);
  (actual.flatten().toArray() as number[]).forEach((x, i) => {
    expect(x).toBeCloseTo(expected.data[i], 10);
  });
}

test.each(fixture.cases.map((stored, i) => [i, stored] as const))("case %i: PyTorch's rows and state", (_, stored) => {
  const table = load(stored.initial).requiresGrad_();
  const optimizer = new SparseAdam([table], stored.options);
  fixture.rows.forEach((rows, step) => {
    const values = load(stored.values[step]);
    table.grad = sparseCooTensor(tensor(rows, { dtype: 'int64' }).reshape([1, rows.length]), values, table.shape);
    optimizer.step();
  });
  expectSame(table.detach(), stored.final);
  const { step, exp_avg, exp_avg_sq } = stored.state.state['0'];
  const state = (optimizer.stateDict() as OptimizerStateDict).state['0'] as Record<string, unknown>;
  expect((state.step as Tensor).item()).toBe(step);
  expectSame(state.exp_avg as Tensor, exp_avg);
  expectSame(state.exp_avg_sq as Tensor, exp_avg_sq);
});

test('a dense gradient is refused', () => {
  const table = ones([3, 2]).requiresGrad_();
  table.sum().backward();
  expect(() => new SparseAdam([table]).step()).toThrow('SparseAdam: a gradient is dense');
});

test('SGD without momentum takes sparse gradients, other optimizers say that they do not', () => {
  const table = (sparse: boolean): Tensor => {
    const t = ones([3, 2]).requiresGrad_();
    const grad = sparseCooTensor([[2, 0, 2]], tensor([1, 2, 3, 4, 5, 6]).reshape([3, 2]), [3, 2]);
    t.grad = sparse ? grad : grad.toDense();
    return t;
  };
  for (const maximize of [false, true]) {
    const [sparse, dense] = [table(true), table(false)];
    const beside = table(false);
    new SGD([sparse, beside], { lr: 0.5, maximize }).step();
    new SGD([dense], { lr: 0.5, maximize }).step();
    expect(sparse.toArray()).toEqual(dense.toArray());
    expect(beside.toArray()).toEqual(dense.toArray());
  }
  const one = table(true);
  const adam = new Adam([one]);
  expect(() => adam.step()).toThrow('Adam: a gradient is sparse');
  expect(() => new SGD([one], { momentum: 0.9 }).step()).toThrow('SGD: a gradient is sparse');
  expect(one.toArray()).toEqual(ones([3, 2]).toArray());
  adam.zeroGrad({ setToNone: false });
  expect((one.grad as Tensor).toDense().countNonzero().item()).toBe(0);
});
