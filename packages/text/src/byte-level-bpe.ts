/** Byte-pair encoding on bytes: the tokenizer of GPT-2. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromTypedArray, type Tensor, ValueError } from '@flambeau/core';
import { BYTE_CHARACTERS, BYTE_OF_CHARACTER, CHARACTER_OF_BYTE } from './byte-alphabet.js';
import { MergeTable } from './merge-table.js';
import { preTokenize } from './pre-tokenize.js';
import { TokenizerError } from './tokenizer-error.js';
import { trainMerges, type Word } from './train-merges.js';

export interface TrainOptions {
  /** How many ids there are at most: 256 bytes, the merges, the special tokens. */
  readonly vocabSize: number;
  /** Tokens that stand for themselves wherever they occur, such as '<|endoftext|>'. They get the last ids. Default none. */
  readonly specialTokens?: readonly string[];
  /** Pairs that occur less often are not merged. Default 2. */
  readonly minFrequency?: number;
}

export interface EncodeOptions {
  /** Turn special tokens in the text into their ids. Default true; false treats them as any text. */
  readonly special?: boolean;
}

/** Pieces of text whose ids are remembered. */
const MAX_CACHED = 50_000;

/**
 * A tokenizer that knows every text, because it starts from bytes. `decode(encode(text))` is the text.
 *
 * @see Radford et al. 2019, "Language Models are Unsupervised Multitask Learners". PyTorch: `torchtext.transforms.GPT2BPETokenizer`.
 * @example
 * const tokenizer = ByteLevelBPE.train(['the cat sat on the mat'], { vocabSize: 260 });
 * tokenizer.decode(tokenizer.encode('the bat')); // 'the bat'
 */
export class ByteLevelBPE {
  /** Token to id; bytes are written as GPT-2 writes them. */
  readonly vocab: ReadonlyMap<string, number>;
  /** Pairs of tokens in the order in which they are merged. */
  readonly merges: readonly (readonly [string, string])[];
  /** Tokens that stand for themselves: those that are neither bytes nor merged. */
  readonly specialTokens: readonly string[];

  private readonly tokens = new Map<number, Uint8Array>();
  private readonly idOfByte: readonly number[];
  private readonly mergeTable = new MergeTable();
  private readonly specialPattern: RegExp | null;
  private readonly cache = new Map<string, readonly number[]>();

  /** @throws {TokenizerError} If a byte, or a part or result of a merge, is not in the vocabulary, or two tokens have one id. */
  constructor(vocab: ReadonlyMap<string, number>, merges: readonly (readonly [string, string])[]) {
    this.vocab = vocab;
    this.merges = merges;
    const idOf = (token: string, what: string): number => {
      const id = vocab.get(token);
      if (id === undefined) throw new TokenizerError(`${what} ${JSON.stringify(token)} is not in the vocabulary`);
      return id;
    };
    this.idOfByte = CHARACTER_OF_BYTE.map((c) => idOf(c, 'the byte'));
    const ordinary = new Set(BYTE_CHARACTERS);
    for (const [a, b] of merges) {
      this.mergeTable.add(idOf(a, 'the part of a merge'), idOf(b, 'the part of a merge'), idOf(a + b, 'the result of a merge'));
      ordinary.add(a + b);
    }
    this.specialTokens = [...vocab.keys()].filter((token) => !ordinary.has(token));
    const special = new Set(this.specialTokens);
    for (const [token, id] of vocab) {
      if (!Number.isInteger(id) || id < 0 || id >= 2 ** 26)
        throw new TokenizerError(`the id of ${JSON.stringify(token)} is ${id}; ids are integers in [0, 2^26)`);
      if (this.tokens.has(id)) throw new TokenizerError(`two tokens have the id ${id}; one is ${JSON.stringify(token)}`);
      this.tokens.set(
        id,
        special.has(token) ? new TextEncoder().encode(token) : Uint8Array.from(token, (c) => BYTE_OF_CHARACTER.get(c) as number),
      );
    }
    this.specialPattern = patternOf(this.specialTokens);
  }

  /**
   * Learns a vocabulary from texts.
   *
   * @throws {ValueError} If `vocabSize` has no room for the bytes and the special tokens.
   */
  static train(texts: Iterable<string>, { vocabSize, specialTokens = [], minFrequency = 2 }: TrainOptions): ByteLevelBPE {
    const fixed = BYTE_CHARACTERS.length + specialTokens.length;
    if (!Number.isInteger(vocabSize) || vocabSize < fixed)
      throw new ValueError(
        `ByteLevelBPE.train: vocabSize must be an integer of at least ${fixed} (256 bytes and ${specialTokens.length} special tokens), got ${vocabSize}`,
      );
    checkSpecialTokens(specialTokens);
    const tokens = [...BYTE_CHARACTERS];
    const words = countWords(typeof texts === 'string' ? [texts] : texts, patternOf(specialTokens));
    const merges = trainMerges(words, tokens.length, vocabSize - fixed, minFrequency).map(([a, b]): readonly [string, string] => {
      tokens.push(tokens[a] + tokens[b]);
      return [tokens[a], tokens[b]];
    });
    for (const token of specialTokens)
      if (tokens.includes(token))
        throw new ValueError(
          `ByteLevelBPE.train: the special token ${JSON.stringify(token)} is also an ordinary token; choose a longer one`,
        );
    return new ByteLevelBPE(new Map([...tokens, ...specialTokens].map((token, id) => [token, id])), merges);
  }

