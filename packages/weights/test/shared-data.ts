import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The shared test data, and the end of a test's title that says if it is not there. */
export const SHARED = process.env.FLAMBEAU_SHARED_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
export const missing = !existsSync(SHARED);
export const note = missing ? ` (skipped: there is no ${SHARED}; set FLAMBEAU_SHARED_DATA)` : '';
