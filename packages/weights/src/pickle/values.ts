/** What Python values are here that JavaScript has no type of its own for. None of them can do anything. */
import type { Tensor } from '@flambeau/core';

/** A Python tuple: an array that is written as a tuple again. `Tuple.of(1, 2)`, `Tuple.from(list)`. */
export class Tuple<T = unknown> extends Array<T> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array; // map, slice, … give plain arrays
  }
}

/** A `torch.Size`. */
export class TorchSize extends Tuple<number> {}

/** A `torch.dtype` object, e.g. `torch.float32`. */
export class TorchDtype {
  constructor(
    /** Without `torch.`. Where Flambeau has the dtype, its name. */
    readonly name: string,
  ) {}
  toString(): string {
    return `torch.${this.name}`;
  }
}

/** A `torch.device`. */
export class TorchDevice {
  constructor(
    readonly type: string,
    readonly index: number | null = null,
  ) {}
  toString(): string {
    return this.index === null ? this.type : `${this.type}:${this.index}`;
  }
}

/** The name of a class or function that a pickle mentions. It is a name only. */
export class PickledClass {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
  toString(): string {
    return `${this.module}.${this.name}`;
  }
}

/** An instance of a class that is not known here: an inert record of what the pickle says of it. */
export class PickledObject {
  /** What `__setstate__` or `__dict__.update` would get: mostly the attributes by name. */
  state: unknown = null;
  /** The items, if its class is a kind of list. */
  readonly items: unknown[] = [];
  /** The entries, if its class is a kind of dict. */
  readonly entries = new Map<unknown, unknown>();
  constructor(
    /** Full Python name. */
    readonly className: string,
    /** Arguments of the constructor. */
    public args: unknown[],
  ) {}
}

/** A value of a pickle. Plain objects stand for dicts whose keys are strings, or integers from 0 in ascending order. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Tensor
  | Uint8Array
  | { readonly re: number; readonly im: number }
  | TorchDtype
  | TorchDevice
  | PickledClass
  | PickledObject
  | readonly PickleValue[]
  | ReadonlySet<PickleValue>
  | ReadonlyMap<PickleValue, PickleValue>
  | { readonly [key: string]: PickleValue };
