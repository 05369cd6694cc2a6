// Leaves a loop over worker batches early; the process must end by itself. Run by workers.test.ts.
import { DataLoader } from '@flambeau/data';
import { NoisyNumbers } from './datasets.mjs';

for (const persistentWorkers of [true, false])
  for await (const [x] of new DataLoader(new NoisyNumbers(100), { batchSize: 4, numWorkers: 2, persistentWorkers })) {
    if (x.shape[0] !== 4) throw new Error('unexpected batch');
    break;
  }
// a loader that went through keeps its threads, but they do not keep the process
let batches = 0;
for await (const _ of new DataLoader(new NoisyNumbers(8), { batchSize: 4, numWorkers: 2 })) batches++;
console.log(`done after ${batches} batches`);
