import { readFileSync } from 'node:fs';
import { ones, sparseCooTensor, type Tensor, tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { Adagrad, Adam, SGD, SparseAdam } from './index.js';

const CLASSES = { Adagrad, SGD, SparseAdam };

interface Stored {
  readonly shape: number[];
  readonly data: number[];
}
/** What tooling/oracle/optim.py wrote. */
interface Case {
  readonly optimizer: keyof typeof CLASSES;
  readonly options: Readonly<Record<string, number | boolean>>;
  readonly initial: Stored;
  readonly values: Stored[];
  readonly final: Stored;
  readonly state: Readonly<Record<string, Stored | number | null>>;
}
const fixture = JSON.parse(readFileSync(new URL('../test/fixtures/sparse.json', import.meta.url), 'utf8')) as {
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

const camelCase = (name: string): string => name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());

test.each(fixture.cases.map((c) => [c.optimizer, c.options, c] as const))(
  "%s %o: PyTorch's rows and state",
  (name, options, stored) => {
    const table = load(stored.initial).requiresGrad_();
    const settings = Object.fromEntries(Object.entries(options).map(([key, value]) => [camelCase(key), value]));
    const optimizer = new CLASSES[name]([table], settings);
    fixture.rows.forEach((rows, step) => {
      const values = load(stored.values[step]);
      table.grad = sparseCooTensor(tensor(rows, { dtype: 'int64' }).reshape([1, rows.length]), values, table.shape);
      optimizer.step();
    });
    expectSame(table.detach(), stored.final);
    const state = (optimizer.stateDict().state as Record<string, Record<string, Tensor | number>>)['0'] ?? {};
    const expected = Object.entries(stored.state).filter(([, value]) => value !== null);
    expect(Object.keys(state).sort()).toEqual(expected.map(([key]) => key).sort());
    for (const [key, value] of expected)
      if (typeof value === 'number') expect(Number((state[key] as Tensor).item())).toBe(value);
      else expectSame(state[key] as Tensor, value as Stored);
  },
);

test('a dense gradient is refused', () => {
  const table = ones([3, 2]).requiresGrad_();
  table.sum().backward();
  expect(() => new SparseAdam([table]).step()).toThrow('SparseAdam: a gradient is dense');
});

test('SGD takes sparse gradients beside dense ones, other optimizers say that they take none', () => {
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
  expect(() => new SGD([one], { weightDecay: 0.1 }).step()).toThrow('SGD: a gradient is sparse');
  expect(one.toArray()).toEqual(ones([3, 2]).toArray());
  adam.zeroGrad({ setToNone: false });
  expect((one.grad as Tensor).toDense().countNonzero().item()).toBe(0);
});
