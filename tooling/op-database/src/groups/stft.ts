/** Samples of `core/src/ops/stft.ts`. */
import { complexEntry } from '../complex-entries.js';
import type { Group } from '../sample.js';
import { normal, positive } from '../spec.js';

export const stft: Group = {
  stft: complexEntry(
    'lambda x, n, window=None, return_complex=True, **k: torch.stft(x, n, window=window, return_complex=return_complex, **k)',
    0,
    [
      [normal([20]), 8],
      [normal([2, 21]), 8, { hopLength: 3, window: positive([8]) }],
      [normal([2, 16]), 8, { winLength: 5, window: positive([5]), normalized: true, onesided: false }],
      [normal([17]), 6, { center: false, returnComplex: false }],
      [normal([17]), 6, { padMode: 'constant' }],
    ],
    {
      errors: [
        { args: [normal([4]), 8, { center: false }], throws: 'ValueError', says: ['8', '4'] },
        { args: [normal([20]), 8, { window: normal([5]) }], throws: 'ShapeError', says: ['(8,)'] },
      ],
    },
  ),
  istft: complexEntry('lambda z, n, window=None, **k: torch.istft(z, n, window=window, **k)', 1, [
    [normal([5, 6, 2]), 8, { window: positive([8]) }],
    [normal([2, 5, 6, 2]), 8, { hopLength: 3, window: positive([8]), normalized: true }],
    [normal([8, 5, 2]), 8, { window: positive([8]), onesided: false, length: 13 }],
    [normal([5, 6, 2]), 8, { window: positive([8]), center: false }],
  ]),
};
