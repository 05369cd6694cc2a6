import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The next free `version_N` folder, or the named one. It is made when its path is first asked for. */
export class VersionedFolder {
  private made: string | null = null;

  constructor(
    private readonly root: string,
    private readonly version?: number | string,
  ) {}

  get path(): string {
    if (this.made === null) {
      mkdirSync(this.root, { recursive: true });
      const { version = this.nextVersion() } = this;
      this.made = join(this.root, typeof version === 'number' ? `version_${version}` : version);
      mkdirSync(this.made, { recursive: true });
    }
    return this.made;
  }

  private nextVersion(): number {
    const taken = readdirSync(this.root).map((name) => Number(/^version_(\d+)$/.exec(name)?.[1] ?? -1));
    return Math.max(-1, ...taken) + 1;
  }
}
