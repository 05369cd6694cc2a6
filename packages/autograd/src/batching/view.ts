/** Batching of views. Each result is a view again, so that writing to it writes to the batch. */
import type { Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import { type BatchCall, type BatchRules, shifted } from './rule.js';

type Shape = readonly number[];
const { alias: aliasOp, asStrided, expand, permute, slice, view: viewOp } = groups.view;

const { liesInPairs } = groups.complex;

const only = (call: BatchCall): Tensor => call.values[0] as Tensor;

export const view: BatchRules = {
  expand: (call) => {
    const { size } = call.attributes as { size: Shape };
    const self = only(call);
    const missing = size.length - call.ndim(0);
    const raised = viewOp(self, [call.size, ...new Array<number>(missing).fill(1), ...self.shape.slice(1)]);
    return expand(raised, [call.size, ...size]);
  },
  view: (call) => viewOp(only(call), [call.size, ...(call.attributes.size as Shape)]),
  squeeze: shifted('dims'),
  unsqueeze: (call) => call.run(call.values, { dim: (call.attributes.dim as number) + 1 }),
  transpose: (call) => (call.ndim(0) === 0 ? aliasOp(only(call)) : shifted('dim0', 'dim1')(call)),
  permute: (call) => permute(only(call), [0, ...(call.attributes.dims as Shape).map((d) => d + 1)]),
  select: shifted('dim'),
  slice: shifted('dim'),
  diagonal: shifted('dim1', 'dim2'),
  // the layout is that of the first example, and the others lie as far apart as before
  as_strided: (call) => {
    const self = only(call);
    const { size, stride, storageOffset } = call.attributes as { size: Shape; stride: Shape; storageOffset: number };
    return asStrided(self, [call.size, ...size], [self.strides[0], ...stride], storageOffset);
  },
  view_as_real: (call) => call.run(call.values),
  view_as_complex: (call) => call.run([liesInPairs(only(call)) ? only(call) : only(call).clone()]),
  alias: (call) => call.run(call.values),
  split: shifted('dim'),
  unbind: shifted('dim'),
  unfold: (call) =>
    call.ndim(0) === 0 ? slice(viewOp(only(call), [call.size, 1]), 1, 0, call.attributes.size as number) : shifted('dim')(call),
};

interface StridedPart {
  readonly inputShape: Shape;
  readonly size: Shape;
  readonly stride: Shape;
  readonly storageOffset: number;
}

const partBackward =
  (...dims: string[]) =>
  (call: BatchCall) =>
    call.ndim(0) === 0 && (call.attributes.inputShape as Shape).length === 0
      ? null
      : call.run(call.values, {
          ...call.attributes,
          ...Object.fromEntries(dims.map((name) => [name, (call.attributes[name] as number) + 1])),
          inputShape: [call.size, ...(call.attributes.inputShape as Shape)],
        });

export const viewBackward: BatchRules = {
  select_backward: partBackward('dim'),
  slice_backward: partBackward('dim'),
  diagonal_backward: partBackward('dim1', 'dim2'),
  unfold_backward: partBackward('dim'),
  // the examples' rows one after another
  as_strided_backward: (call) => {
    const { inputShape, size, stride, storageOffset } = call.attributes as unknown as StridedPart;
    const [row] = inputShape;
    const attributes = { inputShape: [call.size * row], size: [call.size, ...size], stride: [row, ...stride], storageOffset };
    return viewOp(call.run(call.values, attributes) as Tensor, [call.size, row]);
  },
};
