/**
 * Reads pickles without running anything: an instruction can build dicts, lists, tuples, sets, strings and numbers, and call a
 * function that the host offers under the name the pickle gives. Names the host does not know are the host's to refuse.
 *
 * Time and memory are linear in the bytes of the pickle, and there are limits on both.
 */
import { isTensor } from '@flambeau/core';
import type { ByteReader } from './byte-reader.js';
import { Op } from './opcodes.js';
import { PickledClass, PickledObject, Tuple } from './values.js';

/** A function that pickles may call. It is ours, takes what the pickle gives and checks it. */
export class Callable {
  constructor(
    readonly name: string,
    readonly call: (args: readonly unknown[]) => unknown,
  ) {}
}

export interface PickleHost {
  /** What a name stands for: a `Callable`, a value, or a `PickledClass`. Throws if the name is not allowed. */
  global(module: string, name: string): unknown;
  /** The object (a storage) that stands outside of the pickle under this id. */
  persistentLoad(id: unknown): unknown;
}

/** Far above what checkpoints have; a hostile file must not fill the memory. */
const MAX_CONTAINERS = 2_000_000;
const MAX_OPERATIONS = 100_000_000;
const MAX_MEMO = 4_000_000;
const MAX_INTEGER_BYTES = 1024;
const MAX_NAME = 1000;
/** What functions are given, in items and bytes, per byte of the file: a list can be recalled and copied again and again. */
const MAX_GIVEN_PER_BYTE = 10;
const HIGHEST_PROTOCOL = 5;

export class Unpickler {
  private stack: unknown[] = [];
  /** The stacks below the open marks. */
  private readonly below: unknown[][] = [];
  private readonly memo: unknown[] = [];
  private containers = 0;
  private given = 0;

  constructor(
    private readonly reader: ByteReader,
    private readonly host: PickleHost,
  ) {}

  /** The value of the pickle; the reader stands behind it. @throws {CheckpointError} */
  load(): unknown {
    for (let count = 0; count < MAX_OPERATIONS; count++) {
      const op = this.reader.uint8();
      if (op === Op.STOP) return this.pop();
      this.run(op);
    }
    throw this.error(`has more than ${MAX_OPERATIONS} instructions`);
  }

  private error(what: string): Error {
    return this.reader.source.error(`the pickle ${what} (at byte ${this.reader.position})`);
  }

