import { FlambeauError } from '@flambeau/core';

/** An image that cannot be decoded or encoded: names the file and the reason. */
export class ImageError extends FlambeauError {
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
