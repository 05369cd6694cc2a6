import { type DType, tensor } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Graph } from '../graph.js';
import type { Call, Lowerings } from '../lowering.js';
import { product } from '../size.js';

/** ONNX counts places in the whole tensor, we in each plane. */
const inPlane = (graph: Graph, indices: string, call: Call<object>): string =>
  graph.node('Mod', [indices, graph.sizeScalar(product(call.input(0).shape.slice(2)))]);

/** How often each of the two output sizes goes into the input's; null if one does not. */
function windows(call: Call<object>, outputSize: readonly number[]): number[] | null {
  const sizes = call.input(0).shape.slice(2);
  const ratios = outputSize.map((n, i) => call.fixed(sizes[i], 'the size of the planes') / n);
  return ratios.every(Number.isInteger) ? ratios : null;
}

/** The averaging along one dimension as a matrix of shape `(to, from)`: window i goes from ⌊i n / m⌋ to ⌈(i + 1) n / m⌉. */
function averaging(graph: Graph, from: number, to: number, dtype: DType, transposed: boolean): string {
  const rows = Array.from({ length: to }, (_, i) => {
    const [start, end] = [Math.floor((i * from) / to), Math.ceil(((i + 1) * from) / to)];
    return Array.from({ length: from }, (_, j) => (j >= start && j < end ? 1 / (end - start) : 0));
  });
  const matrix = tensor(rows, { dtype });
  return graph.constant(transposed ? matrix.t().contiguous() : matrix);
}

const isOne = (size: readonly number[]): boolean => size.every((n) => n === 1);

export const pool2d = {
  maxPool2dWithIndices: (call, graph) => {
    const { kernelSize, stride, padding, dilation, ceilMode } = call.attributes;
    const attributes = {
      kernel_shape: kernelSize,
      strides: stride,
      pads: [...padding, ...padding],
      dilations: dilation,
      ceil_mode: ceilMode ? 1 : 0,
    };
    if (!call.uses(1)) return [graph.node('MaxPool', [call.name(0)], attributes), ''];
    const [values, indices] = graph.nodeWithOutputs('MaxPool', [call.name(0)], attributes, 2);
    return [values, inPlane(graph, indices, call)];
  },
  averagePool2d: (call, graph) => {
    const { kernelSize, stride, padding, countIncludePad, divisorOverride, ceilMode } = call.attributes;
    if (ceilMode) call.fail('ONNX divides by another number where a window hangs over the end (ceilMode); pad the input instead');
    const attributes = {
      kernel_shape: kernelSize,
      strides: stride,
      pads: [...padding, ...padding],
      count_include_pad: countIncludePad || divisorOverride !== 0 ? 1 : 0,
    };
    const average = graph.node('AveragePool', [call.name(0)], attributes);
    if (divisorOverride === 0) return average;
    const factor = (kernelSize[0] * kernelSize[1]) / divisorOverride;
    return graph.node('Mul', [average, graph.scalar(factor, call.input(0).dtype)]);
  },
  adaptiveAveragePool2d: (call, graph) => {
    const { outputSize } = call.attributes;
    const { name, shape, dtype } = call.input(0);
    if (isOne(outputSize)) return graph.node('GlobalAveragePool', [name]);
    const window = windows(call, outputSize);
    if (window !== null) return graph.node('AveragePool', [name], { kernel_shape: window, strides: window });
    const [height, width] = shape.slice(2) as number[];
    const rows = graph.node('MatMul', [averaging(graph, height, outputSize[0], dtype, false), name]);
    return graph.node('MatMul', [rows, averaging(graph, width, outputSize[1], dtype, true)]);
  },
  adaptiveMaxPool2dWithIndices: (call, graph) => {
    const { outputSize } = call.attributes;
    if (isOne(outputSize) && !call.uses(1)) return [graph.node('GlobalMaxPool', [call.name(0)]), ''];
    const window = windows(call, outputSize) ?? call.fail('the windows are not equally large');
    const attributes = { kernel_shape: window, strides: window };
    if (!call.uses(1)) return [graph.node('MaxPool', [call.name(0)], attributes), ''];
    const [values, indices] = graph.nodeWithOutputs('MaxPool', [call.name(0)], attributes, 2);
    return [values, inPlane(graph, indices, call)];
  },
} satisfies Lowerings<typeof groups.pool2d>;
