/** Blocks of images as columns and back: what convolutions multiply. PyTorch: `torch.nn.functional.unfold`, `fold`. */
import { zeros } from '../creation.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp } from '../op.js';
import type { Tensor } from '../tensor.js';
import type { PerDim } from './conv-parts.js';
import { requireFloating } from './dtype-checks.js';
import { pad } from './padding.js';

type Blocks = {
  readonly kernelSize: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly number[];
  readonly stride: readonly number[];
};

export interface FoldOptions {
  /** Distance of the elements of a block. Default 1. */
  readonly dilation?: PerDim;
  /** Zeros around the image. Default 0. */
  readonly padding?: PerDim;
  /** Distance of the blocks. Default 1. */
  readonly stride?: PerDim;
}

/** How many blocks fit along each dimension of an image of (height, width). */
const countBlocks = (size: readonly number[], { kernelSize, dilation, padding, stride }: Blocks): number[] =>
  size.map((n, i) => Math.floor((n + 2 * padding[i] - dilation[i] * (kernelSize[i] - 1) - 1) / stride[i]) + 1);

/** Calls `visit` with each place (i, j) of a block. */
function forPlaces([height, width]: readonly number[], visit: (place: number, i: number, j: number) => void): void {
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) visit(i * width + j, i, j);
}

/** The elements that place (i, j) has in all blocks, a view (N, C, rows, columns) of the padded image. */
function placeIn(padded: Tensor, i: number, j: number, [rows, columns]: readonly number[], { dilation, stride }: Blocks): Tensor {
  const [n, c, h, w] = padded.strides;
  const shape = [padded.shape[0], padded.shape[1], rows, columns];
  const offset = padded.storageOffset() + i * dilation[0] * h + j * dilation[1] * w;
  return padded.asStrided(shape, [n, c, h * stride[0], w * stride[1]], offset);
}

/** @internal All blocks of (N, C, H, W) as (N, C · block, blocks). */
export const imageToColumns = defineOp({
  name: 'im2col',
  inputs: ['self'],
  args: (self: Tensor, { kernelSize, dilation, padding, stride }: Blocks) => [[self], { kernelSize, dilation, padding, stride }],
  infer: ([self], blocks) => {
    const { shape, info: dtype } = self as Tensor;
    const [rows, columns] = countBlocks(shape.slice(2), blocks);
    const [height, width] = blocks.kernelSize;
    return { shape: [shape[0], shape[1] * height * width, rows * columns], dtype };
  },
  decompose: ([self], blocks): Tensor => {
    const image = self as Tensor;
    const [batch, channels] = image.shape;
    const counts = countBlocks(image.shape.slice(2), blocks);
    const [p, q] = blocks.padding;
    const padded = pad(image, [q, q, p, p]).contiguous();
    const size = blocks.kernelSize[0] * blocks.kernelSize[1];
    const result = zeros([batch, channels, size, ...counts], { dtype: image.dtype, device: image.device });
    forPlaces(blocks.kernelSize, (place, i, j) => {
      result.select(2, place).copy_(placeIn(padded, i, j, counts, blocks));
    });
    return result.reshape([batch, channels * size, counts[0] * counts[1]]);
  },
  differentiable: true,
});

