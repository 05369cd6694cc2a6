/** Samples of `core/src/ops/fft.ts`. */
import { complexEntry } from '../complex-entries.js';
import type { Entry, Group } from '../sample.js';
import { normal } from '../spec.js';

const errors: Entry['errors'] = [
  { args: [normal([3, 4]), { norm: 'other' }], throws: 'ValueError', says: ['norm'] },
  { args: [normal([])], throws: 'ShapeError', says: ['0-d'] },
];
const of = (name: string, complexInputs: number, samples: Entry['samples'], rest: Partial<Entry> = {}): Entry =>
  complexEntry(`torch.fft.${name}`, complexInputs, samples, rest);

const oneDim = (name: string, complexInputs: number, rest: Partial<Entry>): Entry => {
  const pair = complexInputs === 1 ? [2] : [];
  return of(
    name,
    complexInputs,
    [
      [normal([8, ...pair])],
      [normal([3, 5, ...pair])],
      [normal([2, 6, 3, ...pair]), { dim: 1 }],
      [normal([2, 6, ...pair]), { n: 9, norm: 'ortho' }],
      [normal([2, 7, ...pair]), { n: 4, norm: 'forward' }],
      [normal([2, 37, ...pair])], // a large prime
    ],
    { errors: complexInputs === 0 ? errors : undefined, ...rest },
  );
};
const severalDims = (name: string, complexInputs: number): Entry => {
  const pair = complexInputs === 1 ? [2] : [];
  return of(name, complexInputs, [
    [normal([3, 4, ...pair])],
    [normal([2, 3, 4, ...pair]), { s: [4, 3], norm: 'ortho' }],
    [normal([2, 3, 4, ...pair]), { dim: [0, 2], norm: 'forward' }],
    [normal([2, 3, 5, ...pair]), { s: [2, -1], dim: [2, 1] }],
  ]);
};
const frequencies = (name: string): Entry => ({
  torch: `torch.fft.${name}`,
  dtypes: ['float32'],
  gradient: false,
  samples: [[8], [7, 0.5], [1]],
});
const shift = (name: string): Entry => ({
  torch: `torch.fft.${name}`,
  dtypes: ['float32', 'float64', 'int64'],
  samples: [[normal([5])], [normal([4, 5])], [normal([4, 5]), 1], [normal([2, 3, 4]), [0, 2]]],
});

export const fft: Group = {
  fft: oneDim('fft', 1, { covers: ['_fft_c2c'] }),
  ifft: oneDim('ifft', 1, {}),
  rfft: oneDim('rfft', 0, { covers: ['_fft_r2c', '_fft_c2r'] }),
  irfft: oneDim('irfft', 1, { covers: ['_fft_c2r', '_fft_r2c'] }),
  hfft: oneDim('hfft', 1, {}),
  ihfft: oneDim('ihfft', 0, {}),
  fftn: severalDims('fftn', 1),
  ifftn: severalDims('ifftn', 1),
  rfftn: severalDims('rfftn', 0),
  irfftn: severalDims('irfftn', 1),
  fft2: severalDims('fft2', 0),
  ifft2: severalDims('ifft2', 1),
  rfft2: severalDims('rfft2', 0),
  irfft2: severalDims('irfft2', 1),
  hfftn: severalDims('hfftn', 1),
  ihfftn: severalDims('ihfftn', 0),
  hfft2: severalDims('hfft2', 1),
  ihfft2: severalDims('ihfft2', 0),
  fftfreq: frequencies('fftfreq'),
  rfftfreq: frequencies('rfftfreq'),
  fftshift: shift('fftshift'),
  ifftshift: shift('ifftshift'),
};
