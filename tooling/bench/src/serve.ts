/** The loop of a side that is written in JavaScript. */
import { createInterface } from 'node:readline';
import { writeOutput } from './arrays.js';
import type { Hello, ProfiledStep, Request } from './protocol.js';
import type { PeerWorkload } from './workload.js';

/** A workload as a side runs it. */
export interface Served {
  readonly variants: Readonly<Record<string, (times: number) => void | Promise<void>>>;
  outputs(variant: string): readonly Float32Array[] | Promise<readonly Float32Array[]>;
  profile?(variant: string): ProfiledStep;
}

/** Sets a workload up from the inputs in `folder`; null for one that the side does not know. */
export type Prepare = (workload: string, peer: PeerWorkload, folder: string) => Served | null;

/** Answers requests until stdin ends. */
export async function serve(hello: Hello, prepare: Prepare): Promise<void> {
  let folder = '';
  let current: Served | null = null;

  async function answer(request: Request): Promise<unknown> {
    if (request.do === 'prepare') {
      folder = request.folder;
      current = null; // the old workload's memory goes first
      current = prepare(request.workload, request.peer, folder);
      return { variants: Object.keys(current?.variants ?? {}) };
    }
    if (request.do === 'peak') return { bytes: process.resourceUsage().maxRSS * 1024 };
    if (current === null) throw new Error(`${request.do} before prepare`);
    if (request.do === 'outputs') {
      const outputs = await current.outputs(request.variant);
      for (const [i, data] of outputs.entries()) writeOutput(folder, `${request.prefix}.${i}`, data);
      return { count: outputs.length };
    }
    if (request.do === 'profile') {
      if (current.profile === undefined) throw new Error('this side has no profiler');
      return { step: current.profile(request.variant) };
    }
    const run = current.variants[request.variant];
    const seconds: number[] = [];
    for (let i = 0; i < request.samples; i++) {
      const start = performance.now();
      const pending = run(request.times);
      if (pending !== undefined) await pending;
      seconds.push((performance.now() - start) / 1000);
    }
    return { seconds };
  }

  const say = (what: unknown) => process.stdout.write(`${JSON.stringify(what)}\n`);
  say(hello);
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await answer(JSON.parse(line) as Request));
    } catch (error) {
      say({ error: (error as Error).stack ?? String(error) });
    }
  }
}
