import { describe, expect, test } from 'vitest';
import {
  DTypeError,
  IndexError,
  LayoutError,
  ones,
  ShapeError,
  type SparseCooTensor,
  StorageError,
  scope,
  sparse,
  sparseCooTensor,
  sparseCscTensor,
  sparseCsrTensor,
  type Tensor,
  tensor,
  testing,
  zeros,
} from '../index.js';

const INDICES = [
  [0, 1, 1],
  [2, 0, 2],
];
const make = (): SparseCooTensor => sparseCooTensor(INDICES, [3, 4, 5], [2, 3]);
const DENSE = [
  [0, 0, 3],
  [4, 0, 5],
];

describe('made by coordinates', () => {
  test('what it says of itself', () => {
    const s = make();
    expect([s.layout, s.isSparse, s.isSparseCsr, ones([1]).layout, ones([1]).isSparse]).toEqual([
      'sparseCoo',
      true,
      false,
      'strided',
      false,
    ]);
    expect([s.shape, s.dtype, s.ndim, s.numel, s.nnz, s._nnz()]).toEqual([[2, 3], 'float32', 2, 6, 3, 3]);
    expect([s.sparseDim(), s.denseDim(), s.isCoalesced(), s.coalesce().isCoalesced()]).toEqual([2, 0, false, true]);
    expect([ones([2]).sparseDim(), ones([2]).denseDim()]).toEqual([0, 1]);
    expect(s.nbytes).toBe(2 * 3 * 8 + 3 * 4);
    expect(s._indices().dtype).toBe('int64');
    expect(s.toDense().toArray()).toEqual(DENSE);
    expect(s.toDense('float64').dtype).toBe('float64');
  });

  test('the size can be left to the indices, the dtype be chosen', () => {
    const s = sparseCooTensor(INDICES, [3, 4, 5], null, { dtype: 'float64' });
    expect([s.shape, s.dtype]).toEqual([[2, 3], 'float64']);
  });

  test('entries at one place are added', () => {
    const s = sparseCooTensor([[2, 0, 2]], [1, 2, 3], [4]);
    expect(s.toDense().toArray()).toEqual([2, 0, 4, 0]);
    const c = s.coalesce();
    expect([c.indices().toArray(), c.values().toArray()]).toEqual([[[0, 2]], [2, 4]]);
    expect(c.coalesce()).toBe(c);
    expect(s.nnz).toBe(3);
  });

  test('dense dimensions behind the sparse ones', () => {
    const s = sparseCooTensor([[0, 2]], ones([2, 3]), [4, 3]);
    expect([s.sparseDim(), s.denseDim()]).toEqual([1, 1]);
    expect(s.sum(1).toDense().toArray()).toEqual([3, 0, 3, 0]);
    expect(s.sum([0]).toArray()).toEqual([2, 2, 2]);
  });

  test('nothing at all', () => {
    const s = sparseCooTensor(zeros([2, 0], { dtype: 'int64' }), zeros([0]), [2, 3]);
    expect(s.coalesce().toDense().toArray()).toEqual(zeros([2, 3]).toArray());
    expect(s.matmul(ones([3, 1])).toArray()).toEqual([[0], [0]]);
    expect(s.toSparseCsr().crowIndices().toArray()).toEqual([0, 0, 0]);
    expect(sparse.softmax(s, 0).nbytes).toBe(0);
    expect(sparse.mm(s, make().t())._nnz()).toBe(0);
  });

  test.each<[string, () => unknown, new (message: string) => Error, string]>([
    ['an index too large', () => sparseCooTensor([[0, 5]], [1, 2], [4]), IndexError, 'index 5 of dimension 0'],
    ['a negative index', () => sparseCooTensor([[0, -1]], [1, 2], [4]), IndexError, 'index -1 of dimension 0'],
    ['values too many', () => sparseCooTensor([[0, 1]], [1, 2, 3], [4]), ShapeError, 'name 2 places'],
    ['a size too short', () => sparseCooTensor(INDICES, [1, 2, 3], [4]), ShapeError, 'a size of (4,)'],
    ['indices of one dimension', () => sparseCooTensor([0, 1], [1, 2], [4]), ShapeError, '(sparseDim, nnz)'],
    ['a false claim', () => sparseCooTensor([[1, 0]], [1, 2], [2], { isCoalesced: true }), LayoutError, 'not sorted'],
  ])('refuses %s', (_, call, type, says) => {
    expect(call).toThrow(type);
    expect(call).toThrow(says);
  });
});