  /** Number of ids. */
  get vocabSize(): number {
    return this.vocab.size;
  }

  /** The ids of a text. Unpaired surrogates, which are not Unicode, become U+FFFD. */
  encode(text: string, { special = true }: EncodeOptions = {}): number[] {
    if (!special || this.specialPattern === null) return this.encodeOrdinary(text, []);
    const ids: number[] = [];
    // the capturing group makes `split` return the special tokens, too: at odd places
    text.split(this.specialPattern).forEach((part, i) => {
      if (i % 2 === 0) this.encodeOrdinary(part, ids);
      else ids.push(this.vocab.get(part) as number);
    });
    return ids;
  }

  /** The ids of a text as an int64 tensor of shape `(n)`. */
  encodeTensor(text: string, options?: EncodeOptions): Tensor {
    return fromTypedArray(BigInt64Array.from(this.encode(text, options), BigInt));
  }

  private encodeOrdinary(text: string, ids: number[]): number[] {
    for (const piece of preTokenize(text)) for (const id of this.encodePiece(piece)) ids.push(id);
    return ids;
  }

  private encodePiece(piece: string): readonly number[] {
    const known = this.cache.get(piece);
    if (known !== undefined) return known;
    const ids = this.mergeTable.apply(Array.from(utf8.encode(piece), (b) => this.idOfByte[b]));
    if (this.cache.size >= MAX_CACHED) this.cache.clear();
    this.cache.set(piece, ids);
    return ids;
  }

  /**
   * The text of ids. Bytes that are not valid UTF-8, such as half a character, become U+FFFD.
   *
   * @throws {TokenizerError} If there is no token with such an id.
   */
  decode(ids: Iterable<number>): string {
    const parts: Uint8Array[] = [];
    for (const id of ids) {
      const bytes = this.tokens.get(id);
      if (bytes === undefined)
        throw new TokenizerError(`decode: there is no token with the id ${id}; the vocabulary has ${this.vocabSize}`);
      parts.push(bytes);
    }
    return decoder.decode(Buffer.concat(parts));
  }

  /** Writes `vocab.json` and `merges.txt`, as GPT-2 has them, into a folder. */
  async save(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    // written by hand, because objects put keys like "7" first
    const entries = [...this.vocab].map(([token, id]) => `${JSON.stringify(token)}: ${id}`);
    await writeFile(join(folder, 'vocab.json'), `{${entries.join(', ')}}`);
    await writeFile(join(folder, 'merges.txt'), `#version: 0.2\n${this.merges.map(([a, b]) => `${a} ${b}\n`).join('')}`);
  }

  /**
   * Reads `vocab.json` and `merges.txt` from a folder: GPT-2's own or saved ones.
   *
   * @throws {TokenizerError} If the files cannot be read or do not fit together.
   */
  static async load(folder: string): Promise<ByteLevelBPE> {
    const vocab = parseVocab(join(folder, 'vocab.json'), await readText(join(folder, 'vocab.json')));
    const mergesPath = join(folder, 'merges.txt');
    const lines = (await readText(mergesPath)).split(/\r?\n/);
    const merges: (readonly [string, string])[] = [];
    lines.forEach((line, i) => {
      if (line === '' || (i === 0 && line.startsWith('#version'))) return;
      const parts = line.split(' ');
      if (parts.length !== 2 || parts.includes(''))
        throw new TokenizerError(`${mergesPath}: line ${i + 1} is not two tokens: ${JSON.stringify(line)}`);
      merges.push([parts[0], parts[1]]);
    });
    try {
      return new ByteLevelBPE(vocab, merges);
    } catch (cause) {
      throw new TokenizerError(`${folder}: ${(cause as Error).message}`, { cause });
    }
  }
}

const utf8 = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // U+FEFF is a character like any other

function countWords(texts: Iterable<string>, specialPattern: RegExp | null): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const [i, part] of (specialPattern === null ? [text] : text.split(specialPattern)).entries())
      if (i % 2 === 0) for (const piece of preTokenize(part)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  const idOfByte = CHARACTER_OF_BYTE.map((c) => BYTE_CHARACTERS.indexOf(c));
  return [...counts].map(([piece, count]) => ({ ids: Array.from(utf8.encode(piece), (b) => idOfByte[b]), count }));
}

function checkSpecialTokens(tokens: readonly string[]): void {
  const bad = tokens.find((token, i) => token === '' || tokens.indexOf(token) !== i);
  if (bad !== undefined)
    throw new ValueError(`ByteLevelBPE.train: special tokens must be different and not empty, got ${JSON.stringify(bad)}`);
}

/** Matches any of the tokens, longer ones first. */
function patternOf(tokens: readonly string[]): RegExp | null {
  if (tokens.length === 0) return null;
  const escaped = [...tokens].sort((a, b) => b.length - a.length).map((token) => token.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`(${escaped.join('|')})`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new TokenizerError(`${path}: the file cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, {
      cause,
    });
  }
}

function parseVocab(path: string, text: string): Map<string, number> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new TokenizerError(`${path}: not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new TokenizerError(`${path}: expected an object of tokens and ids`);
  const entries = Object.entries(parsed as Record<string, unknown>);
  const bad = entries.find(([, id]) => typeof id !== 'number');
  if (bad) throw new TokenizerError(`${path}: the id of ${JSON.stringify(bad[0])} is not a number`);
  // in the order of ids: JSON objects list keys like "7" first
  return new Map((entries as [string, number][]).sort((x, y) => x[1] - y[1]));
}
