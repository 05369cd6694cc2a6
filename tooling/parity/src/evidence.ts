/** What proves an item: samples of the op database compared with PyTorch, or a test that uses it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import { database, type Entry } from '@flambeau/op-database';
import { lookUp } from './names.js';
import { root } from './surface.js';

export interface Samples {
  readonly count: number;
  readonly dtypes: readonly string[];
  readonly gradient: boolean;
  /** Gradients of gradients are compared with differences too. */
  readonly doubleGradient: boolean;
}

/** Of the groups of samples that are no groups of operators. */
const everything: Readonly<Record<string, unknown>> = { ...core.linalg, ...core };

const ofFunction = new Map<unknown, Samples>();
const ofMethod = new Map<string, Samples>();
/** Two groups have a function of this name, and this one's is not the method: `F.unfold`, `torch.linalg.norm`. */
const NOT_METHODS = new Set(['fold.unfold', 'matrixNorm.norm']);

for (const [group, entries] of Object.entries(database))
  for (const [name, entry] of Object.entries(entries as Readonly<Record<string, Entry>>)) {
    if (entry.random === true) continue; // nothing of PyTorch's to compare with
    const gradient = entry.gradient !== false;
    const samples: Samples = {
      count: entry.samples.length * entry.dtypes.length,
      dtypes: entry.dtypes,
      gradient,
      doubleGradient: gradient && entry.secondGradient !== false,
    };
    const functions = ((groups as Record<string, unknown>)[group] ?? everything) as Record<string, unknown>;
    if (functions[name] === undefined) throw new Error(`the group ${group} of @flambeau/core has no function ${name}`);
    ofFunction.set(functions[name], samples);
    if (!NOT_METHODS.has(`${group}.${name}`)) ofMethod.set(name, samples);
  }

const TENSOR_MEMBER = 'core.Tensor.prototype.';

/** Samples of what we call `path`; those of an in-place form are of the op it stands for. */
export function samplesOf(path: string): Samples | undefined {
  if (!path.startsWith(TENSOR_MEMBER)) return path.includes('.prototype.') ? undefined : ofFunction.get(lookUp(path));
  const name = path.slice(TENSOR_MEMBER.length);
  return ofMethod.get(name) ?? ofMethod.get(name.replace(/_$/, ''));
}
export const sampleCount = (): number => [...ofFunction.values()].reduce((sum, { count }) => sum + count, 0);
export const opCount = (): number => ofFunction.size;

function* testFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['node_modules', 'dist', 'build', 'native'].includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* testFiles(path);
    else if (entry.name.endsWith('.test.ts')) yield path;
  }
}

interface TestFile {
  readonly area: string;
  readonly path: string;
  /** Without comments, texts and imports, so that a name that is left is a use. */
  readonly code: string;
  /** What is imported or taken out of a namespace, with its name in the file. */
  readonly imports: ReadonlyMap<string, string>;
}

const NO_CODE = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g;
const IMPORT = /^import\s+(?:type\s+)?([^;]*?)\s*from\s*;|^\s*const \{([^}]*)\}\s*=\s*[\w.]+;/gm;
const IMPORTED = /([\w$*]+)(?:(?:\s+as|:)\s+([\w$]+))?/g; // `a`, `a as b`, `* as b`, `a: b`

function readTest(area: string, path: string): TestFile {
  const source = readFileSync(path, 'utf8').replace(NO_CODE, '');
  const imports = new Map<string, string>();
  for (const [, imported, taken] of source.matchAll(IMPORT))
    for (const [, name = '', local = name] of (imported ?? taken ?? '').matchAll(IMPORTED))
      imports.set(name === '*' ? local : name, local);
  return { area, path: path.slice(root.length).replaceAll('\\', '/'), code: source.replace(IMPORT, ''), imports };
}

const folders = {
  core: ['packages/core', 'tooling/op-database/test'],
  autograd: ['packages/autograd'],
  nn: ['packages/nn'],
  optim: ['packages/optim'],
};
const tests: readonly TestFile[] = Object.entries(folders).flatMap(([area, paths]) =>
  paths.flatMap((path) => [...testFiles(join(root, path))].map((file) => readTest(area, file))),
);

/** Classes whose instances are mostly made under another name. */
const BASE_CLASSES = new Set(['Module', 'Optimizer', 'LRScheduler', 'Function', 'FunctionContext', 'Node']);

/** How often a test uses what we call `path`. */
function uses({ area, code, imports }: TestFile, path: readonly string[]): number {
  const count = (pattern: string, name: string): number =>
    [...code.matchAll(new RegExp(`${pattern}${name.replaceAll('$', '\\$')}(?![\\w$])`, 'g'))].length;
  const last = path.at(-1) as string;
  const at = path.indexOf('prototype');
  if (at > 0) {
    const owner = path[at - 1] as string;
    const known = owner === 'Tensor' || (area === path[0] && BASE_CLASSES.has(owner)) || imports.has(owner);
    return known ? count('\\.', last) : 0;
  }
  // functions of core are used everywhere, those of other packages also have namesakes there
  if (area !== path[0] && lookUp(path.join('.')) !== lookUp(`core.${last}`)) return 0;
  const space = path.at(-2) as string;
  const qualified = path.some((name) => imports.has(name)) ? count(`(?<![\\w$])${imports.get(space) ?? space}\\.`, last) : 0; // F.relu_
  const local = imports.get(last);
  return qualified + (local === undefined ? 0 : count('(?<![\\w$.])', local));
}

/** The test that uses what we call `path` most. */
export function testOf(path: string): string | undefined {
  const names = path.split('.');
  let best: { readonly path: string; readonly count: number } | undefined;
  for (const test of tests) {
    const count = uses(test, names);
    if (count > (best?.count ?? 0)) best = { path: test.path, count };
  }
  return best?.path;
}
