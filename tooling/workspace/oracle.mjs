// npm run oracle [group …]: asks PyTorch (ORACLE_PYTHON) about the samples of the op database that changed; --check only compares.
import { install, run } from './shell.mjs';

install();
process.exitCode = run('pnpm', ['--filter', '@flambeau/oracle', 'oracle', ...process.argv.slice(2)]);
