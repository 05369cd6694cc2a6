// Datasets as users write them, for the tests of worker threads.
import { threadId } from 'node:worker_threads';
import { rand, tensor } from '@flambeau/core';
import { Dataset, TO_WORKER, workerFunction, workerReference } from '@flambeau/data';

/** `[i * factor + noise, i]`; waits for uneven times before it draws the noise. */
export class NoisyNumbers extends Dataset {
  constructor(length, { factor = 1 } = {}) {
    super();
    this.length = length;
    this.factor = factor;
  }
  async get(i) {
    await new Promise((resolve) => setTimeout(resolve, (i * 7) % 5));
    return [rand([3]).add(i * this.factor), i];
  }
  [TO_WORKER]() {
    return workerReference(import.meta.url, 'NoisyNumbers', [this.length, { factor: this.factor }]);
  }
}

/** Gives the number of the thread that made the sample. */
export class ThreadIds extends Dataset {
  length = 16;
  get() {
    return threadId;
  }
  [TO_WORKER]() {
    return workerReference(import.meta.url, 'ThreadIds', []);
  }
}

export class Failing extends Dataset {
  length = 8;
  constructor(how, at) {
    super();
    this.how = how;
    this.at = at;
  }
  get(i) {
    if (i !== this.at) return i;
    if (this.how === 'exit') process.exit(3);
    if (this.how === 'symbol') return Symbol('not data');
    return breakOn(i);
  }
  [TO_WORKER]() {
    return workerReference(import.meta.url, 'Failing', [this.how, this.at]);
  }
}

function breakOn(i) {
  throw new RangeError(`cannot read record ${i}`);
}

/** A reference to an export that does not exist. */
export class Misnamed extends Dataset {
  length = 2;
  get(i) {
    return i;
  }
  [TO_WORKER]() {
    return workerReference(import.meta.url, 'NoSuchExport', []);
  }
}

export const sumCollate = workerFunction(import.meta.url, 'sumCollate', (samples) =>
  tensor([samples.reduce((sum, [, label]) => sum + label, 0), threadId]),
);
