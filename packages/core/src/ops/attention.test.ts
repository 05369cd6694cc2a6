import { describe, expect, it } from 'vitest';
import { randn, type Tensor } from '../index.js';
import { attentionBackward, attentionWithStatistics } from './attention.js';

const [B, T, H, E] = [2, 70, 3, 20];
/** Queries, keys and values as a layer makes them: a row of all heads for each position. */
const split = (): Tensor[] =>
  randn([B, T, 3 * H * E])
    .split(H * E, 2)
    .map((part) => part.view([B, T, H, E]).transpose(1, 2));

describe('attention over heads that were split from rows', () => {
  it.each([false, true])('gives rows, so that joining the heads copies nothing (causal: %s)', (causal) => {
    const [q, k, v] = split();
    const grad = randn([B, T, H, E]).transpose(1, 2);
    const [out, lse] = attentionWithStatistics(q, k, v, null, 0.3, causal);
    const results = [out, ...attentionBackward(grad, q, k, v, null, out, lse, 0.3, causal)];
    for (const t of results) {
      const rows = t.transpose(1, 2);
      expect(rows.isContiguous()).toBe(true);
      expect(rows.reshape([B, T, H * E]).storage).toBe(t.storage);
    }

    const [qc, kc, vc, gc] = [q, k, v, grad].map((t) => t.contiguous());
    const [outc, lsec] = attentionWithStatistics(qc, kc, vc, null, 0.3, causal);
    const expected = [outc, ...attentionBackward(gc, qc, kc, vc, null, outc, lsec, 0.3, causal)];
    results.forEach((t, i) => {
      expect(expected[i].isContiguous()).toBe(true);
      expect(t.toArray()).toEqual(expected[i].toArray());
    });
  });
});
