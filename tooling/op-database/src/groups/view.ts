/** Samples of `core/src/ops/view.ts`. */
import { ALL } from '../dtype.js';
import type { Argument, Entry, ErrorSample, Group } from '../sample.js';
import { normal } from '../spec.js';

const outOfRange = (...rest: readonly Argument[]): ErrorSample => ({
  args: [normal([2, 3]), ...rest],
  throws: 'IndexError',
  says: ['[-2, 1]'],
});

/** Views move no element, so every dtype takes part. */
const ofAllDtypes = (samples: Entry['samples'], rest: Partial<Entry> = {}): Entry => ({ dtypes: ALL, samples, ...rest });

export const view: Group = {
  expand: ofAllDtypes(
    [
      [normal([3, 1]), [3, 4]],
      [normal([3]), [2, 3]],
      [normal([1, 3]), [2, -1, 3]],
      [normal([]), [2, 2]],
      [normal([2, 3]), [2, 3]],
      [normal([1]), [0]],
      [normal([0, 1]), [0, 3]],
    ],
    {
      torch: 'lambda x, s: x.expand(s)',
      covers: ['expand'],
      errors: [
        { args: [normal([2, 3]), [2, 4]], throws: 'ShapeError', says: ['(2, 3)', '(2, 4)'] },
        { args: [normal([2, 3]), [3]], throws: 'ShapeError', says: ['(2, 3)', '(3,)'] },
      ],
    },
  ),
  broadcastTo: ofAllDtypes([[normal([3, 1]), [2, 3, 4]]]),
  expandAs: ofAllDtypes([[normal([3, 1]), normal([3, 4], { differentiable: false })]], { torch: 'lambda x, o: x.expand_as(o)' }),
  view: ofAllDtypes(
    [
      [normal([3, 4]), [2, 6]],
      [normal([3, 4]), [-1]],
      [normal([3, 4]), [2, -1, 2]],
      [normal([]), [1, 1]],
      [normal([1]), []],
      [normal([0, 3]), [3, 0]],
      [normal([2, 3]), [2, 3]],
    ],
    {
      torch: 'lambda x, s: x.view(s)',
      fixedLayout: true,
      errors: [
        { args: [normal([2, 3]), [4]], throws: 'ShapeError', says: ['(2, 3)', '(4,)'] },
        { args: [normal([2, 3]), [-1, -1]], throws: 'ShapeError', says: ['-1'] },
        { args: [normal([2, 3]), [4, -1]], throws: 'ShapeError', says: ['(2, 3)'] },
      ],
    },
  ),
  viewAs: ofAllDtypes([[normal([3, 4]), normal([2, 6], { differentiable: false })]], {
    torch: 'lambda x, o: x.view_as(o)',
    fixedLayout: true,
  }),
  reshape: ofAllDtypes(
    [
      [normal([3, 4]), [2, 6]],
      [normal([3, 4]), [-1]],
      [normal([2, 3, 4]), [4, -1]],
      [normal([]), [1]],
      [normal([0, 3]), [3, 0]],
      [normal([1, 6]), [6]],
    ],
    { errors: [{ args: [normal([2, 3]), [4]], throws: 'ShapeError', says: ['(2, 3)', '(4,)'] }] },
  ),
  reshapeAs: ofAllDtypes([[normal([3, 4]), normal([2, 6], { differentiable: false })]], {
    torch: 'lambda x, o: x.reshape_as(o)',
  }),
  flatten: ofAllDtypes(
    [[normal([2, 3, 4])], [normal([2, 3, 4]), 1], [normal([2, 3, 4]), 0, 1], [normal([])], [normal([5])], [normal([2, 0, 3])]],
    { errors: [outOfRange(2), { args: [normal([2, 3]), 1, 0], throws: 'ShapeError', says: ['1', '0'] }] },
  ),
  unflatten: ofAllDtypes(
    [
      [normal([6, 2]), 0, [2, 3]],
      [normal([2, 6]), -1, [-1, 2]],
      [normal([2, 6, 2]), 1, [3, 1, 2]],
    ],
    { errors: [{ args: [normal([6]), 0, [4, 2]], throws: 'ShapeError', says: ['6'] }] },
  ),
  squeeze: ofAllDtypes(
    [
      [normal([1, 3, 1])],
      [normal([1, 3, 1]), 0],
      [normal([1, 3, 1]), 1],
      [normal([1, 3, 1, 2]), [0, 2]],
      [normal([])],
      [normal([]), 0],
      [normal([1, 0])],
    ],
    { covers: ['squeeze'], errors: [outOfRange(2)] },
  ),
  unsqueeze: ofAllDtypes(
    [
      [normal([3, 4]), 0],
      [normal([3, 4]), 2],
      [normal([3, 4]), -1],
      [normal([3, 4]), -2],
      [normal([]), 0],
      [normal([0]), 1],
    ],
    { errors: [{ args: [normal([2, 3]), 3], throws: 'IndexError', says: ['[-3, 2]', '3'] }] },
  ),
  transpose: ofAllDtypes(
    [
      [normal([3, 4]), 0, 1],
      [normal([2, 3, 4]), -1, 0],
      [normal([2, 3]), 1, 1],
      [normal([]), 0, 0],
      [normal([0, 3]), 0, 1],
    ],
    { errors: [outOfRange(0, 2)] },
  ),
  swapaxes: ofAllDtypes([[normal([2, 3, 4]), 0, 2]]),
  t: ofAllDtypes([[normal([3, 4])], [normal([3])], [normal([])]], {
    errors: [{ args: [normal([2, 3, 4])], throws: 'ShapeError', says: ['(2, 3, 4)'] }],
  }),
  permute: ofAllDtypes(
    [
      [normal([2, 3, 4]), [2, 0, 1]],
      [normal([2, 3, 4]), [-1, 1, 0]],
      [normal([]), []],
      [normal([0, 3]), [1, 0]],
    ],
    {
      errors: [
        { args: [normal([2, 3]), [0]], throws: 'ShapeError', says: ['(2, 3)'] },
        { args: [normal([2, 3]), [0, 0]], throws: 'ShapeError', says: ['twice'] },
        outOfRange([0, 2]),
      ],
    },
  ),
  movedim: ofAllDtypes(
    [
      [normal([2, 3, 4]), 0, 2],
      [normal([2, 3, 4]), [0, 1], [-1, 0]],
      [normal([2, 3, 4]), -1, 0],
    ],
    { errors: [outOfRange(2, 0), { args: [normal([2, 3]), [0, 1], [0]], throws: 'ShapeError', says: ['2', '1'] }] },
  ),
  select: ofAllDtypes(
    [
      [normal([3, 4]), 0, 1],
      [normal([3, 4]), 1, -1],
      [normal([2, 3, 4]), -2, 0],
      [normal([5]), 0, 2],
    ],
    {
      covers: ['select_backward'],
      errors: [
        { args: [normal([2, 3]), 1, 3], throws: 'IndexError', says: ['3', 'size 3'] },
        outOfRange(2, 0),
        { args: [normal([]), 0, 0], throws: 'IndexError', says: ['0-d'] },
      ],
    },
  ),
  slice: ofAllDtypes(
    [
      [normal([5, 3]), 0, 1, 4],
      [normal([5, 3]), 0, null, null, 2],
      [normal([5, 3]), 0, -2],
      [normal([3, 7]), 1, 1, -1, 3],
      [normal([5]), 0, 3, 100],
      [normal([5]), 0, 4, 2],
      [normal([0, 2]), 0, 0, 1],
    ],
    {
      torch: 'lambda x, d, a=None, b=None, s=1: x.movedim(d, 0)[a:b:s].movedim(0, d)',
      covers: ['slice_backward'],
      errors: [{ args: [normal([5]), 0, 0, 5, -1], throws: 'ValueError', says: ['-1', 'flip'] }, outOfRange(2, 0)],
    },
  ),
  narrow: ofAllDtypes(
    [
      [normal([5, 3]), 0, 1, 3],
      [normal([3, 5]), -1, -2, 2],
      [normal([5]), 0, 5, 0],
    ],
    {
      errors: [
        { args: [normal([5]), 0, 3, 3], throws: 'IndexError', says: ['3', '5'] },
        { args: [normal([5]), 0, 6, 0], throws: 'IndexError', says: ['6', '5'] },
      ],
    },
  ),
  diagonal: ofAllDtypes(
    [
      [normal([3, 4])],
      [normal([3, 4]), 1],
      [normal([3, 4]), -2],
      [normal([2, 3, 4]), 0, 1, 2],
      [normal([2, 3, 4]), 1, -1, 0],
      [normal([3, 3]), 5],
      [normal([0, 3])],
    ],
    {
      covers: ['diagonal_backward'],
      errors: [{ args: [normal([2, 2]), 0, 1, 1], throws: 'ShapeError', says: ['differ'] }, outOfRange(0, 2, 0)],
    },
  ),
  unfold: ofAllDtypes(
    [
      [normal([7]), 0, 3, 2],
      [normal([2, 6]), 1, 3, 1],
      [normal([5, 2]), 0, 2, 3],
      [normal([5]), 0, 5, 1],
      [normal([]), 0, 1, 1],
    ],
    {
      torch: 'lambda x, *a: x.unfold(*a)',
      covers: ['unfold_backward'],
      errors: [
        { args: [normal([3]), 0, 4, 1], throws: 'ShapeError', says: ['4', '(3,)'] },
        { args: [normal([3]), 0, 2, 0], throws: 'ValueError', says: ['0'] },
      ],
    },
  ),
  asStrided: ofAllDtypes(
    [
      [normal([3, 4]), [4, 3], [1, 4]],
      [normal([3, 4]), [2, 2], [4, 2], 1],
      [normal([12]), [], [], 3],
    ],
    {
      fixedLayout: true,
      covers: ['as_strided_backward'],
      errors: [
        { args: [normal([4]), [2, 3], [3, 1]], throws: 'StorageError', says: ['(2, 3)', '6', '4'] },
        { args: [normal([4]), [2], [1, 1]], throws: 'ShapeError', says: ['2', '1'] },
      ],
    },
  ),
  alias: ofAllDtypes([[normal([3, 4])], [normal([])]], { torch: 'torch.ops.aten.alias' }),
};
