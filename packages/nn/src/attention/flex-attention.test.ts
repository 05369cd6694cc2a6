import { readFileSync } from 'node:fs';
import { autocast } from '@flambeau/autograd';
import { type DType, linspace, manualSeed, ones, randn, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { expectSame, load, type Stored, values } from '../../test/stored-case.js';
import { attention, F } from '../index.js';

const { andMasks, createBlockMask, createMask, flexAttention, flexAttentionWithLse, orMasks } = attention;

interface StoredCase {
  readonly score: string | null;
  readonly mask: string | null;
  readonly lead: [number | null, number | null];
  readonly keyHeads: number;
  readonly dtype: DType;
  readonly blockSize: number;
  readonly output: Stored;
  /** null for minus infinity. */
  readonly lse: (number | null)[];
  readonly grads: Stored[];
  readonly tableGrad: Stored | null;
  readonly blocks?: Record<'kvNumBlocks' | 'kvIndices' | 'fullKvNumBlocks' | 'fullKvIndices' | 'dense', Stored> & {
    readonly sparsity: number;
  };
}
const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/flex-attention.json', import.meta.url), 'utf8')) as {
  inputs: Stored[];
  table: Stored;
  cases: Record<string, StoredCase>;
};

const table = load(fixture.table).requiresGrad_();
const lengths = tensor([20, 30], { dtype: 'int64' });
const documents = tensor(
  Array.from({ length: 32 }, (_, i) => Math.floor(i / 12)),
  { dtype: 'int64' },
);
const block = (index: Tensor): Tensor => index.floorDivide(8);
const causal: attention.MaskMod = (_b, _h, q, k) => q.ge(k);
/** Those of tooling/oracle/flex_attention.py. */
const masks: Record<string, attention.MaskMod> = {
  causal,
  window: andMasks(causal, (_b, _h, q, k) => q.sub(k).lt(10)),
  padding: (b, _h, _q, k) => k.lt(lengths.index(b)),
  documents: orMasks(
    (_b, _h, q, k) => documents.index(q).eq(documents.index(k)),
    (_b, _h, _q, k) => k.eq(0),
  ),
  heads: (_b, h, q, k) => q.add(h).remainder(3).ne(k.remainder(3)),
  late: (_b, _h, q, k) => q.ge(k.add(10)),
  blocks: (_b, _h, q, k) => block(q).add(block(k)).remainder(2).eq(0),
};
const scoreMods: Record<string, attention.ScoreMod> = {
  relative: (s, _b, _h, q, k) => s.add(q.sub(k).to(s.dtype).mul(0.1)),
  alibi: (s, _b, h, q, k) => s.sub(h.add(1).mul(-1).to(s.dtype).exp2().mul(q.sub(k).abs())),
  softcap: (s) => s.div(2).tanh().mul(2),
  table: (s, _b, h, q, k) => s.add(table.index(h, q, k)),
};

