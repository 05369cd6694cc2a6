import { FlambeauError } from '@flambeau/core';

/** A checkpoint that cannot be written or read: the file, what is wrong with it and what to do. */
export class CheckpointError extends FlambeauError {}
