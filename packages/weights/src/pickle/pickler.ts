/**
 * Writes pickles of protocol 2, the one that PyTorch's files have. A value that occurs twice is written once, so shared and
 * circular containers come back as such.
 */
import { isTensor, type Tensor } from '@flambeau/core';
import { CheckpointError } from '../errors.js';
import { Op } from './opcodes.js';
import { dictKey, MAX_DEPTH } from './plain.js';
import { PickledClass, TorchDevice, TorchDtype, TorchSize, Tuple } from './values.js';

/** How a tensor is written: a function's name and its arguments, in which a `PersistentId` may stand for its storage. */
export interface Reduction {
  readonly callee: PickledClass;
  readonly args: Tuple;
}

/** Something that stands outside of the pickle. */
export class PersistentId {
  constructor(readonly id: Tuple) {}
}

/** An OrderedDict without entries. */
export class EmptyOrderedDict {}

/** Python's pickler writes items in batches of this size. */
const BATCH = 1000;

/** The pickle of a value. @throws {CheckpointError} If a part of it is nothing that Python has. */
export function pickle(value: unknown, reduceTensor: (t: Tensor) => Reduction = noTensors): Uint8Array {
  return new Pickler(reduceTensor).dump(value);
}

const noTensors = (): Reduction => {
  throw new CheckpointError('a tensor cannot stand here');
};

const builtin = (name: string): PickledClass => new PickledClass('__builtin__', name);
const ORDERED_DICT = new PickledClass('collections', 'OrderedDict');

class Pickler {
  private bytes = Buffer.alloc(1024);
  private length = 0;
  /** Numbers of what was written, by identity; texts by value. */
  private readonly memo = new Map<unknown, number>();
  private readonly names = new Map<string, PickledClass>();

  constructor(private readonly reduceTensor: (t: Tensor) => Reduction) {}

  dump(value: unknown): Uint8Array {
    this.op(Op.PROTO, 2);
    this.save(value, 'value', 0);
    this.op(Op.STOP);
    return this.bytes.subarray(0, this.length);
  }

  /** @param path - Where the value stands, for errors. */
  private save(value: unknown, path: string, depth: number): void {
    if (depth > MAX_DEPTH)
      throw new CheckpointError(`cannot save ${path.slice(0, 60)}…: it is nested more than ${MAX_DEPTH} deep`);
    switch (typeof value) {
      case 'boolean':
        return this.op(value ? Op.NEWTRUE : Op.NEWFALSE);
      case 'number':
        return Number.isSafeInteger(value) && !Object.is(value, -0) ? this.integer(BigInt(value)) : this.float(value);
      case 'bigint':
        return this.integer(value);
      case 'string':
        return this.remembered(value, () => this.text(value));
      case 'object':
        return value === null ? this.op(Op.NONE) : this.object(value, path, depth + 1);
      default:
        throw new CheckpointError(`cannot save ${path}: a ${typeof value} is nothing that Python has`);
    }
  }

  private object(value: object, path: string, depth: number): void {
    if (value instanceof PersistentId) {
      this.save(value.id, path, depth);
      return this.op(Op.BINPERSID);
    }
    if (value instanceof PickledClass) return this.name(value);
    if (value instanceof TorchDtype) return this.name(new PickledClass('torch', value.name));
    if (this.recall(value)) return;
    if (isTensor(value)) {
      const { callee, args } = this.reduceTensor(value);
      return this.reduce(value, callee, args, path, depth);
    }
    if (value instanceof EmptyOrderedDict) return this.reduce(value, ORDERED_DICT, new Tuple(), path, depth);
    if (value instanceof TorchDevice) {
      const args = value.index === null ? Tuple.of(value.type) : Tuple.from<unknown>([value.type, value.index]);
      return this.reduce(value, new PickledClass('torch', 'device'), args, path, depth);
    }
    if (value instanceof TorchSize)
      return this.reduce(value, new PickledClass('torch', 'Size'), Tuple.of(Tuple.from(value)), path, depth);
    if (value instanceof Tuple) return this.tuple(value, path, depth);
    if (Array.isArray(value)) return this.list(value, path, depth);
    if (value instanceof Uint8Array)
      return this.reduce(
        value,
        new PickledClass('_codecs', 'encode'),
        Tuple.of(Buffer.from(value).toString('latin1'), 'latin1'),
        path,
        depth,
      );
    if (value instanceof Set) return this.reduce(value, builtin('set'), Tuple.of([...value]), path, depth);
    if (value instanceof Map) return this.dict(value, [...value], path, depth);
    if (isComplex(value))
      return this.reduce(value, builtin('complex'), Tuple.of(new Float(value.re), new Float(value.im)), path, depth);
    if (value instanceof Float) return this.float(value.value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null)
      return this.dict(
        value,
        Object.entries(value).map(([key, item]) => [dictKey(key, item), item]),
        path,
        depth,
      );
    throw new CheckpointError(
      `cannot save ${path}: a ${value.constructor.name} is nothing that PyTorch would load; make it plain`,
    );
  }

