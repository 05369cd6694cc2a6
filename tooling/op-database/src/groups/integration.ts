/** Samples of `core/src/ops/integration.ts`. */
import type { Argument, Entry, Group } from '../sample.js';
import { normal } from '../spec.js';

const integral = (op: string): Entry => {
  const samples: (readonly Argument[])[] = [
    [normal([7])],
    [normal([3, 4]), null, { dim: 0, dx: 0.5 }],
    [normal([7]), normal([7])],
    [normal([3, 4]), normal([4])],
    [normal([3, 4]), normal([3]), { dim: 0 }],
    [normal([2, 3, 4]), normal([2, 3, 4]), { dim: 1 }],
    [normal([2, 1])],
  ];
  return {
    torch: `lambda y, x=None, dx=1, dim=-1: torch.${op}(y, dx=dx, dim=dim) if x is None else torch.${op}(y, x, dim=dim)`,
    dtypes: ['float32', 'float64'],
    noMethod: true,
    samples,
    errors: [
      { args: [normal([2, 3]), normal([2])], throws: 'ShapeError', says: ['(2,)', '(2, 3)'] },
      { args: [normal([2, 3]), null, { dim: 2 }], throws: 'IndexError', says: ['[-2, 1]'] },
    ],
  };
};

export const integration: Group = { trapezoid: integral('trapezoid'), cumulativeTrapezoid: integral('cumulative_trapezoid') };
