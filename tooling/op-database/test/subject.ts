/** The function under test, its cases, and how failures are told. */
import { groups, type AnyOpDef } from '@flambeau/core/internal';
import * as core from '@flambeau/core';
import type { Tensor } from '@flambeau/core';
import {
  caseKey,
  database,
  type DType,
  type Entry,
  formatArguments,
  type GroupName,
  type Sample,
  samplesOf,
} from '@flambeau/op-database';

// biome-ignore lint/suspicious/noExplicitAny: called with whatever the samples say
export type AnyFunction = (...args: any[]) => unknown;

export interface Subject {
  readonly group: GroupName;
  readonly name: string;
  readonly entry: Entry;
  readonly call: AnyFunction;
  /** Null for a plain composed function. */
  readonly def: AnyOpDef | null;
  readonly out: ((out: Tensor, ...args: unknown[]) => Tensor) | null;
}

/** Of whatever group: what the package exports, and matrix functions. */
const everything: Readonly<Record<string, unknown>> = { ...core.linalg, ...core };
/** What a group exports. Functions that make tensors are not operators; they come from the package itself. */
export const exportsOf = (group: GroupName): Readonly<Record<string, unknown>> =>
  (groups as unknown as Record<string, Record<string, unknown>>)[group] ?? everything;

export function subjectOf(group: GroupName, name: string): Subject {
  const call = exportsOf(group)[name] as (AnyFunction & { def?: AnyOpDef; out?: Subject['out'] }) | undefined;
  if (typeof call !== 'function') throw new Error(`the group ${group} of @flambeau/core has no function ${name}`);
  const entry = (database[group] as Readonly<Record<string, Entry>>)[name];
  if (entry.adapt !== undefined)
    return { group, name, entry, call: entry.adapt(call, exportsOf(group) as Record<string, AnyFunction>), def: null, out: null };
  return { group, name, entry, call, def: call.def ?? null, out: call.out ?? null };
}

export interface Case {
  readonly index: number;
  readonly sample: Sample & { readonly large: boolean };
  readonly dtype: DType;
  /** Its name in the fixtures. */
  readonly key: string;
}

export function casesOf({ name, entry }: Subject): Case[] {
  return samplesOf(entry).flatMap((sample, index) =>
    (sample.dtypes ?? entry.dtypes).map((dtype) => ({ index, sample, dtype, key: caseKey(name, index, dtype) })),
  );
}

const SHOWN = 6;

/** Runs `check` on every case and reports all that fail: op, sample, dtype, what is wrong. `check` returns what is wrong, or null. */
export function checkCases(subject: Subject, cases: readonly Case[], check: (c: Case) => string | null): void {
  const failures: string[] = [];
  for (const c of cases) {
    const at = `${subject.name}${formatArguments(c.sample.args)} ${c.dtype} [${c.key}]`;
    try {
      const wrong = check(c);
      if (wrong !== null) failures.push(`${at}: ${wrong}`);
    } catch (error) {
      failures.push(
        `${at}: threw ${error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 4).join('\n    ') : error}`,
      );
    }
  }
  if (failures.length > 0)
    throw new Error(
      `${failures.length} of ${cases.length} cases fail:\n  ${failures.slice(0, SHOWN).join('\n  ')}${failures.length > SHOWN ? '\n  …' : ''}`,
    );
}
