/** Scripts beside a test, run by a Node of their own on the built packages: for flags, for crashes, for memory. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Ended {
  /** Exit code; null if a signal ended the process. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `node <flags> <script> <args>` and waits for its end, at most `seconds`. */
export function runScript(
  script: URL,
  flags: readonly string[] = [],
  args: readonly string[] = [],
  seconds = 120,
): Promise<Ended> {
  return new Promise((resolve) => {
    const command = [...flags, fileURLToPath(script), ...args];
    execFile(
      process.execPath,
      command,
      { timeout: 1000 * seconds, env: { ...process.env, NODE_OPTIONS: '' } },
      (error, stdout, stderr) => {
        const { code = 0, signal = null } = (error ?? {}) as { code?: number; signal?: string };
        resolve({ code: signal === null ? Number(code) : null, signal, stdout, stderr });
      },
    );
  });
}

/** The same for a script that prints one JSON value. Throws with what it wrote to stderr if it does not end well. */
export async function resultOf<T>(
  script: URL,
  flags: readonly string[] = [],
  args: readonly string[] = [],
  seconds = 120,
): Promise<T> {
  const { code, signal, stdout, stderr } = await runScript(script, flags, args, seconds);
  if (code !== 0) throw new Error(`${script.pathname} ended with ${signal ?? code}:\n${stderr}`);
  return JSON.parse(stdout) as T;
}
