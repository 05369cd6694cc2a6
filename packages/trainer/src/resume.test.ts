/** Interrupted runs that continue, each in a process of its own on the built packages. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '@flambeau/vitest/temporary-folder';

const SCRIPT = fileURLToPath(new URL('../test/resumable.mjs', import.meta.url));

interface Options {
  readonly numWorkers: number;
  readonly ckptPath?: string;
  readonly stepMilliseconds?: number;
  readonly valCheckInterval?: number;
  readonly accumulateGradBatches?: number;
}
interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

class Run {
  readonly folder = temporaryFolder();
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(options: Options) {
    this.process = spawn(process.execPath, [SCRIPT, this.folder, JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let stderr = '';
    this.process.stderr?.on('data', (text) => (stderr += String(text)));
    this.ended = new Promise((resolve) => this.process.on('close', (code, signal) => resolve({ code, signal, stderr })));
  }
  lines(file: string): string[] {
    const path = join(this.folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }
  get losses(): string[] {
    return this.lines('losses.txt');
  }
  get result(): { weights: string; metrics: Record<string, number>; interrupted: string | null } {
    return JSON.parse(readFileSync(join(this.folder, 'result.json'), 'utf8'));
  }
  /** Sends a signal once so many losses are there. */
  async signalAfter(losses: number, signal: NodeJS.Signals): Promise<Ended> {
    while (this.losses.length < losses && this.process.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    this.process.kill(signal);
    return this.ended;
  }
  async done(): Promise<this> {
    expect(await this.ended).toMatchObject({ code: 0 });
    return this;
  }
}

/** The rest of a run gave bit for bit what the whole run gave. */
function expectContinues(resumed: Run, whole: Run): void {
  expect(resumed.losses.length).toBeGreaterThan(0);
  expect(resumed.losses).toEqual(whole.losses.slice(-resumed.losses.length));
  const epochs = resumed.lines('epochs.txt');
  expect(epochs).toEqual(whole.lines('epochs.txt').slice(-epochs.length));
  expect(resumed.result).toMatchObject({ weights: whole.result.weights, metrics: whole.result.metrics });
}

describe.each([0, 2])('with %i workers', (numWorkers) => {
  let whole: Run;
  beforeAll(async () => {
    whole = await new Run({ numWorkers }).done();
    expect(whole.losses).toHaveLength(30);
  });

  it('a run that is killed in mid-epoch continues bit by bit from its last checkpoint', async () => {
    const killed = new Run({ numWorkers, stepMilliseconds: 20 });
    expect(await killed.signalAfter(17, 'SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
    expect(killed.losses).toEqual(whole.losses.slice(0, killed.losses.length));
    const checkpoints = readdirSync(join(killed.folder, 'steps')).filter((f) => f.endsWith('.ckpt'));
    const last = Math.max(...checkpoints.map((f) => Number.parseInt(f, 10)));
    expect(last % 10).not.toBe(0); // not the end of an epoch
    const resumed = await new Run({ numWorkers, ckptPath: join(killed.folder, 'steps', `${last}.ckpt`) }).done();
    expect(resumed.losses).toHaveLength(30 - last);
    expectContinues(resumed, whole);
  });

  it('a run continues from the end of an epoch, and from the step before it', async () => {
    const fromEpoch = await new Run({ numWorkers, ckptPath: join(whole.folder, 'epochs', '0.ckpt') }).done();
    expect(fromEpoch.losses).toHaveLength(20);
    expectContinues(fromEpoch, whole);
    // written after the epoch's last batch, before its validation
    const fromLastStep = await new Run({ numWorkers, ckptPath: join(whole.folder, 'steps', '20.ckpt') }).done();
    expect(fromLastStep.losses).toHaveLength(10);
    expectContinues(fromLastStep, whole);
  });

  it('Ctrl-C saves, says how to resume, and ends in order', async () => {
    const stopped = new Run({ numWorkers, stepMilliseconds: 20 });
    const { code, stderr } = await stopped.signalAfter(13, 'SIGINT');
    expect(code).toBe(0);
    const path = join(stopped.folder, 'interrupted.ckpt');
    expect(stderr).toContain('Stopping after this step (Ctrl-C again to stop at once)');
    expect(stderr).toContain(`Saved ${path}\nResume with: trainer.fit(model, trainLoader, valLoader, { ckptPath: '${path}' })`);
    expect(stopped.result.interrupted).toBe(path);
    const count = stopped.losses.length;
    expect(count).toBeLessThan(30);
    const resumed = await new Run({ numWorkers, ckptPath: path }).done();
    expect(resumed.losses).toHaveLength(30 - count);
    expectContinues(resumed, whole);
  });
});

it('continues with validations in mid-epoch and accumulated gradients', async () => {
  const options = { numWorkers: 0, valCheckInterval: 4, accumulateGradBatches: 2 };
  const whole = await new Run(options).done();
  // step 4 is batch 8 of the first epoch, after which a validation is due; 8 and 12 are in later epochs
  for (const step of [4, 8, 12]) {
    const resumed = await new Run({ ...options, ckptPath: join(whole.folder, 'steps', `${step}.ckpt`) }).done();
    expect(resumed.losses).toHaveLength(30 - 2 * step);
    expectContinues(resumed, whole);
  }
});

it('a second Ctrl-C ends at once', async () => {
  const run = new Run({ numWorkers: 0, stepMilliseconds: 2000 });
  while (run.losses.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  run.process.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 200));
  run.process.kill('SIGINT');
  expect(await run.ended).toMatchObject({ signal: 'SIGINT' });
});
