/** Numbers that have a name, and what stands for a new dimension in an index. */

/** 3.14159…, PyTorch: `torch.pi`. */
export const pi: number = Math.PI;
/** 2.71828…, PyTorch: `torch.e`. */
export const e: number = Math.E;
/** Infinity. PyTorch: `torch.inf`. */
export const inf: number = Number.POSITIVE_INFINITY;
/** Not a number. PyTorch: `torch.nan`. */
export const nan: number = Number.NaN;
/** A new dimension of size 1 in `index`: `x.index(newaxis)`. PyTorch: `torch.newaxis`. */
export const newaxis: null = null;
