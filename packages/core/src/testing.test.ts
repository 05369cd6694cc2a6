import { describe, expect, test } from 'vitest';
import { Generator, tensor, testing, zeros } from './index.js';

const { assertClose, makeTensor } = testing;

describe('assertClose', () => {
  test('accepts what is close', () => {
    assertClose(tensor([1, 2]), tensor([1.000001, 2]));
    assertClose([1, { a: tensor([1n]) }], [1 + 1e-9, { a: tensor([1n]) }]);
    assertClose(tensor([NaN, Infinity]), tensor([NaN, Infinity]), { equalNan: true });
    assertClose(tensor([1]), tensor([1], { dtype: 'float64' }), { checkDtype: false });
    assertClose(tensor([{ re: 1, im: 2 }]), tensor([{ re: 1, im: 2.000001 }]));
    assertClose(zeros([0]), zeros([0]));
    assertClose(null, null);
  });
  test('says how many elements differ, how much and where, in PyTorch’s words', () => {
    const expected = tensor([
      [1, 2],
      [3, 4],
    ]);
    const actual = expected.clone();
    actual.index(1, 0).fill_(3.5);
    actual.index(0, 1).fill_(2.25);
    expect(() => assertClose(actual, expected)).toThrow(
      [
        'Tensor-likes are not close!',
        '',
        'Mismatched elements: 2 / 4 (50.0%)',
        'Greatest absolute difference: 0.5 at index (1, 0) (up to 0.00001 allowed)',
        'Greatest relative difference: 0.16666666666666666 at index (1, 0) (up to 0.0000013 allowed)',
      ].join('\n'),
    );
    expect(() => assertClose(tensor([1n]), tensor([2n]))).toThrow(/not equal!.*\n.*\nMismatched elements: 1 \/ 1/);
    expect(() => assertClose(tensor([NaN]), tensor([1]))).toThrow(/difference: NaN at index \(0,\)/);
    expect(() => assertClose(tensor([{ re: 1, im: 2 }]), tensor([{ re: 1, im: 3 }]))).toThrow(/difference: 1 at/);
  });
  test('says what does not match besides', () => {
    expect(() => assertClose(zeros([2]), zeros([3]))).toThrow(/'shape' do not match: \(2,\) != \(3,\)/);
    expect(() => assertClose(zeros([2]), zeros([2], { dtype: 'float64' }))).toThrow(/'dtype' do not match: float32 != float64/);
    expect(() => assertClose(zeros([2, 3]), zeros([3, 2]).t(), { checkStride: true })).toThrow(/stride/);
    expect(() => assertClose({ a: [1, 2] }, { a: [1, 3] })).toThrow(/got 2, expected 3\n\nThe failure occurred at \.a\[1\]/);
    expect(() => assertClose([1], [1, 2])).toThrow(/lengths.*1 != 2/);
    expect(() => assertClose({ a: 1 }, { b: 1 })).toThrow(/keys.*\[a\] != \[b\]/);
    expect(() => assertClose('x', zeros([1]))).toThrow(/cannot be compared/);
    expect(() => assertClose(1, 2, { msg: (m) => `${m}!!` })).toThrow(/expected 2!!/);
    expect(() => assertClose(1, 2, { rtol: 1 })).toThrow(/together/);
    expect(() => assertClose(1, 2)).toThrow(testing.AssertionError);
  });
});

describe('makeTensor', () => {
  const generator = new Generator(3);
  test.each(['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int8', 'uint8', 'bool'] as const)('%s', (dtype) => {
    const t = makeTensor([20, 30], { dtype, generator });
    expect([t.dtype, t.shape]).toEqual([dtype, [20, 30]]);
    const values = t.double();
    expect(values.min().item()).toBeGreaterThanOrEqual(dtype === 'bool' || dtype === 'uint8' ? 0 : -9);
    expect(values.max().item()).toBeLessThanOrEqual(9);
    expect(values.std().item()).toBeGreaterThan(0.3);
  });
  test('keeps to bounds, leaves zeros out and gaps in', () => {
    const t = makeTensor([50, 4], { dtype: 'int32', low: 0, high: 3, excludeZero: true, noncontiguous: true, generator });
    expect(t.isContiguous()).toBe(false);
    expect(new Set((t.tolist() as number[][]).flat())).toEqual(new Set([1, 2]));
    expect(() => makeTensor([1], { dtype: 'float32', low: 2, high: 1 })).toThrow(/low < high/);
  });
});
