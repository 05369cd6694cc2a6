import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';

const consumer = inject('consumer');
const folder = join(consumer, 'readme');
const modules = join(import.meta.dirname, '../node_modules');

const readmes = [
  { name: 'flambeau', file: join(import.meta.dirname, '../../../README.md') },
  ...inject('packed').map(({ name, folder }) => ({ name, file: join(folder, 'README.md') })),
].map(({ name, file }) => ({ name, id: name.replace(/^.*\//, ''), text: readFileSync(file, 'utf8') }));

/** The blocks marked `ts` and nothing else. `ts no-run` marks one that needs files of the reader. */
const examples = readmes.flatMap(({ name, id, text }) =>
  [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code], i) => ({ name, module: `${id}-${i}`, code: code! })),
);

let diagnostics = '';

beforeAll(() => {
  mkdirSync(folder);
  for (const { module, code } of examples) writeFileSync(join(folder, `${module}.ts`), code);
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'ES2022',
    typeRoots: [join(modules, '@types')],
    types: ['node'],
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const tsc = spawnSync(process.execPath, [join(modules, 'typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' });
  diagnostics = tsc.stdout + tsc.stderr;
});

test('the examples compile', () => {
  expect(examples.filter(({ name }) => name === 'flambeau')).not.toEqual([]);
  expect(diagnostics).toBe('');
});

test.each(examples)('README of $name: example $module runs', ({ module }) => {
  const { status, stderr } = spawnSync(process.execPath, [join(folder, `${module}.js`)], { cwd: folder, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(stderr).not.toMatch(/warning|error/i); // progress goes there, too
});
