/** PyTorch's stored results. */
import { existsSync, readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { type Archive, type ArchivedTensor, database, type GroupName, makeRequest, readArchive } from '@flambeau/op-database';

export class Fixtures {
  private constructor(private readonly archive: Archive) {}

  /** @throws If they do not belong to the samples as they are now. */
  static of(group: GroupName): Fixtures {
    const path = new URL(`../../oracle/fixtures/${group}.safetensors.z`, import.meta.url);
    if (!existsSync(path)) throw new Error(`no stored results for the group ${group}; run pnpm oracle`);
    const archive = readArchive(inflateSync(readFileSync(path)));
    if (archive.metadata.digest !== makeRequest(database[group], false).digest)
      throw new Error(`the samples of ${group} have changed since PyTorch was asked; run pnpm oracle`);
    return new Fixtures(archive);
  }

  outputs(key: string): ArchivedTensor[] {
    const found: ArchivedTensor[] = [];
    for (let i = 0; ; i++) {
      const t = this.archive.tensors.get(`${key}/out${i}`);
      if (t === undefined) return found;
      found.push(t);
    }
  }

  /** Undefined if the result does not depend on this input. */
  gradient(key: string, input: number): ArchivedTensor | undefined {
    return this.archive.tensors.get(`${key}/grad${input}`);
  }
}
