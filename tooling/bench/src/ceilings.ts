/** What the machine can do at most, measured by kernels of our own library on the same threads as the workloads. */
import { empty, ones, scope, type Tensor } from '@flambeau/core';
import { runKernel } from '@flambeau/core/internal';
import { relativeRate } from './cpu.js';
import type { Ceiling, MemoryPattern } from './workload.js';

/** Elements per chunk of the read-only kernel: it leaves a sum for each. */
const READ_CHUNK = 65536;
const ATTEMPTS = 7;
/** Elements of an array that no cache holds. */
const LARGE = 2 ** 24;

/** Bytes that a pattern moves for each element of its arrays. */
const BYTES: Readonly<Record<MemoryPattern, number>> = { read: 4, copy: 8, read2Write1: 12, read4Write3: 28 };

const KERNELS: Readonly<Record<MemoryPattern, { readonly name: string; readonly arrays: number }>> = {
  read: { name: 'ceiling_read', arrays: 1 },
  copy: { name: 'ceiling_copy', arrays: 2 },
  read2Write1: { name: 'ceiling_read2_write1', arrays: 3 },
  read4Write3: { name: 'ceiling_read4_write3', arrays: 4 },
};

const key = (pattern: MemoryPattern, floats: number) => `${pattern} ${floats}`;

/** The shortest of several runs, in seconds: a ceiling is the best that was seen. */
function best(run: () => void): number {
  run();
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ATTEMPTS; i++) {
    const start = performance.now();
    run();
    shortest = Math.min(shortest, (performance.now() - start) / 1000);
  }
  return shortest;
}

function fmaPerSecond(): number {
  const flops = empty([64], { dtype: 'float64' });
  const seconds = best(() => runKernel('ceiling_fma', [flops], { iterations: 200_000 }));
  return (flops.sum().item() as number) / seconds;
}

function bytesPerSecond(pattern: MemoryPattern, floats: number): number {
  const { name, arrays } = KERNELS[pattern];
  const operands: Tensor[] = Array.from({ length: arrays }, () => ones([floats]));
  if (pattern === 'read') operands.unshift(empty([Math.ceil(floats / READ_CHUNK)]));
  return (BYTES[pattern] * floats) / best(() => runKernel(name, operands, {}));
}

export class Ceilings {
  /** Floating-point operations per second. */
  private fma = 0;
  /** Bytes per second, by pattern and size: arrays that fit into a cache have another ceiling than large ones. */
  private readonly memory = new Map<string, number>();

  constructor() {
    this.measure({ kind: 'fma', flops: 0 });
    for (const pattern of Object.keys(KERNELS) as MemoryPattern[])
      this.measure({ kind: 'memory', pattern, floats: LARGE, bytes: 0 });
  }

  /** Measures what `ceiling` needs, while nothing else runs. The best of all measurements counts. */
  measure(ceiling: Ceiling): void {
    if (ceiling.kind === 'fma') {
      this.fma = Math.max(this.fma, scope(fmaPerSecond));
      return;
    }
    const { pattern, floats } = ceiling;
    const now = scope(() => bytesPerSecond(pattern, floats));
    this.memory.set(key(pattern, floats), Math.max(now, this.memory.get(key(pattern, floats)) ?? 0));
  }

  /** The shortest time in which a measured ceiling allows a run, in seconds. */
  shortest(ceiling: Ceiling): number {
    if (ceiling.kind === 'fma') return ceiling.flops / (this.fma * relativeRate(ceiling.dtype ?? 'float32'));
    return ceiling.bytes / (this.memory.get(key(ceiling.pattern, ceiling.floats)) as number);
  }

  /** The same from what is known of large arrays. */
  roughly(ceiling: Ceiling): number {
    return this.shortest(ceiling.kind === 'fma' ? ceiling : { ...ceiling, floats: LARGE });
  }

  /** For people. */
  describe(): string {
    const rate = (pattern: MemoryPattern) => ((this.memory.get(key(pattern, LARGE)) as number) / 1e9).toFixed(1);
    return [
      `ceilings: multiply-add ${(this.fma / 1e9).toFixed(0)} GFLOP/s`,
      `read ${rate('read')}, copy ${rate('copy')}, read 2 write 1 ${rate('read2Write1')}, in place read 4 write 3 ${rate('read4Write3')} GB/s`,
    ].join('; ');
  }

  toJSON(): unknown {
    return { fma: this.fma, memory: Object.fromEntries(this.memory) };
  }
}
