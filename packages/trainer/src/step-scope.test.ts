import { manualSeed, memory, randn, type Tensor } from '@flambeau/core';
import { Linear, Module } from '@flambeau/nn';
import { describe, expect, it } from 'vitest';
import { type Batch, Boring, loaderOf, quiet } from '../test/boring.js';
import type { StepOutput } from './index.js';

const WIDE = 512; // (64, 512) float32 is no slab

/** Two wide layers around a relu; subclasses watch what happens inside. */
class Wide extends Boring {
  readonly first = new Linear(4, WIDE);
  readonly second = new Linear(WIDE, 1);
  constructor() {
    super(1e-3);
  }
  protected onHidden(_hidden: Tensor): void {}
  override forward(x: Tensor): Tensor {
    const hidden = this.first(x).relu();
    this.onHidden(hidden);
    return this.second(hidden);
  }
  override trainingStep([x, y]: Batch): StepOutput | Promise<StepOutput> {
    const loss = (this as Wide)(x).sub(y).square().mean();
    this.losses.push(loss.detach());
    return loss;
  }
}
const fit = (model: Boring, options = {}) => quiet(options).fit(model, loaderOf(256, 64));
const use = (t: Tensor) => t.sum().item();

describe('memory of a training step', () => {
  it('is used again, and that changes no result', async () => {
    const run = async (recycleMemory: boolean) => {
      manualSeed(1);
      const model = new Wide();
      const before = memory().recycledBytes;
      await fit(model, { recycleMemory, maxEpochs: 5 });
      return { recycled: memory().recycledBytes - before, losses: model.lossValues() };
    };
    const without = await run(false);
    const recycling = await run(true);
    // both recycle in backward; the activations of 20 steps come on top
    expect(recycling.recycled).toBeGreaterThan(without.recycled + 15 * 64 * WIDE * 4);
    expect(recycling.losses).toEqual(without.losses);
  });

  it('is used again as well where a step calls forward itself', async () => {
    class Direct extends Wide {
      override trainingStep([x, y]: Batch): StepOutput {
        return this.forward(x).sub(y).square().mean();
      }
    }
    const before = memory().recycledBytes;
    await fit(new Wide(), { maxEpochs: 5 });
    const between = memory().recycledBytes;
    const model = new Direct();
    await fit(model, { maxEpochs: 5 });
    expect(memory().recycledBytes - between).toBeGreaterThan(0.9 * (between - before));
    expect(Object.hasOwn(model, 'forward')).toBe(false);
  });

  it('is left to what user code kept: as a property, by a hook, by keep(), or by return', async () => {
    class Keeping extends Wide {
      latest: Tensor | null = null;
      nested: unknown = null;
      readonly hooked: Tensor[] = [];
      readonly returned: Tensor[] = [];
      protected override onHidden(hidden: Tensor): void {
        this.latest = hidden;
        this.nested = { deep: [new Map([['a', hidden.mul(2)]])] };
      }
      override trainingStep(batch: Batch): StepOutput {
        this.returned.push((this as Keeping)(batch[0]));
        return super.trainingStep(batch) as Tensor;
      }
    }
    const model = new Keeping();
    model.first.registerForwardHook((_m, _args, output) => void model.hooked.push(output));
    await fit(model);
    const deep = (model.nested as { deep: Map<string, Tensor>[] }).deep[0].get('a') as Tensor;
    expect(use(deep)).toBeCloseTo(2 * (use(model.latest as Tensor) as number), 0);
    expect(model.hooked).toHaveLength(8);
    for (const t of [...model.hooked, ...model.returned]) expect(use(t)).toBeTypeOf('number');
  });

  it('returned inside of any structure stays', async () => {
    class Structured extends Module {
      layer = new Linear(4, WIDE);
      forward(x: Tensor) {
        const hidden = this.layer(x);
        return { a: [{ b: { c: [[hidden.relu()]] } }], set: new Set([hidden.tanh()]) };
      }
    }
    class Model extends Wide {
      readonly structured = new Structured();
      readonly outputs: Tensor[] = [];
      override trainingStep(batch: Batch): StepOutput {
        const { a, set } = this.structured(batch[0]);
        this.outputs.push(a[0].b.c[0][0], ...set);
        return super.trainingStep(batch) as Tensor;
      }
    }
    const model = new Model();
    await fit(model);
    for (const t of model.outputs) expect(use(t)).toBeTypeOf('number');
  });

  it('is gone for what only a closure holds, which says so; recycleMemory: false leaves it', async () => {
    const captured: Tensor[] = [];
    class Capturing extends Wide {
      protected override onHidden(hidden: Tensor): void {
        captured.push(hidden);
      }
    }
    await fit(new Capturing());
    expect(() => use(captured[0])).toThrow(
      expect.objectContaining({
        name: 'StorageError',
        message: expect.stringMatching(/made by relu in a forward .* mark it with keep\(\)/),
      }),
    );
    captured.length = 0;
    await fit(new Capturing(), { recycleMemory: false });
    expect(use(captured[0])).toBeTypeOf('number');
  });

  it('lets losses and metrics be read 1000 steps later, also those logged inside of forward', async () => {
    class LoggingInside extends Wide {
      protected override onHidden(hidden: Tensor): void {
        this.log('hidden', hidden.mean(), { onEpoch: true });
      }
    }
    const model = new LoggingInside();
    const trainer = quiet({ maxEpochs: 250 });
    await trainer.fit(model, loaderOf(16, 4));
    const losses = model.lossValues();
    expect(losses).toHaveLength(1000);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(trainer.metrics.values.hidden).toBeTypeOf('number');
  });

  it('survives an async forward and an async step', async () => {
    class Async extends Boring {
      readonly inner = new AsyncNet();
      override async trainingStep([x, y]: Batch): Promise<Tensor> {
        const output = await this.inner(x);
        await new Promise((resolve) => setTimeout(resolve, 1));
        const loss = output.sub(y).square().mean();
        this.losses.push(loss.detach());
        return loss;
      }
    }
    class AsyncNet extends Module {
      first = new Linear(4, WIDE);
      second = new Linear(WIDE, 1);
      async forward(x: Tensor): Promise<Tensor> {
        const hidden = this.first(x).relu();
        await new Promise((resolve) => setTimeout(resolve, 1));
        return this.second(hidden.add(randn([1])));
      }
    }
    const model = new Async();
    await fit(model);
    expect(model.lossValues()).toHaveLength(4);
  });
});
