// Several threads load the addon, compute at the same time on the one pool, and go in every way a thread can go. At last the
// process ends while threads are in the middle of a kernel.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { arange, getNumThreads, setNumThreads } from '@flambeau/core';

const matrix = () =>
  arange(256 * 256, { dtype: 'float32' })
    .reshape([256, 256])
    .mul(1e-4)
    .sin();

/** Many kernels that want the pool; the checksum says whether their results are right. */
function compute(rounds) {
  let x = matrix();
  for (let i = 0; i < rounds; i++) x = x.matmul(matrix()).tanh().add(1e-3);
  return x.abs().sum().item();
}

function inWorker({ end, rounds }) {
  const sum = compute(rounds);
  parentPort.postMessage(sum);
  if (end === 'exit') process.exit(7);
  if (end === 'throw') throw new Error('on purpose');
  if (end === 'busy') for (;;) compute(10);
}

async function inMain() {
  const started = (end) => new Worker(fileURLToPath(import.meta.url), { workerData: { end, rounds: 20 } });
  setNumThreads(Math.max(2, getNumThreads()));
  const want = compute(20);
  const ended = [];
  for (let wave = 0; wave < 3; wave++) {
    const workers = ['return', 'exit', 'throw', 'return'].map((end) => {
      const worker = started(end);
      worker.on('error', () => {}); // 'throw'
      return worker;
    });
    // not events.once: an error may overtake the message, which travels on another port
    const sums = workers.map((w) => new Promise((resolve) => w.once('message', resolve)));
    const exits = workers.map((w) => new Promise((resolve) => w.once('exit', resolve)));
    if (compute(20) !== want) throw new Error('the main thread computed something else');
    for (const sum of await Promise.all(sums)) if (sum !== want) throw new Error(`a worker computed ${sum}, not ${want}`);
    ended.push(...(await Promise.all(exits)));
    const stopped = started('busy');
    await once(stopped, 'message');
    await stopped.terminate();
    if (compute(20) !== want) throw new Error('wrong after a thread was stopped in a kernel');
  }
  for (let i = 0; i < 3; i++) await once(started('busy'), 'message');
  process.stdout.write(JSON.stringify({ ended }), () => process.exit(0)); // three threads compute on
}

if (isMainThread) await inMain();
else inWorker(workerData);
