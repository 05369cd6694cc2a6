/** Attention with scores and masks of one's own. Dong et al. 2024, "Flex Attention". */
import { arange, cat, formatShape, ShapeError, type Tensor } from '@flambeau/core';
import { castTo, dtypeInfo, withoutAutocast } from '@flambeau/core/internal';
import { Block, type BlockMask, indexGrid } from './block-mask.js';

/**
 * A new score from a score, shape (B, H, n, m), and index tensors (int64) of batch, head, query and key that broadcast to it. It is
 * called with all scores of a block at once, so it must be made of operators that work element by element, or look something up with
 * `table.index(head, query)`. What it looks up gets gradients.
 */
export type ScoreMod = (score: Tensor, batch: Tensor, head: Tensor, query: Tensor, key: Tensor) => Tensor;

export interface FlexAttentionOptions {
  /** Changes the scores before the softmax. Default: none. */
  readonly scoreMod?: ScoreMod | null;
  /** What each query sees; blocks that none sees are not computed. Default: everything. */
  readonly blockMask?: BlockMask | null;
  /** The factor of the scores. Default `1 / √E`. */
  readonly scale?: number | null;
  /** Whether fewer heads of keys and values may serve groups of heads of queries. Default false. */
  readonly enableGqa?: boolean;
}

function checkShapes(q: Tensor, k: Tensor, v: Tensor, blockMask: BlockMask | null, enableGqa: boolean): void {
  const fits =
    [q, k, v].every((t) => t.ndim === 4) &&
    q.shape[3] === k.shape[3] &&
    k.shape.slice(0, 3).join() === v.shape.slice(0, 3).join() &&
    (q.shape[0] === k.shape[0] || k.shape[0] === 1) &&
    (q.shape[1] === k.shape[1] || (enableGqa && q.shape[1] % k.shape[1] === 0));
  if (!fits)
    throw new ShapeError(
      `flexAttention: expected query (B, H, n, E), key (B, H, m, E) and value (B, H, m, F)${enableGqa ? '' : ' (fewer heads of keys need enableGqa)'}, got ${formatShape(q.shape)}, ${formatShape(k.shape)} and ${formatShape(v.shape)}`,
    );
  if (blockMask === null) return;
  const wanted = [q.shape[0], q.shape[1], q.shape[2], k.shape[2]];
  if (blockMask.shape.some((size, i) => size !== wanted[i] && !(i < 2 && size === 1)))
    throw new ShapeError(
      `flexAttention: a blockMask of shape ${formatShape(blockMask.shape)} does not fit ${formatShape(wanted)}`,
    );
}

/** Keys or values (B, H, m, features) once for every batch and every head of queries. */
function forQueries(t: Tensor, batches: number, heads: number): Tensor {
  const [, own, m, features] = t.shape;
  if (own === heads) return t.expand([batches, heads, m, features]);
  return t
    .unsqueeze(2)
    .expand([batches, own, heads / own, m, features])
    .reshape([batches, heads, m, features]);
}

/** The keys that a row of blocks needs, and whether it needs the mask, too. */
interface Row {
  readonly start: number;
  readonly length: number;
  /** From and to, of the keys that some query sees. */
  readonly pieces: readonly (readonly [number, number])[];
  readonly masked: boolean;
}

function rowsOf(blockMask: BlockMask): Row[] {
  const [batches, heads, queries, keys] = blockMask.shape;
  const [rowSize, columnSize] = blockMask.blockSize;
  const [rows, columns] = blockMask.grid;
  return Array.from({ length: rows }, (_, row) => {
    const pieces: [number, number][] = [];
    let masked = false;
    for (let column = 0; column < columns; column++) {
      const kinds = new Set<number>();
      for (let i = 0; i < batches * heads; i++) kinds.add(blockMask.blocks[(i * rows + row) * columns + column]);
      if (kinds.size === 1 && kinds.has(Block.EMPTY)) continue;
      masked ||= kinds.size > 1 || kinds.has(Block.PARTIAL);
      const [from, to] = [column * columnSize, Math.min((column + 1) * columnSize, keys)];
      const last = pieces[pieces.length - 1];
      if (last !== undefined && last[1] === from) last[1] = to;
      else pieces.push([from, to]);
    }
    const start = row * rowSize;
    return { start, length: Math.min(rowSize, queries - start), pieces, masked };
  });
}

