import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { arange, type Tensor } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, as a user's module is for a worker
import { Failing, Misnamed, NoisyNumbers, sumCollate, ThreadIds } from '../test/datasets.mjs';
import { DataLoader } from './data-loader.js';
import { ConcatDataset, Dataset, Subset, TensorDataset } from './dataset.js';

// biome-ignore lint/suspicious/noExplicitAny: any loader
type AnyLoader = DataLoader<any, any>;

async function epochOf(loader: AnyLoader): Promise<Tensor[][]> {
  const batches: Tensor[][] = [];
  for await (const batch of loader) batches.push(batch as Tensor[]);
  return batches;
}
const bytesOf = (batches: Tensor[][]) => batches.map((batch) => batch.map((t) => [t.shape, t.dtype, t.toTypedArray()]));
async function errorOf(loader: AnyLoader): Promise<Error> {
  try {
    await epochOf(loader);
  } catch (e) {
    return e as Error;
  }
  throw new Error('no error');
}

describe('worker threads', () => {
  it('make the same batches as no workers, bit by bit and in order, with random numbers and datasets that wait', async () => {
    const batchesWith = async (numWorkers: number) => {
      const loader = new DataLoader(new NoisyNumbers(30, { factor: 10 }), { batchSize: 4, shuffle: true, seed: 7, numWorkers });
      const epochs = [await epochOf(loader), await epochOf(loader)];
      await loader.close();
      return epochs.map(bytesOf);
    };
    const none = await batchesWith(0);
    expect(none[0]).toHaveLength(8);
    expect(none[0]).not.toEqual(none[1]);
    expect(await batchesWith(2)).toEqual(none);
    expect(await batchesWith(3)).toEqual(none);
  });

  it('share the work and live on between epochs', async () => {
    const loader = new DataLoader(new ThreadIds(), { batchSize: 1, numWorkers: 2 });
    const threads = async () => new Set(((await epochOf(loader)) as unknown as Tensor[]).map((t) => t.item()));
    const first = await threads();
    expect(first.size).toBe(2);
    expect(first).not.toContain(0); // the main thread
    expect(await threads()).toEqual(first);
    await loader.close();
    expect(await threads()).not.toEqual(first);
    await loader.close();
  });

  it('serve two loops over one loader at the same time', async () => {
    const make = () => new DataLoader(new NoisyNumbers(12, {}), { batchSize: 2, shuffle: true, seed: 3, numWorkers: 2 });
    const alone = make();
    const expected = [bytesOf(await epochOf(alone)), bytesOf(await epochOf(alone))];
    await alone.close();
    const loader = make();
    const first = loader[Symbol.asyncIterator]();
    const start = [(await first.next()).value as Tensor[]];
    const second = await epochOf(loader); // begins and ends while the first is under way
    for (let step = await first.next(); !step.done; step = await first.next()) start.push(step.value as Tensor[]);
    expect(bytesOf(start)).toEqual(expected[0]);
    expect(bytesOf(second)).toEqual(expected[1]);
    await loader.close();
  });

  it('take datasets made of datasets, and tensors', async () => {
    const dataset = new Subset(new ConcatDataset([new TensorDataset(arange(4)), new TensorDataset(arange(3))]), [6, 0, 3]);
    const loader = new DataLoader(dataset, { batchSize: 3, numWorkers: 1 });
    expect((await epochOf(loader))[0][0].toArray()).toEqual([2, 0, 3]);
    await loader.close();
  });

  it('run a marked collate function; others run here', async () => {
    const inWorker = new DataLoader(new NoisyNumbers(4), { batchSize: 4, numWorkers: 1, collateFn: sumCollate });
    const [[sum, thread]] = ((await epochOf(inWorker)) as unknown as Tensor[]).map((t) => t.toArray() as number[]);
    expect(sum).toBe(6);
    expect(thread).not.toBe(0);
    await inWorker.close();
    const here = new DataLoader(new NoisyNumbers(4), {
      batchSize: 4,
      numWorkers: 1,
      collateFn: (samples: unknown[]) => samples.length,
    });
    expect(await epochOf(here)).toEqual([4]);
    await here.close();
  });

  it('refuse what they cannot be sent, and say what to do', async () => {
    class Private extends Dataset<number> {
      readonly length = 1;
      get(): number {
        return 0;
      }
    }
    const error = await errorOf(new DataLoader(new Private(), { numWorkers: 1 }));
    expect(error.name).toBe('NotSendableError');
    expect(error.message).toContain('dataset is a Private and cannot be sent to a worker: give its class a method [TO_WORKER]()');
    const nested = await errorOf(new DataLoader(new Subset(new Private(), [0]), { numWorkers: 1 }));
    expect(nested.message).toContain('dataset.Subset(argument 0) is a Private');
    const misnamed = await errorOf(new DataLoader(new Misnamed(), { numWorkers: 1 }));
    expect(misnamed.message).toContain("datasets.mjs has no exported class or function 'NoSuchExport'");
  });

  it("surface a dataset's error with its sample and its stack", async () => {
    const error = await errorOf(new DataLoader(new Failing('throw', 5), { batchSize: 2, numWorkers: 2 }));
    expect(error.name).toBe('DataLoaderWorkerError');
    expect(error.message).toContain('the dataset failed on sample 5: RangeError: cannot read record 5');
    expect(error.stack).toMatch(/breakOn .*datasets\.mjs/);
  });

  it('surface what cannot be sent back', async () => {
    const error = await errorOf(
      new DataLoader(new Failing('symbol', 1), { batchSize: 2, numWorkers: 1, collateFn: (x: unknown[]) => x }),
    );
    expect(error.name).toBe('DataLoaderWorkerError');
    expect(error.message).toContain('batch[1] is a symbol (Symbol(not data)) and cannot be sent to another thread');
  });

  it('that exit are reported, and a new epoch starts new ones', async () => {
    const loader = new DataLoader(new Failing('exit', 5), { batchSize: 2, numWorkers: 2 });
    const error = await errorOf(loader);
    expect(error.message).toContain("a loader's worker thread died: the thread exited with code 3");
    expect((await errorOf(loader)).message).toContain('exited with code 3');
  });

  it('that are closed while a batch is under way end the loop with an error', async () => {
    const loader = new DataLoader(new NoisyNumbers(100), { batchSize: 2, numWorkers: 1 });
    const batches = loader[Symbol.asyncIterator]();
    await batches.next();
    const next = batches.next();
    await Promise.all([loader.close(), expect(drain(batches, next)).rejects.toThrow('closed while a batch was under way')]);
  });

  it('do not outlive a loop that is left early, nor keep the process alive', async () => {
    const script = fileURLToPath(new URL('../test/early-break.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 50_000 });
    expect(stdout.trim()).toBe('done after 2 batches');
  });
});

async function drain(batches: AsyncIterator<unknown>, first: Promise<IteratorResult<unknown>>): Promise<void> {
  for (let step = await first; !step.done; step = await batches.next());
}
