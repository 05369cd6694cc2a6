/** Gradients against PyTorch's and against central differences. */
import { grad, gradcheck, gradgradcheck } from '@flambeau/autograd';
import { Tensor } from '@flambeau/core';
import {
  type Argument,
  type DType,
  decode,
  encode,
  GRADIENT_DTYPES,
  hasGradient,
  isDifferentiable,
  specsOf,
  type Tolerance,
} from '@flambeau/op-database';
import { flattenResult, type LayoutName, makeInputs, makeTensor, withInputs } from './build.js';
import { difference } from './compare.js';
import type { Fixtures } from './fixtures.js';
import { type Case, casesOf, checkCases, type Subject } from './subject.js';

/** Like results, but a gradient may have passed through more operations: float32 gets room for it. */
const GRADIENT_TOLERANCES: Partial<Record<DType, Tolerance>> = { float64: [1e-11, 1e-12], float32: [1e-5, 5e-6] };

/** Central differences need two evaluations per element. */
const MOST_ELEMENTS = 80;

/** The arguments with the differentiable inputs as leaves that require gradients. */
export function prepare({ name }: Subject, { index, sample, dtype }: Case, layout: LayoutName = 'contiguous') {
  const inputs = makeInputs(name, index, sample, dtype, layout);
  const specs = specsOf(sample.args as Argument);
  const wanted = inputs.flatMap((_, i) => (isDifferentiable(specs[i]) ? [i] : []));
  const leaves = wanted.map((i) => inputs[i]);
  for (const leaf of leaves) leaf.requiresGrad = true;
  // an in-place function may not write to a leaf
  const given = name.endsWith('_') ? inputs.map((t) => (t.requiresGrad ? t.clone() : t)) : inputs;
  return { args: withInputs(sample, given), leaves, wanted };
}

export const differentiableResults = (result: unknown): Tensor[] =>
  flattenResult(result).filter((t): t is Tensor => t instanceof Tensor && t.requiresGrad);

/** The weights of the oracle: one in [-1, 1] for each element of each result. */
export function weights(result: unknown, outputs: readonly Tensor[], layout: LayoutName = 'contiguous'): Tensor[] {
  const all = flattenResult(result);
  return outputs.map((out) => {
    const which = all.indexOf(out);
    const w = Float64Array.from({ length: out.numel }, (_, i) => (((i + 7 * which) * 37 + 11) % 101) / 50 - 1);
    return makeTensor(out.dtype as DType, out.shape, encode(out.dtype as DType, w), layout);
  });
}

const gradientCases = (subject: Subject): Case[] => casesOf(subject).filter(({ sample }) => hasGradient(subject.entry, sample));

/** Gradients of the weighted sum of all results, in float64 and float32, for row-major and for transposed inputs. */
export function checkGradients(subject: Subject, fixtures: Fixtures): void {
  const cases = gradientCases(subject).filter((c) => GRADIENT_DTYPES.includes(c.dtype));
  checkCases(subject, cases, (c) => {
    for (const layout of c.sample.large || subject.entry.fixedLayout
      ? (['contiguous'] as const)
      : (['contiguous', 'transposed'] as const)) {
      const { args, leaves, wanted } = prepare(subject, c, layout);
      const result = subject.call(...args);
      const outputs = differentiableResults(result);
      if (outputs.length === 0) return 'no result requires gradients';
      const gradients = grad(outputs, leaves, { gradOutputs: weights(result, outputs, layout), allowUnused: true });
      const tolerance = subject.entry.tolerance?.[c.dtype] ?? GRADIENT_TOLERANCES[c.dtype];
      for (let i = 0; i < wanted.length; i++) {
        const wrong = gradientDifference(gradients[i], fixtures, c.key, wanted[i], tolerance);
        if (wrong !== null) return `gradient of input ${wanted[i]} (${layout}): ${wrong}`;
      }
    }
    return null;
  });
}

function gradientDifference(
  got: Tensor | null | undefined,
  fixtures: Fixtures,
  key: string,
  input: number,
  tolerance?: Tolerance,
): string | null {
  const expected = fixtures.gradient(key, input);
  if (got && expected !== undefined) return difference(got, expected, tolerance);
  // no gradient and a gradient of zeros mean the same
  const values = got
    ? Array.from(got.toTypedArray() as Float64Array)
    : expected
      ? Array.from(decode(expected.dtype, expected.bytes), Number)
      : [];
  const nonzero = values.find((x) => x !== 0);
  return nonzero === undefined ? null : got ? `${nonzero}, but PyTorch has none` : `none, but PyTorch's has a ${nonzero}`;
}

function small(subject: Subject): Case[] {
  const elements = (c: Case) => specsOf(c.sample.args as Argument).reduce((n, s) => n + s.shape.reduce((a, b) => a * b, 1), 0);
  return gradientCases(subject).filter((c) => !c.sample.kink && c.dtype === 'float64' && elements(c) <= MOST_ELEMENTS);
}

/** The function of the differentiable inputs only. */
function asFunction(subject: Subject, c: Case) {
  const inputs = makeInputs(subject.name, c.index, c.sample, c.dtype);
  const specs = specsOf(c.sample.args as Argument);
  const wanted = specs.flatMap((s, i) => (isDifferentiable(s) ? [i] : []));
  const fn = (...leaves: Tensor[]): Tensor[] => {
    const all = inputs.map((t, i) => (wanted.includes(i) ? leaves[wanted.indexOf(i)] : t));
    const given = subject.name.endsWith('_') ? all.map((t) => t.clone()) : all;
    return flattenResult(subject.call(...withInputs(c.sample, given))).filter(
      (t): t is Tensor => t instanceof Tensor && t.dtype === 'float64',
    );
  };
  const leaves = wanted.map((i) => inputs[i]);
  for (const leaf of leaves) leaf.requiresGrad = true;
  return { fn, leaves };
}

/** First derivatives against central differences. */
export function checkNumerically(subject: Subject): void {
  checkCases(subject, small(subject), (c) => {
    const { fn, leaves } = asFunction(subject, c);
    gradcheck(fn, leaves);
    return null;
  });
}

/** Second derivatives against central differences of the first. */
export function checkSecondDerivatives(subject: Subject): void {
  checkCases(subject, small(subject), (c) => {
    const { fn, leaves } = asFunction(subject, c);
    gradgradcheck(fn, leaves);
    return null;
  });
}
