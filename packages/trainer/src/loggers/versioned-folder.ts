import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Makes the next free `version_N` folder, or the named one. */
export function versionedFolder(root: string, version?: number | string): string {
  mkdirSync(root, { recursive: true });
  const name =
    version === undefined
      ? `version_${readdirSync(root).reduce((next, f) => Math.max(next, Number(/^version_(\d+)$/.exec(f)?.[1] ?? -1) + 1), 0)}`
      : typeof version === 'number'
        ? `version_${version}`
        : version;
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  return path;
}
