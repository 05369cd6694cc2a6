import { FlambeauError } from '@flambeau/core';

/** A vocabulary that does not hold together, or ids and files that do not belong to it. */
export class TokenizerError extends FlambeauError {}
