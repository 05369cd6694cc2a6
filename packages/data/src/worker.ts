/** What runs in a loader's worker thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { setNumThreads } from '@flambeau/core';
import { defaultCollate } from './collate.js';
import type { Dataset } from './dataset.js';
import { fetchSamples } from './fetch.js';
import type { BatchReply, BatchRequest, WorkerSetup } from './worker-pool.js';
import { pack, unpack } from './worker-reference.js';

const port = parentPort;
if (port === null) throw new Error('this module runs in a worker thread of a DataLoader');
const setup = workerData as WorkerSetup;
setNumThreads(1); // the main thread's kernels need the cores

const ready = (async () => {
  const dataset = (await unpack(setup.dataset)) as Dataset;
  const collate =
    setup.collate === null
      ? null
      : setup.collate === 'default'
        ? defaultCollate
        : ((await unpack(setup.collate)) as typeof defaultCollate);
  return { dataset, collate };
})();
ready.catch(() => {}); // reported with the first batch

async function makeBatch({ id, indices, seed, epoch }: BatchRequest): Promise<BatchReply> {
  try {
    const { dataset, collate } = await ready;
    const samples = await fetchSamples(dataset, indices, seed, epoch);
    return { id, batch: pack(collate === null ? samples : collate(samples), 'batch') };
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    return { id, error: { name, message, stack: stack ?? '' } };
  }
}

// One batch after the other: if a dataset waits, another batch must not seed the generator in between.
let turn: Promise<unknown> = Promise.resolve();
port.on('message', (request: BatchRequest) => {
  turn = turn.then(async () => port.postMessage(await makeBatch(request)));
});
