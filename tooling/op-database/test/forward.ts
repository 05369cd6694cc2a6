/** Results against PyTorch's, in every layout; and the other forms of an op against its plain one. */
import { Tensor } from '@flambeau/core';
import { type ArchivedTensor, type DType, specsOf, type Argument, inputBytes } from '@flambeau/op-database';
import { flattenResult, type LayoutName, makeInputs, makeTensor, repeatFirst, withInputs } from './build.js';
import { archived, bitDifference, difference, TOLERANCES } from './compare.js';
import type { Fixtures } from './fixtures.js';
import { type AnyFunction, type Case, casesOf, checkCases, type Subject } from './subject.js';

/** Compares a whole result with the expected tensors. */
export function resultDifference({ entry }: Subject, result: unknown, expected: readonly ArchivedTensor[]): string | null {
  const got = flattenResult(result);
  if (got.length !== expected.length) return `${got.length} results, expected ${expected.length}`;
  for (let i = 0; i < got.length; i++) {
    const value = got[i];
    const dtype = expected[i].dtype;
    const actual =
      value instanceof Tensor
        ? value
        : makeTensor(
            dtype,
            [],
            dtype === 'bool' ? Uint8Array.of(value ? 1 : 0) : new Uint8Array(Float64Array.of(Number(value)).buffer),
          );
    const wrong = difference(actual, expected[i], entry.tolerance?.[dtype] ?? TOLERANCES[dtype]);
    if (wrong !== null) return `${got.length > 1 ? `result ${i} ` : ''}${wrong}`;
  }
  return null;
}

const run = ({ name, call }: Subject, { index, sample, dtype }: Case, layout: LayoutName = 'contiguous'): unknown =>
  call(...withInputs(sample, makeInputs(name, index, sample, dtype, layout)));

/** Every sample in every dtype. */
export function checkForward(subject: Subject, fixtures: Fixtures): void {
  checkCases(subject, casesOf(subject), (c) => resultDifference(subject, run(subject, c), fixtures.outputs(c.key)));
}

/** The same with transposed and sliced inputs; expanded ones against a row-major copy of them. */
export function checkLayouts(subject: Subject, fixtures: Fixtures): void {
  if (subject.entry.fixedLayout) return;
  const cases = casesOf(subject).filter(
    ({ sample }) => !sample.large && specsOf(sample.args as Argument).some((s) => s.shape.length > 0),
  );
  checkCases(subject, cases, (c) => {
    for (const layout of ['transposed', 'sliced'] as const) {
      const wrong = resultDifference(subject, run(subject, c, layout), fixtures.outputs(c.key));
      if (wrong !== null) return `${layout} inputs: ${wrong}`;
    }
    return subject.entry.noExpand ? null : expandedDifference(subject, c);
  });
}

function expandedDifference(subject: Subject, { index, sample, dtype }: Case): string | null {
  const specs = specsOf(sample.args as Argument);
  const bytes = inputBytes(subject.name, index, sample, dtype);
  const results = (['expanded', 'contiguous'] as const).map((layout) => {
    const inputs = specs.map((s, i) => makeTensor(s.dtype ?? dtype, s.shape, repeatFirst(s.shape, bytes[i]), layout));
    return subject.call(...withInputs(sample, inputs));
  });
  const expected = flattenResult(results[1]).flatMap((t) => (t instanceof Tensor ? [archived(t)] : []));
  const wrong = resultDifference(
    subject,
    flattenResult(results[0]).filter((t) => t instanceof Tensor),
    expected,
  );
  return wrong === null ? null : `expanded inputs: ${wrong}`;
}

/** `x.op(…)` is `op(x, …)`, where there is such a method. */
export function checkMethod(subject: Subject): void {
  const method = (Tensor.prototype as unknown as Record<string, AnyFunction | undefined>)[subject.name];
  if (typeof method !== 'function' || subject.entry.noMethod || subject.entry.adapt) return;
  checkCases(
    subject,
    casesOf(subject).filter((c) => c.dtype === casesOf(subject)[0].dtype && !c.sample.large),
    (c) => {
      const [expected, args] = [0, 1].map(() => withInputs(c.sample, makeInputs(subject.name, c.index, c.sample, c.dtype)));
      if (!(args[0] instanceof Tensor)) return null;
      return firstBitDifference(method.call(args[0], ...args.slice(1)), subject.call(...expected));
    },
  );
}

/** The first difference in bits between two results. */
export function firstBitDifference(got: unknown, expected: unknown): string | null {
  const [a, b] = [flattenResult(got), flattenResult(expected)];
  if (a.length !== b.length) return `${a.length} results, expected ${b.length}`;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i], b[i]];
    const wrong =
      x instanceof Tensor && y instanceof Tensor ? bitDifference(x, y) : Object.is(x, y) ? null : `got ${x}, expected ${y}`;
    if (wrong !== null) return `${a.length > 1 ? `result ${i} ` : ''}${wrong}`;
  }
  return null;
}

/** An op with a kernel and a decomposition means the same by both. */
export function checkDecomposition(subject: Subject): void {
  const { def } = subject;
  if (def?.decompose === undefined || def.kernel === undefined) return;
  const { decompose } = def;
  const dtypes: readonly DType[] = ['float32', 'float64', 'int64'];
  checkCases(
    subject,
    casesOf(subject).filter((c) => dtypes.includes(c.dtype) && !c.sample.large),
    (c) => {
      const expected = flattenResult(run(subject, c)) as Tensor[];
      const [inputs, attributes] = def.args(
        ...(withInputs(c.sample, makeInputs(subject.name, c.index, c.sample, c.dtype)) as never[]),
      );
      return resultDifference(subject, decompose(inputs, attributes), expected.map(archived));
    },
  );
}
