import { type Tensor, ValueError } from '@flambeau/core';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation, rgbToGrayscale } from '../functional/color.js';
import { chance, uniforms } from '../random.js';
import { checkProbability } from './compose.js';
import { Transform } from './transform.js';

/** Grey values, in 1 or 3 equal channels. PyTorch: `torchvision.transforms.Grayscale`. */
export class Grayscale extends Transform {
  constructor(readonly numOutputChannels: 1 | 3 = 1) {
    super(numOutputChannels);
  }
  override forward(image: Tensor): Tensor {
    return rgbToGrayscale(image, this.numOutputChannels);
  }
}

/** Grey values with probability `p`, in as many channels as before. PyTorch: `torchvision.transforms.RandomGrayscale`. */
export class RandomGrayscale extends Transform {
  constructor(readonly p = 0.1) {
    super(p);
    checkProbability('RandomGrayscale', p);
  }
  override forward(image: Tensor): Tensor {
    return chance(this.p) ? rgbToGrayscale(image, image.shape[image.ndim - 3] as 1 | 3) : image;
  }
}

export interface ColorJitterOptions {
  /** x: a factor in [max(0, 1 - x), 1 + x]; or [low, high]. Default 0. */
  readonly brightness?: number | readonly [number, number];
  /** Like `brightness`. */
  readonly contrast?: number | readonly [number, number];
  /** Like `brightness`. */
  readonly saturation?: number | readonly [number, number];
  /** x: turns in [-x, x]; or [low, high], within [-0.5, 0.5]. Default 0. */
  readonly hue?: number | readonly [number, number];
}

type Adjust = (image: Tensor, factor: number) => Tensor;

/** Changes brightness, contrast, saturation and hue at random, in random order. PyTorch: `torchvision.transforms.ColorJitter`. */
export class ColorJitter extends Transform {
  private readonly steps: readonly { readonly adjust: Adjust; readonly low: number; readonly high: number }[];

  constructor(options: ColorJitterOptions = {}) {
    super(options);
    const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = options;
    const factors = [
      { adjust: adjustBrightness, ...jitterRange('brightness', brightness, 1, [0, Number.MAX_VALUE]) },
      { adjust: adjustContrast, ...jitterRange('contrast', contrast, 1, [0, Number.MAX_VALUE]) },
      { adjust: adjustSaturation, ...jitterRange('saturation', saturation, 1, [0, Number.MAX_VALUE]) },
      { adjust: adjustHue, ...jitterRange('hue', hue, 0, [-0.5, 0.5]) },
    ];
    const neutral = [1, 1, 1, 0];
    this.steps = factors.filter(({ low, high }, i) => low !== neutral[i] || high !== neutral[i]);
  }
  override forward(image: Tensor): Tensor {
    const numbers = uniforms(2 * this.steps.length);
    const order = this.steps
      .map((step, i) => ({ step, key: numbers[2 * i], u: numbers[2 * i + 1] }))
      .sort((a, b) => a.key - b.key);
    return order.reduce((x, { step: { adjust, low, high }, u }) => adjust(x, low + (high - low) * u), image);
  }
}

function jitterRange(
  name: string,
  value: number | readonly [number, number],
  center: number,
  [least, most]: readonly [number, number],
): { low: number; high: number } {
  if (typeof value === 'number' && !(value >= 0))
    throw new ValueError(`ColorJitter: ${name} must be a number of at least 0 or [low, high], got ${value}`);
  const [low, high] = typeof value === 'number' ? [center === 1 ? Math.max(1 - value, 0) : -value, center + value] : value;
  if (!(low >= least && low <= high && high <= most))
    throw new ValueError(`ColorJitter: the range of ${name}, [${low}, ${high}], is not within [${least}, ${most}]`);
  return { low, high };
}