  private list(value: unknown[], path: string, depth: number): void {
    this.op(Op.EMPTY_LIST);
    this.remember(value);
    this.batches(value.length, Op.APPEND, Op.APPENDS, (i) => this.save(value[i], `${path}[${i}]`, depth));
  }

  private tuple(value: Tuple, path: string, depth: number): void {
    if (value.length === 0) return this.op(Op.EMPTY_TUPLE);
    if (value.length > 3) this.op(Op.MARK);
    for (const [i, item] of value.entries()) this.save(item, `${path}[${i}]`, depth);
    // a circular tuple has been written by its own items
    if (this.memo.has(value)) throw new CheckpointError(`cannot save ${path}: a tuple contains itself`);
    this.op(value.length > 3 ? Op.TUPLE : Op.TUPLE1 + value.length - 1);
    this.remember(value);
  }

  /** A dict of nothing but tensors is a state dict, which is an OrderedDict in PyTorch. */
  private dict(value: object, entries: [unknown, unknown][], path: string, depth: number): void {
    if (entries.length > 0 && entries.every(([key, item]) => typeof key === 'string' && isTensor(item)))
      this.reduce(value, ORDERED_DICT, new Tuple(), path, depth);
    else {
      this.op(Op.EMPTY_DICT);
      this.remember(value);
    }
    this.batches(entries.length, Op.SETITEM, Op.SETITEMS, (i) => {
      const [key, item] = entries[i];
      this.save(key, `a key of ${path}`, depth);
      this.save(item, `${path}.${typeof key === 'object' ? '…' : String(key)}`, depth);
    });
  }

  private batches(count: number, one: number, many: number, saveItem: (index: number) => void): void {
    for (let start = 0; start < count; start += BATCH) {
      const end = Math.min(start + BATCH, count);
      if (end - start > 1) this.op(Op.MARK);
      for (let i = start; i < end; i++) saveItem(i);
      this.op(end - start > 1 ? many : one);
    }
  }

  private reduce(value: object, callee: PickledClass, args: Tuple, path: string, depth: number): void {
    this.name(callee);
    this.tuple(args, path, depth);
    this.op(Op.REDUCE);
    this.remember(value);
  }

  private name({ module, name }: PickledClass): void {
    // one object for each name, because the memo goes by identity
    const key = `${module}.${name}`;
    const known = this.names.get(key) ?? new PickledClass(module, name);
    this.names.set(key, known);
    this.remembered(known, () => {
      this.op(Op.GLOBAL);
      this.write(Buffer.from(`${module}\n${name}\n`));
    });
  }

  // ---- the memo ----

  private recall(key: unknown): boolean {
    const index = this.memo.get(key);
    if (index === undefined) return false;
    if (index < 256) this.op(Op.BINGET, index);
    else this.wide(Op.LONG_BINGET, index);
    return true;
  }
  private remember(key: unknown): void {
    const index = this.memo.size;
    this.memo.set(key, index);
    if (index < 256) this.op(Op.BINPUT, index);
    else this.wide(Op.LONG_BINPUT, index);
  }
  private remembered(key: unknown, write: () => void): void {
    if (this.recall(key)) return;
    write();
    this.remember(key);
  }

  // ---- bytes ----

  private integer(value: bigint): void {
    if (value >= 0n && value < 0x100n) return this.op(Op.BININT1, Number(value));
    if (value >= 0n && value < 0x10000n) return this.op(Op.BININT2, Number(value) & 0xff, Number(value) >> 8);
    if (BigInt.asIntN(32, value) === value) {
      this.op(Op.BININT);
      const bytes = Buffer.alloc(4);
      bytes.writeInt32LE(Number(value));
      return this.write(bytes);
    }
    // the fewest bytes of two's complement
    let count = 5;
    while (BigInt.asIntN(8 * count, value) !== value) count++;
    if (count > 255) throw new CheckpointError(`cannot save an integer of ${count} bytes`);
    this.op(Op.LONG1, count);
    const hex = BigInt.asUintN(8 * count, value)
      .toString(16)
      .padStart(2 * count, '0');
    this.write(Buffer.from(hex, 'hex').reverse());
  }

  private float(value: number): void {
    this.op(Op.BINFLOAT);
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    this.write(bytes);
  }

  private text(value: string): void {
    const bytes = Buffer.from(value);
    this.wide(Op.BINUNICODE, bytes.byteLength);
    this.write(bytes);
  }

  private wide(code: number, argument: number): void {
    this.op(code);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(argument);
    this.write(bytes);
  }

  private op(...bytes: number[]): void {
    this.write(bytes);
  }

  private write(bytes: ArrayLike<number>): void {
    if (this.length + bytes.length > this.bytes.byteLength) {
      const larger = Buffer.alloc(2 * (this.length + bytes.length));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
}

/** A number that is written as a float even where it is whole. */
class Float {
  constructor(readonly value: number) {}
}

const isComplex = (x: object): x is { re: number; im: number } => {
  const { re, im, ...rest } = x as Record<string, unknown>;
  return typeof re === 'number' && typeof im === 'number' && Object.keys(rest).length === 0;
};
