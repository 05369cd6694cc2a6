import { writeFileSync } from 'node:fs';
import { FlambeauError, formatShape } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { KeyAverages } from './key-averages.js';
import type { Operand } from '../backend/cpu/cpu.js';
import { type KernelCall, observeKernels } from '../backend/cpu/kernel-observer.js';
import { bytesOf, flopsOf } from './operation-counts.js';

/** A call of a kernel, or of a function under `recordFunction`. Times in microseconds. */
export interface ProfilerEvent {
  /** The op's (or kernel's) name, the label of `recordFunction`, or `outside of kernels`. */
  readonly name: string;
  /** Since the profile began. */
  readonly start: number;
  readonly cpuTime: number;
  /** Without the events inside. */
  readonly selfCpuTime: number;
  /** Of the inputs, as in `(64, 784), (128, 784)`; empty without `recordShapes`. */
  readonly inputShapes: string;
  /** Floating-point operations, of products only. */
  readonly flops: number;
  /** Bytes of the operands, each counted once. */
  readonly bytes: number;
}

export interface ProfileOptions {
  /** Whether events carry the shapes of their inputs. Default false. */
  readonly recordShapes?: boolean;
}

/** The name under which the time outside of kernels and labels stands: JavaScript, allocation, garbage collection. */
export const OUTSIDE_OF_KERNELS = 'outside of kernels';

const microseconds = (): number => 1000 * performance.now();

const describe = (operand: Operand): string =>
  operand === null
    ? 'none'
    : Array.isArray(operand)
      ? `[${operand.map(describe).join(', ')}]`
      : formatShape((operand as Tensor).shape);

/** What `profile` saw. */
export class Profile {
  /** In the order in which they ended. */
  readonly events: readonly ProfilerEvent[];
  /** Of the whole function, in microseconds. */
  readonly cpuTimeTotal: number;
  /** Time inside of kernels, in microseconds; the rest is JavaScript, allocation and garbage collection. */
  readonly kernelTimeTotal: number;

  /** @internal */
  constructor(recording: Recording) {
    this.cpuTimeTotal = microseconds() - recording.begin;
    this.kernelTimeTotal = recording.kernelTime;
    this.events = [...recording.events, outside(this.cpuTimeTotal, recording.inside)];
  }

  /**
   * Sums over all calls of each name. PyTorch: `profile.key_averages()`.
   *
   * @param options.groupByInputShape - A sum for each list of input shapes; needs `recordShapes`.
   */
  keyAverages({ groupByInputShape = false }: { readonly groupByInputShape?: boolean } = {}): KeyAverages {
    return new KeyAverages(this.events, this.cpuTimeTotal, groupByInputShape);
  }

  /** Writes a file for `chrome://tracing` or Perfetto. PyTorch: `profile.export_chrome_trace()`. */
  exportChromeTrace(path: string): void {
    const traceEvents = this.events
      .filter(({ name }) => name !== OUTSIDE_OF_KERNELS)
      .map(({ name, start, cpuTime, inputShapes, flops, bytes }) => ({
        ...{ ph: 'X', pid: process.pid, tid: 0, name, ts: start, dur: cpuTime },
        args: { 'Input Dims': inputShapes, flops, bytes },
      }));
    writeFileSync(path, JSON.stringify({ traceEvents }));
  }
}

function outside(cpuTimeTotal: number, inside: number): ProfilerEvent {
  const selfCpuTime = cpuTimeTotal - inside;
  return { name: OUTSIDE_OF_KERNELS, start: 0, cpuTime: selfCpuTime, selfCpuTime, inputShapes: '', flops: 0, bytes: 0 };
}

class Recording {
  readonly events: ProfilerEvent[] = [];
  readonly begin = microseconds();
  kernelTime = 0;
  /** Time of the events that ended inside of the innermost label that is open (or of the whole). */
  inside = 0;

  constructor(private readonly recordShapes: boolean) {}

  readonly kernel = (run: () => void, call: KernelCall): void => {
    const start = microseconds();
    run();
    const cpuTime = microseconds() - start;
    this.kernelTime += cpuTime;
    this.inside += cpuTime;
    this.events.push({
      name: call.name,
      start: start - this.begin,
      cpuTime,
      selfCpuTime: cpuTime,
      inputShapes: this.recordShapes ? call.inputs.map(describe).join(', ') : '',
      flops: flopsOf(call),
      bytes: bytesOf(call),
    });
  };

  label<T>(name: string, fn: () => T): T {
    const [start, around] = [microseconds(), this.inside];
    this.inside = 0;
    try {
      return fn();
    } finally {
      const cpuTime = microseconds() - start;
      const selfCpuTime = cpuTime - this.inside;
      this.inside = around + cpuTime;
      this.events.push({ name, start: start - this.begin, cpuTime, selfCpuTime, inputShapes: '', flops: 0, bytes: 0 });
    }
  }
}

let recording: Recording | null = null;

function end(): void {
  recording = null;
  observeKernels(null);
}

/**
 * Runs `fn`, which may be async, and records every kernel that this thread calls meanwhile: ops, their derivatives, optimizer steps.
 * PyTorch: `torch.profiler.profile`.
 *
 * @throws {FlambeauError} Inside of another `profile`.
 * @example
 * const a = randn([64, 64]);
 * const p = profiler.profile(() => a.matmul(a).relu().sum());
 * console.log(p.keyAverages().table({ rowLimit: 10 }));
 */
export function profile(fn: () => Promise<unknown>, options?: ProfileOptions): Promise<Profile>;
export function profile(fn: () => unknown, options?: ProfileOptions): Profile;
export function profile(fn: () => unknown, { recordShapes = false }: ProfileOptions = {}): Profile | Promise<Profile> {
  if (recording !== null) throw new FlambeauError('profile: something is being profiled already; profiles do not nest');
  const own = new Recording(recordShapes);
  recording = own;
  observeKernels(own.kernel);
  let result: unknown;
  try {
    result = fn();
  } catch (error) {
    end();
    throw error;
  }
  if (result instanceof Promise) return result.then(() => new Profile(own)).finally(end);
  const seen = new Profile(own);
  end();
  return seen;
}

/**
 * Runs a synchronous `fn` and, while something is profiled, records its time under `name`. PyTorch: `torch.profiler.record_function`.
 *
 * @example
 * const x = randn([64, 64]);
 * profiler.profile(() => profiler.recordFunction('square', () => x.matmul(x)));
 */
export function recordFunction<T>(name: string, fn: () => T): T {
  return recording === null ? fn() : recording.label(name, fn);
}
