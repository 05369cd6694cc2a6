import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profiler } from '@flambeau/core';
import { expect, test } from 'vitest';
import { readInputs, writeInputs } from './arrays.js';
import { workloads } from './workloads/index.js';

/** One run of a workload's variant `plain`, by op. */
function profiled(name: string): Map<string, profiler.FunctionEventAvg> {
  const workload = workloads.find((w) => w.name === name);
  if (workload === undefined) throw new Error(`no workload ${name}`);
  const folder = mkdtempSync(join(tmpdir(), 'flambeau-bench-'));
  try {
    writeInputs(folder, workload.inputs);
    const { plain } = workload.prepare(readInputs(folder)).variants;
    plain(1); // builds the network
    return new Map([...profiler.profile(() => plain(1)).keyAverages()].map((a) => [a.key, a]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const flopsOf = (name: string) => [...profiled(name).values()].reduce((sum, { flops }) => sum + flops, 0);
const wanted = (name: string) => {
  const ceiling = workloads.find((w) => w.name === name)?.ceiling;
  return ceiling?.kind === 'fma' ? ceiling.flops : Number.NaN;
};

test('a training step is seen from the layers to the optimizer', () => {
  const seen = profiled('mlp');
  for (const op of ['linear', 'relu', 'log_softmax', 'nll_loss', 'nll_loss_backward', 'relu_backward', 'matmul', 'fused_adam'])
    expect(seen.has(op), op).toBe(true);
});

test.each(['mlp', 'lenet', 'sgemm.256.nt', 'attention.128.64.causal.forward', 'attention.128.64.causal.backward'])(
  'the profiler counts the operations that the ceiling of %s has',
  (name) => expect(flopsOf(name)).toBe(wanted(name)),
);
