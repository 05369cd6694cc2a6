/** Sparse tensors as text, laid out as PyTorch does. */
import { withContext } from '../context.js';
import { formatShape } from '../errors.js';
import { describedBy, formatElements, isObviousDtype, PREFIX, withSuffixes } from '../printing.js';
import type { Tensor } from '../tensor.js';
import type { SparseTensor } from './sparse-tensor.js';

/** `tensor(indices=tensor(…), values=tensor(…), size=…, nnz=…, layout=…)`. */
export function formatSparse(t: SparseTensor, parts: { readonly [name: string]: Tensor }): string {
  const lines = Object.entries(parts).map(([name, part]) => {
    const start = `${name}=${PREFIX}`;
    const elements =
      part.numel === 0
        ? `[], size=${formatShape(part.shape)}`
        : withContext('print', { active: 0 }, () => formatElements(part.detached(), PREFIX.length + start.length));
    return `${start}${elements})`;
  });
  const suffixes = [`size=${formatShape(t.shape)}`, `nnz=${t.nnz}`];
  if (!isObviousDtype(t)) suffixes.push(`dtype=${t.dtype}`);
  suffixes.push(`layout=${t.layout}`, ...describedBy(t.entries));
  return withSuffixes(PREFIX + lines.join(`,\n${' '.repeat(PREFIX.length)}`), suffixes, t.layout === 'sparseCoo');
}
