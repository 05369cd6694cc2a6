/** Samples of `core/src/ops/contraction.ts`. */
import type { DType } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

const DTYPES: readonly DType[] = ['float32', 'float64', 'int64'];

export const contraction: Group = {
  einsum: {
    dtypes: DTYPES,
    samples: [
      ['ij,jk->ik', normal([3, 4]), normal([4, 5])],
      ['ij,jk', normal([3, 4]), normal([4, 5])],
      ['ba', normal([2, 3])],
      ['bij,bjk->bik', normal([2, 3, 4]), normal([2, 4, 5])],
      [' b i j , b k j -> b k i ', normal([2, 3, 4]), normal([2, 5, 4])],
      ['ii', normal([4, 4])],
      ['ii->i', normal([4, 4])],
      ['bii->bi', normal([2, 3, 3])],
      ['iij,ji->j', normal([3, 3, 4]), normal([4, 3])],
      ['i,j->ij', normal([3]), normal([4])],
      ['i,i->i', normal([3]), normal([3])],
      ['i,i', normal([3]), normal([3])],
      ['ij->', normal([3, 4])],
      ['ij,ij,ij->i', normal([2, 3]), normal([2, 3]), normal([2, 3])],
      ['...ij,...jk->...ik', normal([2, 3, 4]), normal([4, 5])],
      ['...ij,...jk', normal([2, 1, 3, 4]), normal([3, 4, 2])],
      ['i...->...', normal([3, 4, 2])],
      ['...i->i', normal([2, 3, 4])],
      ['i...j,j...->i...', normal([2, 3, 4]), normal([4, 3])],
      ['ij,ij->ij', normal([3, 1]), normal([1, 4])],
      ['ij,jk->ik', normal([3, 1]), normal([4, 5])],
      ['aB,Bc', normal([2, 3]), normal([3, 2])],
      ['ij,jk,kl,lm->im', normal([2, 5]), normal([5, 3]), normal([3, 4]), normal([4, 2])],
      ['ab,bc,cd,de,ef,fg->ag', normal([2, 3]), normal([3, 2]), normal([2, 3]), normal([3, 2]), normal([2, 3]), normal([3, 2])],
      ['bn,anm,bm->ba', normal([2, 3]), normal([4, 3, 2]), normal([2, 2])],
      ['i,', normal([3]), normal([])],
      ['ij,jk->ik', normal([3, 0]), normal([0, 5])],
      [normal([3, 4]), [0, 1], normal([4, 5]), [1, 2], [0, 2]],
      [normal([2, 3, 4]), [{ $ellipsis: true }, 7], normal([4]), [7]],
      ['ijk,jil->kl', normal([3, 4, 2]), normal([4, 3, 5])],
    ],
    large: [['bhid,bhjd->bhij', normal([2, 3, 70, 40]), normal([2, 3, 90, 40])]],
    tolerance: { float32: [1e-5, 1e-4] }, // sums in another order
    errors: [
      { args: ['ij,jk->ik', normal([3, 4])], throws: 'ValueError', says: ['2 operands', '1 were given'] },
      { args: ['ij->ik', normal([3, 4])], throws: 'ValueError', says: ["'k'"] },
      { args: ['ij->ii', normal([3, 4])], throws: 'ValueError', says: ["'i'", 'more than once'] },
      { args: ['i1', normal([3, 4])], throws: 'ValueError', says: ["'1'"] },
      { args: ['i->i->i', normal([3])], throws: 'ValueError', says: ["'->'"] },
      { args: ['...i...', normal([3, 4])], throws: 'ValueError', says: ['ellipsis'] },
      { args: ['ij,jk', normal([3, 4]), normal([5, 6])], throws: 'ShapeError', says: ["'j'", '(5, 6)'] },
      { args: ['ijk', normal([3, 4])], throws: 'ShapeError', says: ['(3, 4)', '3 dimensions'] },
      { args: ['ii', normal([3, 4])], throws: 'ShapeError', says: ['(3, 4)'] },
      { args: ['i,i', normal([3]), normal([3], { dtype: 'float64' })], throws: 'DTypeError', says: ['float32', 'float64'] },
      { args: [normal([3]), 2], throws: 'TypeError', says: ['equation'] },
      { args: [normal([3]), [52]], throws: 'ValueError', says: ['52'] },
    ],
  },
  tensordot: {
    dtypes: DTYPES,
    samples: [
      [normal([2, 3, 4]), normal([3, 4, 5])],
      [normal([2, 3]), normal([3, 4]), 1],
      [normal([2, 3]), normal([4, 5]), 0],
      [
        normal([2, 3, 4]),
        normal([4, 5, 2]),
        [
          [2, 0],
          [0, 2],
        ],
      ],
      [normal([2, 3, 4]), normal([3, 2]), [[-2], [0]]],
      [normal([2, 1, 4]), normal([3, 5]), [[1], [0]]],
      [normal([3]), normal([3]), 1],
    ],
    tolerance: { float32: [1e-5, 1e-5] }, // sums of products that cancel
    errors: [
      { args: [normal([2, 3]), normal([4, 5]), 1], throws: 'ShapeError', says: ['3 ≠ 4'] },
      { args: [normal([2, 3]), normal([3]), 2], throws: 'ValueError', says: ['from 0 to 1'] },
      { args: [normal([2, 3]), normal([3]), [[0, 1], [0]]], throws: 'ValueError', says: ['2', '1'] },
    ],
  },
  multiDot: {
    dtypes: DTYPES,
    torch: 'torch.linalg.multi_dot',
    samples: [
      [[normal([3, 4]), normal([4, 5])]],
      [[normal([3, 7]), normal([7, 2]), normal([2, 5]), normal([5, 4])]],
      [[normal([4]), normal([4, 5]), normal([5])]],
      [[normal([4]), normal([4, 5]), normal([5, 2])]],
      [[normal([4]), normal([4])]],
    ],
    tolerance: { float32: [1e-5, 1e-5] }, // sums of products that cancel
    errors: [
      { args: [[normal([3, 4])]], throws: 'ValueError', says: ['two'] },
      { args: [[normal([3, 4]), normal([4]), normal([4, 2])]], throws: 'ShapeError', says: ['factor 1'] },
    ],
  },
  chainMatmul: {
    dtypes: DTYPES,
    samples: [[normal([3, 4]), normal([4, 5])], [normal([3, 7]), normal([7, 2]), normal([2, 5])], [normal([3, 4])]],
    tolerance: { float32: [1e-5, 1e-5] }, // sums of products that cancel
    errors: [{ args: [normal([3]), normal([3, 2])], throws: 'ShapeError', says: ['factor 0'] }],
  },
};
