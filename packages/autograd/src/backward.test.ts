import { inspect } from 'node:util';
import { arange, AutogradError, add, histogram, ones, ShapeError, type Tensor, tensor, zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { type GradOptions, grad, gradcheck } from './index.js';

const leaf = (values: number[], dtype: 'float32' | 'float64' = 'float32') => tensor(values, { dtype, requiresGrad: true });
const values = (t: Tensor | null | undefined) => t?.toArray();

describe('backward', () => {
  test('goes through both operands and sums over repeated uses', () => {
    const x = leaf([1, 2, 3]);
    const y = leaf([4, 5, 6]);
    x.mul(y).add(x).sum().backward();
    expect(values(x.grad)).toEqual([5, 6, 7]);
    expect(values(y.grad)).toEqual([1, 2, 3]);
  });

  test('accumulates into grad until it is cleared', () => {
    const x = leaf([1, 2]);
    const step = () => x.square().sum().backward();
    step();
    step();
    expect(values(x.grad)).toEqual([4, 8]);
    x.grad = null;
    step();
    expect(values(x.grad)).toEqual([2, 4]);
  });

  test('takes the gradient of a tensor that is no scalar, as argument or option', () => {
    for (const give of [(g: Tensor) => g, (gradient: Tensor) => ({ gradient })]) {
      const x = leaf([1, 2]);
      x.square().backward(give(tensor([10, 100])));
      expect(values(x.grad)).toEqual([20, 400]);
    }
  });

  test('does not keep the given gradient as grad, nor share it between leaves', () => {
    const x = leaf([1, 2]);
    const y = leaf([3, 4]);
    const gradient = tensor([1, 1]);
    x.add(y).backward(gradient);
    gradient.fill_(9);
    x.grad?.mul_(5);
    expect(values(x.grad)).toEqual([5, 5]);
    expect(values(y.grad)).toEqual([1, 1]);
  });

  test('explains what is wrong with the call', () => {
    const x = leaf([1, 2]);
    expect(() => x.square().backward()).toThrow(
      /backward: a tensor of shape \(2,\) is not a scalar; give its gradient, or reduce/,
    );
    expect(() => tensor([1]).sum().backward()).toThrow(/does not need gradients and has no history; set requiresGrad/);
    expect(() => x.square().backward(ones([3]))).toThrow(ShapeError);
  });

  test('frees the graph, and says so', () => {
    const x = leaf([1, 2]);
    const y = x.square().sum();
    y.backward();
    expect(() => y.backward()).toThrow(
      new AutogradError(
        'the graph below square was freed by an earlier backward(); pass { retainGraph: true } there to go through it again',
      ),
    );
  });

  test('walks a graph again with retainGraph', () => {
    const x = leaf([1, 2]);
    const y = x.square().sum();
    y.backward({ retainGraph: true });
    y.backward();
    expect(values(x.grad)).toEqual([4, 8]);
  });

  test('with createGraph gives gradients that can be differentiated', () => {
    const x = leaf([2]);
    x.pow(3).sum().backward({ createGraph: true });
    const first = x.grad as Tensor;
    expect(first.requiresGrad).toBe(true);
    expect(values(grad(first.sum(), x)[0])).toEqual([12]);
  });

  test('reaches every leaf of a diamond once', () => {
    const x = leaf([2]);
    let calls = 0;
    x.registerHook(() => {
      calls++;
      return undefined;
    });
    const y = x.mul(3);
    add(y.square(), y.mul(5)).sum().backward();
    expect(values(x.grad)).toEqual([2 * 6 * 3 + 15]);
    expect(calls).toBe(1);
  });

  test('an output that is also on the way to another output gets both gradients', () => {
    const x = leaf([3]);
    const y = x.square();
    const z = y.mul(2);
    expect(values(grad([y.sum(), z.sum()], x)[0])).toEqual([18]);
  });
});

describe('grad', () => {
  test('returns gradients and leaves grad alone', () => {
    const x = leaf([1, 2]);
    const y = leaf([3, 4]);
    const [gx, gy] = grad(x.mul(y).sum(), [x, y]);
    expect([values(gx), values(gy)]).toEqual([
      [3, 4],
      [1, 2],
    ]);
    expect(x.grad).toBeNull();
  });

  test('finds gradients of intermediate results and stops there', () => {
    const x = leaf([1, 2]);
    const y = x.square();
    let reached = false;
    x.registerHook(() => {
      reached = true;
      return undefined;
    });
    expect(values(grad(y.mul(3).sum(), y)[0])).toEqual([3, 3]);
    expect(reached).toBe(false);
  });

  test('of an output with respect to itself is its own gradient', () => {
    const y = leaf([1, 2]).square();
    expect(values(grad(y, y, { gradOutputs: tensor([5, 6]) })[0])).toEqual([5, 6]);
  });

  test('higher derivatives: x⁴ gives 4x³, 12x², 24x, 24', () => {
    const x = leaf([2], 'float64');
    const derivatives: unknown[] = [];
    let y = x.pow(4);
    for (let n = 0; n < 4; n++) {
      [y] = grad(y.sum(), x, { createGraph: true });
      derivatives.push(y.item());
    }
    expect(derivatives).toEqual([32, 48, 48, 24]);
  });

  test('unused inputs: an error, null or zeros', () => {
    const [x, y] = [leaf([1, 2]), leaf([3])];
    const of = (options?: GradOptions) => grad(x.sum(), [x, y], options);
    expect(() => of()).toThrow(
      new AutogradError('grad: inputs[1] was not used in computing the outputs; pass { allowUnused: true } to get null for it'),
    );
    expect(of({ allowUnused: true })[1]).toBeNull();
    expect(values(of({ materializeGrads: true })[1])).toEqual([0]);
  });

  test('refuses inputs without gradients and gradients that do not belong to the outputs', () => {
    const x = leaf([1, 2]);
    expect(() => grad(x.sum(), tensor([1]))).toThrow(/grad: inputs\[0\] does not need gradients/);
    expect(() => grad([x.sum(), x.mean()], x, { gradOutputs: [ones([])] })).toThrow(/1 gradOutputs for 2 outputs/);
    expect(() => grad(x, x, { gradOutputs: ones([3]) })).toThrow(ShapeError);
  });

  test('weighs several outputs', () => {
    const x = leaf([1, 2]);
    const [g] = grad([x.sum(), x.square()], x, { gradOutputs: [null, tensor([10, 100])] });
    expect(values(g)).toEqual([21, 401]);
  });
});

describe('shapes and dtypes', () => {
  test('a broadcast operand gets the sum over its repetitions', () => {
    const x = tensor([[1], [2]], { requiresGrad: true });
    const y = leaf([1, 2, 3]);
    const z = tensor(2, { requiresGrad: true });
    x.mul(y).mul(z).sum().backward();
    expect(values(x.grad)).toEqual([[12], [12]]);
    expect(values(y.grad)).toEqual([6, 6, 6]);
    expect(values(z.grad)).toBe(18);
  });

  test('each gradient has its tensor’s dtype', () => {
    const single = leaf([1, 2]);
    const double = leaf([3, 4], 'float64');
    const half = tensor([5, 6], { dtype: 'bfloat16', requiresGrad: true });
    single.mul(double).mul(half).sum().backward();
    expect([single.grad?.dtype, double.grad?.dtype, half.grad?.dtype]).toEqual(['float32', 'float64', 'bfloat16']);
    expect(values(double.grad)).toEqual([5, 12]);
    expect(values(half.grad)).toEqual([3, 8]);
  });

  test('a given gradient is converted to the tensor’s dtype', () => {
    const x = leaf([1, 2]);
    x.backward(tensor([1, 1], { dtype: 'float64' }));
    expect(x.grad?.dtype).toBe('float32');
  });

  test('conversions are differentiated', () => {
    const x = leaf([1, 2]);
    x.double().square().sum().backward();
    expect(x.grad?.dtype).toBe('float32');
    expect(values(x.grad)).toEqual([2, 4]);
  });

  test('integers cannot need gradients, and comparisons have none', () => {
    expect(() => tensor([1, 2], { dtype: 'int64', requiresGrad: true })).toThrow(AutogradError);
    expect(() => arange(3, { dtype: 'int64' }).requiresGrad_()).toThrow(
      /only floating-point and complex tensors can need gradients, this one is int64/,
    );
    const x = leaf([1, 2]);
    expect(x.gt(1).requiresGrad).toBe(false);
    expect(x.argmax().requiresGrad).toBe(false);
    expect(x.long().requiresGrad).toBe(false);
  });

  test('gradients of empty tensors are empty', () => {
    const x = zeros([0, 3], { requiresGrad: true });
    x.square().sum().backward();
    expect(x.grad?.shape).toEqual([0, 3]);
  });

  test('an out= form does not differentiate', () => {
    expect(() => add.out(zeros([2]), leaf([1, 2]), 1)).toThrow(/out= does not support automatic differentiation/);
  });
});

describe('the graph as users see it', () => {
  test('leaves and results', () => {
    const x = leaf([1, 2]);
    expect([x.isLeaf, x.gradFn, x.requiresGrad]).toEqual([true, null, true]);
    const y = x.exp();
    expect([y.isLeaf, inspect(y.gradFn), y.requiresGrad]).toEqual([false, '<exp>', true]);
    expect(y.gradFn?.nextFunctions.map((edge) => edge?.node.name)).toEqual(['AccumulateGrad']);
    expect(String(y)).toContain('gradFn=<exp>');
    expect(String(x)).toContain('requiresGrad=true');
  });

  test('detach shares memory and forgets history', () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    const d = y.detach();
    expect([d.requiresGrad, d.isLeaf, d.gradFn]).toEqual([false, true, null]);
    d.fill_(7);
    expect(values(y)).toEqual([7, 7]);
    expect(() => y.sum().backward()).toThrow(/needs its result/);
  });

  test('detach stops gradients', () => {
    const x = leaf([1, 2]);
    x.mul(x.detach()).sum().backward();
    expect(values(x.grad)).toEqual([1, 2]);
  });

  test('detach_ makes a leaf of a result, but not of a view', () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    expect(y.detach_()).toBe(y);
    expect([y.isLeaf, y.requiresGrad]).toEqual([true, false]);
    expect(() => x.exp().narrow(0, 0, 1).detach_()).toThrow(/a view cannot be detached in place/);
  });

  test('requiresGrad can be switched on leaves only', () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    expect(() => {
      y.requiresGrad = false;
    }).toThrow(/only a leaf can stop needing gradients; use detach\(\)/);
    x.requiresGrad = false;
    expect(x.exp().requiresGrad).toBe(false);
  });
});

describe('gradcheck', () => {
  const x = () => leaf([0.3, -0.7], 'float64');

  test('passes a right derivative', () => {
    expect(gradcheck((t) => t.sin().mul(t), [x()])).toBe(true);
  });
  test('refuses a wrong one, naming the place', () => {
    expect(() => gradcheck((t) => t.mul(t.detach()), [x()])).toThrow(
      /d output0\[0\] \/ d input0\[0\]: the derivative says 0\.3, differences say 0\.[56]/,
    );
  });
  test('needs float64 and something to check', () => {
    expect(() => gradcheck((t) => t, [leaf([1])])).toThrow(/input 0 is float32; differences need float64/);
    expect(() => gradcheck((t) => t, [tensor([1])])).toThrow(/no input needs gradients/);
  });
});

test('counts of a histogram have no gradient, not even of their weights', () => {
  const weight = tensor([1, 2, 3]).requiresGrad_();
  const { hist } = histogram(tensor([0, 0.5, 1]), tensor([0, 0.5, 1]), { weight });
  expect(hist.tolist()).toEqual([1, 5]);
  expect(hist.requiresGrad).toBe(false);
});
