/** Moves elements between channels and places. */
import type { Tensor } from '@flambeau/core';
import { channelShuffle, pixelShuffle, pixelUnshuffle } from '../functional/rearrange.js';
import { Module } from '../module.js';

/** `(*, C r², H, W)` to `(*, C, H r, W r)`. Shi et al. 2016. PyTorch: `torch.nn.PixelShuffle`. */
export class PixelShuffle extends Module {
  constructor(readonly upscaleFactor: number) {
    super();
  }
  forward(input: Tensor): Tensor {
    return pixelShuffle(input, this.upscaleFactor);
  }
  override extraRepr(): string {
    return `upscaleFactor=${this.upscaleFactor}`;
  }
}

/** `(*, C, H r, W r)` to `(*, C r², H, W)`. PyTorch: `torch.nn.PixelUnshuffle`. */
export class PixelUnshuffle extends Module {
  constructor(readonly downscaleFactor: number) {
    super();
  }
  forward(input: Tensor): Tensor {
    return pixelUnshuffle(input, this.downscaleFactor);
  }
  override extraRepr(): string {
    return `downscaleFactor=${this.downscaleFactor}`;
  }
}

/** Mixes `groups` blocks of the channels of `(N, C, *)`. Zhang et al. 2018. PyTorch: `torch.nn.ChannelShuffle`. */
export class ChannelShuffle extends Module {
  constructor(readonly groups: number) {
    super();
  }
  forward(input: Tensor): Tensor {
    return channelShuffle(input, this.groups);
  }
  override extraRepr(): string {
    return `groups=${this.groups}`;
  }
}
