/**
 * The tangents of an operation's results, from its reverse rule: there is no second table of derivatives.
 *
 * - A linear operation is its own derivative.
 * - The Jacobian of a pointwise operation is diagonal and so its own transpose: its rule for gradients takes tangents as well.
 * - In general the rule computes g(v) = Jᵀ v, which is linear in v; differentiating ⟨g(v), t⟩ with respect to v gives J t.
 */
import { AutogradError, ones, type Tensor, zerosLike } from '@flambeau/core';
import { type AnyOpDef, type Attributes, castTo, dispatch, groups, type Inputs, sameShape } from '@flambeau/core/internal';
import { runBackward } from '../engine.js';
import { edgeOf } from '../history.js';
import { enableGrad, isGradEnabled } from '../mode.js';
import type { Edge } from '../node.js';
import { type CompiledRule, fit } from '../op-node.js';
import type { Frame } from '../transforms/frame.js';
import { asInput } from '../transforms/input-node.js';
import { needsGradAnywhere, WrappedTensor } from '../transforms/wrapped.js';

type Tangents = readonly (Tensor | null)[];

const { expand, reshape } = groups.view;

/** The inputs in which an operator is linear, taken together; all other inputs and attributes are constants. */
const LINEAR: { readonly [op: string]: readonly number[] } = {
  expand: [0],
  squeeze: [0],
  unsqueeze: [0],
  transpose: [0],
  permute: [0],
  alias: [0],
  select: [0],
  slice: [0],
  diagonal: [0],
  unfold: [0],
  select_backward: [0],
  slice_backward: [0],
  diagonal_backward: [0],
  unfold_backward: [0],
  clone: [0],
  _to_copy: [0],
  copy: [0, 1],
  sum: [0],
  mean: [0],
  cumsum: [0],
  flip: [0],
  tril: [0],
  triu: [0],
  index: [0],
  index_put: [0, 1],
  index_select: [0],
  index_add: [0, 2],
  gather: [0],
  scatter: [0, 2],
  scatter_add: [0, 2],
  embedding_backward: [0],
  avg_pool2d: [0],
  avg_pool2d_backward: [0],
  adaptive_avg_pool2d: [0],
  adaptive_avg_pool2d_backward: [0],
};

export interface OpCall {
  readonly def: AnyOpDef;
  readonly primals: Inputs;
  readonly tangents: Tangents;
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
}

/** One tangent per result; null for zero. */
export function resultTangents(call: OpCall): Tangents {
  return linearTangents(call) ?? diagonalTangent(call) ?? transposedTangents(call);
}

// ---- linear operations ----

function linearTangents({ def, primals, tangents, attributes }: OpCall): Tangents | null {
  if (def.name === 'view') return [reshape(tangents[0] as Tensor, attributes.size as readonly number[])];
  const linear = def.variadic && def.name === 'cat' ? primals.map((_, i) => i) : LINEAR[def.name];
  if (linear === undefined || tangents.some((t, i) => t !== null && !linear.includes(i))) return null;
  const inputs = primals.map((p, i) => (linear.includes(i) && p !== null ? (tangents[i] ?? zerosLike(p)) : p));
  const result = dispatch(def, inputs, attributes);
  return Array.isArray(result) ? result : [result];
}

// ---- pointwise operations ----

type Shapes = { readonly [name: string]: readonly number[] };
type Gradient = Tensor | readonly (Tensor | null)[];
interface AnyInputRule {
  vjp(grad: Gradient, saved: Record<string, Tensor>, attributes: Attributes, shapes: Shapes): Tensor | null;
}

function diagonalTangent({ def, primals, tangents, attributes, outputs }: OpCall): Tangents | null {
  const rule = def.derivative as CompiledRule;
  const [out] = outputs;
  if (!def.pointwise || rule.joint !== null || outputs.length !== 1 || out.info.kind !== 'float') return null;
  const saved = savedOf(def, primals, outputs);
  const shapes = shapesOf(def, primals);
  let total: Tensor | null = null;
  for (let i = 0; i < tangents.length; i++) {
    const tangent = tangents[i];
    const inputRule = rule.inputs[i] as AnyInputRule | undefined;
    if (tangent === null || inputRule === undefined) continue;
    const term = inputRule.vjp(expand(castTo(tangent, out.info), out.shape), saved, attributes, shapes);
    if (term === null) continue;
    if (!sameShape(term.shape, out.shape)) return null; // the rule sums by itself
    total = total === null ? castTo(term, out.info) : total.add(castTo(term, out.info));
  }
  return [total];
}

