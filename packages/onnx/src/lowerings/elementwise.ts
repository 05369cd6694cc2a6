import type { DType } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Graph } from '../graph.js';
import type { Call, Lowering, Lowerings } from '../lowering.js';
import { cast, throughWider } from '../shapes.js';
import { matchBatchNorm } from './batch-norm.js';

type Plain = Lowering<object>;
/** Builds one result from named inputs of one dtype. */
type Formula = (graph: Graph, dtype: DType, ...inputs: string[]) => string;

const isFloat = (dtype: DType): boolean => dtype.includes('float');

const formula =
  (build: Formula): Plain =>
  (call, graph) =>
    build(graph, call.input(0).dtype, ...call.inputs.map((_, i) => call.input(i).name));

/** An ONNX operator with the same meaning. */
const direct = (opType: string): Plain => formula((graph, _, ...inputs) => graph.node(opType, inputs));
/** The same for operators that runtimes do not have for small integers. */
const widening =
  (opType: string): Plain =>
  (call, graph) =>
    throughWider(
      graph,
      call.inputs.map((_, i) => call.input(i)),
      (...names) => graph.node(opType, names),
    );

/** Integers are whole already. */
const rounding = (build: Formula): Plain => formula((graph, dtype, x) => (isFloat(dtype) ? build(graph, dtype, x) : x));

/** bool tensors have logical operators, integers bitwise ones. */
const bitwise =
  (ofBool: string, ofInt: string): Plain =>
  (call, graph) => {
    const names = call.inputs.map((_, i) => call.input(i).name);
    if (call.input(0).dtype === 'bool') return graph.node(ofBool, names);
    if (graph.opset < 18) call.fail('integers need opset: 18');
    return graph.node(ofInt, names);
  };

/** Sums and products of bools are logical. */
const arithmetic =
  (opType: string, ofBool: string): Plain =>
  (call, graph) =>
    (call.input(0).dtype === 'bool' ? direct(ofBool) : widening(opType))(call, graph);

/** `a - b ⌊a / b⌋`: the remainder with the sign of `b`, which ONNX has for integers only. */
const remainder: Formula = (graph, dtype, a, b) => {
  if (!isFloat(dtype)) return graph.node('Mod', [a, b]);
  const quotient = graph.node('Floor', [graph.node('Div', [a, b])]);
  return graph.node('Sub', [a, graph.node('Mul', [quotient, b])]);
};

/** The quadrants of the angle, from `atan(y / x)`. */
const atan2: Formula = (graph, dtype, y, x) => {
  const [zero, pi] = [graph.scalar(0, dtype), graph.scalar(Math.PI, dtype)];
  const below = graph.node('Less', [y, zero]);
  const turn = graph.node('Where', [below, graph.node('Neg', [pi]), pi]);
  const angle = graph.node('Atan', [graph.node('Div', [y, x])]);
  const left = graph.node('Where', [graph.node('Less', [x, zero]), graph.node('Add', [angle, turn]), angle]);
  const axis = graph.node('Mul', [graph.node('Sign', [y]), graph.scalar(Math.PI / 2, dtype)]);
  return graph.node('Where', [graph.node('Equal', [x, zero]), axis, left]);
};

const scaled = (graph: Graph, dtype: DType, name: string, factor: number): string =>
  factor === 1 ? name : graph.node('Mul', [name, graph.scalar(isFloat(dtype) ? factor : Math.trunc(factor), dtype)]);

const logarithm =
  (base: number): Formula =>
  (graph, dtype, x) =>
    scaled(graph, dtype, graph.node('Log', [x]), 1 / Math.log(base));

/** A power; the usual exponents by simpler operators. */
function power(graph: Graph, dtype: DType, x: string, exponent: number): string {
  if (exponent === 2) return graph.node('Mul', [x, x]);
  if (exponent === 0.5) return graph.node('Sqrt', [x]);
  return graph.node('Pow', [x, graph.scalar(exponent, dtype)]);
}

/** A bound of NaN is an absent one. */
export function clip(call: Call<object>, graph: Graph, min: number, max: number): string {
  const { name, dtype } = call.input(0);
  const bound = (value: number, round: (x: number) => number) =>
    Number.isNaN(value) ? null : graph.scalar(isFloat(dtype) ? value : round(value), dtype);
  return graph.node('Clip', [name, bound(min, Math.ceil), bound(max, Math.floor)]);
}

