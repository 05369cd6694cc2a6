import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ValueError } from '@flambeau/core';
import { afterAll, describe, expect, it } from 'vitest';
import { ByteLevelBPE } from './byte-level-bpe.js';
import { MergeTable } from './merge-table.js';
import { preTokenize } from './pre-tokenize.js';
import { TokenizerError } from './tokenizer-error.js';

const SHARED = process.env.FLAMBEAU_SHARED_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'flambeau-text-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TEXTS = [
  'Hello world!',
  " it's  we'll\n\n  don't ",
  'naïve café Ångström e\u0301',
  '日本語 中文 한국어',
  '😀👍🏽 👨‍👩‍👧',
  'Привет مرحبا ١٢٣',
  '\u0000\u0085\u00a0\ufeff\u2028\t\r\n\ufffd',
  '\u{10ffff}',
  '',
];
/** Every code point of Unicode, without the surrogates, in 200 steps. */
const manyCharacters = Array.from({ length: 0x110000 / 200 }, (_, i) => i * 200)
  .filter((c) => c < 0xd800 || c > 0xdfff)
  .map((c) => String.fromCodePoint(c))
  .join('');

describe('preTokenize', () => {
  it("cuts as GPT-2's pattern does", () => {
    expect(preTokenize("I don't know 42  things,\n\nright? ")).toEqual([
      'I',
      ' don',
      "'t",
      ' know',
      ' 42',
      ' ',
      ' things',
      ',',
      '\n',
      '\n',
      'right',
      '?',
      ' ',
    ]);
  });
  it('loses nothing', () => {
    for (const text of [...TEXTS, manyCharacters]) expect(preTokenize(text).join('')).toBe(text);
  });
});

describe('training', () => {
  it('merges the most frequent pair first, of equal ones that with the least ids', () => {
    const tokenizer = ByteLevelBPE.train(
      ['low low low low low lower lower newest newest newest newest newest newest widest widest widest'],
      { vocabSize: 262 },
    );
    expect(tokenizer.merges).toEqual([
      ['e', 's'],
      ['es', 't'],
      ['l', 'o'],
      ['lo', 'w'],
      ['e', 'w'],
      ['n', 'ew'],
    ]);
  });

  it('does what the definition says, with pairs that overlap', () => {
    const text = 'aaaa aaa abab babab aabaa banana bandana ab ba aaaaaaa ';
    const { merges } = ByteLevelBPE.train([text], { vocabSize: 276 });
    expect(merges.map((m) => m.join(' '))).toEqual(slowMerges(text, merges.length).map((m) => m.join(' ')));
    expect(merges.length).toBeGreaterThan(7);
  });

  it('stops when no pair occurs often enough', () => {
    expect(ByteLevelBPE.train(['abcdef'], { vocabSize: 1000 }).vocabSize).toBe(256);
    expect(ByteLevelBPE.train(['ab ab'], { vocabSize: 1000, minFrequency: 1 }).merges).toEqual([
      ['a', 'b'],
      ['Ġ', 'ab'],
    ]);
  });

  it('checks its options', () => {
    expect(() => ByteLevelBPE.train(['a'], { vocabSize: 256, specialTokens: ['<s>'] })).toThrow(
      'at least 257 (256 bytes and 1 special tokens), got 256',
    );
    expect(() => ByteLevelBPE.train(['a'], { vocabSize: 300, specialTokens: ['<s>', '<s>'] })).toThrow(ValueError);
    expect(() => ByteLevelBPE.train(['a'], { vocabSize: 300, specialTokens: ['a'] })).toThrow('is also an ordinary token');
  });
});

/** The most frequent pair, found by counting everything again for each merge. Ids are the places in GPT-2's vocabulary. */
function slowMerges(text: string, count: number): [string, string][] {
  const words = preTokenize(text).map((w) => [...w].map((c) => (c === ' ' ? 'Ġ' : c)));
  const ids = new Map([...ByteLevelBPE.train([], { vocabSize: 256 }).vocab]);
  const merges: [string, string][] = [];
  for (let i = 0; i < count; i++) {
    const counts = new Map<string, number>();
    for (const w of words)
      for (let j = 1; j < w.length; j++) counts.set(`${w[j - 1]} ${w[j]}`, (counts.get(`${w[j - 1]} ${w[j]}`) ?? 0) + 1);
    const rank = (pair: string) => pair.split(' ').map((t) => ids.get(t) as number);
    const [best] = [...counts].sort(([p, m], [q, n]) => n - m || rank(p)[0] - rank(q)[0] || rank(p)[1] - rank(q)[1])[0];
    const [a, b] = best.split(' ');
    merges.push([a, b]);
    ids.set(a + b, ids.size);
    for (const w of words) for (let j = 0; j + 1 < w.length; j++) if (w[j] === a && w[j + 1] === b) w.splice(j, 2, a + b);
  }
  return merges;
}

