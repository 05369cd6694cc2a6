import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Packed } from './pack.js';

/** Makes `folder` a project that depends on the tarballs. Third-party packages come from npm's cache or the registry. */
export function install(folder: string, packed: readonly Packed[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...flags, ...packed.map(({ tarball }) => tarball)], { cwd: folder, stdio: 'pipe' });
}

/** Runs a program of the project with no compiler, nor any other command, on the path. */
export function runModule(
  folder: string,
  code: string,
  env: Record<string, string> = {},
): { status: number | null; stdout: string; stderr: string } {
  const flags = ['--input-type=module', '--eval', code];
  return spawnSync(process.execPath, flags, { cwd: folder, encoding: 'utf8', env: { PATH: '', ...env } });
}

/** What other packages can import: `@flambeau/core`, `@flambeau/core/internal`, … */
export function entryPoints({ name, folder }: Packed): string[] {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { exports: Record<string, unknown> };
  return Object.keys(exports)
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => name + subpath.slice(1));
}
