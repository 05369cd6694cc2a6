import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

/** A new folder, removed when the tests of the file are through. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'flambeau-'));
  made.push(path);
  return path;
}
