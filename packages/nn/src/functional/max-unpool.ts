/** The partial inverse of max pooling: the largest elements back in their places, zeros elsewhere. */
import { formatShape, type PerDim, ShapeError, type Tensor } from '@flambeau/core';
import { widened } from '@flambeau/core/internal';

export interface MaxUnpoolOptions {
  /** Step of the window. Default: its size. */
  readonly stride?: PerDim;
  /** Padding of the pooling. Default 0. */
  readonly padding?: PerDim;
  /** The size before pooling, where several are possible; leading dimensions may be given, too. */
  readonly outputSize?: readonly number[] | null;
}

const each = (value: PerDim, dims: number): readonly number[] =>
  typeof value === 'number' ? Array<number>(dims).fill(value) : value;

function maxUnpool(
  op: string,
  dims: number,
  input: Tensor,
  indices: Tensor,
  kernelSize: PerDim,
  { stride = kernelSize, padding = 0, outputSize = null }: MaxUnpoolOptions,
): Tensor {
  if (formatShape(input.shape) !== formatShape(indices.shape))
    throw new ShapeError(
      `${op}: input ${formatShape(input.shape)} and indices ${formatShape(indices.shape)} must have the same shape`,
    );
  if (input.ndim !== dims + 1 && input.ndim !== dims + 2)
    throw new ShapeError(`${op}: expected an input of ${dims + 1} or ${dims + 2} dimensions, got ${formatShape(input.shape)}`);
  const [kernels, strides, paddings] = [kernelSize, stride, padding].map((value) => each(value, dims));
  const leading = input.shape.slice(0, -dims);
  const usual = input.shape.slice(-dims).map((size, i) => (size - 1) * strides[i] - 2 * paddings[i] + kernels[i]);
  const sizes = outputSize === null ? usual : outputSize.slice(-dims);
  if (sizes.length !== dims || sizes.some((size, i) => Math.abs(size - usual[i]) >= strides[i]))
    throw new ShapeError(
      `${op}: outputSize [${(outputSize ?? usual).join(', ')}] does not fit; expected [${usual.join(', ')}], each give or take less than the stride`,
    );
  const places = sizes.reduce((n, size) => n * size, 1);
  const values = widened(input);
  const flat = values.newZeros([...leading, places]);
  return flat.scatter(-1, indices.flatten(-dims), values.flatten(-dims)).reshape([...leading, ...sizes]);
}

/**
 * Undoes `maxPool1d` with its indices. PyTorch: `torch.nn.functional.max_unpool1d`.
 *
 * @throws {ShapeError} If `outputSize` is not a size that pools to the input's.
 */
export function maxUnpool1d(input: Tensor, indices: Tensor, kernelSize: PerDim, options: MaxUnpoolOptions = {}): Tensor {
  return maxUnpool('maxUnpool1d', 1, input, indices, kernelSize, options);
}
/** Undoes `maxPool2d` with its indices. PyTorch: `torch.nn.functional.max_unpool2d`. */
export function maxUnpool2d(input: Tensor, indices: Tensor, kernelSize: PerDim, options: MaxUnpoolOptions = {}): Tensor {
  return maxUnpool('maxUnpool2d', 2, input, indices, kernelSize, options);
}
/** Undoes `maxPool3d` with its indices. PyTorch: `torch.nn.functional.max_unpool3d`. */
export function maxUnpool3d(input: Tensor, indices: Tensor, kernelSize: PerDim, options: MaxUnpoolOptions = {}): Tensor {
  return maxUnpool('maxUnpool3d', 3, input, indices, kernelSize, options);
}
