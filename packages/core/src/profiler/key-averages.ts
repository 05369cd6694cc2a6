import type { ProfilerEvent } from './profile.js';

/** What all calls under one name (or one name and one list of input shapes) took together. Times in microseconds. */
export interface FunctionEventAvg {
  readonly key: string;
  /** Of the inputs, as in `(64, 784), (128, 784)`; empty if calls are grouped by name alone. */
  readonly inputShapes: string;
  readonly count: number;
  /** Without what was called inside. */
  readonly selfCpuTimeTotal: number;
  readonly cpuTimeTotal: number;
  /** `cpuTimeTotal / count`. */
  readonly cpuTime: number;
  /** Floating-point operations of products; 0 for other kernels. */
  readonly flops: number;
  /** Bytes of the operands. */
  readonly bytes: number;
}

export interface TableOptions {
  /** What is greatest in the first row. Default `'selfCpuTimeTotal'`. */
  readonly sortBy?: 'selfCpuTimeTotal' | 'cpuTimeTotal' | 'cpuTime' | 'count' | 'flops' | 'bytes';
  /** Rows at most. Default 100. */
  readonly rowLimit?: number;
}

const duration = (microseconds: number): string =>
  microseconds < 1000 ? `${microseconds.toFixed(1)} µs` : `${(microseconds / 1000).toFixed(3)} ms`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
/** 10⁹ a second. */
const rate = (amount: number, microseconds: number): string => (amount === 0 ? '–' : (amount / microseconds / 1000).toFixed(1));

/** The first column to the left, the others to the right. */
function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .join('\n');
}

/** Sums over the calls of each name. PyTorch: `EventList.key_averages()`. */
export class KeyAverages implements Iterable<FunctionEventAvg> {
  private readonly averages: readonly FunctionEventAvg[];

  /** @internal */
  constructor(
    events: readonly ProfilerEvent[],
    private readonly cpuTimeTotal: number,
    private readonly byInputShape: boolean,
  ) {
    const groups = new Map<string, ProfilerEvent[]>();
    for (const event of events) {
      const group = byInputShape ? `${event.name} ${event.inputShapes}` : event.name;
      const own = groups.get(group);
      if (own === undefined) groups.set(group, [event]);
      else own.push(event);
    }
    this.averages = [...groups.values()].map((own) => {
      const sum = (of: (event: ProfilerEvent) => number) => own.reduce((total, event) => total + of(event), 0);
      const cpuTimeTotal = sum((e) => e.cpuTime);
      return {
        key: own[0].name,
        inputShapes: byInputShape ? own[0].inputShapes : '',
        count: own.length,
        selfCpuTimeTotal: sum((e) => e.selfCpuTime),
        cpuTimeTotal,
        cpuTime: cpuTimeTotal / own.length,
        flops: sum((e) => e.flops),
        bytes: sum((e) => e.bytes),
      };
    });
  }

  [Symbol.iterator](): Iterator<FunctionEventAvg> {
    return this.averages[Symbol.iterator]();
  }

  /** A table for people. PyTorch: `EventList.table()`. */
  table({ sortBy = 'selfCpuTimeTotal', rowLimit = 100 }: TableOptions = {}): string {
    const sorted = [...this.averages].sort((a, b) => b[sortBy] - a[sortBy]).slice(0, rowLimit);
    const shapes = this.byInputShape ? ['Input Shapes'] : [];
    const head = ['Name', 'Self CPU %', 'Self CPU', 'CPU total', 'CPU time avg', '# of Calls', 'GFLOP/s', 'GB/s', ...shapes];
    const rows = sorted.map((a) => [
      a.key,
      percent(a.selfCpuTimeTotal / this.cpuTimeTotal),
      duration(a.selfCpuTimeTotal),
      duration(a.cpuTimeTotal),
      duration(a.cpuTime),
      String(a.count),
      rate(a.flops, a.cpuTimeTotal),
      rate(a.bytes, a.cpuTimeTotal),
      ...(this.byInputShape ? [a.inputShapes] : []),
    ]);
    return `${align([head, ...rows])}\nCPU time total: ${duration(this.cpuTimeTotal)}`;
  }
}
