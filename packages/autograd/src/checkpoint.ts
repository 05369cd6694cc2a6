/** Recomputing instead of keeping. */
import { AutogradError, formatShape, type GeneratorState, getRngState, setRngState, type Tensor } from '@flambeau/core';
import { sameShape } from '@flambeau/core/internal';
import { enableGrad, isGradEnabled } from './mode.js';
import { savedTensorsHooks } from './saved-hooks.js';
import { leavesOf } from './transforms/pytree.js';

/** What is known of a tensor that was not kept: enough to notice that it is another one the second time. */
interface Trace {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly version: number;
}
const traceOf = (t: Tensor): Trace => ({ shape: t.shape, dtype: t.dtype, version: t.version });

/** One call whose saved tensors are made anew, all at once, when backward asks for the first of them. */
class Recomputation {
  private readonly expected: Trace[] = [];
  private made: (Tensor | null)[] = [];
  private readonly rngState: GeneratorState = getRngState();
  private readonly arguments: readonly { readonly tensor: Tensor; readonly version: number }[];

  constructor(
    private readonly fn: () => unknown,
    args: readonly unknown[],
  ) {
    this.arguments = leavesOf(args).map((tensor) => ({ tensor, version: tensor.version }));
  }

  run<R>(fn: () => R): R {
    const pack = (t: Tensor): number => this.expected.push(traceOf(t)) - 1;
    return savedTensorsHooks({ pack, unpack: (place) => this.take(place as number) }, fn);
  }

  private take(place: number): Tensor {
    if ((this.made[place] ?? null) === null) this.recompute();
    const tensor = this.made[place] as Tensor;
    this.made[place] = null; // backward needs it once; a second backward makes all of them again
    return tensor;
  }

  private recompute(): void {
    for (const { tensor, version } of this.arguments)
      if (tensor.version !== version)
        throw new AutogradError(
          `checkpoint: an argument of shape ${formatShape(tensor.shape)} was changed in place since the function was first called (version ${version}, now ${tensor.version}); clone() it before`,
        );
    const now = getRngState();
    const made: Tensor[] = [];
    setRngState(this.rngState);
    try {
      const unpack = (place: unknown): Tensor => made[place as number];
      enableGrad(() => savedTensorsHooks({ pack: (t) => made.push(t) - 1, unpack }, this.fn));
    } finally {
      setRngState(now);
    }
    this.check(made);
    this.made = made;
  }

  private check(made: readonly Tensor[]): void {
    if (made.length !== this.expected.length)
      throw new AutogradError(
        `checkpoint: the function kept ${this.expected.length} tensors when it was first called and ${made.length} when it was called again; it must do the same both times`,
      );
    made.forEach((t, i) => {
      const { shape, dtype, version } = this.expected[i];
      if (!sameShape(t.shape, shape) || t.dtype !== dtype)
        throw new AutogradError(
          `checkpoint: the function kept a ${dtype} tensor of shape ${formatShape(shape)} when it was first called and a ${t.dtype} one of shape ${formatShape(t.shape)} when it was called again; it must do the same both times`,
        );
      if (t.version !== version)
        throw new AutogradError(
          `checkpoint: a tensor of shape ${formatShape(shape)} that the function uses was changed in place since it was first called (version ${version}, now ${t.version}); clone() it before`,
        );
    });
  }
}

/**
 * Computes `fn(...args)` without keeping what backward needs, and computes it again, with the same random numbers, when backward
 * gets there. Whatever the function uses gets its gradients, of any order: arguments, parameters, what it closes over. It must do
 * the same both times; tensors that were changed in place in between are noticed. PyTorch: `torch.utils.checkpoint.checkpoint`
 * with `use_reentrant=False`.
 */
export function checkpoint<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): R {
  if (!isGradEnabled()) return fn(...args);
  const call = (): R => fn(...args);
  return new Recomputation(call, args).run(call);
}

/**
 * Calls functions one after another, in `segments` checkpointed groups of equal length; the last group is kept as usual.
 * PyTorch: `torch.utils.checkpoint.checkpoint_sequential`.
 */
export function checkpointSequential(functions: readonly ((x: Tensor) => Tensor)[], segments: number, input: Tensor): Tensor {
  if (!Number.isInteger(segments) || segments < 1 || segments > functions.length)
    throw new AutogradError(`checkpointSequential: ${segments} segments for ${functions.length} functions`);
  const size = Math.floor(functions.length / segments);
  const run = (from: number, to: number) => (x: Tensor) => functions.slice(from, to).reduce((y, f) => f(y), x);
  let x = input;
  for (let i = 0; i < segments - 1; i++) x = checkpoint(run(i * size, (i + 1) * size), x);
  return run((segments - 1) * size, functions.length)(x);
}
