/** Our side. */
import { getNumThreads, profiler, setNumThreads } from '@flambeau/core';
import { isa } from '@flambeau/kernels';
import { readInputs, sample } from '../arrays.js';
import type { ProfiledStep } from '../protocol.js';
import { serve } from '../serve.js';
import { median } from '../statistics.js';
import { workloads } from '../workloads/index.js';

setNumThreads(Number(process.env.BENCH_THREADS));

/** Seconds of runs before anything is measured, so that all is compiled, and of those that are. */
const [WARM_UP, PROFILE] = [1, 0.5];

/** Seconds of each run, for `total` seconds. */
function timesOf(run: (times: number) => void, total: number): number[] {
  const times: number[] = [];
  for (const begin = performance.now(); performance.now() - begin < 1000 * total || times.length < 3; ) {
    const start = performance.now();
    run(1);
    times.push((performance.now() - start) / 1000);
  }
  return times;
}

/** What one run consists of: the means of several. */
function profileOf(run: (times: number) => void): ProfiledStep {
  timesOf(run, WARM_UP);
  const seconds = timesOf(run, PROFILE);
  const runs = seconds.length;
  const profile = profiler.profile(() => run(runs));
  const ops = [...profile.keyAverages()]
    .filter(({ key }) => key !== profiler.OUTSIDE_OF_KERNELS)
    .map(({ key, count, cpuTimeTotal, flops, bytes }) => ({
      name: key,
      count: count / runs,
      seconds: cpuTimeTotal / 1e6 / runs,
      flops: flops / runs,
      bytes: bytes / runs,
    }))
    .sort((a, b) => b.seconds - a.seconds);
  return { seconds: median(seconds), profiledSeconds: profile.cpuTimeTotal / 1e6 / runs, ops };
}

await serve({ version: `${isa}, ${getNumThreads()} threads, Node ${process.version}` }, (name, _peer, folder) => {
  const workload = workloads.find((w) => w.name === name);
  if (workload === undefined) return null;
  const { variants, outputs } = workload.prepare(readInputs(folder));
  return {
    variants,
    outputs: (variant) => outputs(variant).map(sample),
    profile: (variant) => profileOf(variants[variant]),
  };
});
