/** QR decompositions of complex matrices, which are not unique; solutions and Cholesky factors are compared in the op database. */
import { expect, test } from 'vitest';
import { complex, diag, eye, linalg, manualSeed, randn, tensor, testing } from '../index.js';

test.each([
  [[4, 4], 'reduced'],
  [[5, 3], 'reduced'],
  [[5, 3], 'complete'],
  [[2, 3, 5], 'reduced'],
] as const)('qr of %j, %s', (shape, mode) => {
  manualSeed(1);
  const z = complex(randn(shape, { dtype: 'float64' }), randn(shape, { dtype: 'float64' }));
  const [Q, R] = linalg.qr(z, mode);
  testing.assertClose(Q.matmul(R), z);
  const k = Q.shape.at(-1) as number;
  testing.assertClose(Q.mH.matmul(Q), eye(k, k, { dtype: 'complex128' }).expand([...shape.slice(0, -2), k, k]));
  expect(R.diagonal(0, -2, -1).real().gt(0).all().item()).toBe(true);
  expect(R.tril(-1).abs().max().item()).toBeLessThan(1e-12);
  testing.assertClose(linalg.qr(z, 'r')[1], linalg.qr(z)[1]);
});

test('H and mH are conjugate transposes', () => {
  const z = complex(randn([2, 3]), randn([2, 3]));
  testing.assertClose(z.H, z.t().conj());
  testing.assertClose(z.unsqueeze(0).mH, z.H.unsqueeze(0));
});

test('the info of a singular matrix counts complex pivots', () => {
  const z = diag(tensor([{ re: 1, im: 1 }, { re: 0, im: 2 }, 0]));
  const infos = [linalg.invEx(z)[1], linalg.solveEx(z, z)[1], linalg.invEx(z.add(eye(3, 3)))[1]];
  expect(infos.map((info) => [info.dtype, info.item()])).toEqual([
    ['int32', 3],
    ['int32', 3],
    ['int32', 0],
  ]);
});

test('cholesky takes the diagonal as real', () => {
  manualSeed(2);
  const z = complex(randn([3, 3], { dtype: 'float64' }), randn([3, 3], { dtype: 'float64' }));
  const A = z.matmul(z.mH).add(eye(3, 3, { dtype: 'float64' }));
  const skewed = A.add(complex(eye(3, 3, { dtype: 'float64' }).mul(0), eye(3, 3, { dtype: 'float64' })));
  testing.assertClose(linalg.cholesky(skewed), linalg.cholesky(A));
});
