/** Programs that need derivatives of derivatives, against PyTorch's numbers (`expected.py`). */
import { readFileSync } from 'node:fs';
import { crossEntropy, linspace, stack, type Tensor, tensor } from '@flambeau/core';
import { func, grad, noGrad, vmap } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { apply, mlp, type Parameters, step, wave } from './net.js';

const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8'));
const f64 = { dtype: 'float64' as const };

function expectClose(got: readonly number[], wanted: readonly number[]): void {
  expect(got).toEqual(wanted.map((x) => expect.closeTo(x, 10)));
}

test('a physics-informed net: the loss has second derivatives of the net', () => {
  const parameters = Object.values(mlp([1, 8, 8, 1])).map((t) => t.requiresGrad_());
  const names = Object.keys(mlp([1, 8, 8, 1]));
  const net = (x: Tensor) => apply(Object.fromEntries(names.map((name, i) => [name, parameters[i]])), x);
  const moments = parameters.map((p) => ({ m: p.detach().mul(0), v: p.detach().mul(0) }));
  const losses: number[] = [];
  for (let t = 1; t <= 20; t++) {
    const x = linspace(0, 2, 16, f64).reshape([16, 1]).requiresGrad_();
    const u = net(x);
    const [du] = grad(u.sum(), x, { createGraph: true });
    const [ddu] = grad(du.sum(), x, { createGraph: true });
    const residual = ddu.add(u).square().mean();
    const start = u.index(0, 0).square().add(du.index(0, 0).sub(1).square());
    const loss = residual.add(start);
    losses.push(loss.item());
    for (const p of parameters) p.grad = null;
    loss.backward();
    // Adam
    noGrad(() => {
      parameters.forEach((p, i) => {
        const { m, v } = moments[i];
        const g = p.grad as Tensor;
        m.mul_(0.9).add_(g, { alpha: 0.1 });
        v.mul_(0.999).add_(g.square(), { alpha: 0.001 });
        const denominator = v
          .sqrt()
          .div(Math.sqrt(1 - 0.999 ** t))
          .add(1e-8);
        p.sub_(m.div(denominator).mul(0.02 / (1 - 0.9 ** t)));
      });
    });
  }
  expectClose(losses, expected.pinn);
});

test('MAML: gradients through the steps of an inner training loop, all tasks at once', () => {
  let parameters = mlp([1, 6, 1]);
  const x = linspace(-1, 1, 8, f64).reshape([8, 1]);
  const amplitudes = tensor([0.5, 1, 1.5], f64);
  const loss = (p: Parameters, target: Tensor) => apply(p, x).sub(target).square().mean();
  const task = (initial: Parameters, amplitude: Tensor): Tensor => {
    const target = x.mul(3).sin().mul(amplitude);
    let p = initial;
    for (let i = 0; i < 2; i++) p = step(p, func.grad(loss)(p, target), 0.1);
    return loss(p, target);
  };
  const metaLoss = (p: Parameters) => vmap(task, { inDims: [null, 0] })(p, amplitudes).mean();
  const losses: number[] = [];
  for (let i = 0; i < 5; i++) {
    const [value, gradient] = func.valueAndGrad(metaLoss)(parameters);
    parameters = step(parameters, gradient, 0.5);
    losses.push(value.item());
  }
  expectClose(losses, expected.maml);
});

test('per-sample gradients: vmap of grad', () => {
  const [x, y] = [wave([4, 3], 9), tensor([0, 1, 1, 0], { dtype: 'int64' })];
  const loss = (p: Parameters, xi: Tensor, yi: Tensor) => crossEntropy(apply(p, xi), yi);
  const gradients: Parameters = vmap(func.grad(loss), { inDims: [null, 0, 0] })(mlp([3, 5, 2]), x, y);
  const squares = Object.values(gradients).map((g) => g.flatten(1).square().sum(1));
  expectClose(stack(squares).sum(0).sqrt().toArray() as number[], expected.perSample.norms);
  expectClose(gradients['0.weight'].flatten().toArray() as number[], expected.perSample.weight);
});

test('a differential equation: as many steps as the state asks for', () => {
  const parameters = mlp([2, 6, 2]);
  for (const p of Object.values(parameters)) p.requiresGrad = true;
  let [y, t, steps] = [tensor([1, 0], f64), 0, 0];
  while (t < 1) {
    const slope = apply(parameters, y);
    const h = Math.min(0.2 / (1 + slope.norm().item()), 1 - t);
    const middle = apply(parameters, y.add(slope.mul(0.5 * h)));
    y = y.add(middle.mul(h));
    t += h;
    steps++;
  }
  y.square().sum().backward();
  expect(steps).toBe(expected.ode.steps);
  expectClose(y.toArray() as number[], expected.ode.state);
  expectClose(parameters['0.weight'].grad?.flatten().toArray() as number[], expected.ode.gradient);
});
