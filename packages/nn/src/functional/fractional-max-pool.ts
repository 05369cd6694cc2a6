/** Max pooling with windows at random places. Graham 2014. */
import { arange, formatShape, type PerDim, rand, ShapeError, type Tensor, ValueError } from '@flambeau/core';
import { widened } from '@flambeau/core/internal';

export interface FractionalMaxPoolOptions {
  /** Size of the result; either this or `outputRatio` must be given. */
  readonly outputSize?: PerDim | null;
  /** Size of the result as a part of the input's, in (0, 1). */
  readonly outputRatio?: PerDim | null;
  /** Also return the indices of the largest elements. Default false. */
  readonly returnIndices?: boolean;
  /** Numbers in [0, 1) that decide on the windows, shape `(N, C, dims)`. Default: drawn. */
  readonly randomSamples?: Tensor | null;
}
/** The call shapes of fractional max pooling. */
export interface FractionalMaxPool {
  (input: Tensor, kernelSize: PerDim, options: FractionalMaxPoolOptions & { readonly returnIndices?: false }): Tensor;
  (
    input: Tensor,
    kernelSize: PerDim,
    options: FractionalMaxPoolOptions & { readonly returnIndices: true },
  ): [output: Tensor, indices: Tensor];
  (input: Tensor, kernelSize: PerDim, options: FractionalMaxPoolOptions): Tensor | [output: Tensor, indices: Tensor];
}

const each = (value: PerDim, dims: number): readonly number[] =>
  typeof value === 'number' ? Array<number>(dims).fill(value) : value;

/** Where windows start along one dimension: pseudo-random steps of mean length, the last one at the end. Single precision as in PyTorch. */
function starts(sample: number, inputSize: number, outputSize: number, kernel: number): number[] {
  const step = outputSize > 1 ? Math.fround((inputSize - kernel) / (outputSize - 1)) : 0;
  const at = (x: number): number => Math.trunc(Math.fround(Math.fround(x) * step));
  const first = at(sample);
  return Array.from({ length: outputSize }, (_, i) => (i === outputSize - 1 ? inputSize - kernel : at(i + sample) - first));
}

/** The random numbers stand in the order of the dimensions for boxes, in the opposite order for planes. */
const sampleColumn = (dims: number, dim: number): number => (dims === 2 ? 1 - dim : dim);

function pool(op: string, dims: number, input: Tensor, kernelSize: PerDim, options: FractionalMaxPoolOptions): [Tensor, Tensor] {
  const { outputSize = null, outputRatio = null, randomSamples = null } = options;
  if (input.ndim === dims + 1)
    return pool(op, dims, input.unsqueeze(0), kernelSize, options).map((t) => t.squeeze(0)) as [Tensor, Tensor];
  if (input.ndim !== dims + 2)
    throw new ShapeError(`${op}: expected an input of ${dims + 1} or ${dims + 2} dimensions, got ${formatShape(input.shape)}`);
  if ((outputSize === null) === (outputRatio === null)) throw new ValueError(`${op}: give either outputSize or outputRatio`);
  const [n, channels, ...sizes] = input.shape;
  const kernels = each(kernelSize, dims);
  const outputs =
    outputSize === null
      ? each(outputRatio as PerDim, dims).map((ratio, i) => Math.floor(sizes[i] * ratio))
      : each(outputSize, dims);
  outputs.forEach((output, i) => {
    if (!(output >= 1 && output + kernels[i] - 1 <= sizes[i]))
      throw new ShapeError(
        `${op}: ${output} windows of ${kernels[i]} do not fit into dimension ${2 + i} of ${formatShape(input.shape)}`,
      );
  });
  const samples = (randomSamples ?? rand([n, channels, dims], { device: 'cpu' }))
    .detach()
    .reshape([n * channels, dims])
    .toArray() as number[][];
  // the place of each element of each window: dimensions (N, C, outputs…, kernels…), one term per dimension
  let places: Tensor | null = null;
  let pitch = 1;
  for (let dim = dims - 1; dim >= 0; dim--) {
    const rows = samples.map((sample) => starts(sample[sampleColumn(dims, dim)], sizes[dim], outputs[dim], kernels[dim]));
    const offsets = arange(kernels[dim], { dtype: 'int64', device: input.device });
    const shape = (of: number, size: number): number[] => Array.from({ length: 2 * dims }, (_, i) => (i === of ? size : 1));
    const term = input
      .newTensor(rows.flat(), { dtype: 'int64' })
      .reshape([n, channels, ...shape(dim, outputs[dim])])
      .add(offsets.reshape(shape(dims + dim, kernels[dim])))
      .mul(pitch);
    places = places === null ? term : places.add(term);
    pitch *= sizes[dim];
  }
  const windows = (places as Tensor).flatten(-dims).flatten(2, -2);
  const [values, chosen] = input
    .flatten(2)
    .gather(2, windows.flatten(2))
    .reshape([...windows.shape])
    .max(-1);
  const indices = windows.gather(-1, chosen.unsqueeze(-1)).squeeze(-1);
  return [values, indices].map((t) => t.reshape([n, channels, ...outputs])) as [Tensor, Tensor];
}

const fractional = (op: string, dims: number): FractionalMaxPool =>
  ((input: Tensor, kernelSize: PerDim, options: FractionalMaxPoolOptions) => {
    const result = pool(op, dims, widened(input), kernelSize, options);
    return options.returnIndices ? result : result[0];
  }) as FractionalMaxPool;

/** Max pooling of (N, C, H, W) with windows at random places. PyTorch: `torch.nn.functional.fractional_max_pool2d`. */
export const fractionalMaxPool2d: FractionalMaxPool = fractional('fractionalMaxPool2d', 2);
/** Max pooling of (N, C, D, H, W) with boxes at random places. PyTorch: `torch.nn.functional.fractional_max_pool3d`. */
export const fractionalMaxPool3d: FractionalMaxPool = fractional('fractionalMaxPool3d', 3);