describe('made by compressed rows', () => {
  test('what it says of itself, and its transpose', () => {
    const s = sparseCsrTensor([0, 1, 3], [2, 0, 2], [3, 4, 5], [2, 3]);
    expect(s.toDense().toArray()).toEqual(DENSE);
    expect([s.layout, s.isSparseCsr, s.sparseDim(), s.nnz]).toEqual(['sparseCsr', true, 2, 3]);
    const t = s.t();
    expect([t.layout, t.shape]).toEqual(['sparseCsc', [3, 2]]);
    expect(t.ccolIndices()).toBe(s.crowIndices());
    expect(t.rowIndices()).toBe(s.colIndices());
    expect(t.values()).toBe(s.values());
    expect(t.matmul(ones([2, 1])).toArray()).toEqual([[4], [0], [8]]);
    expect(t.toSparseCsr().toDense().t().toArray()).toEqual(DENSE);
    expect(sparseCscTensor([0, 1, 1, 3], [1, 0, 1], [4, 3, 5]).toDense().toArray()).toEqual(DENSE);
    expect(s.toSparse().isCoalesced()).toBe(true);
    expect(s.toSparseCoo().indices().toArray()).toEqual(INDICES);
    expect(s.add(s).layout).toBe('sparseCsr');
    expect(s.add(s).mul(s).toDense().toArray()).toEqual([
      [0, 0, 18],
      [32, 0, 50],
    ]);
  });

  const rows = (crow: number[], col: number[], size = [2, 3], checkInvariants = false) =>
    sparseCsrTensor(crow, col, [1, 2, 3], size, { checkInvariants });
  test.each<[string, () => unknown, new (message: string) => Error, string]>([
    ['a column too large', () => rows([0, 1, 3], [0, 1, 3]), IndexError, 'colIndices has the index 3'],
    ['rows that end early', () => rows([0, 1, 2], [0, 1, 2]), IndexError, 'from 0 up to 2'],
    ['rows that begin late', () => rows([1, 1, 3], [0, 1, 2]), IndexError, 'from 1 up to 3'],
    ['rows that run back', () => rows([0, 2, 1, 3], [0, 1, 2], [3, 3]), IndexError, 'must not descend'],
    ['a size with other rows', () => rows([0, 1, 3], [0, 1, 2], [3, 3]), ShapeError, '2 rows'],
    ['columns out of order, if asked', () => rows([0, 1, 3], [0, 2, 1], [2, 3], true), Error, 'sorted and different'],
  ])('refuses %s', (_, call, type, says) => {
    expect(call).toThrow(type);
    expect(call).toThrow(says);
  });
  test('takes columns out of order', () => {
    expect(rows([0, 1, 3], [0, 2, 1]).toDense().toArray()).toEqual([
      [1, 0, 0],
      [0, 3, 2],
    ]);
  });
});

test('zero_ removes all entries of any layout', () => {
  for (const s of [make(), make().toSparseCsr(), make().t().toSparseCsc().t()]) {
    expect(s.zero_()).toBe(s);
    expect(s._nnz()).toBe(0);
    expect(s.toDense().toArray()).toEqual(zeros([2, 3]).toArray());
    expect(s.matmul(ones([3, 1])).toArray()).toEqual([[0], [0]]);
  }
  expect(() => make().fill_(1)).toThrow(LayoutError);
});

test('what is added in place must fit the dtype', () => {
  const target = zeros([2, 3], { dtype: 'int64' });
  for (const s of [make(), make().toSparseCsr()]) expect(() => target.add_(s)).toThrow(DTypeError);
  expect(target.countNonzero().item()).toBe(0);
  expect(zeros([2, 3], { dtype: 'float64' }).add_(make()).toArray()).toEqual(DENSE);
});

test('complex values: products with matrices on both sides, sums, functions', () => {
  const s = make()
    .to('complex64')
    .mul(tensor({ re: 0, im: 1 }));
  const dense = s.toDense();
  const m = tensor([1, { re: 0, im: 2 }, { re: 3, im: -1 }]).reshape([3, 1]);
  testing.assertClose(s.matmul(m), dense.matmul(m));
  testing.assertClose(m.t().matmul(s.t()), m.t().matmul(dense.t()));
  testing.assertClose(s.add(s).mul(s).toDense(), dense.add(dense).mul(dense));
  testing.assertClose(s.sin().toDense(), dense.sin());
});