function addcmul(call: Call<{ readonly value: number }>, graph: Graph): string {
  const [self, a, b] = [call.input(0), call.input(1), call.input(2)];
  const { value } = call.attributes;
  const norm = value === 1 ? matchBatchNorm(a, b, self) : null;
  if (norm !== null) {
    const { mean, variance, weight, bias, eps } = norm;
    const vector = (name: string | undefined, fill: number) =>
      name ?? graph.node('Expand', [graph.scalar(fill, mean.dtype), graph.sizes(mean.shape)]);
    return graph.node('BatchNormalization', [a.name, vector(weight?.name, 1), vector(bias?.name, 0), mean.name, variance.name], {
      epsilon: { float: eps },
    });
  }
  return graph.node('Add', [self.name, scaled(graph, self.dtype, graph.node('Mul', [a.name, b.name]), value)]);
}

export const elementwise = {
  add: arithmetic('Add', 'Or'),
  sub: widening('Sub'),
  mul: arithmetic('Mul', 'And'),
  trueDivide: direct('Div'),
  powTensor: widening('Pow'),
  powScalar: (call, graph) => power(graph, call.input(0).dtype, call.input(0).name, call.attributes.exponent),
  floorDivide: formula((graph, dtype, a, b) =>
    isFloat(dtype)
      ? graph.node('Floor', [graph.node('Div', [a, b])])
      : graph.node('Div', [graph.node('Sub', [a, graph.node('Mod', [a, b])]), b]),
  ),
  remainder: formula(remainder),
  fmod: formula((graph, _, a, b) => graph.node('Mod', [a, b], { fmod: 1 })),
  atan2: formula(atan2),
  maximum: widening('Max'),
  minimum: widening('Min'),
  neg: widening('Neg'),
  abs: direct('Abs'),
  sign: direct('Sign'),
  ceil: rounding((graph, _, x) => graph.node('Ceil', [x])),
  floor: rounding((graph, _, x) => graph.node('Floor', [x])),
  round: rounding((graph, _, x) => graph.node('Round', [x])),
  trunc: rounding((graph, _, x) => graph.node('Mul', [graph.node('Sign', [x]), graph.node('Floor', [graph.node('Abs', [x])])])),
  square: formula((graph, _, x) => graph.node('Mul', [x, x])),
  exp: direct('Exp'),
  exp2: formula((graph, dtype, x) => graph.node('Pow', [graph.scalar(2, dtype), x])),
  expm1: formula((graph, dtype, x) => graph.node('Sub', [graph.node('Exp', [x]), graph.scalar(1, dtype)])),
  log: direct('Log'),
  log2: formula(logarithm(2)),
  log10: formula(logarithm(10)),
  log1p: formula((graph, dtype, x) => graph.node('Log', [graph.node('Add', [x, graph.scalar(1, dtype)])])),
  sqrt: direct('Sqrt'),
  rsqrt: formula((graph, _, x) => graph.node('Reciprocal', [graph.node('Sqrt', [x])])),
  reciprocal: direct('Reciprocal'),
  sin: direct('Sin'),
  cos: direct('Cos'),
  tan: direct('Tan'),
  asin: direct('Asin'),
  acos: direct('Acos'),
  atan: direct('Atan'),
  sinh: direct('Sinh'),
  cosh: direct('Cosh'),
  tanh: direct('Tanh'),
  sigmoid: direct('Sigmoid'),
  erf: direct('Erf'),
  erfc: formula((graph, dtype, x) => graph.node('Sub', [graph.scalar(1, dtype), graph.node('Erf', [x])])),
  relu: (call, graph) => {
    const x = call.input(0);
    if (isFloat(x.dtype)) return graph.node('Relu', [x.name]);
    return throughWider(graph, [x], (name) =>
      graph.node('Max', [name, cast(graph, graph.scalar(0, 'int64'), 'int64', x.dtype === 'int64' ? 'int64' : 'int32')]),
    );
  },
  clamp: (call, graph) => clip(call, graph, call.attributes.min, call.attributes.max),
  addcmul,
  addcdiv: (call, graph) => {
    const self = call.input(0);
    const quotient = graph.node('Div', [call.name(1), call.name(2)]);
    return graph.node('Add', [self.name, scaled(graph, self.dtype, quotient, call.attributes.value)]);
  },
  lerp: formula((graph, _, self, end, weight) =>
    graph.node('Add', [self, graph.node('Mul', [weight, graph.node('Sub', [end, self])])]),
  ),
  bitwiseNot: bitwise('Not', 'BitwiseNot'),
  bitwiseAnd: bitwise('And', 'BitwiseAnd'),
  bitwiseOr: bitwise('Or', 'BitwiseOr'),
  bitwiseXor: bitwise('Xor', 'BitwiseXor'),
} satisfies Lowerings<typeof groups.elementwise>;
