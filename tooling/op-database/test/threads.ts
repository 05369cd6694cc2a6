/** The number of threads never changes a bit. */
import { getNumThreads, setNumThreads } from '@flambeau/kernels';
import { grad } from '@flambeau/autograd';
import { Tensor } from '@flambeau/core';
import { hasGradient } from '@flambeau/op-database';
import { flattenResult, makeInputs, withInputs } from './build.js';
import { firstBitDifference } from './forward.js';
import { differentiableResults, prepare, weights } from './gradients.js';
import { type Case, casesOf, checkCases, type Subject } from './subject.js';

function everything(subject: Subject, c: Case): unknown {
  if (!hasGradient(subject.entry, c.sample))
    return subject.call(...withInputs(c.sample, makeInputs(subject.name, c.index, c.sample, c.dtype)));
  const { args, leaves } = prepare(subject, c);
  const result = subject.call(...args);
  const outputs = differentiableResults(result);
  const gradients = grad(outputs, leaves, { gradOutputs: weights(result, outputs), allowUnused: true });
  return [...flattenResult(result), ...gradients.filter((g): g is Tensor => g instanceof Tensor)];
}

/** Large samples on 1, 2, 3 and 7 threads: results and gradients. */
export function checkThreads(subject: Subject): void {
  const before = getNumThreads();
  try {
    checkCases(
      subject,
      casesOf(subject).filter((c) => c.sample.large),
      (c) => {
        setNumThreads(1);
        const expected = everything(subject, c);
        for (const threads of [2, 3, 7]) {
          setNumThreads(threads);
          const wrong = firstBitDifference(everything(subject, c), expected);
          if (wrong !== null) return `${threads} threads and 1 thread: ${wrong}`;
        }
        return null;
      },
    );
  } finally {
    setNumThreads(before);
  }
}