const joined = (parts: Tensor[], dim: number): Tensor => (parts.length === 1 ? parts[0] : cat(parts, dim));

/** Output and logarithm of the sum of exponentials of a row of blocks. */
function attendRow(row: Row, q: Tensor, k: Tensor, v: Tensor, { scoreMod, blockMask }: FlexAttentionOptions): [Tensor, Tensor] {
  const { start, length, pieces, masked } = row;
  const query = q.narrow(2, start, length);
  if (pieces.length === 0) {
    const out = query.detach().sum(-1, { keepdim: true }).mul(0);
    return [out.expand([...out.shape.slice(0, 3), v.shape[3]]), out.squeeze(-1).sub(Number.POSITIVE_INFINITY)];
  }
  const seen = (t: Tensor): Tensor =>
    joined(
      pieces.map(([from, to]) => t.narrow(2, from, to - from)),
      2,
    );
  const range = (from: number, to: number) => arange(from, to, 1, { dtype: 'int64' });
  const keyIndices = joined(
    pieces.map(([from, to]) => range(from, to)),
    0,
  );
  const indices = indexGrid(q.shape[0], q.shape[1], range(start, start + length), keyIndices);
  const plain = query.matmul(seen(k).transpose(-2, -1));
  const changed = scoreMod ? castTo(scoreMod(plain, ...indices), plain.info) : plain;
  const scores =
    blockMask && masked ? changed.maskedFill(blockMask.maskMod(...indices).logicalNot(), Number.NEGATIVE_INFINITY) : changed;
  const lse = scores.logsumexp(-1);
  // a query that sees no key has weights 0 and no gradient
  const blind = scores.detach().amax(-1, { keepdim: true }).eq(Number.NEGATIVE_INFINITY);
  const weights = scores.maskedFill(blind, 0).softmax(-1).maskedFill(blind, 0);
  return [weights.matmul(seen(v)), lse];
}

/**
 * `flexAttention` and the logarithm of each query's sum of exponentials. PyTorch: `flex_attention` with `return_lse=True`.
 *
 * @returns The output, shape (B, H, n, F), and float32 (float64 for float64) of shape (B, H, n).
 */
export function flexAttentionWithLse(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: FlexAttentionOptions = {},
): [output: Tensor, lse: Tensor] {
  const { blockMask = null, scale = null, enableGqa = false } = options;
  checkShapes(query, key, value, blockMask, enableGqa);
  const [batches, heads, queries, features] = query.shape;
  const wide = (t: Tensor): Tensor => castTo(t, dtypeInfo(query.dtype === 'float64' ? 'float64' : 'float32'));
  return withoutAutocast(() => {
    const q = wide(query).mul(scale ?? 1 / Math.sqrt(features));
    const [k, v] = [key, value].map((t) => forQueries(wide(t), batches, heads));
    const everything: Row = { start: 0, length: queries, pieces: [[0, key.shape[2]]], masked: false };
    const rows = (blockMask === null ? [everything] : rowsOf(blockMask)).map((row) => attendRow(row, q, k, v, options));
    const output = joined(
      rows.map((row) => row[0]),
      2,
    );
    const lse = joined(
      rows.map((row) => row[1]),
      2,
    );
    return [castTo(output, query.info), lse];
  });
}

/**
 * `softmax(scoreMod(scale · Q Kᵀ)) V` of what the mask lets each query see. Computed in float32 (float64 for float64), one row of blocks
 * at a time. A query that sees no key gives zeros. PyTorch: `torch.nn.attention.flex_attention.flex_attention`.
 *
 * @param query - Shape (B, H, n, E).
 * @param key - Shape (B, H, m, E).
 * @param value - Shape (B, H, m, F).
 * @returns Shape (B, H, n, F), of query's dtype.
 * @throws {ShapeError} If the shapes do not fit together.
 * @example
 * const causal = createBlockMask((batch, head, query, key) => query.ge(key), null, null, n, n);
 * const scoreMod = (score, batch, head, query, key) => score.sub(query.sub(key).to(score.dtype).mul(0.1));
 * const y = flexAttention(q, k, v, { scoreMod, blockMask: causal });
 */
export const flexAttention = (query: Tensor, key: Tensor, value: Tensor, options: FlexAttentionOptions = {}): Tensor =>
  flexAttentionWithLse(query, key, value, options)[0];
