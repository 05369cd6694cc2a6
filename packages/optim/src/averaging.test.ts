import { noGrad } from '@flambeau/autograd';
import { ones, type Tensor, tensor, zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { expectClose, flat, readFixture } from '../test/network.js';
import {
  AveragedModel,
  type AveragedModelOptions,
  getEmaAvgFn,
  getEmaMultiAvgFn,
  getSwaAvgFn,
  getSwaMultiAvgFn,
  updateBn,
} from './index.js';

/** A parameter, a buffer and an integer buffer, with the methods that optimizers know of modules. */
class WithBuffer {
  readonly weight = tensor([1, -2, 0.5], { requiresGrad: true });
  readonly mean = zeros([2]);
  readonly count = tensor(0, { dtype: 'int64' });
  training = true;
  parameters() {
    return [this.weight];
  }
  buffers() {
    return [this.mean, this.count];
  }
  stateDict(): Record<string, Tensor> {
    return { weight: this.weight.detach(), mean: this.mean, count: this.count };
  }
  loadStateDict({ weight, mean, count }: Record<string, Tensor>) {
    noGrad(() => {
      this.weight.copy_(weight);
      this.mean.copy_(mean);
      this.count.copy_(count);
    });
  }
  train(mode = true) {
    this.training = mode;
  }
  forward(x: Tensor): Tensor {
    return x.mul(this.weight);
  }
}

function train({ weight, mean, count }: WithBuffer, step: number): void {
  noGrad(() => {
    weight.add_(tensor([0.3, -0.1, 0.7]).mul(step + 1)).cos_();
    mean.add_(tensor([1, 0.25]));
    count.add_(3);
  });
}

const options: Record<string, AveragedModelOptions> = {
  SWA: {},
  'SWA avgFn': { avgFn: getSwaAvgFn() },
  'EMA avgFn': { avgFn: getEmaAvgFn(0.9) },
  'EMA multiAvgFn': { multiAvgFn: getEmaMultiAvgFn(0.9) },
  'EMA multiAvgFn buffers': { multiAvgFn: getEmaMultiAvgFn(0.8), useBuffers: true },
  'EMA avgFn buffers': { avgFn: getEmaAvgFn(0.8), useBuffers: true },
  'SWA multiAvgFn': { multiAvgFn: getSwaMultiAvgFn() },
};
const { cases } = readFixture<{ cases: Record<string, { keys: string[]; lines: number[][] }> }>('averages');

describe('AveragedModel', () => {
  test.each(Object.keys(cases))("%s follows PyTorch's", (name) => {
    const { keys, lines } = cases[name];
    const model = new WithBuffer();
    const averaged = new AveragedModel(model, new WithBuffer(), options[name]);
    lines.forEach((line, step) => {
      train(model, step);
      averaged.updateParameters(model);
      const { weight, mean, count } = averaged.module;
      const actual = [...flat(weight), ...flat(mean), Number(count.item()), Number(averaged.nAveraged.item())];
      expectClose(actual, line, 1e-6, `step ${step}`);
    });
    expect(Object.keys(averaged.stateDict())).toEqual(keys);
  });

  test('has the values of the model, apart from it, and goes on from a state dict', () => {
    const model = new WithBuffer();
    train(model, 0);
    const averaged = new AveragedModel(model, new WithBuffer());
    expect(flat(averaged.module.weight)).toEqual(flat(model.weight));
    averaged.updateParameters(model);
    train(model, 1);
    expect(flat(averaged.module.weight)).not.toEqual(flat(model.weight));
    averaged.updateParameters(model);
    const other = new AveragedModel(model, new WithBuffer());
    other.loadStateDict(averaged.stateDict());
    train(model, 2);
    for (const average of [averaged, other]) average.updateParameters(model);
    expect(flat(other.module.weight)).toEqual(flat(averaged.module.weight));
    expect(Number(other.nAveraged.item())).toBe(3);
    expect(flat(averaged.forward(ones([3])))).toEqual(flat(averaged.module.weight));
    expect(averaged.eval().module.training).toBe(false);
  });

  test('refuses what makes no sense', () => {
    const model = new WithBuffer();
    expect(() => new AveragedModel(model, model)).toThrow('a model of their own');
    const both = { avgFn: getSwaAvgFn(), multiAvgFn: getSwaMultiAvgFn() };
    expect(() => new AveragedModel(model, new WithBuffer(), both)).toThrow('only one');
    expect(() => getEmaAvgFn(1.5)).toThrow('getEmaAvgFn: decay must be in [0, 1], got 1.5');
    expect(() => new AveragedModel(model, new WithBuffer()).loadStateDict({})).toThrow('no n_averaged');
  });
});

describe('updateBn', () => {
  function makeModel() {
    const norm = {
      momentum: 0.1 as number | null,
      runningMean: ones([2]),
      batches: [] as { input: number[]; momentum: number | null; training: boolean }[],
      resetRunningStats() {
        this.runningMean.zero_();
      },
    };
    const call = (input: Tensor): Tensor => {
      norm.batches.push({ input: flat(input), momentum: norm.momentum, training: model.training });
      return input;
    };
    const model = Object.assign(call, {
      training: false,
      modules: () => [model, norm] as object[],
      train(mode = true) {
        model.training = mode;
      },
    });
    return { model, norm };
  }

  test('runs the batches in training mode with plain averages, and puts everything back', async () => {
    const { model, norm } = makeModel();
    await updateBn([tensor([1, 2]), [tensor([3, 4]), 'a label']], model);
    expect(norm.batches).toEqual([
      { input: [1, 2], momentum: null, training: true },
      { input: [3, 4], momentum: null, training: true },
    ]);
    expect(flat(norm.runningMean)).toEqual([0, 0]);
    expect(norm.momentum).toBe(0.1);
    expect(model.training).toBe(false);
  });

  test('puts everything back after an error', async () => {
    const { model, norm } = makeModel();
    await expect(updateBn([5 as never], model)).rejects.toThrow('updateBn: a batch must be a tensor');
    expect(norm.momentum).toBe(0.1);
    expect(model.training).toBe(false);
  });
});
