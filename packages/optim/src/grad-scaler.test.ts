import { tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { expectClose, flat, readFixture } from '../test/network.js';
import { GradScaler, type GradScalerOptions, SGD } from './index.js';

const big = 1e18; // the loss is finite, the scaled gradient is not
const runs: Record<string, { factors: number[]; options: GradScalerOptions }> = {
  growth: { factors: Array(12).fill(1), options: { initScale: 8, growthInterval: 3 } },
  backoff: {
    factors: [1, big, 1, 1, 1, big, big, 1, 1, 1, 1],
    options: { initScale: 1024, growthInterval: 2, backoffFactor: 0.25 },
  },
  defaults: { factors: [1, 1e15, 1], options: {} },
};
const { cases } = readFixture<{ cases: Record<string, { lines: number[][]; state: object }> }>('scaler');

function train(scaler: GradScaler, factor: number, p = tensor([1, -2], { requiresGrad: true })) {
  const optimizer = new SGD([p], { lr: 0.01 });
  scaler.scale(p.mul(factor).square().sum()).backward();
  scaler.step(optimizer);
  scaler.update();
  p.grad = null;
}

describe('GradScaler', () => {
  test.each(Object.keys(cases))("%s: scale, growth count and parameters are PyTorch's", (name) => {
    const { lines, state } = cases[name];
    const { factors, options } = runs[name];
    expect(factors.length).toBe(lines.length);
    const scaler = new GradScaler(options);
    const p = tensor([1, -2], { requiresGrad: true });
    factors.forEach((factor, step) => {
      train(scaler, factor, p);
      const { _growth_tracker: tracker } = scaler.stateDict() as { _growth_tracker: number };
      expect([scaler.getScale(), tracker], `step ${step}`).toEqual(lines[step].slice(0, 2));
      expectClose(flat(p), lines[step].slice(2), 1e-6, `step ${step}, element`);
    });
    expect(scaler.stateDict()).toEqual(state);
  });

  test('goes on from a state dict', () => {
    const scaler = new GradScaler({ initScale: 4, growthInterval: 2 });
    train(scaler, 1);
    const other = new GradScaler();
    other.loadStateDict(scaler.stateDict());
    for (const each of [scaler, other]) train(each, 1);
    expect(other.getScale()).toBe(8);
    expect(other.stateDict()).toEqual(scaler.stateDict());
    expect(() => other.loadStateDict({})).toThrow('not enabled');
  });

  test('gradients can be accumulated, unscaled and clipped before the step', () => {
    const scaler = new GradScaler({ initScale: 16 });
    const p = tensor([3], { requiresGrad: true });
    const optimizer = new SGD([p], { lr: 0.1 });
    for (let i = 0; i < 2; i++) scaler.scale(p.mul(2).sum()).backward();
    expect(p.grad?.item()).toBe(64);
    scaler.unscale_(optimizer);
    expect(p.grad?.item()).toBe(4);
    expect(() => scaler.unscale_(optimizer)).toThrow('unscaled already');
    p.grad?.clamp_(null, 1);
    scaler.step(optimizer);
    expect(p.item()).toBeCloseTo(2.9, 6);
    expect(() => scaler.step(optimizer)).toThrow('has stepped already');
    expect(() => scaler.unscale_(optimizer)).toThrow('step was called');
    scaler.update();
    expect(() => scaler.update()).toThrow('no step');
    scaler.update(32);
    expect(scaler.getScale()).toBe(32);
  });

  test('an overflow in one of two optimizers skips its step only, and lowers the scale', () => {
    const scaler = new GradScaler({ initScale: 16 });
    const [a, b] = [tensor([1], { requiresGrad: true }), tensor([1], { requiresGrad: true })];
    const optimizers = [a, b].map((p) => new SGD([p], { lr: 1 }));
    a.grad = tensor([16]);
    b.grad = tensor([Number.NaN]);
    for (const optimizer of optimizers) scaler.step(optimizer);
    scaler.update();
    expect([a.item(), b.item(), scaler.getScale()]).toEqual([0, 1, 8]);
  });

  test('lists are scaled, float16 gradients refused', () => {
    const scaler = new GradScaler({ initScale: 2 });
    const [x, [y]] = scaler.scale([tensor(1), [tensor(3)]] as const);
    expect([x.item(), y.item()]).toEqual([2, 6]);
    const p = tensor([1], { dtype: 'float16', requiresGrad: true });
    p.grad = tensor([1], { dtype: 'float16' });
    expect(() => scaler.unscale_(new SGD([p]))).toThrow('float16; keep the parameters in float32');
  });

  test('one that is not enabled passes everything through', () => {
    const scaler = new GradScaler({ enabled: false });
    const p = tensor([1], { requiresGrad: true });
    train(scaler, 1, p);
    expect(p.item()).toBeCloseTo(0.98, 6);
    expect([scaler.getScale(), scaler.isEnabled(), scaler.stateDict()]).toEqual([1, false, {}]);
  });

  test('settings can be read and changed, bad ones are refused', () => {
    const scaler = new GradScaler();
    expect([scaler.getGrowthFactor(), scaler.getBackoffFactor(), scaler.getGrowthInterval()]).toEqual([2, 0.5, 2000]);
    scaler.setGrowthFactor(4);
    scaler.setBackoffFactor(0.1);
    scaler.setGrowthInterval(7);
    expect(scaler.stateDict()).toMatchObject({ growth_factor: 4, backoff_factor: 0.1, growth_interval: 7 });
    expect(() => new GradScaler({ growthFactor: 1 })).toThrow('growthFactor must be above 1');
    expect(() => new GradScaler({ backoffFactor: 1 })).toThrow('backoffFactor must be below 1');
  });
});
