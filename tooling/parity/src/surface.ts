/** PyTorch's public surface as the checklist beside the repository lists it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = join(root, '..', 'shared', 'parity');

export interface Item {
  /** PyTorch's name, `torch.nn.Linear`. */
  readonly name: string;
  readonly group: string;
  readonly tier: 1 | 2 | 3;
  readonly kind: string;
  readonly inplace?: string;
  readonly alias_of?: string;
  readonly same_as?: string;
}

export const AREAS = ['tensor', 'autograd', 'nn', 'optim'] as const;
export type Area = (typeof AREAS)[number];

export const surfaceIsThere = existsSync(folder);

/** The items of one area that count: an alias is not counted twice. */
export function readSurface(area: Area): Item[] {
  const { items } = JSON.parse(readFileSync(join(folder, `${area}.json`), 'utf8')) as { items: Item[] };
  return items.filter((item) => item.alias_of === undefined && item.same_as === undefined);
}