describe('encode and decode', () => {
  const tokenizer = ByteLevelBPE.train([TEXTS.join(' ').repeat(3)], { vocabSize: 320, specialTokens: ['<|end|>', '<|end|>2'] });

  it.each([...TEXTS, manyCharacters])('%j comes back', (text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it('special tokens are found wherever they stand, the longest first', () => {
    const [end, end2] = [tokenizer.vocabSize - 2, tokenizer.vocabSize - 1];
    expect(tokenizer.encode('<|end|><|end|>2')).toEqual([end, end2]);
    expect(tokenizer.encode('a<|end|>b').filter((id) => id >= end)).toEqual([end]);
    expect(tokenizer.encode('<|end|>', { special: false })).not.toContain(end);
    for (const special of [true, false])
      expect(tokenizer.decode(tokenizer.encode('x <|end|>2 y', { special }))).toBe('x <|end|>2 y');
  });

  it('makes int64 tensors', () => {
    const t = tokenizer.encodeTensor('Hello');
    expect(t.dtype).toBe('int64');
    expect(t.toArray()).toEqual(tokenizer.encode('Hello'));
  });

  it('half a character becomes U+FFFD, an unknown id an error', () => {
    expect(tokenizer.decode(ByteLevelBPE.train([], { vocabSize: 256 }).encode('é').slice(0, 1))).toBe('\ufffd');
    expect(() => tokenizer.decode([99999])).toThrow('there is no token with the id 99999');
  });

  it('long runs of one letter take no quadratic time', () => {
    expect(tokenizer.decode(tokenizer.encode('a'.repeat(200_000)))).toHaveLength(200_000);
  });

  it('MergeTable applies merges in their order', () => {
    const table = new MergeTable();
    table.add(1, 2, 10);
    table.add(0, 1, 11);
    expect(table.apply([0, 1, 2, 0, 1, 1, 2])).toEqual([0, 10, 11, 10]);
  });
});

describe('files', () => {
  it('saved tokenizers are the same when loaded', async () => {
    const tokenizer = ByteLevelBPE.train(['# 7 77 777 # 7 "quoted" \\ # ## ### 7'], { vocabSize: 270, specialTokens: ['<pad>'] });
    await tokenizer.save(join(folder, 'saved'));
    const loaded = await ByteLevelBPE.load(join(folder, 'saved'));
    expect([...loaded.vocab]).toEqual([...tokenizer.vocab]);
    expect(loaded.merges).toEqual(tokenizer.merges);
    expect(loaded.specialTokens).toEqual(['<pad>']);
    expect(loaded.encode('# 777<pad>')).toEqual(tokenizer.encode('# 777<pad>'));
  });

  it('that do not hold together are named', async () => {
    const tokenizer = ByteLevelBPE.train(['aa aa'], { vocabSize: 257 });
    const at = join(folder, 'broken');
    await tokenizer.save(at);
    const vocab = readFileSync(join(at, 'vocab.json'), 'utf8');
    const attempts: [string, string, RegExp][] = [
      ['vocab.json', '{', /vocab\.json: not JSON/],
      ['vocab.json', '[]', /expected an object/],
      ['vocab.json', vocab.replace(': 3,', ': "3",'), /the id of "\$" is not a number/],
      ['vocab.json', vocab.replace(': 3,', ': 4,'), /two tokens have the id 4/],
      ['vocab.json', vocab.replace('"a": ', '"unknown": '), /the byte "a" is not in the vocabulary/],
      ['merges.txt', 'a\n', /line 1 is not two tokens/],
      ['merges.txt', '#version: 0.2\na b\n', /the result of a merge "ab" is not in the vocabulary/],
    ];
    for (const [name, text, reason] of attempts) {
      await tokenizer.save(at);
      writeFileSync(join(at, name), text);
      const error = await ByteLevelBPE.load(at).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(TokenizerError);
      expect((error as Error).message).toMatch(reason);
    }
    await expect(ByteLevelBPE.load(join(folder, 'none'))).rejects.toThrow(/vocab\.json: the file cannot be read \(ENOENT\)/);
  });
});

const gpt2 = join(SHARED, 'tokenizers/gpt2');
describe.skipIf(!existsSync(gpt2))(
  `GPT-2${existsSync(gpt2) ? '' : ` (skipped: there is no ${gpt2}; set FLAMBEAU_SHARED_DATA)`}`,
  () => {
    it("gives GPT-2's ids, and the texts back", async () => {
      const expected = JSON.parse(readFileSync(join(SHARED, 'tokenizers/expected.json'), 'utf8')) as {
        texts: string[];
        files: { 'gpt2/tokenizer.json': { with_special: number[][] } };
      };
      const tokenizer = await ByteLevelBPE.load(gpt2);
      expect(tokenizer.specialTokens).toEqual(['<|endoftext|>']);
      expect(expected.texts.map((text) => tokenizer.encode(text))).toEqual(expected.files['gpt2/tokenizer.json'].with_special);
      for (const text of [...expected.texts, manyCharacters]) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      // and its files are written as they were
      await tokenizer.save(join(folder, 'gpt2'));
      expect(readFileSync(join(folder, 'gpt2/merges.txt'), 'utf8')).toBe(readFileSync(join(gpt2, 'merges.txt'), 'utf8'));
      expect(JSON.parse(readFileSync(join(folder, 'gpt2/vocab.json'), 'utf8'))).toEqual(
        JSON.parse(readFileSync(join(gpt2, 'vocab.json'), 'utf8')),
      );
    });
  },
);

const shakespeare = join(SHARED, 'tinyshakespeare/input.txt');
describe.skipIf(!existsSync(shakespeare))(
  `tinyshakespeare${existsSync(shakespeare) ? '' : ` (skipped: there is no ${shakespeare}; set FLAMBEAU_SHARED_DATA)`}`,
  () => {
    it('learns 1,000 merges and gives the text back', () => {
      const text = readFileSync(shakespeare, 'utf8');
      const tokenizer = ByteLevelBPE.train([text], { vocabSize: 1256 });
      expect(tokenizer.merges).toHaveLength(1000);
      const ids = tokenizer.encode(text);
      expect(tokenizer.decode(ids)).toBe(text);
      expect(text.length / ids.length).toBeGreaterThan(2.4);
    });
  },
);
