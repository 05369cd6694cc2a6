import { crc32 } from 'node:zlib';

/** zlib counts in 32 bits. */
const PIECE_BYTES = 2 ** 30;

/** The CRC-32 of bytes of any number. */
export function checksum(bytes: Uint8Array): number {
  let crc = 0;
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) crc = crc32(bytes.subarray(at, at + PIECE_BYTES), crc);
  return crc;
}
