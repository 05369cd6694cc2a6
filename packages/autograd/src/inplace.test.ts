import { arange, AutogradError, type Tensor, tensor, zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { grad, gradcheck, gradgradcheck, noGrad } from './index.js';

const leaf = (values: number[], dtype: 'float32' | 'float64' = 'float32') => tensor(values, { dtype, requiresGrad: true });
const matrix = () => arange(1, 13, 1, { dtype: 'float64' }).reshape([3, 4]).div(7).requiresGrad_();

describe('leaves', () => {
  test('cannot be changed in place, nor through a view, while gradients are recorded', () => {
    const x = leaf([1, 2]);
    expect(() => x.add_(1)).toThrow(
      new AutogradError(
        'add_: a leaf that requires gradients cannot be changed in place while gradients are recorded; do it inside noGrad(() => …)',
      ),
    );
    expect(() => x.narrow(0, 0, 1).zero_()).toThrow(/a leaf that requires gradients \(through a view of it\) cannot/);
    expect(x.toArray()).toEqual([1, 2]);
  });

  test('can be changed inside noGrad and stay leaves, also through views', () => {
    const x = leaf([1, 2]);
    const row = x.narrow(0, 1, 1);
    noGrad(() => {
      x.mul_(2);
      x.narrow(0, 0, 1).fill_(7);
    });
    expect([x.isLeaf, x.requiresGrad, x.toArray()]).toEqual([true, true, [7, 4]]);
    row.square().sum().backward();
    expect(x.grad?.toArray()).toEqual([0, 8]);
  });

  test('without requiresGrad take part once something that needs gradients is written to them', () => {
    const x = leaf([1, 2]);
    const buffer = zeros([2, 2]);
    buffer.select(0, 1).copy_(x);
    expect(buffer.requiresGrad).toBe(true);
    buffer.square().sum().backward();
    expect(x.grad?.toArray()).toEqual([2, 4]);
  });
});

describe('versions', () => {
  test('a changed operand of an operation that needs it is noticed, and named', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const z = y.square();
    y.add_(1);
    expect(() => z.sum().backward()).toThrow(
      new AutogradError(
        "the backward of square needs its input 'self' of shape (2,) at version 0, but an in-place operation has changed it since " +
          '(version 1); clone() it before the in-place operation',
      ),
    );
  });

  test('a changed result of an operation that needs it is noticed', () => {
    const y = leaf([1, 2]).exp();
    y.mul_(2);
    expect(() => y.sum().backward()).toThrow(/the backward of exp needs its result of shape \(2,\) at version 0/);
  });

  test('a change through a view or a detached alias is noticed, too', () => {
    for (const change of [(y: Tensor) => y.narrow(0, 0, 1).zero_(), (y: Tensor) => y.detach().zero_()]) {
      const y = leaf([1, 2]).mul(1);
      const z = y.square();
      change(y);
      expect(() => z.sum().backward()).toThrow(/the backward of square needs its input/);
    }
  });

  test('a change that no derivative minds is allowed', () => {
    const x = leaf([1, 2]);
    const y = x.add(1);
    const z = y.mul(3);
    y.mul_(5);
    z.add(y).sum().backward();
    expect(x.grad?.toArray()).toEqual([8, 8]);
  });

  test('an operation that overwrites its own operand keeps what it needs', () => {
    const x = leaf([1, 2]);
    const y = x.mul(1);
    y.mul_(y);
    y.square_();
    y.sum().backward();
    expect(x.grad?.toArray()).toEqual([4, 32]);
  });
});

describe('contents that are replaced', () => {
  test('zero_ and fill_ cut the history', () => {
    for (const overwrite of [(y: Tensor) => y.zero_(), (y: Tensor) => y.fill_(3)]) {
      const x = leaf([1, 2]);
      const y = x.mul(2);
      overwrite(y);
      expect(y.add(x).sum().backward()).toBeUndefined();
      expect(x.grad?.toArray()).toEqual([1, 1]);
    }
  });

  test('copy_ takes the source’s history, whole or in a slice', () => {
    const [x, source] = [leaf([1, 2, 3]), leaf([5])];
    const y = x.mul(2);
    y.narrow(0, 1, 1).copy_(source);
    y.mul(tensor([1, 10, 100]))
      .sum()
      .backward();
    expect(x.grad?.toArray()).toEqual([2, 0, 200]);
    expect(source.grad?.toArray()).toEqual([10]);
    const z = leaf([1, 2]).mul(2);
    z.copy_(source);
    expect(grad(z.sum(), source)[0].toArray()).toEqual([2]);
  });

  test('a source of another dtype gets a gradient of its own', () => {
    const [x, source] = [leaf([1, 2]), leaf([5, 6], 'float64')];
    const y = x.mul(2);
    y.copy_(source);
    y.square().sum().backward();
    expect(source.grad?.dtype).toBe('float64');
    expect(source.grad?.toArray()).toEqual([10, 12]);
    expect(x.grad?.toArray() ?? [0, 0]).toEqual([0, 0]);
  });
});

