/**
 * The gradient that a leaf holds. One that a backward pass made and that nobody has read through `.grad` is seen by its leaf alone:
 * its memory is used again as soon as the leaf lets go of it, instead of waiting for the garbage collector.
 */
import type { Tensor } from '@flambeau/core';
import { recycle } from '@flambeau/core/internal';
import { type AutogradMeta, metaOf } from './meta.js';

/** The gradient of `t`, which the caller may keep from now on. */
export function readGrad(t: Tensor): Tensor | null {
  const meta = metaOf(t);
  if (meta === null) return null;
  meta.gradIsUnseen = false;
  return meta.grad;
}

/** The gradient of `t` for a caller that has let go of it, and of all views of it, when it returns. */
export function borrowGrad(t: Tensor): Tensor | null {
  return t.layout === 'strided' ? (metaOf(t)?.grad ?? null) : t.grad;
}

/** Puts `grad` in the place of the gradient so far. */
export function replaceGrad(meta: AutogradMeta, grad: Tensor | null): void {
  if (meta.gradIsUnseen) recycle((meta.grad as Tensor).storage);
  meta.gradIsUnseen = false;
  meta.grad = grad;
}
