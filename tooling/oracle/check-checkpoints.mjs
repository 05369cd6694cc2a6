/**
 * Shows PyTorch (with weights_only=True), safetensors and NumPy the files that @flambeau/weights writes: they must find the same
 * values. The tests of the package compare the files with the digests that are stored here.
 *
 *     node check-checkpoints.mjs            checks
 *     node check-checkpoints.mjs --update   stores the digests, too
 *
 * Python with PyTorch is ORACLE_PYTHON (default python3). The package must be built (`npm run oracle:check` does).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { describe, sorted } from '../../packages/weights/test/describe.mjs';
import { files, writeAll } from '../../packages/weights/test/written.mjs';

const script = fileURLToPath(new URL('./checkpoints.py', import.meta.url));
const stored = fileURLToPath(new URL('../../packages/weights/test/fixtures/written.json', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'flambeau-checkpoints-'));
try {
  writeAll(folder);
  const digests = Object.fromEntries(
    Object.keys(files).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
  const python = spawnSync(process.env.ORACLE_PYTHON ?? 'python3', [script, 'verify', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (python.error) throw python.error;
  if (python.status !== 0) throw new Error(`checkpoints.py ended with ${python.status}`);
  const found = JSON.parse(python.stdout);
  let wrong = 0;
  for (const [name, { value }] of Object.entries(files)) {
    const expected = JSON.parse(JSON.stringify(describe(value)));
    const order = name.endsWith('.safetensors') ? sorted : (x) => x;
    const same = isDeepStrictEqual(order(found[name]), order(expected));
    console.log(`${same ? 'same' : 'DIFFERENT'}  ${name}`);
    if (!same) console.log({ expected: JSON.stringify(expected), found: JSON.stringify(found[name]) });
    wrong += same ? 0 : 1;
  }
  if (wrong === 0 && process.argv.includes('--update')) writeFileSync(stored, `${JSON.stringify(digests, null, 2)}\n`);
  const outdated = !isDeepStrictEqual(JSON.parse(readFileSync(stored, 'utf8')), digests);
  if (outdated) console.log('the stored digests are not those of these files; run with --update');
  process.exitCode = wrong > 0 || outdated ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
