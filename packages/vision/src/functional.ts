/**
 * What the transforms do, as functions of images `(*, H, W)`.
 *
 * @module
 * @example
 * import { resize } from '@flambeau/vision/functional';
 * const small = resize(image, [32, 32]);
 */
export { convertImageDtype, normalize, type ToTensorOptions, toTensor } from './functional/convert.js';
export { type InterpolationMode, resize, type ResizeOptions } from './functional/resize.js';
export {
  centerCrop,
  crop,
  hflip,
  pad,
  type Padding,
  type PaddingMode,
  type PadOptions,
  type Size,
  vflip,
} from './functional/geometry.js';
export { affine, type AffineOptions, rotate, type RotateOptions, type WarpOptions } from './functional/affine.js';
export { adjustBrightness, adjustContrast, adjustHue, adjustSaturation, rgbToGrayscale } from './functional/color.js';
