/** Borders around a tensor. Sizes are before and after each dimension, the last dimension's first: left, right, top, bottom, …. */
import { type PadOptions, pad, type Tensor, ValueError } from '@flambeau/core';
import { Module } from '../module.js';

/** One size for all sides, or one for each. */
export type PaddingSizes = number | readonly number[];

abstract class Pad extends Module {
  readonly padding: readonly number[];

  constructor(
    dims: number,
    padding: PaddingSizes,
    protected readonly options: PadOptions,
  ) {
    super();
    this.padding = typeof padding === 'number' ? Array<number>(2 * dims).fill(padding) : [...padding];
    if (this.padding.length !== 2 * dims)
      throw new ValueError(`${this.constructor.name}: expected one size or ${2 * dims}, got [${this.padding.join(', ')}]`);
  }

  forward(input: Tensor): Tensor {
    return pad(input, this.padding, this.options);
  }

  override extraRepr(): string {
    const { value } = this.options;
    return `padding=[${this.padding.join(', ')}]${value === undefined ? '' : `, value=${value}`}`;
  }
}

/** A border of `value` of `(*, L)`. PyTorch: `torch.nn.ConstantPad1d`. */
export class ConstantPad1d extends Pad {
  constructor(
    padding: PaddingSizes,
    readonly value: number,
  ) {
    super(1, padding, { mode: 'constant', value });
  }
}
/** A border of `value` of `(*, H, W)`. PyTorch: `torch.nn.ConstantPad2d`. */
export class ConstantPad2d extends Pad {
  constructor(
    padding: PaddingSizes,
    readonly value: number,
  ) {
    super(2, padding, { mode: 'constant', value });
  }
}
/** A border of `value` of `(*, D, H, W)`. PyTorch: `torch.nn.ConstantPad3d`. */
export class ConstantPad3d extends Pad {
  constructor(
    padding: PaddingSizes,
    readonly value: number,
  ) {
    super(3, padding, { mode: 'constant', value });
  }
}
/** A border of zeros of `(*, L)`. PyTorch: `torch.nn.ZeroPad1d`. */
export class ZeroPad1d extends Pad {
  constructor(padding: PaddingSizes) {
    super(1, padding, { mode: 'constant' });
  }
}
/** A border of zeros of `(*, H, W)`. PyTorch: `torch.nn.ZeroPad2d`. */
export class ZeroPad2d extends Pad {
  constructor(padding: PaddingSizes) {
    super(2, padding, { mode: 'constant' });
  }
}
/** A border of zeros of `(*, D, H, W)`. PyTorch: `torch.nn.ZeroPad3d`. */
export class ZeroPad3d extends Pad {
  constructor(padding: PaddingSizes) {
    super(3, padding, { mode: 'constant' });
  }
}
/** A border that mirrors the elements without the outermost of `(*, L)`. PyTorch: `torch.nn.ReflectionPad1d`. */
export class ReflectionPad1d extends Pad {
  constructor(padding: PaddingSizes) {
    super(1, padding, { mode: 'reflect' });
  }
}
/** A border that mirrors the elements without the outermost of `(*, H, W)`. PyTorch: `torch.nn.ReflectionPad2d`. */
export class ReflectionPad2d extends Pad {
  constructor(padding: PaddingSizes) {
    super(2, padding, { mode: 'reflect' });
  }
}
/** A border that mirrors the elements without the outermost of `(*, D, H, W)`. PyTorch: `torch.nn.ReflectionPad3d`. */
export class ReflectionPad3d extends Pad {
  constructor(padding: PaddingSizes) {
    super(3, padding, { mode: 'reflect' });
  }
}
/** A border that repeats the outermost elements of `(*, L)`. PyTorch: `torch.nn.ReplicationPad1d`. */
export class ReplicationPad1d extends Pad {
  constructor(padding: PaddingSizes) {
    super(1, padding, { mode: 'replicate' });
  }
}
/** A border that repeats the outermost elements of `(*, H, W)`. PyTorch: `torch.nn.ReplicationPad2d`. */
export class ReplicationPad2d extends Pad {
  constructor(padding: PaddingSizes) {
    super(2, padding, { mode: 'replicate' });
  }
}
/** A border that repeats the outermost elements of `(*, D, H, W)`. PyTorch: `torch.nn.ReplicationPad3d`. */
export class ReplicationPad3d extends Pad {
  constructor(padding: PaddingSizes) {
    super(3, padding, { mode: 'replicate' });
  }
}
/** A border that continues at the opposite side of `(*, L)`. PyTorch: `torch.nn.CircularPad1d`. */
export class CircularPad1d extends Pad {
  constructor(padding: PaddingSizes) {
    super(1, padding, { mode: 'circular' });
  }
}
/** A border that continues at the opposite side of `(*, H, W)`. PyTorch: `torch.nn.CircularPad2d`. */
export class CircularPad2d extends Pad {
  constructor(padding: PaddingSizes) {
    super(2, padding, { mode: 'circular' });
  }
}
/** A border that continues at the opposite side of `(*, D, H, W)`. PyTorch: `torch.nn.CircularPad3d`. */
export class CircularPad3d extends Pad {
  constructor(padding: PaddingSizes) {
    super(3, padding, { mode: 'circular' });
  }
}
