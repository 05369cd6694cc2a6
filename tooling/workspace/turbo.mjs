// node tooling/workspace/turbo.mjs <task>… [turbo's options]: installs, then runs tasks through turbo.
import { install, run } from './shell.mjs';

install();
process.exitCode = run('turbo', ['run', ...process.argv.slice(2), '--output-logs=new-only']);
