import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { workloads } from './workloads/index.js';

test('names are unique, and every row has one', () => {
  const names = workloads.flatMap((w) => w.lines.map((line) => w.name + line.suffix));
  expect(new Set(names).size).toBe(names.length);
  expect(workloads.every((w) => w.lines.length > 0)).toBe(true);
});

test('every row has a target, and a share of a ceiling only where there is one', () => {
  for (const w of workloads)
    for (const { target } of w.lines) {
      expect([w.name, target.ratio !== undefined || target.ofCeiling !== undefined]).toEqual([w.name, true]);
      if (target.ofCeiling !== undefined) expect([w.name, w.ceiling !== undefined]).toEqual([w.name, true]);
    }
});

test('the Python side knows every workload', () => {
  const source = (file: string) => readFileSync(fileURLToPath(new URL(`../python/${file}.py`, import.meta.url)), 'utf8');
  const keys = new Set(
    [...`${source('operations')}${source('models')}${source('passes')}`.matchAll(/^ {4}"(\w+)":/gm)].map((m) => m[1]),
  );
  for (const { peer } of workloads) {
    expect(keys).toContain(peer.op);
    expect(keys).toContain(peer.pass);
  }
});
