import { Generator, IndexError, randint, type Tensor } from '@flambeau/core';
import { Dataset, TO_WORKER, type WorkerReference, workerReference } from '@flambeau/data';
import type { ImageFunction } from '../transforms/compose.js';
import { VISION } from '../worker-module.js';

export interface FakeDataOptions {
  /** Number of samples. Default 1000. */
  readonly size?: number;
  /** Shape of an image. Default [3, 224, 224]. */
  readonly imageSize?: readonly [number, number, number];
  /** Default 10. */
  readonly numClasses?: number;
  readonly transform?: ImageFunction;
  /** Sample `i` depends on `seed + i` only. Default 0. */
  readonly seed?: number;
}

/** Noise instead of images, the same at each visit, to try out a program. PyTorch: `torchvision.datasets.FakeData`. */
export class FakeData extends Dataset<[Tensor, number]> {
  readonly length: number;
  constructor(readonly options: FakeDataOptions = {}) {
    super();
    this.length = options.size ?? 1000;
  }

  /** `[image, label]`, the image uint8 before the transform. */
  override get(index: number): [Tensor, number] {
    if (!Number.isInteger(index) || index < 0 || index >= this.length)
      throw new IndexError(`index ${index} is out of range for a dataset of ${this.length} samples`);
    const { imageSize = [3, 224, 224], numClasses = 10, transform, seed = 0 } = this.options;
    const generator = new Generator(seed + index);
    const image = randint(0, 256, imageSize, { dtype: 'uint8', generator });
    const label = randint(0, numClasses, [], { generator }).item() as number;
    return [transform === undefined ? image : transform(image), label];
  }

  override [TO_WORKER](): WorkerReference {
    return workerReference(VISION, 'FakeData', [this.options]);
  }
}
