import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SHARED = process.env.FLAMBEAU_SHARED_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));

/** A folder of the shared test data, and the end of a test's title that says if it is not there. */
export function sharedData(name: string): { readonly path: string; readonly missing: boolean; readonly note: string } {
  const path = join(SHARED, name);
  const missing = !existsSync(path);
  return { path, missing, note: missing ? ` (skipped: there is no ${path}; set FLAMBEAU_SHARED_DATA)` : '' };
}
