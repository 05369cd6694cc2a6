// A dataset that tells which thread made each sample.
import { threadId } from 'node:worker_threads';
import { tensor } from '@flambeau/core';
import { Dataset, TO_WORKER, workerReference } from '@flambeau/data';

export class ThreadIds extends Dataset {
  length = 16;
  get() {
    return [tensor([1, 2, 3, 4]), tensor([1]), threadId];
  }
  [TO_WORKER]() {
    return workerReference(import.meta.url, 'ThreadIds', []);
  }
}
