import { angle, complex, fft, matmul, type Tensor, tensor, viewAsReal } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import { grad } from './backward.js';
import { gradcheck, gradgradcheck } from './gradcheck.js';
import './index.js';

const leaf = (...values: [re: number, im: number][]): Tensor =>
  tensor(
    values.map(([re, im]) => ({ re, im })),
    { dtype: 'complex128' },
  ).requiresGrad_();

describe('gradients of complex tensors', () => {
  it('point in the direction of steepest ascent, as in PyTorch', () => {
    const z = leaf([3, 4], [0, 0]);
    z.abs().sum().backward();
    expect(z.grad?.toArray()).toEqual([
      { re: expect.closeTo(0.6, 12), im: expect.closeTo(0.8, 12) },
      { re: 0, im: 0 },
    ]);
  });

  it('are conjugated factors for products', () => {
    const [a, b] = [leaf([1, 2]), leaf([3, -1])];
    const [ga, gb] = grad(a.mul(b), [a, b], { gradOutputs: tensor([{ re: 1, im: 1 }], { dtype: 'complex128' }) });
    expect([ga.toArray(), gb.toArray()]).toEqual([[{ re: 2, im: 4 }], [{ re: 3, im: -1 }]]);
  });

  it('are real for real inputs that meet complex ones', () => {
    const x = tensor([2, -1], { dtype: 'float64' }).requiresGrad_();
    const z = leaf([1, 2], [0.5, -3]);
    x.mul(z).real().sum().backward();
    expect(x.grad?.dtype).toBe('float64');
    expect(x.grad?.toArray()).toEqual([1, 0.5]);
  });

  it('refuses a complex number as a loss', () => {
    expect(() => leaf([1, 2]).sum().backward()).toThrow(/complex number is no loss/);
  });

  it('pass through writes to the parts', () => {
    const z = leaf([1, 2], [3, 4]);
    const copy = z.clone();
    copy.real().mul_(tensor([10, 20], { dtype: 'float64' }));
    viewAsReal(copy).sum().backward();
    expect(copy.detach().toArray()).toEqual([
      { re: 10, im: 2 },
      { re: 60, im: 4 },
    ]);
    expect(z.grad?.toArray()).toEqual([
      { re: 10, im: 1 },
      { re: 20, im: 1 },
    ]);
  });

  it('pass through functions in place that have no kernel for complex numbers', () => {
    const z = leaf([1, 0.5], [2, -1]);
    z.clone().exp_().abs().sum().backward(); // |e^z| = e^x
    const [first, second] = (z.grad as Tensor).toArray() as unknown as { re: number; im: number }[];
    expect([first.re, first.im, second.re, second.im]).toEqual([Math.E, 0, Math.E ** 2, 0].map((x) => expect.closeTo(x, 9)));
  });

  it('pass gradcheck and gradgradcheck', () => {
    const [a, b] = [leaf([1, 2], [-0.5, 0.3], [0.7, -1]), leaf([3, -1], [0.2, 0.9], [-0.4, 0.6])];
    const x = tensor([0.3, -0.8, 1.1], { dtype: 'float64' }).requiresGrad_();
    const fn = (p: Tensor, q: Tensor, r: Tensor): Tensor[] => [
      fft.fft(p.mul(q).exp().mul(0.1)).add(r),
      angle(p).mul(r),
      matmul(p.unsqueeze(1), q.conj().unsqueeze(0)).abs(),
      complex(r, p.imag()).div(q),
    ];
    expect(gradcheck(fn, [a, b, x])).toBe(true);
    expect(gradgradcheck(fn, [a, b, x])).toBe(true);
  });

  it('fail gradcheck where they are wrong', () => {
    const wrong = (z: Tensor): Tensor => z.mul(z.detach());
    expect(() => gradcheck(wrong, [leaf([1, 2])])).toThrow(/the derivative says/);
  });
});
