/** Our side. */
import { getNumThreads, setNumThreads, type Tensor } from '@flambeau/core';
import { isa } from '@flambeau/kernels';
import { readInputs } from '../arrays.js';
import { serve } from '../serve.js';
import { workloads } from '../workloads/index.js';

setNumThreads(Number(process.env.BENCH_THREADS));

await serve({ version: `${isa}, ${getNumThreads()} threads, Node ${process.version}` }, (name, folder) => {
  const workload = workloads.find((w) => w.name === name);
  if (workload === undefined) return null;
  const { variants, outputs } = workload.prepare(readInputs(folder));
  const plain = (t: Tensor) => t.detach().to('float32').toTypedArray() as Float32Array;
  return { variants, outputs: (variant) => outputs(variant).map(plain) };
});
