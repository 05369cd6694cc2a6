/** Ops go where their operands are, whatever the default device. */
import { setDefaultDevice } from '@flambeau/core';
import { grad } from '@flambeau/autograd';
import { type Argument, hasGradient, specsOf } from '@flambeau/op-database';
import { makeInputs, withInputs } from './build.js';
import { firstBitDifference } from './forward.js';
import { differentiableResults, prepare, weights } from './gradients.js';
import { type Case, casesOf, checkCases, type Subject } from './subject.js';

/** Result and gradients of tensors on the CPU while new tensors are made on the meta device. */
export function checkDefaultDevice(subject: Subject): void {
  const [dtype] = subject.entry.dtypes;
  const cases = casesOf(subject).filter(
    (c) => c.dtype === dtype && !c.sample.large && specsOf(c.sample.args as Argument).length > 0,
  );
  checkCases(subject, cases, (c) => firstBitDifference(underMeta(prepared(subject, c)), prepared(subject, c)()));
}

/** A computation whose operands and cotangents lie ready. */
function prepared(subject: Subject, c: Case): () => unknown {
  if (!hasGradient(subject.entry, c.sample) || !['float32', 'float64'].includes(c.dtype)) {
    const args = withInputs(c.sample, makeInputs(subject.name, c.index, c.sample, c.dtype));
    return () => subject.call(...args);
  }
  const { args, leaves } = prepare(subject, c);
  const before = subject.call(...prepare(subject, c).args);
  const gradOutputs = weights(before, differentiableResults(before));
  return () => {
    const result = subject.call(...args);
    const gradients = grad(differentiableResults(result), leaves, { gradOutputs, allowUnused: true });
    return [result, gradients.filter((g) => g !== null)];
  };
}

function underMeta(compute: () => unknown): unknown {
  setDefaultDevice('meta');
  try {
    return compute();
  } finally {
    setDefaultDevice('cpu');
  }
}
