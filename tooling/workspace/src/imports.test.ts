import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { wrongArrows } from './arrows.js';
import { circularImports, importsOf } from './imports.js';

const packages = join(dirname(fileURLToPath(import.meta.url)), '../../../packages');

describe.each(readdirSync(packages))('packages/%s', (name) => {
  test('has no circular imports', () => expect(circularImports(join(packages, name, 'src'))).toEqual([]));
  test('imports only what stands below it', () => expect(wrongArrows(join(packages, name))).toEqual([]));
});

/** A package written to a folder that goes with the test. */
function made(name: string, manifest: object, sources: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'flambeau-imports-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: `@flambeau/${name}`, ...manifest }));
  for (const [file, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(folder, 'src', file)), { recursive: true });
    writeFileSync(join(folder, 'src', file), text);
  }
  return folder;
}

test('importsOf sees every form and no comment', () => {
  const source = `
    import type { A } from './a.js';
    import b, {
      c,
    } from "./b.js";
    import './c.js';
    export * from './d.js';
    export { e } from './e.js';
    // import './f.js';
    /* import './g.js'; */
    const h = await import('./h.js');`;
  expect(importsOf(source).map(({ specifier }) => specifier)).toEqual([
    './a.js',
    './b.js',
    './c.js',
    './d.js',
    './e.js',
    './h.js',
  ]);
  expect(importsOf(source).map(({ typeOnly }) => typeOnly)).toEqual([true, false, false, false, false, false]);
});

test('a circle is found, a circle of types is not one', () => {
  const circle = made('core', {}, { 'a.ts': "import './b.js';", 'b.ts': "import './c.js';", 'c.ts': "export * from './a.js';" });
  expect(circularImports(join(circle, 'src'))).toEqual(['a.ts → b.ts → c.ts → a.ts']);
  const types = made('core', {}, { 'a.ts': "import './b.js';", 'b.ts': "import type { A } from './a.js';" });
  expect(circularImports(join(types, 'src'))).toEqual([]);
});

test('an arrow pointing up is found in sources and manifest', () => {
  const peers = { '@flambeau/core': '^1.0.0', '@flambeau/autograd': '^1.0.0' };
  const core = made('core', { peerDependencies: peers }, { 'a.ts': "import type { B } from '@flambeau/autograd/internal';" });
  expect(wrongArrows(core)).toContain('package.json → @flambeau/autograd');
  expect(wrongArrows(core)).toContain('a.ts → @flambeau/autograd/internal');
  expect(wrongArrows(made('autograd', { peerDependencies: peers }, { 'a.ts': "import '@flambeau/core';" }))).toContain(
    'package.json → @flambeau/autograd',
  );
});

test('only the models and losses of a domain package may use nn', () => {
  const manifest = { peerDependencies: { '@flambeau/core': '^1.0.0', '@flambeau/nn': '^1.0.0' } };
  expect(wrongArrows(made('vision', manifest, { 'models/resnet.ts': "import '@flambeau/nn';" }))).toEqual([]);
  expect(wrongArrows(made('vision', manifest, { 'io.ts': "import '@flambeau/nn';" }))).toEqual(['io.ts → @flambeau/nn']);
});

test('third-party and undeclared dependencies are found', () => {
  expect(wrongArrows(made('optim', { dependencies: { lodash: '4' } }, { 'a.ts': '' }))).toEqual([
    'package.json: third-party dependency lodash',
  ]);
  expect(wrongArrows(made('text', {}, { 'a.ts': "import 'unicode/data';" }))).toEqual([
    'a.ts → unicode/data, which package.json does not declare',
  ]);
});
