import { type Tensor, ValueError } from '@flambeau/core';
import { affine, rotate, type RotateOptions, type WarpOptions } from '../functional/affine.js';
import { uniforms } from '../random.js';
import { Transform } from './transform.js';

/** From -x to x, or from the first to the second. */
export type Range = number | readonly [number, number];

function rangeOf(name: string, range: Range): readonly [number, number] {
  const [low, high] = typeof range === 'number' ? [-range, range] : range;
  if (!(low <= high))
    throw new ValueError(`${name}: expected a number of at least 0 or [low, high], got ${JSON.stringify(range)}`);
  return [low, high];
}
const within = ([low, high]: readonly [number, number], u: number): number => low + (high - low) * u;

export interface RandomAffineOptions extends WarpOptions {
  /** Greatest moves as parts of width and height. Default none. */
  readonly translate?: readonly [number, number];
  /** Range of factors. Default none. */
  readonly scale?: readonly [number, number];
  /** Degrees: a range for x, or [low x, high x, low y, high y]. Default none. */
  readonly shear?: Range | readonly [number, number, number, number];
}

/**
 * Turns by degrees within a range, and moves, scales and shears if asked to. `fill` is 0 by default. PyTorch:
 * `torchvision.transforms.RandomAffine`.
 */
export class RandomAffine extends Transform {
  constructor(
    readonly degrees: Range,
    readonly options: RandomAffineOptions = {},
  ) {
    super(degrees, options);
    rangeOf('RandomAffine: degrees', degrees);
    const { translate = [0, 0], scale = [1, 1] } = options;
    if (translate.some((t) => !(t >= 0 && t <= 1)))
      throw new ValueError(`RandomAffine: translate must be two parts in [0, 1], got [${translate.join(', ')}]`);
    if (!(scale[0] > 0 && scale[0] <= scale[1]))
      throw new ValueError(`RandomAffine: scale must be [low, high] with 0 < low ≤ high, got [${scale.join(', ')}]`);
  }
  override forward(image: Tensor): Tensor {
    const { translate, scale = [1, 1], shear = 0, interpolation, fill = 0, center } = this.options;
    const [u0, u1, u2, u3, u4, u5] = uniforms(6);
    const [h, w] = image.shape.slice(-2);
    const four = typeof shear !== 'number' && shear.length === 4;
    const shearX = rangeOf('RandomAffine: shear', four ? [shear[0], shear[1]] : (shear as Range));
    const shearY: readonly [number, number] = four ? [shear[2], shear[3]] : [0, 0];
    return affine(image, {
      angle: within(rangeOf('RandomAffine: degrees', this.degrees), u0),
      translate: translate ? [Math.round((2 * u1 - 1) * translate[0] * w), Math.round((2 * u2 - 1) * translate[1] * h)] : [0, 0],
      scale: within(scale, u3),
      shear: [within(shearX, u4), within(shearY, u5)],
      interpolation,
      fill,
      center,
    });
  }
}

/** Turns by degrees within a range, counter-clockwise. `fill` is 0 by default. PyTorch: `torchvision.transforms.RandomRotation`. */
export class RandomRotation extends Transform {
  constructor(
    readonly degrees: Range,
    readonly options: RotateOptions = {},
  ) {
    super(degrees, options);
    rangeOf('RandomRotation: degrees', degrees);
  }
  override forward(image: Tensor): Tensor {
    return rotate(image, within(rangeOf('RandomRotation: degrees', this.degrees), uniforms(1)[0]), { fill: 0, ...this.options });
  }
}
