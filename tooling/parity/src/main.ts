/** `npm run parity [area] [--missing]`: prints the totals and writes docs/parity.md. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { page, totalsOf, totalsTable } from './page.js';
import { AREAS, type Area, root, surfaceIsThere } from './surface.js';

if (!surfaceIsThere) {
  console.error('parity: the checklist ../shared/parity is not beside the repository');
  process.exit(1);
}
const named = process.argv.slice(2).filter((argument) => (AREAS as readonly string[]).includes(argument)) as Area[];
writeFileSync(join(root, 'docs', 'parity.md'), page());
console.log(totalsTable());
for (const area of named.length > 0 ? named : AREAS)
  for (const { tier, missing } of totalsOf(area))
    if (tier < 3 && missing.length > 0)
      console.log(`\n${area}, tier ${tier}, missing: ${missing.map((name) => name.replace(/^torch\./, '')).join(' ')}`);
