/** No operator and no public function of a group goes without samples. */
import { type AnyOpDef, allOps, groups } from '@flambeau/core/internal';
import { database, type Entry, type GroupName } from '@flambeau/op-database';
import { describe, expect, it } from 'vitest';
import { exportsOf } from './subject.js';

const entries = (group: string): Readonly<Record<string, Entry>> =>
  (database as Readonly<Record<string, Readonly<Record<string, Entry>>>>)[group] ?? {};
const functionsOf = (group: string): [string, { def?: AnyOpDef }][] =>
  Object.entries(exportsOf(group as GroupName)).filter((e): e is [string, { def?: AnyOpDef }] => typeof e[1] === 'function');

/** Exported for other files of core, not for users, and no operators. */
const HELPERS = [
  'castTo',
  'valuesAndIndices',
  'indexPutLeading_',
  'innerSizeError',
  'checkRange',
  'checkMask',
  'pooledShape',
  'liesInPairs',
];

/** Names of the operators that some entry tests, as its subject or on the way. */
function coveredOps(): Set<string> {
  const covered = new Set<string>();
  for (const group of Object.keys(database)) {
    for (const entry of Object.values(entries(group))) for (const op of entry.covers ?? []) covered.add(op);
    for (const [name, fn] of functionsOf(group)) if (fn.def !== undefined && name in entries(group)) covered.add(fn.def.name);
  }
  return covered;
}

describe('coverage', () => {
  it('has samples for every operator', () => {
    const covered = coveredOps();
    expect([...allOps().keys()].filter((op) => !covered.has(op))).toEqual([]);
  });

  it.each(Object.keys(groups))('has samples for every function of %s', (group) => {
    const covered = coveredOps();
    const missing = functionsOf(group).filter(([name, fn]) => {
      const inplaceOfSampled = name.endsWith('_') && name.slice(0, -1) in entries(group);
      return (
        !HELPERS.includes(name) &&
        !(name in entries(group)) &&
        !inplaceOfSampled &&
        !(fn.def !== undefined && covered.has(fn.def.name))
      );
    });
    expect(missing.map(([name]) => name)).toEqual([]);
  });

  it.each(Object.keys(database))('has only functions that exist in %s', (group) => {
    const exported = new Set(functionsOf(group).map(([name]) => name));
    expect(Object.keys(entries(group)).filter((name) => !exported.has(name))).toEqual([]);
  });
});
