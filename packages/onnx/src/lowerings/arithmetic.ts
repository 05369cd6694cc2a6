import type { groups } from '@flambeau/core/internal';
import type { Lowering, Lowerings } from '../lowering.js';

/** ONNX shifts unsigned integers only. */
const shift =
  (direction: 'LEFT' | 'RIGHT'): Lowering<object> =>
  (call, graph) =>
    call.input(0).dtype === 'uint8'
      ? graph.node('BitShift', [call.name(0), call.name(1)], { direction })
      : call.fail('ONNX shifts unsigned integers only');

export const arithmetic = {
  deg2rad: 'decompose',
  rad2deg: 'decompose',
  frac: 'decompose',
  signbit: 'none',
  nanToNum: 'none',
  copysign: 'none',
  hypot: (call, graph) => {
    const square = (i: number) => graph.node('Mul', [call.name(i), call.name(i)]);
    return graph.node('Sqrt', [graph.node('Add', [square(0), square(1)])]);
  },
  logaddexp: (call, graph) => {
    // max(a, b) + softplus(-|a - b|)
    const distance = graph.node('Abs', [graph.node('Sub', [call.name(0), call.name(1)])]);
    const larger = graph.node('Max', [call.name(0), call.name(1)]);
    return graph.node('Add', [larger, graph.node('Softplus', [graph.node('Neg', [distance])])]);
  },
  logaddexp2: 'none',
  fmax: 'none',
  fmin: 'none',
  gcd: 'none',
  lcm: 'none',
  bitwiseLeftShift: shift('LEFT'),
  bitwiseRightShift: shift('RIGHT'),
  heaviside: 'none',
  ldexp: 'decompose',
  floatPower: 'decompose',
} satisfies Lowerings<typeof groups.arithmetic>;