  private run(op: number): void {
    const { reader } = this;
    switch (op) {
      case Op.PROTO: {
        const version = reader.uint8();
        if (version > HIGHEST_PROTOCOL) throw this.error(`has protocol ${version}; up to ${HIGHEST_PROTOCOL} is known`);
        return;
      }
      case Op.FRAME:
        reader.uint64();
        return;
      case Op.MARK:
        this.below.push(this.stack);
        this.stack = [];
        return;
      case Op.POP:
        if (this.stack.length > 0) this.stack.pop();
        else this.popMark();
        return;
      case Op.POP_MARK:
        this.popMark();
        return;
      case Op.DUP:
        return this.push(this.top());

      case Op.NONE:
        return this.push(null);
      case Op.NEWTRUE:
        return this.push(true);
      case Op.NEWFALSE:
        return this.push(false);
      case Op.BININT:
        return this.push(reader.int32());
      case Op.BININT1:
        return this.push(reader.uint8());
      case Op.BININT2:
        return this.push(reader.uint16());
      case Op.LONG1:
        return this.push(this.integer(reader.uint8()));
      case Op.LONG4:
        return this.push(this.integer(reader.uint32()));
      case Op.INT:
        return this.push(this.decimal(reader.line(), true));
      case Op.LONG:
        return this.push(this.decimal(reader.line(), false));
      case Op.BINFLOAT:
        return this.push(reader.float64());
      case Op.FLOAT:
        return this.push(this.decimalFloat(reader.line()));

      case Op.BINUNICODE:
        return this.push(this.text(reader.uint32()));
      case Op.SHORT_BINUNICODE:
        return this.push(this.text(reader.uint8()));
      case Op.BINUNICODE8:
        return this.push(this.text(reader.uint64()));
      case Op.UNICODE:
        return this.push(reader.line());
      case Op.SHORT_BINSTRING:
        return this.push(this.python2String(reader.bytes(reader.uint8())));
      case Op.BINSTRING:
        return this.push(this.python2String(reader.bytes(reader.uint32())));
      case Op.STRING:
        return this.push(this.quoted(reader.line()));
      case Op.SHORT_BINBYTES:
        return this.push(reader.bytes(reader.uint8()));
      case Op.BINBYTES:
        return this.push(reader.bytes(reader.uint32()));
      case Op.BINBYTES8:
      case Op.BYTEARRAY8:
        return this.push(reader.bytes(reader.uint64()));

      case Op.EMPTY_LIST:
        return this.pushContainer([]);
      case Op.LIST:
        return this.pushContainer(this.popMark());
      case Op.EMPTY_TUPLE:
        return this.pushContainer(new Tuple());
      case Op.TUPLE:
        return this.pushContainer(tupleOf(this.popMark()));
      case Op.TUPLE1:
      case Op.TUPLE2:
      case Op.TUPLE3:
        return this.pushContainer(tupleOf(this.popMany(op - Op.TUPLE1 + 1)));
      case Op.EMPTY_DICT:
        return this.pushContainer(new Map());
      case Op.DICT: {
        const dict = new Map();
        this.setItems(dict, this.popMark());
        return this.pushContainer(dict);
      }
      case Op.EMPTY_SET:
        return this.pushContainer(new Set());
      case Op.FROZENSET:
        return this.pushContainer(new Set(this.popMark()));
      case Op.APPEND:
        return this.append([this.pop()]);
      case Op.APPENDS:
        return this.append(this.popMark());
      case Op.SETITEM: {
        const pair = this.popMany(2);
        return this.setItems(this.top(), pair);
      }
      case Op.SETITEMS: {
        const pairs = this.popMark();
        return this.setItems(this.top(), pairs);
      }
      case Op.ADDITEMS: {
        const items = this.popMark();
        const set = this.top();
        if (!(set instanceof Set)) throw this.error('adds items to what is no set');
        for (const item of items) set.add(item);
        return;
      }

      case Op.PUT:
        return this.store(Number(reader.line()));
      case Op.BINPUT:
        return this.store(reader.uint8());
      case Op.LONG_BINPUT:
        return this.store(reader.uint32());
      case Op.MEMOIZE:
        return this.store(this.memo.length);
      case Op.GET:
        return this.recall(Number(reader.line()));
      case Op.BINGET:
        return this.recall(reader.uint8());
      case Op.LONG_BINGET:
        return this.recall(reader.uint32());

      case Op.GLOBAL: {
        const module = reader.line();
        return this.push(this.global(module, reader.line()));
      }
      case Op.STACK_GLOBAL: {
        const [module, name] = this.popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') throw this.error('names a class by what is no text');
        return this.push(this.global(module, name));
      }
      case Op.REDUCE:
      case Op.NEWOBJ: {
        const [callee, args] = this.popMany(2);
        return this.pushContainer(this.call(callee, args));
      }
      case Op.NEWOBJ_EX: {
        const [callee, args, keywords] = this.popMany(3);
        if (keywords instanceof Map && keywords.size > 0 && !(callee instanceof PickledClass))
          throw this.error('gives keyword arguments to a function that takes none');
        const made = this.call(callee, args);
        if (made instanceof PickledObject && keywords instanceof Map && keywords.size > 0) made.args = [...made.args, keywords];
        return this.pushContainer(made);
      }
      case Op.INST: {
        const module = reader.line();
        const callee = this.global(module, reader.line());
        return this.pushContainer(this.call(callee, this.popMark()));
      }
      case Op.OBJ: {
        const [callee, ...args] = this.popMark();
        return this.pushContainer(this.call(callee, args));
      }
      case Op.BUILD: {
        const state = this.pop();
        return this.build(this.top(), state);
      }
      case Op.PERSID:
        return this.push(this.host.persistentLoad(reader.line()));
      case Op.BINPERSID:
        return this.push(this.host.persistentLoad(this.pop()));
      default:
        throw this.error(`has an instruction 0x${op.toString(16).padStart(2, '0')}, which is not supported`);
    }
  }

  // ---- the stack ----

  private push(value: unknown): void {
    this.stack.push(value);
  }
  private pushContainer(value: unknown): void {
    if (++this.containers > MAX_CONTAINERS) throw this.error(`has more than ${MAX_CONTAINERS} containers and objects`);
    this.stack.push(value);
  }
  private pop(): unknown {
    if (this.stack.length === 0) throw this.error('is damaged: it takes a value that is not there');
    return this.stack.pop();
  }
  private popMany(count: number): unknown[] {
    if (this.stack.length < count) throw this.error('is damaged: it takes a value that is not there');
    return this.stack.splice(-count);
  }
  private popMark(): unknown[] {
    const items = this.stack;
    const below = this.below.pop();
    if (below === undefined) throw this.error('is damaged: it takes a mark that is not there');
    this.stack = below;
    return items;
  }
  private top(): unknown {
    if (this.stack.length === 0) throw this.error('is damaged: it takes a value that is not there');
    return this.stack.at(-1);
  }

