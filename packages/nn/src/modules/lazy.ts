/**
 * Layers that take the number of input channels from their first input and then become layers of the ordinary class. Their
 * parameters stay the same objects, so an optimizer may be made before. PyTorch: `torch.nn.modules.lazy`.
 */
import { empty, type PerDim, type Tensor } from '@flambeau/core';
import { isLazy, markLazy, materialize } from '../lazy-tensors.js';
import type { Module } from '../module.js';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from './batch-norm.js';
import type { ConvBase } from './conv-base.js';
import { Conv1d, Conv2d, Conv3d, type ConvOptions } from './conv.js';
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, type ConvTransposeOptions } from './conv-transpose.js';
import { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, type InstanceNormOptions } from './instance-norm.js';
import { Linear, type LinearOptions } from './linear.js';
import type { NormBase } from './norm-base.js';

interface Resettable extends Module {
  resetParameters(): void;
}

/** Gives `tensors` their shapes, draws initial values (unless a state dict was loaded) and changes the class. */
function settle(
  module: Resettable,
  Class: { readonly prototype: Module },
  shapes: readonly (readonly [Tensor, readonly number[]])[],
): void {
  const unknown = shapes.filter(([t]) => isLazy(t));
  for (const [t, shape] of unknown) materialize(t, empty(shape, { dtype: t.dtype, device: t.device }));
  Object.setPrototypeOf(module, Class.prototype);
  if (unknown.length > 0) module.resetParameters();
}

/** A `Linear` whose `inFeatures` is the size of the first input's last dimension. PyTorch: `torch.nn.LazyLinear`. */
export class LazyLinear extends Linear {
  constructor(outFeatures: number, options: LinearOptions = {}) {
    super(0, outFeatures, options);
    markLazy(this.weight);
  }
  override forward(input: Tensor): Tensor {
    const features = input.shape.at(-1) as number;
    (this as { inFeatures: number }).inFeatures = isLazy(this.weight) ? features : this.weight.shape[1];
    settle(this, Linear, [[this.weight, [this.outFeatures, features]]]);
    return this.forward(input);
  }
}

/** Dimension 1 of a convolution's weight is the input's, dimension 0 that of a transposed one. */
function settleConv(module: ConvBase, Class: { readonly prototype: Module }, input: Tensor, dim: 0 | 1): void {
  const { weight, groups, kernelSize } = module;
  const perWeight = dim === 1 ? groups : 1;
  const channels = isLazy(weight) ? input.shape[input.ndim - 1 - kernelSize.length] : weight.shape[dim] * perWeight;
  (module as { inChannels: number }).inChannels = channels;
  const shape = weight.shape.map((size, i) => (i === dim ? channels / perWeight : size));
  settle(module, Class, [[weight, shape]]);
}

function settleNorm(module: NormBase, Class: { readonly prototype: Module }, input: Tensor, dim: number): void {
  const { weight, bias, runningMean, runningVar } = module;
  const tensors = [weight, bias, runningMean, runningVar].filter((t) => t !== null);
  const first = tensors.at(0);
  const channels = first === undefined || isLazy(first) ? input.shape[dim] : first.shape[0];
  (module as { numFeatures: number }).numFeatures = channels;
  settle(
    module,
    Class,
    tensors.map((t) => [t, [channels]] as const),
  );
}

function markNorm({ weight, bias, runningMean, runningVar }: NormBase): void {
  for (const t of [weight, bias, runningMean, runningVar]) markLazy(t);
}

/** A `Conv1d` that takes `inChannels` from its first input. PyTorch: `torch.nn.LazyConv1d`. */
export class LazyConv1d extends Conv1d {
  constructor(outChannels: number, kernelSize: PerDim, options: ConvOptions = {}) {
    super(0, outChannels, kernelSize, options);
    markLazy(this.weight);
  }
  override forward(input: Tensor): Tensor {
    settleConv(this, Conv1d, input, 1);
    return this.forward(input);
  }
}

/** A `Conv2d` that takes `inChannels` from its first input. PyTorch: `torch.nn.LazyConv2d`. */
export class LazyConv2d extends Conv2d {
  constructor(outChannels: number, kernelSize: PerDim, options: ConvOptions = {}) {
    super(0, outChannels, kernelSize, options);
    markLazy(this.weight);
  }
  override forward(input: Tensor): Tensor {
    settleConv(this, Conv2d, input, 1);
    return this.forward(input);
  }
}

