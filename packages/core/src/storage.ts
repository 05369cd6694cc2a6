/**
 * CPU memory. A storage is JavaScript-owned memory lent to kernels by address: V8 knows its size and frees it in ordinary
 * collections, so nothing has to be disposed and nothing waits for a finalizer.
 *
 * - Large storages have an uninitialised buffer of their own, rounded up to a bucket size so that it can be used again.
 * - Small ones share a slab of 16 KB, because a buffer each costs more than most small operations.
 * - `recycle` hands a buffer to the free list; only callers that can prove that nobody sees it any more may do so.
 */
import { markAsUntransferable } from 'node:worker_threads';
import { address as addressOf, useLargePages } from '@flambeau/kernels';
import { StorageError } from './errors.js';

const LINE = 64;
const SLAB_BYTES = 16 * 1024;
const SMALL_BYTES = 1024;
/** From here on memory may hold a large page. */
const LARGE_BYTES = 2 * 1024 * 1024;
/** Above this Node's Buffer cannot go; such storages are zero-filled ArrayBuffers. */
const MAX_UNINITIALIZED = 4 * 1024 ** 3 - LARGE_BYTES;

/** Memory that came from the user: checked for detachment before each use. */
const FOREIGN = 1;
/** Memory that user code, a parameter or an optimizer can see: recycled by nobody but its owner, when it lets go of it. */
const ESCAPED = 2;
/** Part of a slab. */
const SLAB = 4;
/** Outlives every scope: parameters, gradients, buffers, optimizer state. */
const PERSISTENT = 8;

export class Storage {
  /** The device whose backend can use it. */
  readonly device: string = 'cpu';
  /** Bumped by every in-place write; shared by all views. Autograd compares it with what it saved. */
  version = 0;
  /** The backward run that made it, 0 outside of one; and how many gradients in flight there still lie on it. */
  backwardRun = 0;
  references = 0;
  /** The op that made it; known while a scope watches. */
  madeBy: string | null = null;

  constructor(
    public buffer: ArrayBufferLike,
    /** Where the storage begins in `buffer`. */
    readonly byteOffset: number,
    readonly byteLength: number,
    /** Address of the first byte; 0 once released. */
    public address: number,
    private flags: number,
    /** Bytes that may be used again once recycled; 0 if the memory is not ours to recycle. */
    readonly capacity: number,
  ) {}

  get escaped(): boolean {
    return (this.flags & ESCAPED) !== 0;
  }
  get persistent(): boolean {
    return (this.flags & PERSISTENT) !== 0;
  }
  get released(): boolean {
    return this.address === 0;
  }
  /** Marks the storage as visible to somebody the engine cannot follow. Sticky. */
  markEscaped(): void {
    this.flags |= ESCAPED;
  }
  /** Marks the storage as belonging to something that outlives scopes. Sticky. */
  markPersistent(): void {
    this.flags |= PERSISTENT | ESCAPED;
  }
  get isSlab(): boolean {
    return (this.flags & SLAB) !== 0;
  }

  /** The address for a kernel. Throws if the memory is gone. */
  checkedAddress(): number {
    if (this.address === 0) throw this.releasedError();
    if (this.flags & FOREIGN && this.buffer.byteLength < this.byteOffset + this.byteLength)
      throw new StorageError(
        'this tensor lies on an array buffer that was transferred or detached; clone() the tensor before transferring its buffer',
      );
    return this.address;
  }

  releasedError(): StorageError {
    return new StorageError(
      `this tensor${this.madeBy ? ` (made by ${this.madeBy})` : ''} was released at the end of its scope; ` +
        'return it from the scope or mark it with keep() to use it afterwards',
    );
  }
}

// ---- statistics ----

const counters = { cachedBytes: 0, recycledBytes: 0, allocatedBytes: 0, allocations: 0, peakBytes: 0 };

// ---- the free list ----

type Block = { buffer: ArrayBufferLike; byteOffset: number; address: number; capacity: number };
const freeList = new Map<number, Block[]>();
let freeListLimit = 1024 ** 3;
let poison = false;

/** Bucket sizes are 4, 5, 6 and 7 eighths of powers of two: at most a quarter is wasted, and it is never touched. */
function bucketSize(bytes: number): number {
  const step = 2 ** Math.max(6, Math.floor(Math.log2(bytes)) - 2);
  return Math.ceil(bytes / step) * step;
}

// ---- allocation ----

function ownBlock(capacity: number): Block {
  // What spans several large pages begins with one: the reserve before it is never touched, so it costs addresses, not memory.
  const line = capacity >= 2 * LARGE_BYTES ? LARGE_BYTES : LINE;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = capacity <= MAX_UNINITIALIZED ? Buffer.allocUnsafeSlow(capacity + line) : new Uint8Array(capacity + line);
  } catch (cause) {
    throw new StorageError(`cannot allocate ${capacity} bytes of tensor memory`, { cause });
  }
  markAsUntransferable(bytes.buffer);
  const base = addressOf(bytes);
  if (capacity >= LARGE_BYTES) useLargePages(base, bytes.byteLength);
  const skip = (line - (base % line)) % line;
  counters.allocatedBytes += capacity;
  counters.allocations++;
  return { buffer: bytes.buffer, byteOffset: skip, address: base + skip, capacity };
}

