import { type Tensor, ValueError } from '@flambeau/core';
import {
  centerCrop,
  checkAtLeast,
  crop,
  expandPadding,
  expandSize,
  type Padding,
  pad,
  type PadOptions,
  type Size,
} from '../functional/geometry.js';
import { resize, type ResizeOptions } from '../functional/resize.js';
import { uniforms } from '../random.js';
import { checkImage } from '../planes.js';
import { Transform } from './transform.js';

/** Scales the shorter edge to a number of pixels, or the image to [height, width]. PyTorch: `torchvision.transforms.Resize`. */
export class Resize extends Transform {
  constructor(
    readonly size: number | readonly [number, number],
    readonly options: ResizeOptions = {},
  ) {
    super(size, options);
    expandSize('Resize', size);
  }
  override forward(image: Tensor): Tensor {
    return resize(image, this.size, this.options);
  }
}

/** The middle of the image. PyTorch: `torchvision.transforms.CenterCrop`. */
export class CenterCrop extends Transform {
  constructor(readonly size: Size) {
    super(size);
    expandSize('CenterCrop', size);
  }
  override forward(image: Tensor): Tensor {
    return centerCrop(image, this.size);
  }
}

/** Adds pixels on all sides. PyTorch: `torchvision.transforms.Pad`. */
export class Pad extends Transform {
  constructor(
    readonly padding: Padding,
    readonly options: PadOptions = {},
  ) {
    super(padding, options);
    expandPadding(padding);
  }
  override forward(image: Tensor): Tensor {
    return pad(image, this.padding, this.options);
  }
}

export interface RandomCropOptions extends PadOptions {
  /** Added before cropping. Default 0. */
  readonly padding?: Padding;
  /** Pad images that are smaller than the crop. Default false: they are an error. */
  readonly padIfNeeded?: boolean;
}

/** A piece of the image from a random place. PyTorch: `torchvision.transforms.RandomCrop`. */
export class RandomCrop extends Transform {
  constructor(
    readonly size: Size,
    readonly options: RandomCropOptions = {},
  ) {
    super(size, options);
    expandSize('RandomCrop', size);
  }
  override forward(image: Tensor): Tensor {
    checkImage('RandomCrop', image);
    const [height, width] = expandSize('RandomCrop', this.size);
    const { padding = 0, padIfNeeded = false } = this.options;
    let source = padding === 0 ? image : pad(image, padding, this.options);
    if (padIfNeeded) {
      const [h, w] = source.shape.slice(-2);
      if (w < width) source = pad(source, [width - w, 0], this.options);
      if (h < height) source = pad(source, [0, height - h], this.options);
    }
    checkAtLeast('RandomCrop', source, [height, width]);
    const [h, w] = source.shape.slice(-2);
    const [u, v] = uniforms(2);
    return crop(source, Math.floor(u * (h - height + 1)), Math.floor(v * (w - width + 1)), height, width);
  }
}

export interface RandomResizedCropOptions extends ResizeOptions {
  /** Least and greatest share of the image's area. Default [0.08, 1]. */
  readonly areaScale?: readonly [number, number];
  /** Least and greatest width / height. Default [3 / 4, 4 / 3]. */
  readonly ratio?: readonly [number, number];
}

/**
 * A piece of random place, area and shape, scaled to `size`: how networks for ImageNet are trained. `areaScale` is PyTorch's
 * `scale`. PyTorch: `torchvision.transforms.RandomResizedCrop`.
 */
export class RandomResizedCrop extends Transform {
  constructor(
    readonly size: Size,
    readonly options: RandomResizedCropOptions = {},
  ) {
    super(size, options);
    expandSize('RandomResizedCrop', size);
    for (const [low, high] of [options.areaScale ?? [1, 1], options.ratio ?? [1, 1]])
      if (!(low > 0 && low <= high))
        throw new ValueError(`RandomResizedCrop: ranges are [low, high] with 0 < low ≤ high, got [${low}, ${high}]`);
  }
  override forward(image: Tensor): Tensor {
    checkImage('RandomResizedCrop', image);
    const [h, w] = image.shape.slice(-2);
    const [top, left, height, width] = this.rectangle(h, w);
    return resize(crop(image, top, left, height, width), expandSize('RandomResizedCrop', this.size), this.options);
  }

  private rectangle(h: number, w: number): readonly [number, number, number, number] {
    const { areaScale = [0.08, 1], ratio = [3 / 4, 4 / 3] } = this.options;
    const numbers = uniforms(40);
    for (let attempt = 0; attempt < 10; attempt++) {
      const [a, b, c, d] = numbers.subarray(attempt * 4);
      const area = h * w * (areaScale[0] + (areaScale[1] - areaScale[0]) * a);
      const aspect = ratio[0] * (ratio[1] / ratio[0]) ** b;
      const width = Math.round(Math.sqrt(area * aspect));
      const height = Math.round(Math.sqrt(area / aspect));
      if (width > 0 && width <= w && height > 0 && height <= h)
        return [Math.floor(c * (h - height + 1)), Math.floor(d * (w - width + 1)), height, width];
    }
    // no luck: the middle, as large as the ratios allow
    const [width, height] =
      w / h < ratio[0] ? [w, Math.round(w / ratio[0])] : w / h > ratio[1] ? [Math.round(h * ratio[1]), h] : [w, h];
    return [(h - height) >> 1, (w - width) >> 1, height, width];
  }
}
