// Files that the package writes, for written.test.ts and for `npm run oracle:check`, which shows them to PyTorch and NumPy.
import { join } from 'node:path';
import { arange, ones, tensor, zeros } from '@flambeau/core';
import * as weights from '@flambeau/weights';

const { savePyTorch, TorchDevice, TorchDtype, TorchSize, Tuple } = weights;

const numbers = tensor([
  [0, 1, -2],
  [3, 100, -100],
]);
const floats = ['float32', 'float64', 'float16', 'bfloat16'];
const signed = ['int64', 'int32', 'int16', 'int8'];
const dtypes = Object.fromEntries([...floats, ...signed].map((dtype) => [dtype, numbers.to(dtype)]));
const complex = (dtype) =>
  tensor(
    [
      { re: 1, im: 2 },
      { re: -0, im: -3.5 },
    ],
    { dtype },
  );
dtypes.uint8 = tensor([0, 1, 255], { dtype: 'uint8' });
dtypes.bool = numbers.gt(0);
dtypes.complex64 = complex('complex64');
dtypes.complex128 = complex('complex128');

const base = arange(12).reshape([3, 4]);
const weight = tensor([[0.5, -2]]);
const moments = (n) => ({ step: tensor(3), exp_avg: arange(n), exp_avg_sq: ones([n]) });
const values = {
  dtypes,
  special: tensor([Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** -149]),
  scalar: tensor(0.5),
  empty: zeros([2, 0, 3]),
  views: {
    base,
    transposed: base.t(),
    column: base.select(1, 1),
    row: base.select(0, 2),
    expanded: base.narrow(1, 0, 1).expand([3, 2]),
  },
  tied: { encoder: weight, decoder: weight },
  optimizer: {
    state: { 0: moments(4), 1: moments(2) },
    param_groups: [
      {
        lr: 0.001,
        betas: Tuple.of(0.9, 0.999),
        eps: 1e-8,
        weight_decay: 0,
        amsgrad: false,
        fused: null,
        params: [0, 1],
      },
    ],
  },
  plain: [null, true, false, 0, -1, 255, 65535, 65536, -(2 ** 31), 2 ** 40, -(2 ** 40), 2n ** 70n, -(2n ** 70n)],
  more: [0.1, Number.POSITIVE_INFINITY, 'text ä', '', new Uint8Array([0, 255]), new Uint8Array(0)],
  tuples: Tuple.from([new Tuple(), Tuple.from([1]), Tuple.of(1, 2), Tuple.of(1, 2, 3), Tuple.from([1, [2, { a: 3 }], 4, 5])]),
  keys: new Map([
    [1, 'a'],
    ['1', 'b'],
    [Tuple.of(1, 2), 'c'],
    [null, 'd'],
    [0.5, 'e'],
    [-3, 'f'],
  ]),
  numbers: { 0: 'a', 7: 'b' },
  names: { 0: ones([1]), 1: zeros([1]) },
  set: new Set([1, 2, 'three']),
  complex: { re: 1, im: -2.5 },
  device: new TorchDevice('cuda', 1),
  dtype: new TorchDtype('bfloat16'),
  size: TorchSize.from([2, 3]),
  many: Array.from({ length: 2500 }, (_, i) => i),
  lists: Array.from({ length: 300 }, (_, i) => [i]), // more than 256 remembered values
};
const shared = [1, 2];
const sharedLists = { a: shared, b: shared };

const { bfloat16: _, ...numpy } = dtypes;
const { complex128: __, ...safetensors } = dtypes;
const stateDict = Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`layers.${i}.weight`, arange(i % 7)]));
const model = {
  stateDict: () => ({ 'b.weight': weight, 'a.weight': weight, row: base.select(0, 0), all: base, alone: tensor([1]) }),
  loadStateDict: () => {},
};

/** By file name: what is in it, and how it is written. */
export const files = {
  'values.pt': { value: values, write: (path) => savePyTorch(path, values) },
  'values-legacy.pt': { value: values, write: (path) => savePyTorch(path, values, { legacy: true }) },
  'state-dict.pth': { value: stateDict, write: (path) => weights.save(path, stateDict) },
  'tensor.pt': { value: weight, write: (path) => weights.save(path, weight) },
  'shared-lists.pt': { value: sharedLists, write: (path) => savePyTorch(path, sharedLists) },
  'empty.pt': { value: {}, write: (path) => savePyTorch(path, {}) },
  'empty-legacy.pt': { value: {}, write: (path) => savePyTorch(path, {}, { legacy: true }) },
  'dtypes.safetensors': { value: safetensors, write: (path) => weights.saveFile(path, safetensors, { metadata: { a: 'b' } }) },
  'model.safetensors': {
    value: { 'a.weight': weight, all: base, alone: tensor([1]) }, // one name for each memory
    write: (path) => weights.saveModel(model, path),
  },
  'arrays.npz': { value: { ...numpy, 'a/b': base.t() }, write: (path) => weights.save(path, { ...numpy, 'a/b': base.t() }) },
  'array.npy': { value: base.t(), write: (path) => weights.save(path, base.t()) },
  'vector.npy': { value: arange(3), write: (path) => weights.saveNpy(path, arange(3)) },
  'scalar.npy': { value: tensor(true), write: (path) => weights.saveNpy(path, tensor(true)) },
};

/** Writes all of them into a folder. */
export function writeAll(folder) {
  for (const [name, { write }] of Object.entries(files)) write(join(folder, name));
}