  private store(index: number): void {
    if (!(index < MAX_MEMO)) throw this.error(`remembers more than ${MAX_MEMO} values`);
    this.memo[index] = this.top();
  }
  private recall(index: number): void {
    const value = this.memo[index]; // a value is never undefined
    if (value === undefined) throw this.error(`is damaged: it recalls value ${index}, which it has not stored`);
    this.push(value);
  }

  // ---- containers and objects ----

  private append(items: unknown[]): void {
    const list = this.top();
    const target = list instanceof PickledObject ? list.items : list;
    if (!Array.isArray(target) || target instanceof Tuple) throw this.error('appends to what is no list');
    for (const item of items) target.push(item);
  }

  private setItems(dict: unknown, pairs: unknown[]): void {
    const target = dict instanceof PickledObject ? dict.entries : dict;
    if (!(target instanceof Map)) throw this.error('sets items of what is no dict');
    if (pairs.length % 2 !== 0) throw this.error('is damaged: a key has no value');
    for (let i = 0; i < pairs.length; i += 2) target.set(pairs[i], pairs[i + 1]);
  }

  private call(callee: unknown, args: unknown): unknown {
    if (!Array.isArray(args)) throw this.error('calls a function with arguments that are no tuple');
    this.countGiven(args);
    if (callee instanceof Callable) return callee.call(args);
    if (callee instanceof PickledClass) return new PickledObject(callee.toString(), [...args]);
    throw this.error(`calls ${describe(callee)}, which is no function`);
  }

  private countGiven(args: readonly unknown[]): void {
    const limit = MAX_GIVEN_PER_BYTE * this.reader.source.size;
    const count = (size: number): void => {
      this.given += size;
      if (this.given > limit) throw this.error('copies the same values too often');
    };
    count(args.length);
    for (const arg of args) count(sizeOf(arg));
  }

  private global(module: string, name: string): unknown {
    if (module.length + name.length > MAX_NAME) throw this.error(`has a name of ${module.length + name.length} characters`);
    return this.host.global(module, name);
  }

  private build(target: unknown, state: unknown): void {
    if (target instanceof PickledObject) target.state = state;
    // attributes of an OrderedDict (a state dict's versions) and of tensors have no place here
    else if (!(target instanceof Map) && !isTensor(target)) throw this.error(`sets the state of ${describe(target)}`);
  }

  // ---- numbers and text ----

  private integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) throw this.error(`has an integer of ${length} bytes`);
    const bytes = this.reader.bytes(length).reverse();
    if (length === 0) return 0;
    const value = BigInt.asIntN(8 * length, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
    return asNumber(value);
  }

  private decimal(line: string, short: boolean): number | bigint | boolean {
    if (short && line === '00') return false;
    if (short && line === '01') return true;
    const digits = line.endsWith('L') ? line.slice(0, -1) : line;
    if (!/^-?\d{1,4000}$/.test(digits)) throw this.error(`has an integer '${line.slice(0, 40)}'`);
    return asNumber(BigInt(digits));
  }

  private decimalFloat(line: string): number {
    if (/^-?inf$/.test(line)) return line === 'inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    if (!/^[-+.\deE]+$/.test(line) && line !== 'nan') throw this.error(`has a number '${line.slice(0, 40)}'`);
    return Number(line);
  }

  private text(length: number): string {
    try {
      return UTF8.decode(this.reader.bytes(length));
    } catch (cause) {
      if (cause instanceof TypeError) throw this.error('has text that is not UTF-8');
      throw cause;
    }
  }

  /** Text of Python 2, which is bytes if it is no UTF-8. */
  private python2String(bytes: Uint8Array): string | Uint8Array {
    try {
      return UTF8.decode(bytes);
    } catch {
      return bytes;
    }
  }

  private quoted(line: string): string {
    const quote = line[0];
    if (line.length < 2 || (quote !== "'" && quote !== '"') || !line.endsWith(quote) || line.includes('\\'))
      throw this.error('has a quoted text that cannot be read');
    return line.slice(1, -1);
  }
}

/** Items or bytes. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (value instanceof Map || value instanceof Set) return value.size;
  return value instanceof Uint8Array ? value.byteLength : 0;
}

/** `Tuple.from`, ten times as fast. */
function tupleOf(items: readonly unknown[]): Tuple {
  const tuple = new Tuple();
  for (const item of items) tuple.push(item);
  return tuple;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const asNumber = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

function describe(value: unknown): string {
  if (value instanceof Callable) return value.name;
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  return `a ${value.constructor.name}`;
}
