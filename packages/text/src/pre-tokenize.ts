/**
 * GPT-2's pattern: contractions, letters, digits and other signs, each with the space before it, and other white space. White
 * space is Unicode's, not JavaScript's (which has U+FEFF, but not U+0085).
 */
const PATTERN =
  /'(?:[stmd]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Cuts a text into the pieces within which tokens are formed. Joined, they are the text. */
export const preTokenize = (text: string): string[] => text.match(PATTERN) ?? [];