/** A `Conv3d` that takes `inChannels` from its first input. PyTorch: `torch.nn.LazyConv3d`. */
export class LazyConv3d extends Conv3d {
  constructor(outChannels: number, kernelSize: PerDim, options: ConvOptions = {}) {
    super(0, outChannels, kernelSize, options);
    markLazy(this.weight);
  }
  override forward(input: Tensor): Tensor {
    settleConv(this, Conv3d, input, 1);
    return this.forward(input);
  }
}

/** A `ConvTranspose1d` that takes `inChannels` from its first input. PyTorch: `torch.nn.LazyConvTranspose1d`. */
export class LazyConvTranspose1d extends ConvTranspose1d {
  constructor(outChannels: number, kernelSize: PerDim, options: ConvTransposeOptions = {}) {
    super(0, outChannels, kernelSize, options);
    markLazy(this.weight);
  }
  override forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    settleConv(this, ConvTranspose1d, input, 0);
    return this.forward(input, outputSize);
  }
}

/** A `ConvTranspose2d` that takes `inChannels` from its first input. PyTorch: `torch.nn.LazyConvTranspose2d`. */
export class LazyConvTranspose2d extends ConvTranspose2d {
  constructor(outChannels: number, kernelSize: PerDim, options: ConvTransposeOptions = {}) {
    super(0, outChannels, kernelSize, options);
    markLazy(this.weight);
  }
  override forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    settleConv(this, ConvTranspose2d, input, 0);
    return this.forward(input, outputSize);
  }
}

/** A `ConvTranspose3d` that takes `inChannels` from its first input. PyTorch: `torch.nn.LazyConvTranspose3d`. */
export class LazyConvTranspose3d extends ConvTranspose3d {
  constructor(outChannels: number, kernelSize: PerDim, options: ConvTransposeOptions = {}) {
    super(0, outChannels, kernelSize, options);
    markLazy(this.weight);
  }
  override forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
    settleConv(this, ConvTranspose3d, input, 0);
    return this.forward(input, outputSize);
  }
}

/** A `BatchNorm1d` that takes `numFeatures` from its first input. PyTorch: `torch.nn.LazyBatchNorm1d`. */
export class LazyBatchNorm1d extends BatchNorm1d {
  constructor(options: BatchNormOptions = {}) {
    super(0, options);
    markNorm(this);
  }
  override forward(input: Tensor): Tensor {
    settleNorm(this, BatchNorm1d, input, 1);
    return this.forward(input);
  }
}

/** A `BatchNorm2d` that takes `numFeatures` from its first input. PyTorch: `torch.nn.LazyBatchNorm2d`. */
export class LazyBatchNorm2d extends BatchNorm2d {
  constructor(options: BatchNormOptions = {}) {
    super(0, options);
    markNorm(this);
  }
  override forward(input: Tensor): Tensor {
    settleNorm(this, BatchNorm2d, input, 1);
    return this.forward(input);
  }
}

/** A `BatchNorm3d` that takes `numFeatures` from its first input. PyTorch: `torch.nn.LazyBatchNorm3d`. */
export class LazyBatchNorm3d extends BatchNorm3d {
  constructor(options: BatchNormOptions = {}) {
    super(0, options);
    markNorm(this);
  }
  override forward(input: Tensor): Tensor {
    settleNorm(this, BatchNorm3d, input, 1);
    return this.forward(input);
  }
}

/** An `InstanceNorm1d` that takes `numFeatures` from its first input. PyTorch: `torch.nn.LazyInstanceNorm1d`. */
export class LazyInstanceNorm1d extends InstanceNorm1d {
  constructor(options: InstanceNormOptions = {}) {
    super(0, options);
    markNorm(this);
  }
  override forward(input: Tensor): Tensor {
    settleNorm(this, InstanceNorm1d, input, input.ndim - 2);
    return this.forward(input);
  }
}

/** An `InstanceNorm2d` that takes `numFeatures` from its first input. PyTorch: `torch.nn.LazyInstanceNorm2d`. */
export class LazyInstanceNorm2d extends InstanceNorm2d {
  constructor(options: InstanceNormOptions = {}) {
    super(0, options);
    markNorm(this);
  }
  override forward(input: Tensor): Tensor {
    settleNorm(this, InstanceNorm2d, input, input.ndim - 3);
    return this.forward(input);
  }
}

/** An `InstanceNorm3d` that takes `numFeatures` from its first input. PyTorch: `torch.nn.LazyInstanceNorm3d`. */
export class LazyInstanceNorm3d extends InstanceNorm3d {
  constructor(options: InstanceNormOptions = {}) {
    super(0, options);
    markNorm(this);
  }
  override forward(input: Tensor): Tensor {
    settleNorm(this, InstanceNorm3d, input, input.ndim - 4);
    return this.forward(input);
  }
}
