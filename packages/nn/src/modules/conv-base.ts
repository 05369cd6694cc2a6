import { empty, type PerDim, ValueError } from '@flambeau/core';
import type { FactoryOptions } from '../factory-options.js';
import { calculateFanInAndFanOut, kaimingUniform_, uniform_ } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

interface GeometryOptions extends FactoryOptions {
  readonly stride?: PerDim;
  readonly dilation?: PerDim;
  readonly groups?: number;
  readonly bias?: boolean;
}

const list = (values: readonly number[]): string => `[${values.join(', ')}]`;

/** What convolutions and transposed convolutions share. */
export abstract class ConvBase extends Module {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  weight: Parameter;
  bias: Parameter | null;

  constructor(
    private readonly dims: number,
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: PerDim,
    { stride = 1, dilation = 1, groups = 1, bias = true, dtype, device }: GeometryOptions,
  ) {
    super();
    const name = this.constructor.name;
    if (!Number.isInteger(groups) || groups < 1)
      throw new ValueError(`${name}: groups must be a positive integer, got ${groups}`);
    if (inChannels % groups !== 0 || outChannels % groups !== 0)
      throw new ValueError(
        `${name}: inChannels (${inChannels}) and outChannels (${outChannels}) must be multiples of groups (${groups})`,
      );
    this.kernelSize = this.perDim(kernelSize);
    this.stride = this.perDim(stride);
    this.dilation = this.perDim(dilation);
    this.groups = groups;
    this.weight = new Parameter(empty(this.weightShape(), { dtype, device }));
    this.bias = bias ? new Parameter(empty([outChannels], { dtype, device })) : null;
    this.resetParameters();
  }

  protected abstract weightShape(): number[];

  /** One number for all spatial dimensions, or one each, as a list. */
  protected perDim(value: PerDim): readonly number[] {
    const values = typeof value === 'number' ? Array<number>(this.dims).fill(value) : [...value];
    if (values.length !== this.dims)
      throw new ValueError(`${this.constructor.name}: expected one number or ${this.dims}, got ${list(values)}`);
    return values;
  }

  /** Draws the initial values anew. */
  resetParameters(): void {
    const { fanIn } = calculateFanInAndFanOut(this.weight);
    if (fanIn === 0) return;
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (this.bias !== null) uniform_(this.bias, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
  }

  /** The list, or an empty text if it has zeros only. */
  protected nonZero(values: readonly number[]): string {
    return values.some((value) => value !== 0) ? list(values) : '';
  }

  /** The settings in the printed form. */
  protected geometry(padding: string, outputPadding = ''): string {
    const { kernelSize, stride, dilation, groups } = this;
    return [
      `${this.inChannels}, ${this.outChannels}, kernelSize=${list(kernelSize)}, stride=${list(stride)}`,
      ...(padding === '' ? [] : [`padding=${padding}`]),
      ...(outputPadding === '' ? [] : [`outputPadding=${outputPadding}`]),
      ...(dilation.every((d) => d === 1) ? [] : [`dilation=${list(dilation)}`]),
      ...(groups === 1 ? [] : [`groups=${groups}`]),
      ...(this.bias === null ? ['bias=false'] : []),
    ].join(', ');
  }
}
