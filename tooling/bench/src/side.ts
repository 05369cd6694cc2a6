import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Answers, Failure, Hello, Request } from './protocol.js';

/** One side of the comparison, in a process of its own. */
export class Side {
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    this.reader = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  /** Starts a side. Its version, or why it cannot take part, is what `hello` says. */
  static async start(name: string, command: readonly string[], env: NodeJS.ProcessEnv): Promise<{ side: Side; hello: Hello }> {
    const child = spawn(command[0], command.slice(1), { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
    const failed = new Promise<Hello>((resolve) => child.once('error', (error) => resolve({ absent: error.message })));
    const side = new Side(name, child);
    const hello = await Promise.race([side.read<Hello>().catch((e: Error): Hello => ({ absent: e.message })), failed]);
    return { side, hello };
  }

  async ask<K extends keyof Answers>(request: Request & { do: K }): Promise<Answers[K]> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    const answer = await this.read<Answers[K] | Failure>();
    if ('error' in answer) throw new Error(`${this.name}, ${JSON.stringify(request)}: ${answer.error}`);
    return answer;
  }

  /** Ends the process. */
  stop(): void {
    this.reader.close();
    this.child.stdin?.end();
    this.child.kill();
  }

  private async read<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.name} ended without an answer`);
    return JSON.parse(value) as T;
  }
}
