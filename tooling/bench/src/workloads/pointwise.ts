import { freshAndScoped } from './fresh-and-scoped.js';

const floats = 2 ** 24;
const x = { shape: [floats], dtype: 'float32' } as const;

const addCeiling = { kind: 'memory', pattern: 'read2Write1', floats, bytes: 12 * floats } as const;
const expCeiling = { kind: 'memory', pattern: 'copy', floats, bytes: 8 * floats } as const;

export const pointwise = [
  ...freshAndScoped('point.add', { inputs: { a: x, b: x }, ceiling: addCeiling, tolerance: 1e-6 }, ({ a, b }) => a.add(b)),
  ...freshAndScoped('point.exp', { inputs: { a: x }, ceiling: expCeiling, tolerance: 1e-6 }, ({ a }) => a.exp()),
];
