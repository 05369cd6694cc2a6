import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

/** ONNX has running sums only. */
export const scan = { cumprod: 'none', logcumsumexp: 'none' } satisfies Lowerings<typeof groups.scan>;
