// npm run parity [area]: builds the packages, prints how much of PyTorch's surface is there and writes docs/parity.md.
import { install, run } from './shell.mjs';

install();
const flags = ['--filter=@flambeau/parity', '--env-mode=loose', '--log-prefix=none', '--output-logs=new-only'];
process.exitCode = run('turbo', ['run', 'parity', ...flags, '--', ...process.argv.slice(2)]);
