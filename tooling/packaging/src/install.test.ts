import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { entryPoints, install, runModule } from './consumer.js';

const packed = inject('packed');
const consumer = inject('consumer');

test.each(packed.flatMap(entryPoints))('%s imports from an installed package', (specifier) => {
  const { status, stdout, stderr } = runModule(consumer, `console.log(Object.keys(await import('${specifier}')).length)`);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(Number(stdout)).toBeGreaterThan(0);
});

test('core and audio alone bring no autograd', () => {
  const folder = join(consumer, '../audio-only');
  install(
    folder,
    packed.filter(({ name }) => /\/(kernels|core|audio)$/.test(name)),
  );
  expect(readdirSync(join(folder, 'node_modules/@flambeau')).sort()).toEqual(['audio', 'core', 'kernels']);
  const { status, stderr } = runModule(folder, "await import('@flambeau/audio')");
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

describe('without a usable binary, the kernels say what was tried', () => {
  const load = "await import('@flambeau/kernels')";

  test('on a platform that has none', () => {
    const { status, stderr } = runModule(consumer, `Object.defineProperty(process, 'arch', { value: 'sparc' }); ${load}`);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(new RegExp(`Error: .*${process.platform}-sparc`));
  });

  test('when FLAMBEAU_KERNELS names a file that is not there', () => {
    const { status, stderr } = runModule(consumer, load, { FLAMBEAU_KERNELS: '/nowhere/kernels.node' });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/Error: [\s\S]*\/nowhere\/kernels\.node/);
  });
});
