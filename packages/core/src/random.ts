/**
 * Random numbers come from a counter-based generator (Philox): an op draws a seed and an offset here and carries them as
 * attributes, so replaying the op gives the same numbers, whatever the number of threads.
 */
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
  private offset = 0;

  constructor(private seed = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER)) {
    this.manualSeed(seed);
  }

  /** Starts the stream of `seed`, an integer in [0, 2^53). */
  manualSeed(seed: number): this {
    if (!Number.isSafeInteger(seed) || seed < 0) throw new ValueError(`manualSeed: ${seed} is not an integer in [0, 2^53)`);
    this.seed = seed;
    this.offset = 0;
    return this;
  }
  initialSeed(): number {
    return this.seed;
  }
  getState(): GeneratorState {
    return { seed: this.seed, offset: this.offset };
  }
  setState({ seed, offset }: GeneratorState): void {
    this.manualSeed(seed);
    this.offset = offset;
  }

  /** @internal Reserves the numbers of an op with `count` elements. */
  draw(count: number): Draw {
    const { seed, offset } = this;
    this.offset += Math.ceil(count / 2) + 1; // a Philox block holds two 64-bit or four 32-bit numbers
    return { seed, offset };
  }
}

/** The generator that ops use when none is given. */
export const defaultGenerator: Generator = new Generator();

/** Seeds the default generator. PyTorch: `torch.manual_seed`. */
export const manualSeed = (seed: number): Generator => defaultGenerator.manualSeed(seed);
export const seed = (): number => defaultGenerator.manualSeed(Math.floor(Math.random() * Number.MAX_SAFE_INTEGER)).initialSeed();
export const getRngState = (): GeneratorState => defaultGenerator.getState();
export const setRngState = (state: GeneratorState): void => defaultGenerator.setState(state);
