import { describe, expect, it } from 'vitest';
import {
  choleskyInverse,
  type DType,
  eye,
  einsum,
  full,
  linalg,
  manualSeed,
  ones,
  randn,
  stack,
  svdLowrank,
  type Tensor,
  tensor,
  zeros,
} from '../index.js';

const EPSILON: Partial<Record<DType, number>> = { float32: 2 ** -23, float64: 2 ** -52 };
const DTYPES = ['float32', 'float64'] as const;

const largest = (t: Tensor): number => (t.numel === 0 ? 0 : Number(t.abs().max().item()));
/** Errors of backward stable algorithms are a small multiple of ε n ‖A‖. */
const bound = (A: Tensor, dtype: DType, factor = 10): number =>
  factor * (EPSILON[dtype] as number) * Math.max(1, ...A.shape.slice(-2)) * Math.max(largest(A), 1e-300) + 1e-300;

function expectClose(got: Tensor, expected: Tensor, most: number): void {
  expect(largest(got.sub(expected))).toBeLessThanOrEqual(most);
}
function expectOrthonormal(Q: Tensor, dtype: DType): void {
  const k = Q.shape[Q.ndim - 1];
  expect(largest(Q.mT.matmul(Q).sub(eye(k, k, { dtype })))).toBeLessThanOrEqual(
    20 * (EPSILON[dtype] as number) * Math.max(1, Q.shape[Q.ndim - 2]),
  );
}

/** x_ij = 1 / (i + j + 1): a condition of 1e13 at n = 10. */
const hilbert = (n: number, dtype: DType): Tensor =>
  tensor(
    Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => 1 / (i + j + 1))),
    { dtype },
  );
/** Elements from 1e-30 to 1e30. */
const graded = (n: number, dtype: DType): Tensor =>
  randn([n, n], { dtype }).mul(
    tensor(
      Array.from({ length: n }, (_, i) => 10 ** ((i * 30) / n - 15)),
      { dtype },
    ),
  );

const matrices = (dtype: DType): Record<string, Tensor> => {
  manualSeed(7);
  return {
    empty: zeros([0, 0], { dtype }),
    'no columns': zeros([3, 0], { dtype }),
    one: full([1, 1], -3, { dtype }),
    zero: zeros([5, 5], { dtype }),
    identity: eye(40, 40, { dtype }),
    'all ones': ones([40, 40], { dtype }),
    hilbert: hilbert(10, dtype),
    graded: graded(20, dtype),
    tiny: randn([9, 9], { dtype }).mul(1e-30),
    huge: randn([9, 9], { dtype }).mul(1e30),
    tall: randn([130, 20], { dtype }),
    'nearly square': randn([70, 65], { dtype }),
    wide: randn([20, 130], { dtype }),
    'low rank': randn([60, 3], { dtype }).matmul(randn([3, 50], { dtype })),
    batch: randn([2, 3, 33, 17], { dtype }),
    large: randn([150, 150], { dtype }),
  };
};
const square = (dtype: DType): [string, Tensor][] =>
  Object.entries(matrices(dtype)).filter(([, A]) => A.shape[A.ndim - 1] === A.shape[A.ndim - 2]);

