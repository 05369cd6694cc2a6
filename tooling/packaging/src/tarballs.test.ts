import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, test } from 'vitest';

const packed = inject('packed');
const kernels = packed.find(({ name }) => name === '@flambeau/kernels')!;

test('every package of the repository is packed', () => {
  expect(packed).toHaveLength(readdirSync(join(import.meta.dirname, '../../../packages')).length);
});

describe.each(packed)('$name', ({ tarball, folder }) => {
  const manifestText = readFileSync(join(folder, 'package.json'), 'utf8');
  const manifest = JSON.parse(manifestText);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });

  test('carries a licence, a README and built code, and no tests or build state', () => {
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts']));
    expect(files.filter((file) => /\.test(-d)?\.|tsbuildinfo/.test(file))).toEqual([]);
  });

  test('installs without scripts or a compiler', () => {
    const scripts = Object.keys(manifest.scripts ?? {});
    expect(scripts.filter((script) => /^(pre|post)?install$|^prepare$/.test(script))).toEqual([]);
    expect(files.filter((file) => file.endsWith('binding.gyp'))).toEqual([]);
  });

  test('names versions that exist outside the workspace', () => {
    expect(manifestText).not.toMatch(/"(workspace|catalog|file|link):/);
  });

  test('is clean under publint', async () => {
    const { messages } = await publint({ pkgDir: folder, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, manifest, { color: false }))).toEqual([]);
  });

  test('has types that resolve as its code does', async () => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
    if (!result.types) throw new Error(`${manifest.name} has no types`);
    // ESM only: CommonJS and the pre-exports resolution of Node 10 are not supported on purpose.
    const supported = result.problems.filter((problem) => {
      if ('resolutionKind' in problem) return !/^node10$|^node16-cjs$/.test(problem.resolutionKind);
      return !('resolutionOption' in problem && problem.resolutionOption === 'node10');
    });
    expect(supported).toEqual([]);
  });
});

test('the kernels carry a binary for this machine of at most 3 MB each', () => {
  const prebuilds = join(kernels.folder, 'prebuilds');
  expect(existsSync(prebuilds)).toBe(true);
  const binaries = readdirSync(prebuilds);
  expect(binaries.filter((file) => file.startsWith(`${process.platform}-${process.arch}`))).not.toEqual([]);
  for (const file of binaries) expect(statSync(join(prebuilds, file)).size, file).toBeLessThanOrEqual(3e6);
});
