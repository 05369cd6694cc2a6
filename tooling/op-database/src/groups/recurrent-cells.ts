/** Samples of `core/src/ops/recurrent-cells.ts`; PyTorch's fused cells exist on other devices only, so their formulas stand here. */
import type { DType } from '../dtype.js';
import type { Entry, Group } from '../sample.js';
import { normal } from '../spec.js';

const dtypes: readonly DType[] = ['float32', 'float64'];

const lstm =
  '(lambda x, h, c: (lambda i, f, g, o: (lambda n: (o * torch.tanh(n), n, torch.cat([i, f, g, o], 1)))(f * c + i * g))' +
  '(*(fn(p) for fn, p in zip((torch.sigmoid, torch.sigmoid, torch.tanh, torch.sigmoid), (x + h).chunk(4, 1)))))';
const gru =
  '(lambda x, s, h: (lambda r, z, p: (lambda n: (n + z * (h - n), torch.cat([r, z, n, p], 1)))(torch.tanh(x.chunk(3, 1)[2] + r * p)))' +
  '(torch.sigmoid(x.chunk(3, 1)[0] + s.chunk(3, 1)[0]), torch.sigmoid(x.chunk(3, 1)[1] + s.chunk(3, 1)[1]), s.chunk(3, 1)[2]))';

const samples = (parts: number): Entry['samples'] => [
  [normal([2, parts * 3]), normal([2, parts * 3]), normal([2, 3])],
  [normal([1, parts]), normal([1, parts]), normal([1, 1])],
  [normal([3, parts * 21]), normal([3, parts * 21]), normal([3, 21])],
  { args: [normal([0, parts * 2]), normal([0, parts * 2]), normal([0, 2])], gradient: false },
];
const errors = (parts: number): Entry['errors'] => [
  {
    args: [normal([2, parts]), normal([2, parts]), normal([2, 3])],
    throws: 'ShapeError',
    says: [`(2, ${parts * 3})`, `(2, ${parts})`],
  },
  { args: [normal([parts]), normal([parts]), normal([1])], throws: 'ShapeError', says: ['(B, H)'] },
];

export const recurrentCells: Group = {
  lstmCell: {
    torch: lstm,
    dtypes,
    covers: ['lstm_cell_backward'],
    samples: samples(4),
    large: [[normal([64, 4 * 130]), normal([64, 4 * 130]), normal([64, 130])]],
    errors: errors(4),
  },
  gruCell: {
    torch: gru,
    dtypes,
    covers: ['gru_cell_backward'],
    samples: samples(3),
    large: [[normal([64, 3 * 130]), normal([64, 3 * 130]), normal([64, 130])]],
    errors: errors(3),
  },
};
