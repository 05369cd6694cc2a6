import { expect, test } from 'vitest';
import { type DType, float32, getDefaultDtype, promoteTypes, setDefaultDtype, tensor } from './index.js';

const DTYPES = [
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
  'complex64',
  'complex128',
] as const;

// torch.promote_types(row, column), PyTorch 2.13
const PROMOTED: Record<DType, string> = {
  float32: 'float32 float64 float32 float32 float32 float32 float32 float32 float32 float32 complex64 complex128',
  float64: 'float64 float64 float64 float64 float64 float64 float64 float64 float64 float64 complex128 complex128',
  float16: 'float32 float64 float16 float32 float16 float16 float16 float16 float16 float16 complex64 complex128',
  bfloat16: 'float32 float64 float32 bfloat16 bfloat16 bfloat16 bfloat16 bfloat16 bfloat16 bfloat16 complex64 complex128',
  int64: 'float32 float64 float16 bfloat16 int64 int64 int64 int64 int64 int64 complex64 complex128',
  int32: 'float32 float64 float16 bfloat16 int64 int32 int32 int32 int32 int32 complex64 complex128',
  int16: 'float32 float64 float16 bfloat16 int64 int32 int16 int16 int16 int16 complex64 complex128',
  int8: 'float32 float64 float16 bfloat16 int64 int32 int16 int8 int16 int8 complex64 complex128',
  uint8: 'float32 float64 float16 bfloat16 int64 int32 int16 int16 uint8 uint8 complex64 complex128',
  bool: 'float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128',
  complex64:
    'complex64 complex128 complex64 complex64 complex64 complex64 complex64 complex64 complex64 complex64 complex64 complex128',
  complex128:
    'complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128',
};

test.each(DTYPES)('%s is promoted with every dtype as in PyTorch', (a) => {
  expect(DTYPES.map((b) => promoteTypes(a, b)).join(' ')).toBe(PROMOTED[a]);
});

test('0-d tensors and numbers widen only to a higher category', () => {
  const ints = tensor([1, 2], { dtype: 'int32' });
  const halves = tensor([1, 2], { dtype: 'float16' });
  expect(ints.add(tensor(1n)).dtype).toBe('int32');
  expect(ints.add(1).dtype).toBe('int32');
  expect(ints.add(tensor(1.5)).dtype).toBe('float32');
  expect(halves.add(tensor(1.5, { dtype: 'float64' })).dtype).toBe('float16');
  expect(halves.mul(2.5).dtype).toBe('float16');
  expect(() => ints.add(1.5)).toThrow(/floating dtype.*\.float\(\)/);
});

test('the default dtype is what numbers become', () => {
  expect(getDefaultDtype()).toBe(float32);
  try {
    setDefaultDtype('float64');
    expect(tensor([1]).dtype).toBe('float64');
    expect(tensor({ re: 1, im: 0 }).dtype).toBe('complex128');
  } finally {
    setDefaultDtype('float32');
  }
  expect(() => setDefaultDtype('int64' as 'float32')).toThrow(TypeError);
});
