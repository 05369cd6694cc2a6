// Saves 4 bytes, then 4 MB, into the folder given; prints what is there afterwards. Run by atomic.test.ts.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { full, zeros } from '@flambeau/core';
import { loadFile, saveFile } from '@flambeau/weights';

const folder = process.argv[2];
const path = join(folder, 'a.safetensors');
saveFile(path, { x: full([1], 1) });
try {
  saveFile(path, { x: zeros([1024, 1024]) });
} catch ({ name, message }) {
  console.log(JSON.stringify({ name, message, oldValue: loadFile(path).x.item(), files: readdirSync(folder) }));
}
