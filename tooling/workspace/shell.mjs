// Commands of the workspace on a machine that has only Node and npm: the pinned pnpm is kept under node_modules.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const pnpmVersion = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  .packageManager.split('@')[1]
  .split('+')[0];
const pnpmHome = join(root, 'node_modules', '.cache', `pnpm-${pnpmVersion}`);
const path = [join(pnpmHome, 'node_modules', '.bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
const quiet = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NPM_CONFIG_UPDATE_NOTIFIER: 'false' };

/**
 * Runs a command in the repository's root with pnpm and the root's binaries on the path.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env] added to the environment.
 * @returns {number} the exit status; 1 if a signal ended the command.
 */
export function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...quiet, PATH: path, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32', // npm, pnpm and turbo are .cmd files there
  });
  if (error) throw error;
  return status ?? 1;
}

/**
 * Like {@link run}, but a failure ends this process with the command's status.
 *
 * @param {string} command
 * @param {string[]} args
 */
export function must(command, args) {
  const status = run(command, args);
  if (status !== 0) process.exit(status);
}

/**
 * Installs the locked dependencies with the pinned pnpm, which is fetched on the first call.
 *
 * @param {string[]} [filters] packages to install for, `name...` with what they depend on; all by default.
 */
export function install(filters = []) {
  if (!existsSync(join(pnpmHome, 'node_modules', 'pnpm', 'package.json'))) {
    const flags = ['--prefix', pnpmHome, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    must('npm', ['install', ...flags, `pnpm@${pnpmVersion}`]);
  }
  must('pnpm', [
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
    '--reporter=append-only',
    ...filters.flatMap((f) => ['--filter', f]),
  ]);
}
