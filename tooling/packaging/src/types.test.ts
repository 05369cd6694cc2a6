import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { entryPoints } from './consumer.js';

const packed = inject('packed');
const consumer = inject('consumer');
const modules = join(import.meta.dirname, '../node_modules');

/** The strictest project that TypeScript can check, with declaration files included. */
const options = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  verbatimModuleSyntax: true,
  noEmit: true,
  target: 'ES2022',
  typeRoots: [join(modules, '@types')],
  types: ['node'],
};

test.each([
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'preserve', moduleResolution: 'bundler' },
])('a strict TypeScript project compiles under $moduleResolution', (resolution) => {
  const folder = join(consumer, resolution.moduleResolution);
  mkdirSync(folder);
  const specifiers = packed.flatMap(entryPoints);
  const lines = specifiers.map((specifier, i) => `import * as m${i} from '${specifier}';`);
  lines.push(`console.log(${specifiers.map((_, i) => `m${i}`).join(', ')});`);
  writeFileSync(join(folder, 'main.ts'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...options, ...resolution }, files: ['main.ts'] }),
  );
  const tsc = spawnSync(process.execPath, [join(modules, 'typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' });
  expect(tsc.stdout + tsc.stderr).toBe('');
  expect(tsc.status).toBe(0);
});