/** @internal The sum of blocks (N, C · block, blocks) at their places in an image of `outputSize`. */
export const columnsToImage = defineOp({
  name: 'col2im',
  inputs: ['self'],
  args: (self: Tensor, outputSize: readonly number[], { kernelSize, dilation, padding, stride }: Blocks) => [
    [self],
    { outputSize, kernelSize, dilation, padding, stride },
  ],
  infer: ([self], { outputSize, kernelSize }) => {
    const { shape, info: dtype } = self as Tensor;
    return { shape: [shape[0], shape[1] / (kernelSize[0] * kernelSize[1]), ...outputSize], dtype };
  },
  decompose: ([self], { outputSize, ...blocks }): Tensor => {
    const columns = self as Tensor;
    const size = blocks.kernelSize[0] * blocks.kernelSize[1];
    const [batch, channels] = [columns.shape[0], columns.shape[1] / size];
    const counts = countBlocks(outputSize, blocks);
    const [p, q] = blocks.padding;
    const [height, width] = outputSize;
    const padded = zeros([batch, channels, height + 2 * p, width + 2 * q], { dtype: columns.dtype, device: columns.device });
    const places = columns.reshape([batch, channels, size, ...counts]);
    forPlaces(blocks.kernelSize, (place, i, j) => {
      placeIn(padded, i, j, counts, blocks).add_(places.select(2, place));
    });
    return padded.narrow(2, p, height).narrow(3, q, width).contiguous();
  },
  differentiable: true,
});

function toPair(op: string, name: string, value: PerDim, least: number): readonly number[] {
  const pair = typeof value === 'number' ? [value, value] : value;
  if (pair.length !== 2 || pair.some((x) => !Number.isInteger(x) || x < least))
    throw new ValueError(`${op}: ${name} must be one or two integers of at least ${least}, got ${JSON.stringify(value)}`);
  return pair;
}

const toBlocks = (op: string, kernelSize: PerDim, { dilation = 1, padding = 0, stride = 1 }: FoldOptions): Blocks => ({
  kernelSize: toPair(op, 'kernelSize', kernelSize, 1),
  dilation: toPair(op, 'dilation', dilation, 1),
  padding: toPair(op, 'padding', padding, 0),
  stride: toPair(op, 'stride', stride, 1),
});

/**
 * The blocks that a convolution of `kernelSize` sees, as columns. PyTorch: `torch.nn.functional.unfold`.
 *
 * @param input - Shape `(N, C, H, W)` or `(C, H, W)`.
 * @returns Shape `(N, C · block, blocks)`, or without N.
 */
export function unfold(input: Tensor, kernelSize: PerDim, options: FoldOptions = {}): Tensor {
  const op = 'unfold';
  requireFloating(op, 'input', input);
  if (input.ndim === 3) return unfold(input.unsqueeze(0), kernelSize, options).squeeze(0);
  const blocks = toBlocks(op, kernelSize, options);
  if (input.ndim !== 4 || countBlocks(input.shape.slice(2), blocks).some((n) => n < 1))
    throw new ShapeError(
      `${op}: expected (N, C, H, W) or (C, H, W) with room for blocks of ${formatShape(blocks.kernelSize)}, got ${formatShape(input.shape)}`,
    );
  return imageToColumns(input, blocks);
}

/**
 * Adds up blocks at the places that `unfold` takes them from. PyTorch: `torch.nn.functional.fold`.
 *
 * @param input - Shape `(N, C · block, blocks)` or `(C · block, blocks)`.
 * @param outputSize - Height and width of the image.
 * @returns Shape `(N, C, height, width)`, or without N.
 */
export function fold(input: Tensor, outputSize: PerDim, kernelSize: PerDim, options: FoldOptions = {}): Tensor {
  const op = 'fold';
  requireFloating(op, 'input', input);
  if (input.ndim === 2) return fold(input.unsqueeze(0), outputSize, kernelSize, options).squeeze(0);
  const blocks = toBlocks(op, kernelSize, options);
  const size = toPair(op, 'outputSize', outputSize, 1);
  const [rows, columns] = countBlocks(size, blocks);
  const block = blocks.kernelSize[0] * blocks.kernelSize[1];
  if (input.ndim !== 3 || input.shape[1] % block !== 0 || input.shape[2] !== rows * columns)
    throw new ShapeError(
      `${op}: expected (N, C · ${block}, ${rows * columns}) for an image of ${formatShape(size)}, got ${formatShape(input.shape)}`,
    );
  return columnsToImage(input, size, blocks);
}
