/** Which results share memory with their input, and which object comes back, as in PyTorch. */
import { expect, test } from 'vitest';
import { ellipsis, tensor, zeros } from '../index.js';

test('repeat, tile and repeatInterleave always copy', () => {
  const x = tensor(1);
  const copies = [x.repeat([2]), x.repeat([1, 1]), x.tile([1]), x.reshape([1]).repeatInterleave(1, 0)];
  x.fill_(5);
  for (const copy of copies) expect(copy.max().item()).toBe(1);
  expect(zeros([3]).expand([2, 3]).repeat([1, 2]).isContiguous()).toBe(true);
});

test('expand and index give another tensor even where nothing changes', () => {
  const x = zeros([3]);
  for (const view of [x.expand([3]), x.expand([-1]), x.index(), x.index(ellipsis)]) {
    expect(view).not.toBe(x);
    expect(view.storage).toBe(x.storage);
    view.unsqueeze_(0);
    expect(x.shape).toEqual([3]);
  }
});

test('an expanded tensor without elements can be written to', () => {
  expect(zeros([0, 1]).expand([0, 2]).add_(1).shape).toEqual([0, 2]);
});
