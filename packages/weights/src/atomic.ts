/** Files that are either complete or not there. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { CheckpointError } from './errors.js';

/** Pieces are written in turns of this size, so that a file may be larger than one write can be. */
const WRITE_BYTES = 256 * 1024 * 1024;

/**
 * Writes a file so that at every moment either the old or the new one is complete on disk: to a temporary file beside it, synced,
 * then renamed over it.
 *
 * @throws {CheckpointError} If it cannot be written (a full disk, say). The old file is untouched and the temporary one removed.
 */
export function writeFileAtomic(path: string, pieces: Iterable<Uint8Array | string>): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      for (const piece of pieces) writeFully(file, typeof piece === 'string' ? Buffer.from(piece) : piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new CheckpointError(`cannot write ${path}: ${describe(cause)}; the previous file, if there was one, is unchanged`, {
      cause,
    });
  }
  syncFolder(dirname(path));
}

function writeFully(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) at += writeSync(file, bytes, at, Math.min(WRITE_BYTES, bytes.byteLength - at));
}

// The rename itself must reach the disk, too. Some systems cannot sync a folder; the file is complete there all the same.
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EISDIR' && code !== 'EPERM' && code !== 'EINVAL' && code !== 'EACCES') throw error;
  }
}

function describe(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
      return 'the disk is full (ENOSPC); free some space';
    case 'ENOENT':
      return 'the folder does not exist (ENOENT); create it first';
    case 'EACCES':
      return 'no permission (EACCES)';
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
