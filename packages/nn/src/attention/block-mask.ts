/** Which blocks of queries and keys a mask leaves empty, so that attention need not compute them. */
import { arange, logicalAnd, logicalOr, pad, ShapeError, type Tensor, tensor, ValueError } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';

/**
 * Whether a query sees a key: index tensors (int64) of batch, head, query and key that broadcast to one shape, to bool. It is called
 * with all indices of a block at once, so it must be made of operators that work element by element, or look something up with
 * `table.index(batch, query)`.
 */
export type MaskMod = (batch: Tensor, head: Tensor, query: Tensor, key: Tensor) => Tensor;

/** Where both see it. PyTorch: `and_masks`. */
export const andMasks =
  (...masks: readonly MaskMod[]): MaskMod =>
  (...indices) =>
    masks.map((mask) => mask(...indices)).reduce((a, b) => logicalAnd(a, b));

/** Where any sees it. PyTorch: `or_masks`. */
export const orMasks =
  (...masks: readonly MaskMod[]): MaskMod =>
  (...indices) =>
    masks.map((mask) => mask(...indices)).reduce((a, b) => logicalOr(a, b));

/** Batches (B, 1, 1, 1), heads (H, 1, 1), queries (n, 1) and keys (m), which broadcast to (B, H, n, m). */
export function indexGrid(batches: number, heads: number, queries: Tensor, keys: Tensor): [Tensor, Tensor, Tensor, Tensor] {
  const range = (n: number) => arange(n, { dtype: 'int64' });
  return [range(batches).reshape([-1, 1, 1, 1]), range(heads).reshape([-1, 1, 1]), queries.reshape([-1, 1]), keys];
}

/** A mask in full: bool, shape (B, H, queries, keys). PyTorch: `create_mask`. */
export function createMask(maskMod: MaskMod, B: number | null, H: number | null, queries: number, keys: number): Tensor {
  const [batches, heads] = [B ?? 1, H ?? 1];
  const range = (n: number) => arange(n, { dtype: 'int64' });
  const mask = noGrad(() => maskMod(...indexGrid(batches, heads, range(queries), range(keys))));
  if (mask.dtype !== 'bool') throw new ValueError(`createMask: the mask function must return bool, got ${mask.dtype}`);
  return mask.expand([batches, heads, queries, keys]);
}

/** What is in a block. */
export const Block = { EMPTY: 0, PARTIAL: 1, FULL: 2 } as const;

/** The blocks of a mask; see `createBlockMask`. PyTorch: `BlockMask`. */
export class BlockMask {
  constructor(
    /** (B, H, queries, keys); a batch or head of size 1 stands for all. */
    readonly shape: readonly [number, number, number, number],
    readonly blockSize: readonly [queries: number, keys: number],
    readonly maskMod: MaskMod,
    /** @internal One of `Block` for each block, shape (B, H, rows, columns) flattened. */
    readonly blocks: Uint8Array,
  ) {}

  /** Rows and columns of blocks. */
  get grid(): readonly [rows: number, columns: number] {
    return [Math.ceil(this.shape[2] / this.blockSize[0]), Math.ceil(this.shape[3] / this.blockSize[1])];
  }

  private rowsOfBlocks<T>(fn: (row: Uint8Array) => T): T[] {
    const columns = this.grid[1];
    const count = columns === 0 ? 0 : this.blocks.length / columns;
    return Array.from({ length: count }, (_, i) => fn(this.blocks.subarray(i * columns, (i + 1) * columns)));
  }

  private counts(kind: number): Tensor {
    const list = this.rowsOfBlocks((row) => row.filter((block) => block === kind).length);
    return tensor(list, { dtype: 'int32' }).reshape([this.shape[0], this.shape[1], this.grid[0]]);
  }

  /** The columns with blocks of this kind in order, then all others. */
  private indices(kind: number): Tensor {
    const list = this.rowsOfBlocks((row) => {
      const columns = Array.from(row.keys());
      return [...columns.filter((j) => row[j] === kind), ...columns.filter((j) => row[j] !== kind)];
    });
    return tensor(list.flat(), { dtype: 'int32' }).reshape([this.shape[0], this.shape[1], ...this.grid]);
  }

  /** How many blocks of each row are partly visible: int32, shape (B, H, rows). */
  get kvNumBlocks(): Tensor {
    return this.counts(Block.PARTIAL);
  }
  /** Their columns, followed by the other ones: int32, shape (B, H, rows, columns). */
  get kvIndices(): Tensor {
    return this.indices(Block.PARTIAL);
  }
  /** How many blocks of each row are visible in full: int32, shape (B, H, rows). */
  get fullKvNumBlocks(): Tensor {
    return this.counts(Block.FULL);
  }
  /** Their columns, followed by the other ones: int32, shape (B, H, rows, columns). */
  get fullKvIndices(): Tensor {
    return this.indices(Block.FULL);
  }

  /** 1 for each block that is not empty, else 0: int32, shape (B, H, rows, columns). */
  toDense(): Tensor {
    const list = Array.from(this.blocks, (block) => (block === Block.EMPTY ? 0 : 1));
    return tensor(list, { dtype: 'int32' }).reshape([this.shape[0], this.shape[1], ...this.grid]);
  }

  /** The share of empty blocks in percent. */
  sparsity(): number {
    return (100 * this.blocks.filter((block) => block === Block.EMPTY).length) / this.blocks.length;
  }
}

export interface BlockMaskOptions {
  /** Queries and keys in a block. Default 128. */
  readonly blockSize?: number | readonly [queries: number, keys: number];
}

/**
 * Finds the blocks that a mask leaves empty. A mask can serve all batches of one shape. PyTorch: `create_block_mask`.
 *
 * @param B - Batches; null if the mask is the same for all.
 * @param H - Heads; null if the mask is the same for all.
 * @throws {ValueError} If a block has no positive integer size, or the function does not return bool.
 * @example
 * const causal = createBlockMask((batch, head, query, key) => query.ge(key), null, null, 1024, 1024);
 */
export function createBlockMask(
  maskMod: MaskMod,
  B: number | null,
  H: number | null,
  queries: number,
  keys: number,
  { blockSize = 128 }: BlockMaskOptions = {},
): BlockMask {
  const [rows, columns] = typeof blockSize === 'number' ? [blockSize, blockSize] : blockSize;
  for (const size of [rows, columns])
    if (!Number.isInteger(size) || size < 1)
      throw new ValueError(`createBlockMask: blockSize must be positive integers, got ${String(blockSize)}`);
  if (queries < 1 || keys < 1) throw new ShapeError(`createBlockMask: expected queries and keys, got ${queries} and ${keys}`);
  const mask = createMask(maskMod, B, H, queries, keys);
  const [height, width] = [Math.ceil(queries / rows), Math.ceil(keys / columns)];
  // what is beyond the last query or key is not visible: such a block is never full
  const padded = pad(mask.to('int32'), [0, width * columns - keys, 0, height * rows - queries]);
  const visible = padded
    .reshape([B ?? 1, H ?? 1, height, rows, width, columns])
    .sum([3, 5])
    .flatten();
  const whole = rows * columns;
  const blocks = Uint8Array.from(visible.toArray() as (number | bigint)[], (n) =>
    Number(n) === 0 ? Block.EMPTY : Number(n) === whole ? Block.FULL : Block.PARTIAL,
  );
  return new BlockMask([B ?? 1, H ?? 1, queries, keys], [rows, columns], maskMod, blocks);
}
