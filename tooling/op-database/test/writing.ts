/** In-place and `out=` forms write what the plain form returns. */
import { Tensor } from '@flambeau/core';
import { bitDifference } from './compare.js';
import { flattenResult, makeInputs, makeTensor, withInputs } from './build.js';
import type { DType } from '@flambeau/op-database';
import { type AnyFunction, casesOf, checkCases, exportsOf, type Subject } from './subject.js';

/** A tensor of garbage, where a result can be written. */
function garbage(like: Tensor, layout: 'contiguous' | 'sliced'): Tensor {
  return makeTensor(like.dtype as DType, like.shape, new Uint8Array(like.numel * like.itemSize).fill(1), layout);
}

/** `x.op_(…)` leaves in `x` what `x.op(…)` returns, in every layout, and is refused where that does not fit. */
export function checkInplace(subject: Subject, inplace: AnyFunction): void {
  const cases = casesOf(subject).filter((c) => !c.sample.large && typeof c.sample.args[0] === 'object');
  let ran = 0;
  checkCases(subject, cases, (c) => {
    for (const layout of ['contiguous', 'transposed', 'sliced'] as const) {
      const make = () => withInputs(c.sample, makeInputs(subject.name, c.index, c.sample, c.dtype, layout));
      const expected = flattenResult(subject.call(...make()))[0] as Tensor;
      const args = make();
      const self = args[0] as Tensor;
      if (String(self.shape) !== String(expected.shape)) return refused(() => inplace(...args), 'ShapeError');
      if (self.dtype !== expected.dtype) return null; // converts or refuses; PyTorch's rule is checked with casting
      const { version } = self;
      const returned = inplace(...args);
      if (returned !== self) return `${layout}: does not return its first argument`;
      if (self.version === version) return `${layout}: does not count the write`;
      const wrong = bitDifference(self, expected);
      if (wrong !== null) return `${layout}: in place ${wrong}`;
      ran++;
    }
    return null;
  });
  if (ran === 0) throw new Error(`no sample of ${subject.name} can be computed in place`);
}

function refused(attempt: () => unknown, name: string): string | null {
  try {
    attempt();
  } catch (error) {
    return (error as Error).name === name ? null : `threw ${error}, expected a ${name}`;
  }
  return `did not throw; expected a ${name}`;
}

/** `op.out(target, …)` writes what `op(…)` returns, and refuses a target of another shape. */
export function checkOut(subject: Subject): void {
  const { out, def } = subject;
  if (out === null || def?.view || def?.random) return;
  const cases = casesOf(subject).filter((c) => !c.sample.large);
  checkCases(subject, cases, (c) => {
    const make = () => withInputs(c.sample, makeInputs(subject.name, c.index, c.sample, c.dtype));
    const expected = subject.call(...make());
    if (!(expected instanceof Tensor)) return null; // several results
    for (const layout of ['contiguous', 'sliced'] as const) {
      const target = garbage(expected, layout);
      if (out(target, ...make()) !== target) return 'out= does not return its target';
      const wrong = bitDifference(target, expected);
      if (wrong !== null) return `out= (${layout}): ${wrong}`;
    }
    const { length } = expected.shape;
    const wrongShape = makeTensor('float32', new Array(length + 1).fill(1), new Uint8Array(4));
    return refused(() => out(wrongShape, ...make()), 'ShapeError');
  });
}

/** The in-place form of a function, if the group exports one. */
export function inplaceOf({ group, name }: Subject): AnyFunction | null {
  const found = exportsOf(group)[`${name}_`];
  return typeof found === 'function' ? (found as AnyFunction) : null;
}
