import { readFileSync } from 'node:fs';
import type { DType } from '@flambeau/core';

/**
 * Operations in `dtype` for each float32 operation: halves of vectors for float64, and what the CPU's instructions for short numbers do
 * beyond that. Without them such a product is computed in float32.
 */
export function relativeRate(dtype: DType): number {
  if (dtype === 'float64') return 0.5;
  if (dtype === 'bfloat16') return cpuHas('avx512_bf16') ? 2 : 1;
  if (dtype === 'int8') return cpuHas('avx512_vnni') || cpuHas('avx_vnni') ? 4 : 1;
  return 1;
}

let cpuFlags: readonly string[] | undefined;
function cpuHas(flag: string): boolean {
  cpuFlags ??= process.platform === 'linux' ? readFileSync('/proc/cpuinfo', 'utf8').split(/\s+/) : [];
  return cpuFlags.includes(flag);
}
