/** Moves elements between channels and places. */
import { formatShape, ShapeError, type Tensor } from '@flambeau/core';

/** `(*, C r², H, W)` to `(*, C, H r, W r)`. Shi et al. 2016. PyTorch: `torch.nn.functional.pixel_shuffle`. */
export function pixelShuffle(input: Tensor, upscaleFactor: number): Tensor {
  const r = upscaleFactor;
  if (input.ndim < 3 || input.shape[input.ndim - 3] % (r * r) !== 0)
    throw new ShapeError(`pixelShuffle: expected (*, C * ${r * r}, H, W), got ${formatShape(input.shape)}`);
  const leading = input.shape.slice(0, -3);
  const [channels, height, width] = input.shape.slice(-3);
  return input
    .reshape([-1, channels / (r * r), r, r, height, width])
    .permute([0, 1, 4, 2, 5, 3])
    .reshape([...leading, channels / (r * r), height * r, width * r]);
}

/** `(*, C, H r, W r)` to `(*, C r², H, W)`. PyTorch: `torch.nn.functional.pixel_unshuffle`. */
export function pixelUnshuffle(input: Tensor, downscaleFactor: number): Tensor {
  const r = downscaleFactor;
  if (input.ndim < 3 || input.shape.slice(-2).some((size) => size % r !== 0))
    throw new ShapeError(`pixelUnshuffle: expected (*, C, H * ${r}, W * ${r}), got ${formatShape(input.shape)}`);
  const leading = input.shape.slice(0, -3);
  const [channels, height, width] = input.shape.slice(-3);
  return input
    .reshape([-1, channels, height / r, r, width / r, r])
    .permute([0, 1, 3, 5, 2, 4])
    .reshape([...leading, channels * r * r, height / r, width / r]);
}

/** Mixes `groups` blocks of the channels of (N, C, *). Zhang et al. 2018. PyTorch: `torch.nn.functional.channel_shuffle`. */
export function channelShuffle(input: Tensor, groups: number): Tensor {
  if (input.ndim < 3 || input.shape[1] % groups !== 0)
    throw new ShapeError(`channelShuffle: expected (N, C, *) with C a multiple of ${groups}, got ${formatShape(input.shape)}`);
  return input
    .unflatten(1, [groups, input.shape[1] / groups])
    .transpose(1, 2)
    .flatten(1, 2);
}