describe.each(DTYPES)('decompositions in %s', (dtype) => {
  it.each(Object.entries(matrices(dtype)))('LU of %s', (_, A) => {
    const [P, L, U] = linalg.lu(A);
    expectClose(P.matmul(L).matmul(U), A, bound(A, dtype));
    expect(largest(L)).toBeLessThanOrEqual(1);
  });

  it.each(Object.entries(matrices(dtype)))('QR of %s', (_, A) => {
    for (const mode of ['reduced', 'complete'] as const) {
      const [Q, R] = linalg.qr(A, mode);
      expectClose(Q.matmul(R), A, bound(A, dtype));
      expectOrthonormal(Q, dtype);
      expectClose(R, R.triu(), 0);
    }
  });

  it.each(Object.entries(matrices(dtype)))('SVD of %s', (_, A) => {
    for (const fullMatrices of [false, true]) {
      const [U, S, Vh] = linalg.svd(A, { fullMatrices });
      const k = S.shape[S.ndim - 1];
      expectClose(
        U.narrow(-1, 0, k)
          .mul(S.unsqueeze(-2))
          .matmul(Vh.narrow(-2, 0, k)),
        A,
        bound(A, dtype),
      );
      expectOrthonormal(U, dtype);
      expectOrthonormal(Vh.mT, dtype);
      if (k > 0) expect(Number(S.min().item())).toBeGreaterThanOrEqual(0);
      if (k > 1)
        expect(
          Number(
            S.narrow(-1, 0, k - 1)
              .sub(S.narrow(-1, 1, k - 1))
              .min()
              .item(),
          ),
        ).toBeGreaterThanOrEqual(0);
      expectClose(linalg.svdvals(A), S, bound(A, dtype));
    }
  });

  it.each(square(dtype))('eigenvalues of symmetric %s', (_, A) => {
    const H = A.add(A.mT);
    const [w, V] = linalg.eigh(H);
    expectClose(V.mul(w.unsqueeze(-2)).matmul(V.mT), H, bound(H, dtype));
    expectOrthonormal(V, dtype);
    expectClose(linalg.eigvalsh(H.triu(), 'U'), w, bound(H, dtype));
  });

  // balancing trades the residual of badly scaled matrices for their small eigenvalues, as in LAPACK
  it.each(square(dtype).filter(([name]) => name !== 'graded'))('eigenvalues of %s', (_, A) => {
    const n = A.shape[0];
    const [w, V] = linalg.eig(A);
    const [values, vectors] = [w, V].map((t) => (t.numel === 0 ? [] : Array.from(t.toTypedArray() as Float64Array)));
    const a = (A.numel === 0 ? [] : A.to('float64').toTypedArray()) as Float64Array;
    for (let k = 0; k < n; k++) {
      const [wr, wi] = [values[2 * k], values[2 * k + 1]];
      let length = 0;
      for (let i = 0; i < n; i++) {
        let [re, im] = [0, 0];
        for (let j = 0; j < n; j++) {
          re += a[i * n + j] * vectors[2 * (j * n + k)];
          im += a[i * n + j] * vectors[2 * (j * n + k) + 1];
        }
        const [x, y] = [vectors[2 * (i * n + k)], vectors[2 * (i * n + k) + 1]];
        length += x * x + y * y;
        expect(Math.hypot(re - wr * x + wi * y, im - wr * y - wi * x)).toBeLessThanOrEqual(bound(A, dtype));
      }
      expect(Math.abs(length - 1)).toBeLessThan(1e-5);
    }
  });

  it.each([1, 5, 33, 100])('solves positive definite systems of order %i', (n) => {
    manualSeed(n);
    const x = randn([2, n, n + 2], { dtype });
    const A = x.matmul(x.mT);
    const B = randn([2, n, 3], { dtype });
    const L = linalg.cholesky(A);
    expectClose(L.matmul(L.mT), A, bound(A, dtype));
    expectClose(linalg.cholesky(A, { upper: true }), L.mT, bound(A, dtype));
    const X = linalg.solve(A, B);
    expectClose(A.matmul(X), B, bound(A, dtype) * Math.max(1, largest(X)));
  });

  it('has the rank and the pseudo-inverse of degenerate matrices', () => {
    const A = matrices(dtype)['low rank'];
    expect(linalg.matrixRank(A).item()).toBe(3);
    const P = linalg.pinv(A);
    expectClose(A.matmul(P).matmul(A), A, bound(A, dtype, 100));
    expect(linalg.matrixRank(zeros([3, 3], { dtype })).item()).toBe(0);
    expectClose(linalg.pinv(zeros([3, 2], { dtype })), zeros([2, 3], { dtype }), 0);
  });

  it('approximates by low rank', () => {
    manualSeed(3);
    const A = matrices(dtype)['low rank'];
    for (const matrix of [A, A.mT, stack([A, A.mul(2)])]) {
      const [U, S, V] = svdLowrank(matrix, { q: 5 });
      expectClose(U.mul(S.unsqueeze(-2)).matmul(V.mT), matrix, bound(A, dtype, 200));
      expectOrthonormal(V, dtype);
    }
  });
});

describe('errors', () => {
  const batch = stack([
    eye(2),
    tensor([
      [1, 2],
      [2, 4],
    ]).float(),
  ]);
  it('names the matrix of the batch', () => {
    expect(() => linalg.inv(batch)).toThrow(/linalg\.inv: matrix \[1\] of the batch is singular: pivot 2/);
    expect(() => linalg.solve(batch, ones([2, 2, 1]))).toThrow(/linalg\.solve: matrix \[1\].*singular/);
    expect(() => linalg.cholesky(batch.neg())).toThrow(/linalg\.cholesky: matrix \[0\].*not positive definite.*order 1/);
  });
  it('gives the status instead where asked to', () => {
    expect(linalg.invEx(batch)[1].toArray()).toEqual([0, 2]);
    expect(linalg.choleskyEx(batch.neg())[1].toArray()).toEqual([1, 1]);
    expect(() => linalg.choleskyEx(batch.neg(), { checkErrors: true })).toThrow(/not positive definite/);
  });
  it('refuses NaN and infinities', () => {
    for (const x of [Number.NaN, Number.POSITIVE_INFINITY])
      for (const decompose of [linalg.svd, linalg.eigh, linalg.eig])
        expect(() => decompose(full([3, 3], x))).toThrow(/contains NaN or infinities/);
  });
});

describe('einsum', () => {
  it('contracts a chain in the cheap order', () => {
    // from left to right this needs a matrix of 1e10 elements
    const [a, b, c] = [ones([100_000, 2]), ones([2, 100_000]), ones([100_000, 2])];
    expect(einsum('ij,jk,kl->il', a, b, c).index(0, 0).item()).toBe(200_000);
  });
  it('takes operands as an array', () => {
    expect(einsum('i,i->', [tensor([1, 2]), tensor([3, 4])] as Tensor[]).item()).toBe(11);
  });
});

describe('choleskyInverse', () => {
  it.each([63, 64, 131])('inverts, at once and by halves (%i)', (n) => {
    manualSeed(n);
    const X = randn([2, n, n], { dtype: 'float64' });
    const A = X.matmul(X.mT)
      .div(n)
      .add(eye(n, n, { dtype: 'float64' }));
    const L = linalg.cholesky(A);
    const unit = eye(n, n, { dtype: 'float64' }).expand([2, n, n]);
    expectClose(choleskyInverse(L).matmul(A), unit, 1e-12);
    expectClose(choleskyInverse(L.mT, { upper: true }).matmul(A), unit, 1e-12);
  });
});
