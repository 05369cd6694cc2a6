/**
 * A sparse tensor is a tensor without memory of its own: it holds ordinary dense tensors, of indices and of values. Operations on it
 * go to the sparse layer of dispatch (`layer.ts`), which does them on these; so its derivatives are those of its values.
 */
import { Layer } from '../context.js';
import { formatShape, LayoutError, StorageError } from '../errors.js';
import type { Shape } from '../shape.js';
import { Storage } from '../storage.js';
import { Tensor, type TensorLayout } from '../tensor.js';

const NOTHING = new ArrayBuffer(0);

/** What stands in place of memory: no kernel gets to see it. */
class NoStorage extends Storage {
  constructor() {
    super(NOTHING, 0, 0, 1, 0, 0);
    this.markEscaped();
  }
  override checkedAddress(): never {
    throw new StorageError('a sparse tensor has no elements in memory; convert it with .toDense() first');
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the dtype of a tensor that nothing is known of, as in Tensor itself
export abstract class SparseTensor extends Tensor<any> {
  abstract override get layout(): Exclude<TensorLayout, 'strided'>;

  constructor(
    shape: Shape,
    /** The elements that are stored, one per entry along the first dimension. */
    public entries: Tensor,
    indices: readonly Tensor[],
  ) {
    super(new NoStorage(), shape, NO_STRIDES, 0, entries.info, false);
    this.layers = Layer.Sparse;
    // scopes and backward passes follow the storage of a tensor, not those of its parts, so these are left to the garbage collector
    for (const part of [entries, ...indices]) part.storage.markEscaped();
  }

  /** Number of stored elements, zeros and repeated ones included. PyTorch: `Tensor._nnz`. */
  get nnz(): number {
    return this.entries.shape[0];
  }

  /** @internal The same places with other values. */
  abstract withEntries(entries: Tensor): this;
  /** @internal Of the same shape, with nothing but zeros. */
  abstract withoutEntries(): this;
  /** @internal Takes over everything from a tensor of the same class and shape. */
  abstract become(source: SparseTensor): void;

  override detached(): this {
    return this.withEntries(this.entries.detached());
  }
  override setData(source: Tensor): void {
    this.become(source as SparseTensor);
  }

  private unreadable(op: string): never {
    throw new LayoutError(
      `${op}: a sparse tensor (${this.layout}, shape ${formatShape(this.shape)}) has no elements in memory; convert it with .toDense() first`,
    );
  }
  override toTypedArray(): never {
    return this.unreadable('toTypedArray');
  }
  override elements(): never {
    return this.unreadable('toArray or item');
  }
  override unsafeData(): never {
    return this.unreadable('unsafeData');
  }
  override toJSON(): never {
    return this.unreadable('toJSON');
  }
  override isContiguous(): boolean {
    return false;
  }
  override get nbytes(): number {
    return this.parts().reduce((bytes, part) => bytes + part.nbytes, 0);
  }
  /** @internal The dense tensors that it is made of. */
  abstract parts(): readonly Tensor[];
}

const NO_STRIDES: Shape = [];

/** @internal Throws a LayoutError unless `t` has one of the layouts. */
export function requireLayout(op: string, t: Tensor, expected: readonly TensorLayout[], remedy: string): void {
  if (!expected.includes(t.layout))
    throw new LayoutError(`${op}: expected a tensor of layout ${expected.join(' or ')}, got ${t.layout}; ${remedy}`);
}
