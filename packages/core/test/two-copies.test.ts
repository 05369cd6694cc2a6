import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { runScript } from '@flambeau/vitest/run-script';

const core = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'flambeau-two-copies-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a second copy of the package is refused, naming both', async () => {
  const copy = join(folder, 'node_modules', '@flambeau', 'core');
  mkdirSync(copy, { recursive: true });
  cpSync(join(core, 'dist'), join(copy, 'dist'), { recursive: true });
  cpSync(join(core, 'package.json'), join(copy, 'package.json'));
  symlinkSync(
    realpathSync(join(core, 'node_modules', '@flambeau', 'kernels')),
    join(folder, 'node_modules', '@flambeau', 'kernels'),
    'junction',
  );
  const script = pathToFileURL(join(folder, 'both.mjs'));
  const first = pathToFileURL(join(core, 'dist', 'index.js')).href;
  writeFileSync(
    script,
    `import ${JSON.stringify(first)};
     import ${JSON.stringify(first)}; // the same copy again is no second one
     await import('@flambeau/core').then(() => console.log('accepted'), (error) => console.log(error.name + ': ' + error.message));`,
  );
  const { code, stdout, stderr } = await runScript(script);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^FlambeauError: two copies of @flambeau\/core are loaded, from /);
  expect(stdout).toContain(pathToFileURL(join(core, 'dist')).href);
  expect(stdout).toContain(pathToFileURL(join(copy, 'dist')).href);
  expect(stdout).toContain('dedupe');
});
