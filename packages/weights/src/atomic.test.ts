import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder as folder } from '@flambeau/vitest/temporary-folder';
import { CheckpointError, writeFileAtomic } from './index.js';

const SCRIPT = fileURLToPath(new URL('../test/save-twice.mjs', import.meta.url));

describe('writeFileAtomic', () => {
  it('replaces the file and leaves nothing beside it', () => {
    const dir = folder();
    const path = join(dir, 'a');
    writeFileAtomic(path, ['one']);
    writeFileAtomic(path, ['t', new Uint8Array([119]), 'o']);
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(dir)).toEqual(['a']);
  });
  it('leaves the old file alone when the new one fails half-way', () => {
    const dir = folder();
    const path = join(dir, 'a');
    writeFileAtomic(path, ['old']);
    const failing = function* () {
      yield 'half';
      throw new RangeError('on purpose');
    };
    expect(() => writeFileAtomic(path, failing())).toThrow(
      `cannot write ${path}: on purpose; the previous file, if there was one, is unchanged`,
    );
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['a']);
  });
  it('names the file and the reason', () => {
    const dir = folder();
    const error = (path: string): Error => {
      try {
        writeFileAtomic(path, ['x']);
      } catch (e) {
        return e as Error;
      }
      throw new Error('no error');
    };
    const missing = error(join(dir, 'none', 'a'));
    expect(missing).toBeInstanceOf(CheckpointError);
    expect(missing.message).toContain('the folder does not exist (ENOENT); create it first');
    mkdirSync(join(dir, 'b'));
    writeFileSync(join(dir, 'b', 'inside'), '');
    expect(error(join(dir, 'b')).message).toContain(`cannot write ${join(dir, 'b')}`);
    expect(readdirSync(dir)).toEqual(['b']);
    if (process.getuid?.() !== 0) {
      chmodSync(dir, 0o500);
      expect(error(join(dir, 'a')).message).toContain('no permission (EACCES)');
    }
  });
});

// The script saves a small checkpoint, then one that does not fit, in the given folder and prints what it finds.
const reportOf = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1) as string);
const expected = { oldValue: 1, files: ['a.safetensors'], name: 'CheckpointError' };

describe('a checkpoint that does not fit', () => {
  it('on a full disk leaves the old one complete', (context) => {
    const dir = folder();
    const command = `mount -t tmpfs -o size=1m tmpfs '${dir}' && exec '${process.execPath}' '${SCRIPT}' '${dir}'`;
    const allowed =
      spawnSync('unshare', ['--mount', '--map-root-user', 'sh', '-c', `mount -t tmpfs -o size=1m tmpfs '${dir}'`]).status === 0;
    const asRoot =
      !allowed && spawnSync('unshare', ['--mount', 'sh', '-c', `mount -t tmpfs -o size=1m tmpfs '${dir}'`]).status === 0;
    if (!allowed && !asRoot)
      return context.skip('a small file system cannot be mounted here (unshare and mount are not permitted)');
    const stdout = execFileSync('unshare', [...(allowed ? ['--mount', '--map-root-user'] : ['--mount']), 'sh', '-c', command], {
      encoding: 'utf8',
    });
    expect(reportOf(stdout)).toMatchObject({
      ...expected,
      message: expect.stringContaining('the disk is full (ENOSPC); free some space'),
    });
  });
  it('under a limit of file sizes leaves the old one complete', (context) => {
    const dir = folder();
    const { status, stdout } = spawnSync(
      'bash',
      ['-c', `trap '' XFSZ; ulimit -f 512 && exec '${process.execPath}' '${SCRIPT}' '${dir}'`],
      { encoding: 'utf8' },
    );
    if (status === null) return context.skip('there is no bash here');
    expect(reportOf(stdout)).toMatchObject({ ...expected, message: expect.stringContaining('EFBIG') });
  });
});
