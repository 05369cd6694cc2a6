// npm run bench [name]: builds the packages, then runs the benchmark harness (tooling/bench) with the given arguments.
import { install, run } from './shell.mjs';

install();
const flags = ['--filter=@flambeau/bench', '--env-mode=loose', '--log-prefix=none', '--output-logs=new-only'];
process.exitCode = run('turbo', ['run', 'bench', ...flags, '--', ...process.argv.slice(2)]);
