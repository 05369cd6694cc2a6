// A dataset with random augmentation that worker threads can make, for the tests of resuming.
import { randn, tensor } from '@flambeau/core';
import { Dataset, TO_WORKER, workerReference } from '@flambeau/data';

/** Points on a line, each moved at random whenever it is read. */
export class NoisyPoints extends Dataset {
  constructor(length) {
    super();
    this.length = length;
  }
  get(i) {
    const x = randn([8])
      .mul(0.1)
      .add(tensor([i / this.length]));
    return [x, x.sum().reshape([1])];
  }
  [TO_WORKER]() {
    return workerReference(import.meta.url, 'NoisyPoints', [this.length]);
  }
}
