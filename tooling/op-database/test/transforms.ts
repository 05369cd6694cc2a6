/** Transforms of every function: a batch at once against one example after another, and forward mode against reverse mode. */
import { func, grad, vmap } from '@flambeau/autograd';
import { stack, Tensor } from '@flambeau/core';
import { type Argument, type DType, hasGradient, isDifferentiable, specsOf } from '@flambeau/op-database';
import { flattenResult, makeInputs, withInputs } from './build.js';
import { archived, difference } from './compare.js';
import { type Case, casesOf, checkCases, type Subject } from './subject.js';

/** Batched inputs are two examples: the sample's own tensors, and those of the same sample under another name. */
const EXAMPLES = 2;
const MOST_ELEMENTS = 400;

const elements = (c: Case): number =>
  specsOf(c.sample.args as Argument).reduce((n, s) => n + s.shape.reduce((a, b) => a * b, 1), 0);

/** Small samples of one dtype: results do not depend on it. */
function cases(subject: Subject, dtypes: readonly DType[]): Case[] {
  return casesOf(subject).filter((c) => !c.sample.large && dtypes.includes(c.dtype) && elements(c) <= MOST_ELEMENTS);
}

/** An in-place function writes to tensors of its own. */
const callOf = (subject: Subject, c: Case, inputs: readonly Tensor[]): unknown =>
  subject.call(...withInputs(c.sample, subject.name.endsWith('_') ? inputs.map((t) => t.clone()) : inputs));

/** Which inputs have a batch dimension, and where: each alone at the front, and all of them with the first one's at the end. */
function patterns({ entry }: Subject, inputs: readonly Tensor[]): (number | null)[][] {
  if (inputs.length === 0) return [];
  const all = inputs.map((t, i) => (i === 0 && !entry.fixedLayout ? t.ndim : 0));
  return inputs.length === 1 ? [all] : [...inputs.map((_, i) => inputs.map((__, k) => (k === i ? 0 : null))), all];
}

/** What has no meaning for a batch: elements that are read, shapes that depend on them, and shared tensors that are written to. */
const REFUSED =
  /cannot be read inside|depends on values|which they share|into a tensor that they share|that vmap or jvp has wrapped/;

const tensorsOf = (result: unknown): Tensor[] => flattenResult(result).filter((t): t is Tensor => t instanceof Tensor);

export function checkBatching(subject: Subject): void {
  const dtypes: readonly DType[] = subject.entry.dtypes.includes('float64') ? ['float64'] : subject.entry.dtypes.slice(0, 1);
  checkCases(subject, cases(subject, dtypes), (c) => {
    const own = makeInputs(subject.name, c.index, c.sample, c.dtype);
    const other = makeInputs(`${subject.name}'`, c.index, c.sample, c.dtype);
    for (const dims of patterns(subject, own)) {
      const examples = Array.from({ length: EXAMPLES }, (_, e) =>
        own.map((t, i) => (e === 1 && dims[i] !== null ? other[i] : t)),
      );
      const batch = own.map((t, i) => (dims[i] === null ? t : stack([t, other[i]], dims[i] as number)));
      let got: Tensor[];
      try {
        got = vmap((...inputs: Tensor[]) => tensorsOf(callOf(subject, c, inputs)), { inDims: dims })(...batch);
      } catch (error) {
        if (error instanceof Error && REFUSED.test(error.message)) continue;
        throw error;
      }
      const expected = examples.map((inputs) => tensorsOf(callOf(subject, c, inputs)));
      for (let k = 0; k < got.length; k++) {
        const wrong = difference(got[k], archived(stack(expected.map((list) => list[k]))), subject.entry.tolerance?.[c.dtype]);
        if (wrong !== null) return `vmap over ${JSON.stringify(dims)}, result ${k}: ${wrong}`;
      }
    }
    return null;
  });
}

/** ⟨w, J t⟩ from forward mode against ⟨Jᵀ w, t⟩ from reverse mode. */
export function checkForwardMode(subject: Subject): void {
  const { entry, name } = subject;
  const differentiable = cases(subject, ['float64']).filter((c) => hasGradient(entry, c.sample));
  checkCases(subject, differentiable, (c) => {
    const inputs = makeInputs(name, c.index, c.sample, c.dtype);
    const specs = specsOf(c.sample.args as Argument);
    const wanted = inputs.flatMap((_, i) => (isDifferentiable(specs[i]) ? [i] : []));
    const fn = (...leaves: Tensor[]): Tensor[] => {
      const all = inputs.map((t, i) => (wanted.includes(i) ? leaves[wanted.indexOf(i)] : t));
      return tensorsOf(callOf(subject, c, all)).filter((t) => t.dtype === 'float64');
    };
    const primals = wanted.map((i) => inputs[i]);
    if (fn(...primals).length === 0) return null; // converted to another dtype
    const tangents = primals.map((t, k) => wave(t, 3 + k));
    let forward: Tensor[];
    try {
      [, forward] = func.jvp(fn, primals, tangents) as [Tensor[], Tensor[]];
    } catch (error) {
      if (error instanceof Error && REFUSED.test(error.message)) return null;
      throw error;
    }
    for (const leaf of primals) leaf.requiresGrad = true;
    const outputs = fn(...primals);
    const weights = outputs.map((t, k) => wave(t, 11 + k));
    const recorded = outputs.map((t, k) => [t, weights[k]] as const).filter(([t]) => t.requiresGrad);
    const gradients =
      recorded.length === 0
        ? []
        : grad(
            recorded.map(([t]) => t),
            primals,
            { gradOutputs: recorded.map(([, w]) => w), materializeGrads: true },
          );
    const left = forward.reduce((sum, t, k) => sum + inner(t, weights[k]), 0);
    const right = gradients.reduce((sum, g, k) => sum + inner(g as Tensor, tangents[k]), 0);
    const agree = Object.is(left, right) || Math.abs(left - right) <= 1e-9 * Math.max(1, Math.abs(left), Math.abs(right));
    return agree ? null : `forward mode gives ${left}, reverse mode ${right}`;
  });
}

/** Any generic values in the shape of `t`. */
function wave(t: Tensor, k: number): Tensor {
  const values = Float64Array.from({ length: t.numel }, (_, i) => Math.sin(1 + i * 0.7 + 5 * k));
  const result = t.detach().clone();
  (result.unsafeData() as Float64Array).set(values);
  return result;
}

const inner = (a: Tensor, b: Tensor): number => a.detach().mul(b).sum().item();
