import { arange, cat, manualSeed, rand, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import { DataLoader, type DataLoaderOptions } from './data-loader.js';
import { Dataset, IterableDataset, TensorDataset } from './dataset.js';

const numbers = (n: number) => new TensorDataset(arange(n));
async function epochOf<B>(loader: AsyncIterable<B>): Promise<unknown[]> {
  const batches: unknown[] = [];
  for await (const batch of loader) batches.push((batch as Tensor[]).map((t) => t.toArray()));
  return batches;
}

class Noise extends Dataset<[Tensor]> {
  readonly length = 6;
  get(): [Tensor] {
    return [rand([2])];
  }
}

describe('DataLoader without workers', () => {
  it('makes batches in order', async () => {
    const loader = new DataLoader(numbers(5), { batchSize: 2 });
    expect(loader.length).toBe(3);
    expect(await epochOf(loader)).toEqual([[[0, 1]], [[2, 3]], [[4]]]);
    expect(await epochOf(new DataLoader(numbers(5), { batchSize: 2, dropLast: true }))).toEqual([[[0, 1]], [[2, 3]]]);
  });

  it('shuffles anew each epoch, and the same way for the same seed', async () => {
    const two = async (options: DataLoaderOptions<Tensor[], Tensor[]>) => {
      const loader = new DataLoader(numbers(20), { batchSize: 20, shuffle: true, ...options });
      return [await epochOf(loader), await epochOf(loader)];
    };
    const [first, second] = await two({ seed: 1 });
    expect(first).not.toEqual(second);
    expect(await two({ seed: 1 })).toEqual([first, second]);
    manualSeed(9);
    const seeded = await two({});
    manualSeed(9);
    expect(await two({})).toEqual(seeded);
  });

  it('a loop that is left early was an epoch, too', async () => {
    const loader = new DataLoader(numbers(20), { batchSize: 5, shuffle: true, seed: 0 });
    const firstBatch = async () => {
      for await (const [x] of loader) return x.toArray();
    };
    const batches = [await firstBatch(), await firstBatch()];
    expect(batches[0]).not.toEqual(batches[1]);
    expect(loader.stateDict()).toEqual({ seed: 0, epoch: 1, batches: 1 });
    const again = new DataLoader(numbers(20), { batchSize: 5, shuffle: true, seed: 0 });
    again.setEpoch(1);
    expect(((await epochOf(again))[0] as unknown[])[0]).toEqual(batches[1]);
  });

  it("gives each sample random numbers of its own and leaves the caller's alone", async () => {
    const loader = new DataLoader(new Noise(), { seed: 1, batchSize: 6 });
    manualSeed(1);
    const before = rand([1]).item();
    manualSeed(1);
    const [[rows]] = (await epochOf(loader)) as [[number[][]]];
    expect(rand([1]).item()).toBe(before);
    expect(new Set(rows.flat()).size).toBe(12);
    // other batches, other order: the same numbers per sample
    loader.setEpoch(0);
    const single = new DataLoader(new Noise(), { seed: 1, batchSize: 1 });
    expect(((await epochOf(single)) as [[number[]]][]).map(([[row]]) => row)).toEqual(rows);
  });

  it('lets the asynchronous samples of loops that run at the same time draw from streams of their own', async () => {
    class Waiting extends Dataset<Tensor> {
      length = 6;
      async get(index: number): Promise<Tensor> {
        await new Promise((resolve) => setTimeout(resolve, index % 3));
        const first = rand([1]);
        await null;
        return cat([first, rand([1])]);
      }
    }
    const epoch = async (seed: number) => {
      const values: unknown[] = [];
      for await (const batch of new DataLoader(new Waiting(), { batchSize: 3, seed })) values.push((batch as Tensor).toArray());
      return values;
    };
    manualSeed(5);
    const alone = [await epoch(1), await epoch(2)];
    const after = rand([1]).item();
    manualSeed(5);
    expect(await Promise.all([epoch(1), epoch(2)])).toEqual(alone);
    expect(rand([1]).item()).toBe(after);
  });

  it('makes the asynchronous samples of a batch together, and stops them all at an error', async () => {
    let underWay = 0;
    let most = 0;
    class Counting extends Dataset<number> {
      length = 4;
      constructor(private readonly bad: number) {
        super();
      }
      async get(index: number): Promise<number> {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setTimeout(resolve, 2));
        underWay--;
        if (index === this.bad) throw new Error('no such file');
        return index;
      }
    }
    for await (const _ of new DataLoader(new Counting(-1), { batchSize: 4 }));
    expect(most).toBe(4);
    const failing = async () => {
      for await (const _ of new DataLoader(new Counting(2), { batchSize: 4 }));
    };
    await expect(failing()).rejects.toThrow('sample 2: Error: no such file');
    expect(underWay).toBe(0);
  });

  it('reads an IterableDataset', async () => {
    class Count extends IterableDataset<Tensor[]> {
      *iterate() {
        for (let i = 0; i < 5; i++) yield [tensor(i)];
      }
    }
    const loader = new DataLoader(new Count(), { batchSize: 2 });
    expect(await epochOf(loader)).toEqual([[[0, 1]], [[2, 3]], [[4]]]);
    expect(() => loader.length).toThrow('not known');
    loader.loadStateDict({ seed: 0, epoch: 0, batches: 2 });
    expect(await epochOf(loader)).toEqual([[[4]]]);
    expect(() => new DataLoader(new Count(), { shuffle: true })).toThrow('decides its order itself');
  });

  it('wraps the error of a dataset and names the sample', async () => {
    class Broken extends Dataset<number> {
      readonly length = 4;
      get(i: number): number {
        if (i === 2) throw new RangeError('bad record');
        return i;
      }
    }
    await expect(epochOf(new DataLoader(new Broken()))).rejects.toThrow();
    const error = await (async () => {
      try {
        for await (const _ of new DataLoader(new Broken(), { batchSize: 3 }));
      } catch (e) {
        return e as Error;
      }
    })();
    expect(error).toMatchObject({ name: 'SampleError', message: 'the dataset failed on sample 2: RangeError: bad record' });
    expect(error?.cause).toBeInstanceOf(RangeError);
  });

  it('checks its options', () => {
    expect(() => new DataLoader(numbers(3), { batchSize: 0 })).toThrow('batchSize must be an integer of at least 1, got 0');
    expect(() => new DataLoader(numbers(3), { numWorkers: -1 })).toThrow('numWorkers');
    expect(() => new DataLoader(numbers(3), { shuffle: true, sampler: { length: 1, indices: () => [0] } })).toThrow(
      'exclude each other',
    );
  });
});

