/**
 * Lets a profiler watch the calls of kernels. The functions of the CPU backend are exchanged for the time, so that nothing is asked
 * and nothing costs while nobody watches.
 */
import { call } from '@flambeau/kernels';
import type { Attributes } from '../../op.js';
import { cpu, kernels, type Operand, setInvoke } from './cpu.js';

/** A kernel with what it gets. A kernel that is not an op has all of its tensors among the inputs. */
export interface KernelCall {
  readonly name: string;
  readonly outputs: readonly Operand[];
  readonly inputs: readonly Operand[];
  readonly attributes: Attributes;
}

/** Stands in for every call of a kernel: it calls `run`, once, and nothing that runs another kernel. */
export type KernelObserver = (run: () => void, call: KernelCall) => void;

const unwatched = { run: cpu.run, fill: cpu.fill, copy: cpu.copy, runKernel: kernels.run };

/** From now on `observer` watches; null ends that. */
export function observeKernels(observer: KernelObserver | null): void {
  const { run, fill, copy, runKernel } = unwatched;
  if (observer === null) {
    Object.assign(cpu, { run, fill, copy });
    kernels.run = runKernel;
    setInvoke(call);
    return;
  }
  let current: KernelCall;
  setInvoke(() => observer(call, current));
  // an op may first copy an operand, so the call around is described again afterwards
  const described = (next: KernelCall, fn: () => void): void => {
    const around = current;
    current = next;
    fn();
    current = around;
  };
  cpu.run = (def, outputs, inputs, attributes) => {
    const list = Array.isArray(outputs) ? outputs : [outputs];
    described({ name: def.name, outputs: list, inputs, attributes }, () => run(def, outputs, inputs, attributes));
  };
  cpu.fill = (target, value) =>
    described({ name: 'fill', outputs: [target], inputs: [], attributes: {} }, () => fill(target, value));
  cpu.copy = (target, source) =>
    described({ name: 'copy', outputs: [target], inputs: [source], attributes: {} }, () => copy(target, source));
  kernels.run = (name, operands, attributes) =>
    described({ name, outputs: [], inputs: operands, attributes }, () => runKernel(name, operands, attributes));
}
