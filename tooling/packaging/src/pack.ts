import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { install } from './consumer.js';

/** A published package as it would leave this machine. */
export interface Packed {
  readonly name: string;
  /** The `.tgz`. */
  readonly tarball: string;
  /** Its unpacked content. */
  readonly folder: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    packed: Packed[];
    /** A folder outside the repository into which all packages were installed by npm. */
    consumer: string;
  }
}

const root = join(import.meta.dirname, '../../..');

/** Packs every package with pnpm, which replaces `workspace:` versions and adds the licence. */
function pack(into: string): Packed[] {
  const tarballs = join(into, 'tarballs');
  execFileSync('pnpm', ['--recursive', '--filter', './packages/*', 'pack', '--pack-destination', tarballs], {
    cwd: root,
    stdio: 'pipe',
  });
  return readdirSync(tarballs).map((file) => {
    const tarball = join(tarballs, file);
    const unpacked = join(into, 'unpacked', file);
    mkdirSync(unpacked, { recursive: true });
    execFileSync('tar', ['-xzf', tarball, '-C', unpacked]);
    const folder = join(unpacked, 'package');
    return { name: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name, tarball, folder };
  });
}

/** Vitest's global set-up: everything is packed and installed once for all suites. */
export default function setup(project: TestProject): () => void {
  const work = mkdtempSync(join(tmpdir(), 'flambeau-packaging-'));
  const packed = pack(work);
  const consumer = join(work, 'consumer');
  install(consumer, packed);
  project.provide('packed', packed);
  project.provide('consumer', consumer);
  return () => rmSync(work, { recursive: true, force: true });
}