describe('stateDict', () => {
  it.each([0, 2])('continues in mid-epoch with the same batches (%i workers)', async (numWorkers) => {
    const make = (seed?: number) => new DataLoader(numbers(40), { batchSize: 4, shuffle: true, numWorkers, seed });
    const whole = make(3);
    await epochOf(whole);
    const reference = [await epochOf(whole), await epochOf(whole)];
    await whole.close();

    const stopped = make(3);
    await epochOf(stopped);
    let count = 0;
    for await (const _ of stopped) if (++count === 4) break;
    const state = JSON.parse(JSON.stringify(stopped.stateDict()));
    expect(state).toEqual({ seed: 3, epoch: 1, batches: 4 });

    const resumed = make();
    resumed.loadStateDict(state);
    expect(await epochOf(resumed)).toEqual(reference[0].slice(4));
    expect(await epochOf(resumed)).toEqual(reference[1]);
    await resumed.close();
  });

  it('is left behind when another epoch begins', async () => {
    const loader = new DataLoader(numbers(8), { batchSize: 2, shuffle: true, seed: 3 });
    const whole = await epochOf(loader);
    const next = await epochOf(loader);
    loader.loadStateDict({ seed: 3, epoch: 0, batches: 3 });
    loader.setEpoch(0);
    expect(await epochOf(loader)).toEqual(whole.slice(3));
    loader.loadStateDict({ seed: 3, epoch: 0, batches: 3 });
    loader.setEpoch(1);
    expect(loader.stateDict()).toEqual({ seed: 3, epoch: 1, batches: 0 });
    expect(await epochOf(loader)).toEqual(next);
  });
});
