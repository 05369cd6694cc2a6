/**
 * Random numbers come from a counter-based generator (Philox): an op draws a seed and an offset here and carries them as
 * attributes, so replaying the op gives the same numbers, whatever the number of threads.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ValueError } from './errors.js';

/** Where a generator stands: enough to continue exactly. */
export interface GeneratorState {
  readonly seed: number;
  readonly offset: number;
}

/** What an op draws: attributes for its kernel. */
export interface Draw {
  readonly seed: number;
  readonly offset: number;
  readonly [name: string]: number;
}

/** A stream of random numbers. PyTorch: `torch.Generator` (the numbers themselves differ). */
export class Generator {
  private readonly state: { seed: number; offset: number };

  constructor(seed = randomSeed()) {
    this.state = { seed: checkSeed(seed), offset: 0 };
  }

  /** Where the stream that the caller sees stands. */
  protected current(): { seed: number; offset: number } {
    return this.state;
  }

  /** Starts the stream of `seed`, an integer in [0, 2^53). */
  manualSeed(seed: number): this {
    this.setState({ seed, offset: 0 });
    return this;
  }
  /** Starts a stream that nobody can foresee; returns its seed. */
  seed(): number {
    return this.manualSeed(randomSeed()).initialSeed();
  }
  initialSeed(): number {
    return this.current().seed;
  }
  getState(): GeneratorState {
    return { ...this.current() };
  }
  setState({ seed, offset }: GeneratorState): void {
    const state = this.current();
    state.seed = checkSeed(seed);
    state.offset = offset;
  }

  /** @internal Reserves the numbers of an op with `count` elements. */
  draw(count: number): Draw {
    const state = this.current();
    const { seed, offset } = state;
    state.offset += Math.ceil(count / 2) + 1; // a Philox block holds two 64-bit or four 32-bit numbers
    return { seed, offset };
  }
}

const randomSeed = (): number => Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
function checkSeed(seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new ValueError(`manualSeed: ${seed} is not an integer in [0, 2^53)`);
  return seed;
}

const forks = new AsyncLocalStorage<{ seed: number; offset: number }>();

/** Asynchronous tasks that `forkRng` started have a stream each. */
class DefaultGenerator extends Generator {
  protected override current(): { seed: number; offset: number } {
    return forks.getStore() ?? super.current();
  }
}

/** The generator that ops use when none is given. */
export const defaultGenerator: Generator = new DefaultGenerator();

/**
 * Runs `body` with a default generator of its own, which starts where the outer one stands, or at `seed`; what is drawn inside
 * does not advance the outer one. `body` may be asynchronous: tasks that run at the same time do not disturb each other. PyTorch:
 * `torch.random.fork_rng`.
 */
export function forkRng<R>(body: () => R, { seed }: { seed?: number } = {}): R {
  return forks.run(seed === undefined ? { ...defaultGenerator.getState() } : { seed: checkSeed(seed), offset: 0 }, body);
}

/** Seeds the default generator. PyTorch: `torch.manual_seed`. */
export const manualSeed = (seed: number): Generator => defaultGenerator.manualSeed(seed);
export const seed = (): number => defaultGenerator.seed();
export const getRngState = (): GeneratorState => defaultGenerator.getState();
export const setRngState = (state: GeneratorState): void => defaultGenerator.setState(state);
/** The seed of the default generator. PyTorch: `torch.initial_seed`. */
export const initialSeed = (): number => defaultGenerator.initialSeed();
