/** The tests that follow from the samples of a group. */
import { Layer, registerLayer, dispatchBelow, dispatchInplaceBelow, withContext } from '@flambeau/core/internal';
import { grad } from '@flambeau/autograd';
import { database, type Entry, type GroupName, hasGradient } from '@flambeau/op-database';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeInputs, withInputs } from './build.js';
import { checkDefaultDevice } from './devices.js';
import { checkErrors } from './errors.js';
import { Fixtures } from './fixtures.js';
import { checkDecomposition, checkForward, checkLayouts, checkMethod } from './forward.js';
import {
  checkGradients,
  checkNumerically,
  checkSecondDerivatives,
  differentiableResults,
  prepare,
  weights,
} from './gradients.js';
import { casesOf, type Subject, subjectOf } from './subject.js';
import { checkThreads } from './threads.js';
import { checkBatching, checkForwardMode } from './transforms.js';
import { checkInplace, checkOut, inplaceOf } from './writing.js';

export function testGroup(group: GroupName): void {
  describe(group, () => {
    let fixtures: Fixtures;
    beforeAll(() => {
      fixtures = Fixtures.of(group);
    });
    for (const [name, entry] of Object.entries(database[group] as Readonly<Record<string, Entry>>)) {
      if (!entry.random) describe(name, () => testOp(group, name, entry, () => fixtures));
    }
  });
}

function testOp(group: GroupName, name: string, entry: Entry, fixtures: () => Fixtures): void {
  const subject = () => subjectOf(group, name);
  it('computes what PyTorch computes', () => checkForward(subject(), fixtures()));
  it('takes inputs in every layout', () => checkLayouts(subject(), fixtures()));
  it('has the same method, decomposition and out= form', () => {
    checkMethod(subject());
    checkDecomposition(subject());
    if (!name.endsWith('_')) checkOut(subject());
  });
  it('does the same in place', () => {
    const inplace = inplaceOf(subject());
    if (inplace !== null) checkInplace(subject(), inplace);
  });
  it('goes where its operands are', () => checkDefaultDevice(subject()));
  it('does the same for a batch', () => checkBatching(subject()));
  if (entry.large !== undefined) it('gives the same bits on any number of threads', () => checkThreads(subject()));
  if (entry.errors !== undefined) it('refuses bad input', () => checkErrors(subject()));
  if (entry.gradient !== false) {
    it('has the gradients of PyTorch', () => checkGradients(subject(), fixtures()));
    it('passes gradcheck', () => checkNumerically(subject()));
    it('has the same derivatives in forward mode', () => checkForwardMode(subject()));
    if (entry.secondGradient !== false) it('passes gradgradcheck', () => checkSecondDerivatives(subject()));
  }
  it('is declared as it is', () => {
    const { def } = subject();
    if (def !== null) expect(def.differentiable, 'differentiable').toBe(entry.gradient !== false);
    const missing = (entry.covers ?? []).filter((op) => !operatorsOf(subject()).has(op));
    expect(missing, 'operators that the samples are said to run').toEqual([]);
  });
}

/** Names of the operators that the samples and their gradients run. */
function operatorsOf(subject: Subject): Set<string> {
  const seen = new Set<string>();
  registerLayer(Layer.Profiler, {
    call(def, inputs, attributes, below) {
      seen.add(def.name);
      return dispatchBelow(def, inputs, attributes, below);
    },
    callInplace(def, self, inputs, attributes, below) {
      seen.add(def.name);
      return dispatchInplaceBelow(def, self, inputs, attributes, below);
    },
  });
  withContext('operatorsOf', { active: Layer.Profiler }, () => {
    for (const c of casesOf(subject)) {
      if (c.sample.large || !['float64', subject.entry.dtypes[0]].includes(c.dtype)) continue;
      if ((c.dtype === 'float64' || c.dtype === 'float32') && hasGradient(subject.entry, c.sample)) {
        const { args, leaves } = prepare(subject, c);
        const result = subject.call(...args);
        const outputs = differentiableResults(result);
        grad(outputs, leaves, { gradOutputs: weights(result, outputs), allowUnused: true });
      } else subject.call(...withInputs(c.sample, makeInputs(subject.name, c.index, c.sample, c.dtype)));
    }
  });
  return seen;
}