let slab: Block = { buffer: new ArrayBuffer(0), byteOffset: 0, address: 0, capacity: 0 };
let slabUsed = 0;

/** Uninitialised memory of at least `bytes` bytes, on a 64-byte line. */
export function allocate(bytes: number): Storage {
  if (bytes <= SMALL_BYTES) {
    const size = bytes <= LINE ? LINE : Math.ceil(bytes / LINE) * LINE;
    if (slabUsed + size > slab.capacity) {
      slab = ownBlock(SLAB_BYTES);
      slabUsed = 0;
    }
    const at = slabUsed;
    slabUsed += size;
    return new Storage(slab.buffer, slab.byteOffset + at, bytes, slab.address + at, SLAB, 0);
  }
  const capacity = bucketSize(bytes);
  const free = freeList.get(capacity);
  let block: Block | undefined;
  if (free !== undefined && free.length > 0) {
    block = free.pop() as Block;
    counters.cachedBytes -= capacity;
    counters.recycledBytes += bytes;
  } else block = ownBlock(capacity);
  return new Storage(block.buffer, block.byteOffset, bytes, block.address, 0, capacity);
}

/** Memory in a buffer of its own, for what lives long: a kept scalar must not pin a slab. */
export function allocateOwn(bytes: number): Storage {
  const block = ownBlock(bucketSize(Math.max(bytes, 1)));
  return new Storage(block.buffer, block.byteOffset, bytes, block.address, ESCAPED, block.capacity);
}

/** Memory shared between threads, on a 64-byte line. */
export function allocateShared(bytes: number): Storage {
  const buffer = new SharedArrayBuffer(bytes + LINE);
  const skip = (LINE - (addressOf(new Uint8Array(buffer)) % LINE)) % LINE;
  return wrapArray(new Uint8Array(buffer, skip, bytes));
}

/** Lends the user's own array to kernels, without a copy. */
export function wrapArray(array: ArrayBufferView): Storage {
  const buffer = array.buffer; // moves a small array's elements off the JavaScript heap
  const base = addressOf(new Uint8Array(buffer, array.byteOffset, array.byteLength));
  return new Storage(buffer, array.byteOffset, array.byteLength, base || LINE, FOREIGN | ESCAPED, 0);
}

/** True if nothing stands against lending this buffer: fixed length and attached. */
export function canWrap(buffer: ArrayBufferLike): boolean {
  const resizable = (buffer as { resizable?: boolean }).resizable || (buffer as { growable?: boolean }).growable;
  return !resizable && !isDetached(buffer);
}

// Node 20 has no `ArrayBuffer.prototype.detached`, but refuses a view on such a buffer.
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer, 0, 0);
    return false;
  } catch {
    return true;
  }
}

/**
 * Takes the storage's memory back. The caller has proved that nobody can read it any more; whoever tries gets a StorageError.
 */
export function recycle(storage: Storage): void {
  if (storage.address === 0) return;
  const { buffer, byteOffset, address, capacity } = storage;
  storage.address = 0;
  storage.buffer = EMPTY;
  if (capacity === 0) return;
  if (poison) new Uint8Array(buffer, byteOffset, capacity).fill(0xff); // NaN in every float dtype
  if (poison || counters.cachedBytes + capacity > freeListLimit) return;
  const free = freeList.get(capacity);
  const block = { buffer, byteOffset, address, capacity };
  if (free === undefined) freeList.set(capacity, [block]);
  else free.push(block);
  counters.cachedBytes += capacity;
}
const EMPTY = new ArrayBuffer(0);

/** Gives all cached memory back to V8. */
export function emptyCache(): void {
  freeList.clear();
  counters.cachedBytes = 0;
}

/** How many bytes the free list may hold. Default: 1 GiB. */
export function setCacheLimit(bytes: number): void {
  freeListLimit = bytes;
  if (counters.cachedBytes > bytes) emptyCache();
}

/** Debugging: recycled memory is overwritten with NaN and not used again, so that a use after release shows. */
export function setPoisonRecycled(on: boolean): void {
  poison = on;
  emptyCache();
}

export interface MemoryReport {
  /** Bytes of array buffers that V8 holds now, tensors and others. */
  readonly liveBytes: number;
  /** Bytes in the free list. */
  readonly cachedBytes: number;
  /** Bytes handed out from the free list instead of being allocated, so far. */
  readonly recycledBytes: number;
  /** Bytes freshly allocated so far, and in how many buffers. */
  readonly allocatedBytes: number;
  readonly allocations: number;
  /** Largest resident set of the process so far, in bytes. */
  readonly peakBytes: number;
}

/** What tensor memory the process holds. */
export function memory(): MemoryReport {
  return {
    ...counters,
    liveBytes: process.memoryUsage().arrayBuffers,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}
