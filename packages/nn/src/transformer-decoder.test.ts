import { manualSeed, randn, type Tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { LayerNorm, TransformerDecoder, TransformerDecoderLayer } from './index.js';

test('a decoder runs copies of its layer one after the other, then its norm', () => {
  manualSeed(5);
  const layer = new TransformerDecoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true });
  const norm = new LayerNorm(8);
  const decoder = new TransformerDecoder(layer, 2, { norm }).eval();
  layer.eval();
  const [target, memory] = [randn([3, 4, 8]), randn([3, 5, 8])];
  const once = layer(target, memory);
  expect(decoder(target, memory).allclose(norm(layer(once, memory)))).toBe(true);

  const causal = { tgt: { isCausal: true } };
  const whole: Tensor = decoder(target, memory, causal);
  const start: Tensor = decoder(target.narrow(1, 0, 2), memory, causal);
  expect(whole.narrow(1, 0, 2).allclose(start, { atol: 1e-6 })).toBe(true);
  expect(whole.allclose(decoder(target, memory))).toBe(false);

  const [first, second] = [...decoder.layers] as TransformerDecoderLayer[];
  expect(first.linear1.weight === second.linear1.weight).toBe(false);
  expect(Object.keys(decoder.stateDict())).toContain('layers.1.multihead_attn.in_proj_weight');
});
