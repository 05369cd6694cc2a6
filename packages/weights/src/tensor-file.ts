/** What an open checkpoint of named tensors offers, whatever its format. */
import type { DType, Tensor } from '@flambeau/core';

/** Text stored beside the tensors. */
export type Metadata = Readonly<Record<string, string>>;
/** Named tensors, such as a state dict. */
export type TensorMap = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;

/** What the header says of a tensor. */
export interface TensorInfo {
  /** The dtype it is read as. */
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Tensors that are read one by one, when they are asked for. Close it after use (or hold it with `using`). */
export interface TensorFile {
  readonly metadata: Metadata;
  /** The names of the tensors, in the file's order. */
  keys(): string[];
  /** @throws {CheckpointError} If there is no tensor of this name. */
  info(name: string): TensorInfo;
  /** Reads one tensor. @throws {CheckpointError} If there is none of this name, or its data is damaged. */
  tensor(name: string): Tensor;
  close(): void;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export const entriesOf = (tensors: TensorMap): [string, Tensor][] =>
  tensors instanceof Map ? [...tensors] : Object.entries(tensors as Record<string, Tensor>);

/** All tensors of an open file. */
export const readAll = (file: TensorFile): Record<string, Tensor> =>
  Object.fromEntries(file.keys().map((name) => [name, file.tensor(name)]));