function savedOf(def: AnyOpDef, primals: Inputs, outputs: readonly Tensor[]): Record<string, Tensor> {
  const saved: Record<string, Tensor> = { result: outputs[0] };
  outputs.forEach((t, i) => {
    saved[`result${i}`] = t;
  });
  if (def.variadic) return saved;
  // an input that is called 'result' comes before the result
  def.inputs.forEach((name: string, i: number) => {
    const primal = primals[i];
    if (primal !== null && primal !== undefined) saved[name] = primal;
    else delete saved[name];
  });
  return saved;
}

const shapesOf = (def: AnyOpDef, primals: Inputs): Shapes =>
  Object.fromEntries(def.inputs.map((name: string, i: number) => [name, primals[i]?.shape ?? []]));

// ---- all others ----

function transposedTangents(call: OpCall): Tangents {
  const { def, primals, tangents, outputs } = call;
  const records = isGradEnabled() && [...primals, ...tangents].some(needsGradAnywhere);
  const frame = innermost([...primals, ...outputs]);
  // any v does: Jᵀ v is linear in it; but some rules take logarithms on the way
  const cotangents = outputs.map((out) => {
    if (out.info.category < 2) return null;
    const v = ones(out.shape, { dtype: out.dtype, device: out.device });
    return asInput(frame === null ? v : frame.lift(v), null);
  });
  const wanted = tangents.map((t) => t !== null);
  const gradients = enableGrad(() => {
    const given = cotangents.map((v) => v?.tensor ?? null);
    return reverseRule(call, given.length === 1 ? (given[0] as Tensor) : given, wanted);
  });
  const roots = gradients.flatMap((g, i) => {
    const edge = g === null || tangents[i] === null ? null : edgeOf(g);
    return edge === null ? [] : [{ edge, grad: castTo(tangents[i] as Tensor, (g as Tensor).info) }];
  });
  const targets = cotangents.flatMap((v) => (v === null ? [] : [v.edge]));
  if (targets.length === 0 || roots.length === 0) return outputs.map(() => null);
  try {
    const found = runBackward(roots, { retainGraph: false, createGraph: records }, targets);
    let next = 0;
    return cotangents.map((v) => (v === null ? null : found[next++]));
  } catch (cause) {
    if (cause instanceof AutogradError)
      throw new AutogradError(`${def.name} has no forward derivative: ${cause.message}`, { cause });
    throw cause;
  }
}

/** The gradients of the inputs, each in its input's shape and dtype. */
function reverseRule({ def, primals, attributes, outputs }: OpCall, grad: Gradient, wanted: readonly boolean[]): Tangents {
  const rule = def.derivative as CompiledRule;
  const saved = savedOf(def, primals, outputs);
  const metas = primals.map((p, i) => (p !== null && wanted[i] ? ({ shape: p.shape, info: p.info } as Edge) : null));
  if (rule.joint !== null) {
    const found = rule.joint.all(
      grad,
      saved,
      attributes,
      primals.map((p) => p?.shape ?? []),
      wanted,
    );
    return metas.map((meta, i) => fit(found[i], meta, def.name));
  }
  const shapes = shapesOf(def, primals);
  return metas.map((meta, i) => {
    const inputRule = rule.inputs[i] as AnyInputRule | undefined;
    return meta === null || inputRule === undefined ? null : fit(inputRule.vjp(grad, saved, attributes, shapes), meta, def.name);
  });
}

function innermost(tensors: readonly (Tensor | null)[]): Frame | null {
  let frame: Frame | null = null;
  for (const t of tensors) if (t instanceof WrappedTensor && (frame === null || t.frame.level > frame.level)) frame = t.frame;
  return frame;
}
