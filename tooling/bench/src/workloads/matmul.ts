import { workload, repeat } from '../workload.js';

const sgemm = (n: number) =>
  workload({
    name: `sgemm${n}`,
    inputs: { a: { shape: [n, n], dtype: 'float32' }, b: { shape: [n, n], dtype: 'float32' } },
    ceiling: { kind: 'fma', flops: 2 * n ** 3 },
    tolerance: 1e-5,
    prepare: ({ a, b }) => ({
      variants: { plain: repeat(() => a.matmul(b)) },
      outputs: () => [a.matmul(b)],
    }),
  });

export const matmul = [sgemm(512), sgemm(1024)];
