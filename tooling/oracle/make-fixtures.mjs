/**
 * Stores what PyTorch says about the samples of the op database, in fixtures/<group>.safetensors.z (deflated).
 *
 *     node make-fixtures.mjs [group …]   asks PyTorch about the groups whose samples changed (about the named ones in any case)
 *     node make-fixtures.mjs --check     only says whether the stored results belong to the current samples
 *
 * Python with PyTorch is ORACLE_PYTHON (default python3). The op database must be built (`pnpm oracle` does).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync, inflateSync } from 'node:zlib';
import { database, makeRequest, readArchive, writeArchive } from '@flambeau/op-database';

const here = fileURLToPath(new URL('.', import.meta.url));
const fixtures = join(here, 'fixtures');
const SUFFIX = '.safetensors.z';
const fixturePath = (group) => join(fixtures, group + SUFFIX);

function storedDigest(group) {
  if (!existsSync(fixturePath(group))) return null;
  return readArchive(inflateSync(readFileSync(fixturePath(group)))).metadata.digest;
}

function ask(group) {
  const work = mkdtempSync(join(tmpdir(), 'flambeau-oracle-'));
  try {
    const request = makeRequest(database[group], true);
    writeFileSync(join(work, 'request'), writeArchive(request));
    const python = process.env.ORACLE_PYTHON ?? 'python3';
    const run = spawnSync(python, [join(here, 'oracle.py'), join(work, 'request'), join(work, 'answer')], { stdio: 'inherit' });
    if (run.error) throw run.error;
    if (run.status !== 0) return false;
    const { metadata, tensors } = readArchive(readFileSync(join(work, 'answer')));
    const archive = { metadata: { ...metadata, digest: request.digest }, tensors };
    const bytes = deflateSync(writeArchive(archive), { level: 9 });
    writeFileSync(fixturePath(group), bytes);
    console.log(
      `${group}: ${request.metadata.cases.length} cases, ${Math.ceil(bytes.length / 1024)} KiB, PyTorch ${metadata.torch}`,
    );
    return true;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
const check = args.includes('--check');
const named = args.filter((a) => !a.startsWith('--'));
for (const group of named)
  if (!(group in database)) throw new Error(`no group '${group}'; there are ${Object.keys(database).join(', ')}`);

mkdirSync(fixtures, { recursive: true });
const known = new Set(Object.keys(database));
const orphans = readdirSync(fixtures).filter((f) => !known.has(f.slice(0, -SUFFIX.length)));
const stale = [...known].filter((g) => named.includes(g) || makeRequest(database[g], false).digest !== storedDigest(g));
if (check) {
  for (const group of stale) console.log(`${group}: out of date; run pnpm oracle`);
  for (const file of orphans) console.log(`${file}: belongs to no group`);
  process.exitCode = stale.length + orphans.length > 0 ? 1 : 0;
} else {
  for (const file of orphans) rmSync(join(fixtures, file));
  const failed = (named.length > 0 ? named : stale).filter((group) => !ask(group));
  process.exitCode = failed.length > 0 ? 1 : 0;
}
