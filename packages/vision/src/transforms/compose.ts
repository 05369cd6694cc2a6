import { type Tensor, ValueError } from '@flambeau/core';
import { NotSendableError, type Sendable, TO_WORKER, type WorkerReference, workerReference } from '@flambeau/data';
import { chance } from '../random.js';
import { VISION } from '../worker-module.js';
import { Transform } from './transform.js';

/** Any function of an image; a `Transform` is one. */
export type ImageFunction = (image: Tensor) => Tensor;

/** One transform after the other. PyTorch: `torchvision.transforms.Compose`. */
export class Compose extends Transform {
  readonly transforms: readonly ImageFunction[];
  constructor(transforms: readonly ImageFunction[]) {
    super(transforms);
    const bad = transforms.findIndex((t) => typeof t !== 'function');
    if (bad >= 0)
      throw new TypeError(`Compose: transform ${bad} is not a transform or function of an image, but ${String(transforms[bad])}`);
    this.transforms = transforms;
  }
  override forward(image: Tensor): Tensor {
    let result = image;
    for (const transform of this.transforms) result = transform(result);
    return result;
  }
}

/**
 * A function as a transform. For worker threads, export the function from a module and mark it with `workerFunction`.
 * PyTorch: `torchvision.transforms.Lambda`.
 */
export class Lambda extends Transform {
  constructor(readonly fn: ImageFunction) {
    super(fn);
    if (typeof fn !== 'function') throw new TypeError(`Lambda: expected a function of an image, got ${typeof fn}`);
  }
  override forward(image: Tensor): Tensor {
    return this.fn(image);
  }
  override [TO_WORKER](): WorkerReference {
    if (!(TO_WORKER in (this.fn as Partial<Sendable>)))
      throw new NotSendableError(
        `Lambda: the function${this.fn.name ? ` ${this.fn.name}` : ''} cannot be sent to a worker; export it from a module and mark it: workerFunction(import.meta.url, name, fn)`,
      );
    return workerReference(VISION, 'Lambda', [this.fn]);
  }
}

/** Applies some transforms with probability `p`, all or none. PyTorch: `torchvision.transforms.RandomApply`. */
export class RandomApply extends Compose {
  constructor(
    transforms: readonly ImageFunction[],
    readonly p = 0.5,
  ) {
    super(transforms);
    checkProbability('RandomApply', p);
  }
  override forward(image: Tensor): Tensor {
    return chance(this.p) ? super.forward(image) : image;
  }
  override [TO_WORKER](): WorkerReference {
    return workerReference(VISION, 'RandomApply', [this.transforms, this.p]);
  }
}

export function checkProbability(name: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new ValueError(`${name}: p must be a probability in [0, 1], got ${p}`);
}
