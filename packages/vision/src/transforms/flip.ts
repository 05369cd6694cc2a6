import type { Tensor } from '@flambeau/core';
import { hflip, vflip } from '../functional/geometry.js';
import { chance } from '../random.js';
import { checkProbability } from './compose.js';
import { Transform } from './transform.js';

/** Mirrors left and right with probability `p`. PyTorch: `torchvision.transforms.RandomHorizontalFlip`. */
export class RandomHorizontalFlip extends Transform {
  constructor(readonly p = 0.5) {
    super(p);
    checkProbability('RandomHorizontalFlip', p);
  }
  override forward(image: Tensor): Tensor {
    return chance(this.p) ? hflip(image) : image;
  }
}

/** Mirrors top and bottom with probability `p`. PyTorch: `torchvision.transforms.RandomVerticalFlip`. */
export class RandomVerticalFlip extends Transform {
  constructor(readonly p = 0.5) {
    super(p);
    checkProbability('RandomVerticalFlip', p);
  }
  override forward(image: Tensor): Tensor {
    return chance(this.p) ? vflip(image) : image;
  }
}
