import type { groups } from '@flambeau/core/internal';
import type { Graph } from '../graph.js';
import type { Lowerings, Producer, Value } from '../lowering.js';
import { sameSize } from '../size.js';

/** `(1, C, 1, …)`, to broadcast over (N, C, *). */
const perChannel = (graph: Graph, name: string, ndim: number): string =>
  graph.node('Reshape', [name, graph.ints([1, -1, ...new Array<number>(Math.max(0, ndim - 2)).fill(1)])]);

export const batchNorm = {
  // Statistics of the batch itself: a norm that keeps no running ones.
  batchNormTraining: (call, graph) => {
    if (call.inputs[3] !== null || call.inputs[4] !== null)
      call.fail('a batch norm in training mode updates its running statistics, and a graph has no state; call eval()');
    if (call.uses(1) || call.uses(2)) call.fail('the statistics of a batch norm are not outputs');
    const { name, shape, dtype } = call.input(0);
    const dims = shape.map((_, i) => i).filter((i) => i !== 1);
    const mean = (x: string) => graph.reduce('ReduceMean', x, dims, true);
    const centered = graph.node('Sub', [name, mean(name)]);
    const variance = mean(graph.node('Mul', [centered, centered]));
    const std = graph.node('Sqrt', [graph.node('Add', [variance, graph.scalar(call.attributes.eps, dtype)])]);
    let result = graph.node('Div', [centered, std]);
    const [weight, bias] = [call.name(1), call.name(2)];
    if (weight !== null) result = graph.node('Mul', [result, perChannel(graph, weight, shape.length)]);
    if (bias !== null) result = graph.node('Add', [result, perChannel(graph, bias, shape.length)]);
    return [result, '', ''];
  },
  // `matchBatchNorm` recognises the decomposition
  batchNormEval: 'decompose',
} satisfies Lowerings<typeof groups.batchNorm>;

/** What an operator's value was computed from, if it is the result of `op`. */
const from = (value: Value | null | undefined, op: string): Producer['inputs'] | null =>
  value?.producer?.op === op ? value.producer.inputs : null;
/** Before changes of shape and dtype. */
function bare(value: Value | null): Value | null {
  const { producer } = value ?? {};
  return producer && ['view', 'clone', '_to_copy', 'unsqueeze'].includes(producer.op) ? bare(producer.inputs[0]) : value;
}
const isName = (a: Value | null | undefined, b: Value | null | undefined): boolean => a?.name === b?.name;

/** Whether a row has the shape (C, 1, …) with which it broadcasts over the channels of (N, C, *). */
const isPerChannel = (row: Value, x: Value): boolean =>
  x.shape.length >= 2 &&
  row.shape.length === x.shape.length - 1 &&
  row.shape.every((size, i) => (i === 0 ? sameSize(size, x.shape[1]) : size === 1));

/** The arguments of a batch norm in evaluation mode. */
export interface EvalBatchNorm {
  readonly mean: Value;
  readonly variance: Value;
  readonly weight: Value | null;
  readonly bias: Value | null;
  readonly eps: number;
}

/**
 * Recognises `x · scale + shift` as core's batch norm computes them in evaluation mode:
 * `scale = rsqrt(variance + eps) [· weight]`, `shift = -(mean · scale) [+ bias]`.
 */
export function matchBatchNorm(x: Value, scaleRow: Value, shiftRow: Value): EvalBatchNorm | null {
  if (![scaleRow, shiftRow].every((row) => isPerChannel(row, x))) return null;
  const [shift, scale] = [bare(shiftRow) as Value, bare(scaleRow) as Value];
  const scaled = from(scale, 'mul');
  const invstd = scaled === null ? scale : scaled[0];
  const sum = from(from(invstd, 'rsqrt')?.[0], 'add');
  const shifted = from(shift, 'add');
  const offset = shifted === null ? shift : shifted[0];
  const moved = from(from(offset, 'neg')?.[0], 'mul');
  const eps = sum?.[1]?.producer?.scalar ?? null;
  if (!sum || !moved || eps === null || !isName(moved[1], scale)) return null;
  const [mean, variance] = [moved[0] as Value, sum[0] as Value];
  const [weight, bias] = [scaled?.[1] ?? null, shifted?.[1] ?? null];
  const vectors = [mean, variance, weight, bias].filter((t) => t !== null);
  const fits = vectors.every(({ shape }) => shape.length === 1 && sameSize(shape[0], x.shape[1]));
  return fits ? { mean, variance, weight, bias, eps } : null;
}