describe('flexAttention', () => {
  test.each(Object.keys(fixture.cases))('%s: PyTorch computes the same', (name) => {
    const stored = fixture.cases[name];
    const { blockSize, keyHeads, dtype } = stored;
    const inputs = fixture.inputs.map((t, i) =>
      load(t)
        .narrow(1, 0, i === 0 ? 2 : keyHeads)
        .to(dtype)
        .clone()
        .requiresGrad_(),
    );
    const [n, m] = [inputs[0].shape[2], inputs[1].shape[2]];
    const enableGqa = keyHeads !== 2;
    const blockMask = stored.mask === null ? null : createBlockMask(masks[stored.mask], ...stored.lead, n, m, { blockSize });
    const scoreMod = stored.score === null ? null : scoreMods[stored.score];
    const [output, lse] = flexAttentionWithLse(inputs[0], inputs[1], inputs[2], { scoreMod, blockMask, enableGqa });
    table.grad = null;
    output
      .mul(linspace(-1, 1, output.numel).reshape([...output.shape]))
      .sum()
      .backward();

    const same = (actual: Tensor | null, expected: Stored, what: string): void => {
      if (dtype !== 'bfloat16') return expectSame(actual, expected, what);
      // one unit in the last place: both round to bfloat16 once
      expect(actual?.dtype).toBe('bfloat16');
      values(actual as Tensor).forEach((x, i) => {
        expect(Math.abs(x - expected.data[i]), `${what}[${i}]`).toBeLessThan(
          2 ** -7 * Math.max(2 ** -5, Math.abs(expected.data[i])),
        );
      });
    };
    same(output, stored.output, 'output');
    stored.grads.forEach((grad, i) => {
      same(inputs[i].grad, grad, `gradient of input ${i}`);
    });
    expectSame(table.grad, stored.tableGrad, 'gradient of the table');
    values(lse).forEach((x, i) => {
      const expected = stored.lse[i];
      if (expected === null) expect(x).toBe(Number.NEGATIVE_INFINITY);
      else expect(x).toBeCloseTo(expected, 4);
    });
    expect(blockMask === null).toBe(stored.blocks === undefined);
    if (blockMask === null || stored.blocks === undefined) return;
    for (const key of ['kvNumBlocks', 'kvIndices', 'fullKvNumBlocks', 'fullKvIndices'] as const) {
      expect([...blockMask[key].shape], key).toEqual(stored.blocks[key].shape);
      expect(blockMask[key].dtype).toBe('int32');
      expect(values(blockMask[key]), key).toEqual(stored.blocks[key].data);
    }
    expect(values(blockMask.toDense())).toEqual(stored.blocks.dense.data);
    // PyTorch counts what is beyond the last query or key as computed, too
    if (n % blockSize === 0 && m % blockSize === 0) expect(blockMask.sparsity()).toBeCloseTo(stored.blocks.sparsity, 10);
  });

  test('leaves out the empty blocks', () => {
    const [q, k, v] = [0, 1, 2].map(() => randn([1, 2, 64, 8]));
    const blockMask = createBlockMask(masks.blocks, null, null, 64, 64, { blockSize: 8 });
    const widths: number[] = [];
    const scoreMod: attention.ScoreMod = (score) => {
      widths.push(score.shape[3]);
      return score;
    };
    flexAttention(q, k, v, { scoreMod, blockMask });
    expect(blockMask.sparsity()).toBe(50);
    expect(widths).toEqual(Array(8).fill(32));
  });

  test('shares keys between batches, takes a scale, keeps its precision under autocast', () => {
    manualSeed(0);
    const [q, k, v] = [randn([3, 2, 5, 4]), randn([1, 2, 7, 4]), randn([1, 2, 7, 4])];
    const expected = F.scaledDotProductAttention(q, k.expand([3, 2, 7, 4]), v.expand([3, 2, 7, 4]), { scale: 0.3 });
    const actual = autocast({}, () => flexAttention(q, k, v, { scale: 0.3 }));
    expect(actual.dtype).toBe('float32');
    values(actual).forEach((x, i) => {
      expect(x).toBeCloseTo(values(expected)[i], 5);
    });
  });

  test('a mask in full, once for all batches or for each', () => {
    const lower = [
      [true, false, false],
      [true, true, false],
    ];
    expect(createMask(causal, null, null, 2, 3).toArray()).toEqual([[lower]]);
    expect(createMask(causal, 2, 1, 2, 3).toArray()).toEqual([[lower], [lower]]);
    const short = createMask((b, _h, _q, k) => k.le(b), 2, 1, 1, 3);
    expect(short.toArray()).toEqual([[[[true, false, false]]], [[[true, true, false]]]]);
  });

  test('says what does not fit', () => {
    const t = (heads: number, n: number) => ones([1, heads, n, 4]);
    expect(() => flexAttention(t(4, 5), t(2, 5), t(2, 5))).toThrow('fewer heads of keys need enableGqa');
    expect(() => flexAttention(t(4, 5), t(4, 6), t(4, 5))).toThrow('expected query (B, H, n, E)');
    const blockMask = createBlockMask(causal, null, null, 6, 5);
    expect(() => flexAttention(t(4, 5), t(4, 5), t(4, 5), { blockMask })).toThrow('does not fit (1, 4, 5, 5)');
    expect(() => createBlockMask((_b, _h, q) => q, null, null, 4, 4)).toThrow('must return bool, got int64');
    expect(() => createBlockMask(causal, null, null, 4, 4, { blockSize: 0 })).toThrow('positive integers');
  });
});