test('one tensor of indices serves matrices of different sizes', () => {
  const indices = tensor([0, 1, 1, 0], { dtype: 'int64' }).reshape([2, 2]);
  for (const rows of [2, 4, 2]) {
    const product = sparseCooTensor(indices, [1, 2], [rows, 2]).matmul(ones([2, 1]));
    expect(product.flatten().toArray()).toEqual([1, 2, 0, 0].slice(0, rows));
  }
});

test('is printed as PyTorch prints it', () => {
  const s = make();
  expect(String(s)).toBe(`tensor(indices=tensor([[0, 1, 1],
                       [2, 0, 2]]),
       values=tensor([3., 4., 5.]),
       size=(2, 3), nnz=3, layout=sparseCoo)`);
  expect(String(s.double())).toContain('size=(2, 3), nnz=3, dtype=float64, layout=sparseCoo)');
  expect(String(s.toSparseCsr())).toBe(`tensor(crowIndices=tensor([0, 1, 3]),
       colIndices=tensor([2, 0, 2]),
       values=tensor([3., 4., 5.]), size=(2, 3), nnz=3, layout=sparseCsr)`);
  expect(String(zeros([2, 3]).toSparse())).toBe(`tensor(indices=tensor([], size=(2, 0)),
       values=tensor([], size=(0,)),
       size=(2, 3), nnz=0, layout=sparseCoo)`);
});

describe('operations', () => {
  test.each<[string, (s: Tensor) => unknown, string]>([
    ['sort', (s) => s.sort(), 'sort: not implemented for sparse tensors'],
    ['exp', (s) => s.exp(), '.toDense()'],
    ['view', (s) => s.view([6]), '.toDense()'],
    ['indices of entries that may repeat', (s) => s.indices(), 'call coalesce() first'],
    ['crowIndices of coordinates', (s) => s.crowIndices(), '.toSparseCsr()'],
    ['values of a dense tensor', () => ones([2]).values(), '.toSparse()'],
    ['toArray', (s) => s.toArray(), '.toDense()'],
    ['item', (s) => s.index(0, 0).item(), '.toDense()'],
    ['toTypedArray', (s) => s.toTypedArray(), '.toDense()'],
    ['adding a number', (s) => s.add(1), 'sparse tensors do not broadcast'],
    ['a negative power', (s) => s.pow(-1), 'pow with the exponent -1: not implemented'],
    ['a product of three dimensions', (s) => s.matmul(ones([2, 3, 2])), '.toDense()'],
    ['a dense matrix in sparse.addmm', (s) => sparse.addmm(ones([2]), ones([2, 2]), s), '.toSparse()'],
  ])('%s is refused with a remedy', (_, call, says) => {
    expect(() => call(make())).toThrow(says);
  });

  test('a kernel that bypasses dispatch finds no memory', () => {
    expect(() => make().storage.checkedAddress()).toThrow(StorageError);
  });

  test('in place', () => {
    const s = make();
    s.mul_(2);
    expect(s.toDense().sum().item()).toBe(24);
    s.add_(s);
    expect(s.toDense().sum().item()).toBe(48);
    expect(s.nnz).toBe(6);
    const dense = ones([2, 3]);
    dense.add_(make(), { alpha: 2 });
    expect(dense.toArray()).toEqual([
      [1, 1, 7],
      [9, 1, 11],
    ]);
    expect(() => s.add_(ones([2, 3]))).toThrow('cannot take the place of a sparseCoo one');
  });

  test('linear layers take sparse inputs', () => {
    const weight = tensor([[1, 10, 100]]);
    expect(make().matmul(weight.t()).toArray()).toEqual([[300], [504]]);
  });

  test('a matrix that is multiplied in every scope is sorted once, and outlives them', () => {
    const s = make();
    for (let i = 0; i < 3; i++)
      expect(
        scope(() =>
          s
            .matmul(ones([3, 1]))
            .sum()
            .item(),
        ),
      ).toBe(12);
    const kept = scope(() => make().mul(2));
    expect(kept.toDense().sum().item()).toBe(24);
  });

  test('indices that were written to are checked before they lead to addresses', () => {
    const s = make().toSparseCsr();
    s.colIndices().fill_(7);
    expect(() => s.matmul(ones([3, 1]))).toThrow(IndexError);
  });
});
