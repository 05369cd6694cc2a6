import type { DTypeInfo } from '../dtype.js';
import type { AnyOpDef, Attributes, Inputs } from '../op.js';
import type { Tensor } from '../tensor.js';

/** What a device must be able to do. Operators never name a device. */
export interface Backend {
  readonly name: string;
  /** Whether results have values that can be looked at. */
  readonly hasElements: boolean;
  /** An uninitialised row-major tensor. `madeBy` names the op, for messages. */
  empty(shape: readonly number[], dtype: DTypeInfo, madeBy: string): Tensor;
  /** Runs the op's kernel. Inputs and outputs are valid; the values of index tensors are not yet checked. */
  run(def: AnyOpDef, outputs: Tensor | readonly Tensor[], inputs: Inputs, attributes: Attributes): void;
  /** Sets every element. */
  fill(target: Tensor, value: number): void;
  /** Copies elements between tensors of one shape, converting the dtype. */
  copy(target: Tensor, source: Tensor): void;
}
