/**
 * GPT-2's way to write any bytes as visible characters: printable ones of Latin-1 stand for themselves, the other 68 bytes for
 * the characters from U+0100 on. So vocabularies are plain JSON text.
 *
 * @see Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", 2.2.
 */
function listBytes(): { bytes: number[]; characters: string[] } {
  const printable = (b: number) => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
  const all = Array.from({ length: 256 }, (_, b) => b);
  const bytes = [...all.filter(printable), ...all.filter((b) => !printable(b))];
  const visible = all.filter(printable).length;
  return { bytes, characters: bytes.map((b, i) => String.fromCharCode(i < visible ? b : 0x100 + i - visible)) };
}

const { bytes, characters } = listBytes();

/** The 256 characters in the order of GPT-2's vocabulary. */
export const BYTE_CHARACTERS: readonly string[] = characters;

/** The character of each byte. */
export const CHARACTER_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, b) => characters[bytes.indexOf(b)]);

/** The byte of each character. */
export const BYTE_OF_CHARACTER: ReadonlyMap<string, number> = new Map(characters.map((c, i) => [c, bytes[i]]));
