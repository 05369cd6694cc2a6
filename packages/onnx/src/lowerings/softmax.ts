import type { groups } from '@flambeau/core/internal';
import type { Lowering, Lowerings } from '../lowering.js';

/** A 0-d tensor is its own maximum, and ONNX has no axis for it. */
const softmaxLike =
  (opType: string, of0d: number): Lowering<{ readonly dim: number }> =>
  (call, graph) => {
    const { name, shape, dtype } = call.input(0);
    return shape.length === 0 ? graph.scalar(of0d, dtype) : graph.node(opType, [name], { axis: call.attributes.dim });
  };

export const softmax = {
  softmax: softmaxLike('Softmax', 1),
  logSoftmax: softmaxLike('LogSoftmax', 0),
} satisfies Lowerings<typeof groups.softmax>;
