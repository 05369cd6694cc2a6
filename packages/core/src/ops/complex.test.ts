import { describe, expect, it } from 'vitest';
import { complex, exp, imag, polar, type Tensor, tensor, viewAsComplex, viewAsReal } from '../index.js';

const rounded = (t: Tensor): unknown =>
  (t.toArray() as unknown as { re: number; im: number }[]).map(({ re, im }) =>
    [re, im].map((x) => Math.round(x * 1e6) / 1e6 + 0),
  );
const numbers = (): Tensor => complex(tensor([0, 1, -2]), tensor([Math.PI, 0, 0.5]));

describe('complex tensors', () => {
  it('share memory with their parts', () => {
    const z = numbers();
    z.real().copy_(tensor([7, 8, 9]));
    imag(z).mul_(0);
    expect(rounded(z)).toEqual([
      [7, 0],
      [8, 0],
      [9, 0],
    ]);
    expect(viewAsReal(z).storage).toBe(z.storage);
    expect(rounded(viewAsComplex(viewAsReal(z)))).toEqual(rounded(z));
  });

  it('are written in place and into out= by functions that have no kernel for them', () => {
    const expected = rounded(exp(numbers()));
    const z = numbers();
    expect(rounded(z.exp_())).toEqual(expected);
    const out = numbers();
    expect(exp.out(out, numbers())).toBe(out);
    expect(rounded(out)).toEqual(expected);
    expect(rounded(numbers().sgn_())).toEqual(rounded(numbers().sgn()));
  });

  it('are printed and read as JavaScript has them', () => {
    expect(polar(tensor(2), tensor(0)).item()).toEqual({ re: 2, im: 0 });
    expect(String(complex(tensor([1.5]), tensor([-2])))).toBe('tensor([1.5000-2.j])');
  });

  it('are refused where a real tensor is needed, and the other way round', () => {
    expect(() => imag(tensor([1]))).toThrow(/imag: expected a complex tensor, got float32/);
    expect(() => viewAsComplex(tensor([[1, 2, 3, 4]]).narrow(1, 1, 2))).toThrow(/clone\(\) first/);
    expect(() => complex(tensor([1]).half(), tensor([1]).half())).toThrow(/float16/);
  });
});
