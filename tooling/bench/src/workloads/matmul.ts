import { freshAndScoped } from './fresh-and-scoped.js';

const sgemm = (n: number) =>
  freshAndScoped(
    `sgemm${n}`,
    {
      inputs: { a: { shape: [n, n], dtype: 'float32' }, b: { shape: [n, n], dtype: 'float32' } },
      ceiling: { kind: 'fma', flops: 2 * n ** 3 },
      tolerance: 1e-5,
    },
    ({ a, b }) => a.matmul(b),
  );

export const matmul = [...sgemm(512), ...sgemm(1024)];
