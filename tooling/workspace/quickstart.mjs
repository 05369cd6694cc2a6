// npm run quickstart -- [options]: installs and builds only what the quickstart needs, then runs it.
import { join } from 'node:path';
import { install, must, root, run } from './shell.mjs';

const app = '@flambeau/quickstart';

install(['flambeau', `${app}...`]);
console.log('Building. The first time this compiles the kernels, which takes about a minute.');
must('turbo', ['run', 'build', `--filter=${app}`, '--output-logs=errors-only']);
process.exitCode = run(process.execPath, [join(root, 'apps', 'quickstart', 'dist', 'main.js'), ...process.argv.slice(2)]);