describe('views', () => {
  const differentiates = (fn: (base: Tensor) => Tensor) => {
    expect(gradcheck((x) => fn(x.clone()), [matrix()])).toBe(true);
    expect(gradgradcheck((x) => fn(x.clone()), [matrix()])).toBe(true);
  };

  test('writing through a view changes the base, and both gradients', () => {
    const x = leaf([1, 2, 3]);
    const y = x.mul(1);
    const tail = y.narrow(0, 1, 2);
    tail.mul_(tail);
    expect(y.toArray()).toEqual([1, 4, 9]);
    expect(String(y.gradFn)).toBe('<CopySlices(mul)>');
    y.sum().add(tail.sum()).backward();
    expect(x.grad?.toArray()).toEqual([1, 8, 12]);
  });

  test('a view made before the base was changed has the base’s new history', () => {
    differentiates((y) => {
      const row = y.select(0, 1);
      y.mul_(3);
      return row.square();
    });
  });

  test('rows, columns, transposes and views of views', () => {
    differentiates((y) => {
      y.select(1, 2).mul_(2);
      return y.square();
    });
    differentiates((y) => {
      y.t().narrow(0, 1, 2).select(1, 0).exp_();
      return y.square();
    });
    differentiates((y) => {
      const block = y.narrow(0, 1, 2).narrow(1, 1, 2);
      block.mul_(block.sum());
      return y.mul(y).add(block.sum());
    });
  });

  test('views that share elements', () => {
    differentiates((y) => {
      const upper = y.narrow(0, 0, 2);
      const lower = y.narrow(0, 1, 2);
      upper.mul_(2);
      lower.mul_(upper);
      upper.add_(lower);
      return y.square().sum().add(upper.mul(lower).sum());
    });
  });

  test('a view whose own elements overlap', () => {
    const x = leaf([1, 2, 3, 4], 'float64');
    const windows = (t: Tensor) => t.clone().asStrided([3, 2], [1, 1], 0);
    expect(gradcheck((t) => windows(t).square(), [x])).toBe(true);
    expect(gradgradcheck((t) => windows(t).square(), [x])).toBe(true);
  });

  test('of detached tensors do not reach the history', () => {
    const y = leaf([1, 2]).mul(1);
    y.detach().narrow(0, 0, 1).mul_(5);
    expect(String(y.gradFn)).toBe('<mul>');
    expect(y.toArray()).toEqual([5, 2]);
  });

  test('an expanded tensor cannot be written to', () => {
    expect(() => leaf([1]).mul(1).expand([3]).add_(1)).toThrow(/an expanded tensor .*clone\(\) it first/);
  });
});

describe('views in place', () => {
  test('leaves are refused, other tensors go on with the history of the view', () => {
    const x = leaf([1, 2, 3]);
    expect(() => x.unsqueeze_(0)).toThrow(/unsqueeze_: a leaf that requires gradients .*use unsqueeze/);
    const y = x.mul(2);
    expect(y.unsqueeze_(1)).toBe(y);
    expect([y.shape, String(y.gradFn)]).toEqual([[3, 1], '<unsqueeze>']);
    y.t_()
      .mul(tensor([[1, 10, 100]]))
      .sum()
      .backward();
    expect(x.grad?.toArray()).toEqual([2, 20, 200]);
  });
  test('a view of a base stays one', () => {
    const x = leaf([1, 2, 3, 4], 'float64');
    const rows = (t: Tensor) => {
      const base = t.mul(1).reshape([2, 2]);
      const row = base.select(0, 1).unsqueeze_(0);
      row.mul_(3);
      return base.square();
    };
    expect(gradcheck(rows, [x])).toBe(true);
  });
  test('a backward pass refuses a tensor that it saved and that got another shape since', () => {
    const x = leaf([1, 2]).mul(1);
    const y = x.mul(x);
    x.unsqueeze_(0);
    expect(() => y.sum().backward()).toThrow(/in place|in-place/);
  });
});

test('an empty part of a tensor can be written to, wherever it lies', () => {
  const x = leaf([1, 2]);
  const y = x.mul(1);
  y.slice(0, 2, 2).neg_();
  y.sum().backward();
  expect(x.grad?.toArray()).toEqual([1, 1]);
  const none = tensor([], { requiresGrad: true }).reshape([0, 1]).mul(1);
  none.expand([0, 2]).add_(1);
  expect(none.shape).toEqual([0, 1]);
});
