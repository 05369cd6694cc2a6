import { conv1d, conv2d, type DType, empty, pad, type Tensor, ValueError } from '@flambeau/core';
import { kaimingUniform_, uniform_ } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

/** One number for all spatial dimensions, or one each. */
export type PerDim = number | readonly number[];

export interface ConvOptions {
  /** Step of the kernel. Default 1. */
  readonly stride?: PerDim;
  /** Places on both sides of the input; `'same'` keeps the size (stride 1 only), `'valid'` is 0. Default 0. */
  readonly padding?: PerDim | 'same' | 'valid';
  /** Distance between the kernel's elements. Default 1. */
  readonly dilation?: PerDim;
  /** Blocks of channels that do not mix. Default 1. */
  readonly groups?: number;
  /** Whether to learn an additive bias. Default true. */
  readonly bias?: boolean;
  /** What the padding holds. Default `'zeros'`. */
  readonly paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
  /** Dtype of the parameters. Default: the default dtype. */
  readonly dtype?: DType;
}

/** What convolutions of one and two dimensions share. */
abstract class ConvNd extends Module {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly paddingMode: 'zeros' | 'reflect' | 'replicate' | 'circular';
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    dims: number,
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: PerDim,
    { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, paddingMode = 'zeros', dtype }: ConvOptions,
  ) {
    super();
    const name = this.constructor.name;
    if (!Number.isInteger(groups) || groups < 1)
      throw new ValueError(`${name}: groups must be a positive integer, got ${groups}`);
    if (inChannels % groups !== 0 || outChannels % groups !== 0)
      throw new ValueError(
        `${name}: inChannels (${inChannels}) and outChannels (${outChannels}) must be multiples of groups (${groups})`,
      );
    this.kernelSize = perDim(kernelSize, dims);
    this.stride = perDim(stride, dims);
    this.padding = typeof padding === 'string' ? padding : perDim(padding, dims);
    this.dilation = perDim(dilation, dims);
    this.groups = groups;
    this.paddingMode = paddingMode;
    this.weight = new Parameter(empty([outChannels, inChannels / groups, ...this.kernelSize], { dtype }));
    this.bias = bias ? new Parameter(empty([outChannels], { dtype })) : null;
    this.resetParameters();
  }

  /** Draws the initial values anew. */
  resetParameters(): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (this.bias !== null) {
      const bound = 1 / Math.sqrt(this.weight.numel / this.outChannels);
      uniform_(this.bias, -bound, bound);
    }
  }

  forward(input: Tensor): Tensor {
    const { stride, dilation, groups, padding, paddingMode } = this;
    if (paddingMode === 'zeros') return this.convolve(input, { stride, padding, dilation, groups });
    const padded = pad(input, this.sides(), { mode: paddingMode });
    return this.convolve(padded, { stride, dilation, groups });
  }

  protected abstract convolve(input: Tensor, options: Pick<ConvOptions, 'stride' | 'padding' | 'dilation' | 'groups'>): Tensor;

  /** The padding as `pad` takes it: before and after, last dimension first. */
  private sides(): number[] {
    const { padding, dilation, kernelSize } = this;
    if (padding === 'valid') return kernelSize.flatMap(() => [0, 0]);
    if (padding !== 'same') return padding.toReversed().flatMap((p) => [p, p]);
    const totals = dilation.map((d, i) => d * (kernelSize[i] - 1));
    return totals.toReversed().flatMap((total) => [Math.floor(total / 2), Math.ceil(total / 2)]);
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, groups, bias, paddingMode } = this;
    const list = (values: readonly number[] | string): string => (typeof values === 'string' ? values : `[${values.join(', ')}]`);
    return [
      `${this.inChannels}, ${this.outChannels}, kernelSize=${list(kernelSize)}, stride=${list(stride)}`,
      String(padding).replace(/[0,]/g, '') === '' ? '' : `, padding=${list(padding)}`,
      dilation.every((d) => d === 1) ? '' : `, dilation=${list(dilation)}`,
      groups === 1 ? '' : `, groups=${groups}`,
      bias === null ? ', bias=false' : '',
      paddingMode === 'zeros' ? '' : `, paddingMode=${paddingMode}`,
    ].join('');
  }
}

const perDim = (value: PerDim, dims: number): readonly number[] => {
  const list = typeof value === 'number' ? Array<number>(dims).fill(value) : [...value];
  if (list.length !== dims) throw new ValueError(`Conv${dims}d: expected one number or ${dims}, got [${list.join(', ')}]`);
  return list;
};

/**
 * A convolution (cross-correlation) over one dimension, e.g. time.
 *
 * Input `(N, inChannels, L)` or `(inChannels, L)`; weight `(outChannels, inChannels / groups, kernelSize)`. Weight and bias start
 * uniform in `±1 / sqrt(fanIn)`.
 *
 * @see PyTorch: `torch.nn.Conv1d`.
 */
export class Conv1d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options: ConvOptions = {}) {
    super(1, inChannels, outChannels, kernelSize, options);
  }

  protected override convolve(input: Tensor, options: ConvOptions): Tensor {
    return conv1d(input, this.weight, this.bias, options);
  }
}

/**
 * A convolution (cross-correlation) over height and width.
 *
 * Input `(N, inChannels, H, W)` or `(inChannels, H, W)`; weight `(outChannels, inChannels / groups, kH, kW)`. Weight and bias start
 * uniform in `±1 / sqrt(fanIn)`.
 *
 * @see PyTorch: `torch.nn.Conv2d`.
 * @example
 * new Conv2d(3, 16, 3, { stride: 2, padding: 1 })(randn([8, 3, 32, 32])); // shape (8, 16, 16, 16)
 */
export class Conv2d extends ConvNd {
  constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options: ConvOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, options);
  }

  protected override convolve(input: Tensor, options: ConvOptions): Tensor {
    return conv2d(input, this.weight, this.bias, options);
  }
}
