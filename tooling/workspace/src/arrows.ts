import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { importsOf, sourcesOf } from './imports.js';

const domain = ['core', 'data'];

/** Which packages a package may import. Each lists all of them, not only the nearest: what is not here points up or sideways. */
const allowed: Record<string, readonly string[]> = {
  kernels: [],
  core: ['kernels'],
  autograd: ['core'],
  nn: ['core', 'autograd'],
  optim: ['core', 'autograd'],
  weights: ['core'],
  data: ['core'],
  vision: domain,
  audio: domain,
  text: domain,
  onnx: ['core', 'autograd', 'nn'],
  trainer: ['core', 'autograd', 'nn', 'optim', 'weights', 'data', 'vision', 'audio', 'text', 'onnx'],
};

/** Models and losses of a domain package are subpaths of it with optional peers. */
const modelFile = /^(models|losses)[/.]/;
const modelsMayUse = ['core', 'data', 'autograd', 'nn', 'weights'];

/** Packages that run without any third-party code. */
const selfContained = new Set(['core', 'autograd', 'nn', 'optim', 'weights']);

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

/** `@flambeau/nn/functional` → `nn`; undefined for other packages. */
const sibling = (specifier: string): string | undefined => /^@flambeau\/([^/]+)/.exec(specifier)?.[1];

/** `@scope/name/sub` → `@scope/name`, `name/sub` → `name`. */
const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/** What a package's manifest and sources import against the order of the packages or without declaring it. One line each. */
export function wrongArrows(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const name = sibling(manifest.name)!;
  const mayUse = allowed[name];
  if (!mayUse) return [`${manifest.name} has no place in the order of the packages (tooling/workspace/src/arrows.ts)`];
  const runtime = { ...manifest.dependencies, ...manifest.optionalDependencies };
  const declared = { ...runtime, ...manifest.peerDependencies };

  const wrong: string[] = [];
  for (const dependency of Object.keys(runtime)) {
    if (selfContained.has(name) && sibling(dependency) === undefined)
      wrong.push(`package.json: third-party dependency ${dependency}`);
  }
  const domainModels = mayUse === domain ? modelsMayUse : [];
  for (const dependency of Object.keys(declared)) {
    const target = sibling(dependency);
    if (target && !mayUse.includes(target) && !domainModels.includes(target)) wrong.push(`package.json → ${dependency}`);
  }
  for (const file of sourcesOf(join(folder, 'src'))) {
    const path = relative(join(folder, 'src'), file);
    const here = mayUse === domain && modelFile.test(path) ? modelsMayUse : mayUse;
    for (const { specifier } of importsOf(readFileSync(file, 'utf8'))) {
      if (/^(\.|node:)/.test(specifier) || packageOf(specifier) === manifest.name) continue;
      const target = sibling(specifier);
      if (target && !here.includes(target)) wrong.push(`${path} → ${specifier}`);
      else if (!(packageOf(specifier) in declared)) wrong.push(`${path} → ${specifier}, which package.json does not declare`);
    }
  }
  return wrong;
}
