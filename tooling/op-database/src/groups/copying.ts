/** Samples of `core/src/ops/copy.ts`. */
import { ALL, COMPLEX, FLOAT, REAL, REAL_AND_BOOL } from '../dtype.js';
import type { Entry, Group } from '../sample.js';
import { edges, normal, positive, uniform, values } from '../spec.js';

/** A conversion to one dtype. */
const conversion = (name: string, rest: Partial<Entry> = {}): Entry => ({
  torch: `lambda x: x.${name}()`,
  dtypes: REAL_AND_BOOL,
  samples: [[normal([3, 5])], [normal([])], [normal([0, 3])]],
  large: [[normal([263, 301])]],
  ...rest,
});
const floating = (name: string): Entry =>
  conversion(name, { samples: [[normal([3, 5])], [normal([])], [normal([0, 3])], { args: [edges()], dtypes: REAL_AND_BOOL }] });
const notFloating: Partial<Entry> = { gradient: false };

export const copying: Group = {
  clone: {
    dtypes: ALL,
    samples: [[normal([3, 5])], [normal([])], [normal([0, 3])], [normal([2, 3, 17])], { args: [edges()], dtypes: REAL_AND_BOOL }],
    large: [[normal([263, 301])]],
    covers: ['clone'],
  },
  to: {
    torch: 'lambda x, d: x.to(d if isinstance(d, torch.dtype) else d.dtype if isinstance(d, torch.Tensor) else d["dtype"])',
    dtypes: ALL,
    covers: ['_to_copy'],
    samples: [
      ...FLOAT.map((dtype) => ({ args: [normal([2, 19]), dtype], dtypes: REAL_AND_BOOL })),
      ...REAL.filter((d) => !FLOAT.includes(d)).map((dtype) => ({
        args: [uniform([2, 19], -100, 100), dtype],
        dtypes: REAL,
        gradient: false,
      })),
      ...COMPLEX.map((dtype) => ({ args: [normal([3, 5]), dtype], gradient: false })),
      { args: [values([0, 1, -1, 0.25, 300]), 'bool'], dtypes: FLOAT, gradient: false },
      { args: [edges(), 'float32'], dtypes: FLOAT },
      { args: [edges(), 'float64'], dtypes: REAL_AND_BOOL },
      { args: [edges(), 'float16'], dtypes: REAL_AND_BOOL },
      { args: [edges(), 'bfloat16'], dtypes: REAL_AND_BOOL },
      { args: [normal([3]), positive([2], { dtype: 'float64' })], dtypes: FLOAT },
    ],
    large: [[normal([263, 301]), 'bfloat16']],
    errors: [
      { args: [normal([2]), 'float8'], throws: 'TypeError', op: '', says: ['float8', 'float32'] },
      { args: [normal([2]), { device: 'cuda' }], throws: 'DeviceError', says: ["'cuda'", 'cpu'] },
    ],
  },
  float: floating('float'),
  double: floating('double'),
  half: floating('half'),
  bfloat16: floating('bfloat16'),
  long: conversion('long', notFloating),
  int: conversion('int', notFloating),
  bool: conversion('bool', notFloating),
  short: conversion('short', notFloating),
  byte: conversion('byte', { ...notFloating, dtypes: ['uint8', 'int8', 'int32', 'int64', 'bool'] }),
  char: conversion('char', notFloating),
  cfloat: conversion('cfloat', { dtypes: ALL, ...notFloating }),
  cdouble: conversion('cdouble', { dtypes: ALL, ...notFloating }),
  cpu: conversion('cpu'),
  typeAs: {
    torch: 'torch.Tensor.type_as',
    dtypes: REAL,
    gradient: false,
    samples: [
      [normal([3, 5]), normal([2], { dtype: 'float64' })],
      [normal([3]), normal([], { dtype: 'int32' })],
      [normal([0]), normal([3])],
    ],
  },
  contiguous: { torch: 'lambda x: x.contiguous()', dtypes: ALL, samples: [[normal([3, 5])], [normal([])], [normal([0, 3])]] },
  copy_: {
    dtypes: REAL_AND_BOOL,
    covers: ['copy'],
    noExpand: true,
    samples: [
      [normal([3, 5]), normal([3, 5])],
      [normal([3, 5]), normal([5])],
      [normal([3, 5]), normal([])],
      { args: [normal([3, 5]), normal([3, 5], { dtype: 'float64' })], dtypes: FLOAT },
      { args: [normal([3, 5]), normal([3, 1], { dtype: 'int32' })] },
      [normal([0, 3]), normal([3])],
    ],
    large: [[normal([263, 301]), normal([263, 301])]],
    errors: [
      { args: [normal([3]), normal([2, 3])], throws: 'ShapeError', says: ['(2, 3)', '(3,)'] },
      { args: [normal([3]), 5], throws: 'TypeError', says: ['src'] },
    ],
  },
};
