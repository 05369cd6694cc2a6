import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  add,
  cat,
  conv2d,
  embedding,
  ones,
  profiler,
  randn,
  scaledDotProductAttention,
  tensor,
  type Tensor,
  zeros,
} from './index.js';

const averages = (fn: () => unknown, byShape = false) => {
  const profile = profiler.profile(fn, { recordShapes: byShape });
  return new Map([...profile.keyAverages({ groupByInputShape: byShape })].map((a) => [`${a.key}${a.inputShapes}`, a]));
};

test('kernels are counted by the name of their op', () => {
  const [a, b] = [randn([4, 5]), randn([5, 6])];
  const seen = averages(() => {
    a.matmul(b).relu();
    a.matmul(b);
    a.t().contiguous();
    zeros([3]);
  });
  const counts = Object.fromEntries([...seen].map(([key, { count }]) => [key, count]));
  expect(counts).toEqual({ matmul: 2, relu: 1, clone: 1, fill: 1, 'outside of kernels': 1 });
});

test('in-place and out forms, and kernels that a composition calls, are seen', () => {
  const x = ones([8]);
  const seen = averages(() => {
    x.add_(1);
    add.out(x, x, x);
    x.var(0).sqrt();
  });
  expect(seen.get('add')?.count).toBe(2);
  expect(seen.get('sqrt')?.count).toBe(1);
});

test('floating-point operations of products', () => {
  const flops = (fn: () => unknown) => [...averages(fn).values()].reduce((sum, a) => sum + a.flops, 0);
  expect(flops(() => randn([2, 4, 5]).matmul(randn([2, 5, 6])))).toBe(2 * 2 * 4 * 5 * 6);
  const [x, w] = [randn([2, 6, 8, 8]), randn([10, 3, 3, 3])];
  expect(flops(() => conv2d(x, w, null, { groups: 2, padding: 1 }))).toBe(2 * 2 * 10 * 64 * 27);
  const [q, k] = [randn([2, 3, 7, 4]), randn([2, 3, 9, 4])];
  expect(flops(() => scaledDotProductAttention(q, k, k))).toBe(2 * 2 * 2 * 3 * 7 * 9 * 4);
  expect(flops(() => scaledDotProductAttention(q, q, q, { isCausal: true }))).toBe(2 * 2 * 3 * 7 * 7 * 4);
  expect(flops(() => x.exp())).toBe(0);
});

test('bytes count every operand once, repeated elements once, and of a table what is looked up', () => {
  const bytes = (name: string, fn: () => unknown) => averages(fn).get(name)?.bytes;
  const [a, row] = [randn([4, 5]), randn([5])];
  expect(bytes('add', () => a.add(row))).toBe(4 * (20 + 20 + 5));
  expect(bytes('add', () => a.add(row.expand([4, 5])))).toBe(4 * (20 + 20 + 5));
  expect(bytes('cat', () => cat([a, a]))).toBe(4 * 80);
  expect(bytes('embedding', () => embedding(tensor([1n, 2n]), randn([100, 3])))).toBe(4 * (6 + 6) + 2 * 8);
});

test('shapes of the inputs', () => {
  const [a, b] = [randn([4, 5]), randn([5])];
  const seen = averages(() => {
    a.add(b);
    a.add(a);
    cat([b, b]);
  }, true);
  expect([...seen.keys()]).toEqual(['add(4, 5), (5,)', 'add(4, 5), (4, 5)', 'cat(5,), (5,)', 'outside of kernels']);
});

test('labels hold what is called inside, and everything adds up', () => {
  const x = randn([64, 64]);
  const profile = profiler.profile(() =>
    profiler.recordFunction('outer', () => {
      profiler.recordFunction('inner', () => x.matmul(x));
      return x.exp();
    }),
  );
  const [matmul, inner, exp, outer] = profile.events;
  expect([matmul.name, inner.name, exp.name, outer.name]).toEqual(['matmul', 'inner', 'exp', 'outer']);
  expect(inner.selfCpuTime).toBeCloseTo(inner.cpuTime - matmul.cpuTime, 6);
  expect(outer.selfCpuTime).toBeCloseTo(outer.cpuTime - inner.cpuTime - exp.cpuTime, 6);
  expect(profile.kernelTimeTotal).toBeCloseTo(matmul.cpuTime + exp.cpuTime, 6);
  const self = profile.events.reduce((sum, e) => sum + e.selfCpuTime, 0);
  expect(self).toBeCloseTo(profile.cpuTimeTotal, 6);
  expect(profile.events.every((e) => e.selfCpuTime >= 0 && e.start >= 0)).toBe(true);
});

test('the table', () => {
  const x = randn([32, 32]);
  const seen = profiler.profile(() => {
    for (let i = 0; i < 3; i++) x.matmul(x);
    x.exp();
  });
  const lines = seen.keyAverages().table({ sortBy: 'count', rowLimit: 2 }).split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^Name +Self CPU % +Self CPU +CPU total +CPU time avg +# of Calls +GFLOP\/s +GB\/s$/);
  expect(lines[1]).toMatch(/^matmul .* 3 +[\d.]+ +[\d.]+$/);
  expect(lines[3]).toMatch(/^CPU time total: /);
});

test('a trace for the browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flambeau-profile-'));
  try {
    const file = join(folder, 'trace.json');
    profiler.profile(() => ones([2, 3]).exp(), { recordShapes: true }).exportChromeTrace(file);
    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8'));
    expect(traceEvents.map((e: { name: string }) => e.name)).toEqual(['fill', 'exp']);
    expect(traceEvents[1]).toMatchObject({ ph: 'X', args: { 'Input Dims': '(2, 3)', bytes: 48 } });
    expect(traceEvents[1].ts).toBeGreaterThanOrEqual(traceEvents[0].ts + traceEvents[0].dur);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('async functions', async () => {
  let y: Tensor | undefined;
  const seen = await profiler.profile(async () => {
    await Promise.resolve();
    y = ones([2]).exp();
  });
  expect(seen.events.map((e) => e.name)).toEqual(['fill', 'exp', 'outside of kernels']);
  expect(y?.shape).toEqual([2]);
});

test('a profile ends with its function, also when that throws; profiles do not nest', async () => {
  expect(() =>
    profiler.profile(() => {
      throw new Error('no');
    }),
  ).toThrow('no');
  await expect(profiler.profile(async () => Promise.reject(new Error('later')))).rejects.toThrow('later');
  expect(() => profiler.profile(() => profiler.profile(() => 1))).toThrow(/do not nest/);
  expect(profiler.profile(() => ones([2])).events).toHaveLength(2);
  expect(profiler.recordFunction('unseen', () => 7)).toBe(7);
});

test('errors of kernels are the same', () => {
  const call = () => embedding(tensor([5n]), randn([2, 3]));
  expect(() => profiler.profile(call)).toThrow(/index 5 .* is out of range/);
});
