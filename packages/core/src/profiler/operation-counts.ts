/** How much a call of a kernel computes and moves at least, from the shapes of its operands. */
import { numelOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Operand } from '../backend/cpu/cpu.js';
import type { KernelCall } from '../backend/cpu/kernel-observer.js';

const shapeOf = (operand: Operand): readonly number[] => (operand as Tensor).shape;
const sizeOf = (operand: Operand): number => numelOf(shapeOf(operand));

/** Twice the products of a convolution: each pixel of `image` meets the weights of one channel, of which there are as many as rows. */
const convolution = (image: Operand, weight: Operand): number => (2 * sizeOf(image) * sizeOf(weight)) / shapeOf(weight)[0];

/** Twice the pairs of queries and keys, half of them where a query sees only earlier keys. */
function pairs(q: Operand, k: Operand, causal: boolean): number {
  const [batch, heads, queries] = shapeOf(q);
  return (causal ? 1 : 2) * batch * heads * queries * shapeOf(k)[2];
}

/** Multiplications and additions of products. */
const FLOPS: Readonly<Record<string, (call: KernelCall) => number>> = {
  matmul: ({ outputs: [out], inputs: [a] }) => 2 * sizeOf(out) * (shapeOf(a).at(-1) as number),
  int_mm: ({ outputs: [out], inputs: [a] }) => 2 * sizeOf(out) * (shapeOf(a).at(-1) as number),
  linear: ({ inputs: [input, weight] }) => 2 * sizeOf(input) * shapeOf(weight)[0],
  linear_activation: ({ inputs: [input, weight] }) => 2 * sizeOf(input) * shapeOf(weight)[0],
  conv2d: ({ outputs: [out], inputs: [, weight] }) => convolution(out, weight),
  conv2d_backward_input: ({ inputs: [grad, weight] }) => convolution(grad, weight),
  conv2d_backward_weight: ({ outputs: [gradWeight], inputs: [grad] }) => convolution(grad, gradWeight),
  // each step multiplies the state by its weights, and backward the gradient by them
  recurrent_layer: ({ inputs: [x, , , weightHh] }) => 2 * shapeOf(x)[0] * sizeOf(weightHh),
  recurrent_layer_inference: ({ inputs: [x, , , weightHh] }) => 2 * shapeOf(x)[0] * sizeOf(weightHh),
  recurrent_layer_backward: ({ inputs }) => 2 * shapeOf(inputs[5])[0] * sizeOf(inputs[8]),
  attention: ({ inputs: [q, k, v], attributes }) => pairs(q, k, attributes.causal as boolean) * (shapeOf(q)[3] + shapeOf(v)[3]),
  attention_backward: ({ inputs: [, q, k, v], attributes }) =>
    pairs(q, k, attributes.causal as boolean) * (3 * shapeOf(q)[3] + 2 * shapeOf(v)[3]),
};

/** Kernels that read only what they look up of their first operand. */
const LOOKUPS: ReadonlySet<string> = new Set(['embedding', 'gather', 'index', 'index_select']);

/** Floating-point operations of a product of any kind; 0 for all else. */
export const flopsOf = (call: KernelCall): number => FLOPS[call.name]?.(call) ?? 0;

/** Bytes of all operands, each once; what is repeated by broadcasting counts once, too. */
export function bytesOf({ name, outputs, inputs }: KernelCall): number {
  const [first, ...rest] = inputs;
  return bytes(outputs) + bytes(LOOKUPS.has(name) ? [...outputs, ...rest] : [first ?? null, ...rest]);
}

function bytes(operands: readonly Operand[]): number {
  let total = 0;
  for (const t of operands.flat() as (Tensor | null)[]) {
    if (t === null) continue;
    let elements = 1;
    for (let i = 0; i < t.shape.length; i++) if (t.strides[i] !== 0) elements *= t.shape[i];
    total += elements * t.info.itemSize;
  }
  return total;
}
