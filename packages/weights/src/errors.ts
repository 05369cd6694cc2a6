import { FlambeauError } from '@flambeau/core';

/** A checkpoint that cannot be written or read: the file, what is wrong with it and what to do. */
export class CheckpointError extends FlambeauError {}

/** A pickle names a class or function that is not on the list of what may be loaded. Nothing of it was run. */
export class UnknownClassError extends CheckpointError {
  constructor(
    message: string,
    /** Its full Python name, e.g. `argparse.Namespace`. */
    readonly className: string,
  ) {
    super(message);
  }
}
