/** What random transforms draw: from core's default generator, which a DataLoader seeds for every sample. */
import { rand } from '@flambeau/core';

/** `count` numbers in [0, 1). */
export const uniforms = (count: number): Float64Array => rand([count], { dtype: 'float64' }).toTypedArray() as Float64Array;

/** A number in [low, high), or `low` if they are equal. */
export const uniform = (low: number, high: number): number => low + (high - low) * uniforms(1)[0];

/** True with probability `p`. */
export const chance = (p: number): boolean => uniforms(1)[0] < p;
