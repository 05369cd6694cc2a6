import { FlambeauError } from '@flambeau/core';

/** An audio file that cannot be read: names the file and the reason. */
export class AudioError extends FlambeauError {
  /**
   * @param file - The path, or how the bytes are called in messages.
   * @param reason - What is wrong with it.
   */
  constructor(
    readonly file: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${reason}`, options);
  }
}
