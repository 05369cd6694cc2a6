import type { DType, Tensor } from '@flambeau/core';
import { convertImageDtype, normalize, toTensor, type ToTensorOptions } from '../functional/convert.js';
import { Transform } from './transform.js';

/**
 * uint8 `(C, H, W)` or `(H, W)` to float32 `(C, H, W)` in [0, 1]; `layout: 'HWC'` takes `(H, W, C)`. PyTorch:
 * `torchvision.transforms.ToTensor`.
 */
export class ToTensor extends Transform {
  constructor(readonly options: ToTensorOptions = {}) {
    super(options);
  }
  override forward(image: Tensor): Tensor {
    return toTensor(image, this.options);
  }
}

/** To another dtype together with the range of values. PyTorch: `torchvision.transforms.ConvertImageDtype`. */
export class ConvertImageDtype extends Transform {
  constructor(readonly dtype: DType = 'float32') {
    super(dtype);
  }
  override forward(image: Tensor): Tensor {
    return convertImageDtype(image, this.dtype);
  }
}

/** `(image - mean) / std` per channel of a floating image. PyTorch: `torchvision.transforms.Normalize`. */
export class Normalize extends Transform {
  constructor(
    readonly mean: readonly number[],
    readonly std: readonly number[],
  ) {
    super(mean, std);
  }
  override forward(image: Tensor): Tensor {
    return normalize(image, this.mean, this.std);
  }
}
