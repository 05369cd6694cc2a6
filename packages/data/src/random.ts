/** Order and seeds: small, fast and the same in every thread. */
import { defaultGenerator } from '@flambeau/core';

const MASK32 = 0xffff_ffff;

/** A seed for a sample: a mix of the loader's seed, the epoch and the sample's index, in [0, 2^53). */
export function sampleSeed(seed: number, epoch: number, index: number): number {
  const low = mix(mix(mix(seed % 2 ** 32) ^ Math.floor(seed / 2 ** 32)) ^ epoch) ^ index;
  return (mix(low) & 0x1f_ffff) * 2 ** 32 + mix(low ^ 0x9e37_79b9);
}

// A finaliser of the murmur family: every input bit reaches every output bit.
function mix(x: number): number {
  let h = x & MASK32;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A seed drawn from core's default generator, so that `manualSeed` decides it. */
export function drawSeed(): number {
  const { seed, offset } = defaultGenerator.draw(1);
  return sampleSeed(seed, offset, 0x5eed);
}

/** 0 … n − 1 in random order. */
export function randomPermutation(n: number, seed: number = drawSeed()): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor((sampleSeed(seed, 0, i) / 2 ** 53) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** A number in [0, 1): the `i`-th of the stream of `seed`. */
export const uniformAt = (seed: number, i: number): number => sampleSeed(seed, 1, i) / 2 ** 53;
