/**
 * What autocast, where it is on, makes of operands. The dispatch layer stands in autograd; here is what functions ask that check
 * or combine operands before they dispatch.
 */
import { context, Layer, withContext } from './context.js';
import { type DTypeInfo, dtypeInfo } from './dtype.js';
import { castTo } from './ops/copy.js';
import { keep } from './scope.js';
import type { Tensor } from './tensor.js';

/** A parameter in the lower precision. */
interface CachedCast {
  readonly cast: Tensor;
  /** Of the parameter when it was cast. */
  readonly version: number;
  readonly isRecorded: boolean;
}

export interface AutocastState {
  /** float16 or bfloat16. */
  readonly dtype: DTypeInfo;
  /** Parameters that were cast already; null if they are to be cast anew for each use. */
  readonly cache: Map<Tensor, CachedCast> | null;
}

/** The autocast around the running code, if it is on. */
export function autocasting(): AutocastState | null {
  const { active, excluded, autocast } = context();
  return (active & ~excluded & Layer.Autocast) !== 0 ? autocast : null;
}

const isCast = (t: Tensor): boolean => t.info.kind === 'float' && t.dtype !== 'float64';

/** `t` in the lower precision, if autocast is on and `t` is floating but not float64. */
export function lowered<T extends Tensor | null>(t: T): T {
  const state = autocasting();
  if (state === null || t === null || !isCast(t) || t.info === state.dtype) return t;
  const { cache, dtype } = state;
  // only what outlives the call is worth an entry: parameters
  if (cache === null || t.base !== null || !t.storage.persistent) return castTo(t, dtype) as T;
  const isRecorded = (context().excluded & Layer.Autograd) === 0;
  const known = cache.get(t);
  if (known !== undefined && known.version === t.version && known.isRecorded === isRecorded) return known.cast as T;
  const cast = keep(castTo(t, dtype));
  cache.set(t, { cast, version: t.version, isRecorded });
  return cast as T;
}

/** `t` in float32, if autocast is on and `t` is float16 or bfloat16. */
export function widened<T extends Tensor | null>(t: T): T {
  if (t === null || t.itemSize !== 2 || !isCast(t) || autocasting() === null) return t;
  return castTo(t, dtypeInfo('float32')) as T;
}

/** What `fn` gives where autocast is off. */
export const withoutAutocast = <R>(fn: () => R): R =>
  autocasting() === null ? fn() : withContext('autocast', { excluded: context().excluded | Layer.Autocast }, fn);

/** What `fn` gives for the operands in float32, where autocast is on; what `fn` is made of is not cast again. */
export function inFloat32<T extends readonly (Tensor | null)[], R>(operands: readonly [...T], fn: (...operands: T) => R): R {
  const wide = operands.map((t) => widened(t)) as unknown as T;
  return withoutAutocast(() => fn(...wide));
}
