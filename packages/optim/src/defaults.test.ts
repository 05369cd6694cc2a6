import { tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { SGD } from './index.js';

test('defaults are the settings of groups that do not have them', () => {
  const [a, b, c] = [1, 2, 3].map((value) => tensor([value], { requiresGrad: true }));
  const optimizer = new SGD([{ params: [a] }, { params: [b], lr: 0.5 }], { lr: 0.1, momentum: 0.9 });
  expect(optimizer.defaults).toMatchObject({ lr: 0.1, momentum: 0.9, nesterov: false });
  optimizer.addParamGroup({ params: [c], momentum: 0 });
  expect(optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
    [0.1, 0.9],
    [0.5, 0.9],
    [0.1, 0],
  ]);
});
