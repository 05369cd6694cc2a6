import { ValueError } from '@flambeau/core';
import { type AttentionForm, withContext } from '@flambeau/core/internal';

/** The ways to compute `scaledDotProductAttention`. PyTorch: `torch.nn.attention.SDPBackend`. */
export const SDPBackend = {
  /** In other operators, with the whole matrix of weights; the only one with dropout. */
  MATH: 'math',
  /** In one kernel, in memory proportional to the sequence. */
  FLASH_ATTENTION: 'flash',
} as const satisfies Readonly<Record<string, AttentionForm>>;
export type SDPBackend = (typeof SDPBackend)[keyof typeof SDPBackend];

/**
 * Runs `fn`, which may be async, with `scaledDotProductAttention` computed in one of the given ways only. PyTorch:
 * `torch.nn.attention.sdpa_kernel`.
 *
 * @throws {ValueError} If no way is given, or an unknown one.
 * @example
 * const exact = sdpaKernel(SDPBackend.MATH, () => F.scaledDotProductAttention(q, k, v));
 */
export function sdpaKernel<T>(backends: SDPBackend | readonly SDPBackend[], fn: () => T): T {
  const attention = typeof backends === 'string' ? [backends] : backends;
  const known: readonly string[] = Object.values(SDPBackend);
  if (attention.length === 0 || attention.some((backend) => !known.includes(backend)))
    throw new ValueError(`sdpaKernel: expected one or more of ${known.join(', ')}, got [${attention.join(', ')}]`);
  return withContext('sdpaKernel', { attention }, fn);
}
