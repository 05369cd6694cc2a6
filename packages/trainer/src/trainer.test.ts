import { getRngState, rand, type Tensor } from '@flambeau/core';
import { DataLoader, IterableDataset } from '@flambeau/data';
import { mseLoss } from '@flambeau/nn/functional';
import { Adam, type Optimizer, ReduceLROnPlateau, SGD, StepLR } from '@flambeau/optim';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '@flambeau/vitest/temporary-folder';
import { type Batch, Boring, BoringWithValidation, loaderOf, quiet, regressionData, seeded } from '../test/boring.js';
// @ts-expect-error plain JavaScript, as a user's module is for a worker
import { ThreadIds } from '../test/thread-ids.mjs';
import { type Callback, LightningModule, type Logger, type Optimizers, type OptimizerConfig, type StepOutput } from './index.js';

const weightsOf = (m: Boring): unknown => Object.values(m.stateDict()).map((t) => t.toArray());

class Recorder implements Logger {
  readonly rows: [number, Record<string, number>][] = [];
  logMetrics(metrics: Readonly<Record<string, number>>, step: number): void {
    this.rows.push([step, metrics]);
  }
  of(name: string): [number, number][] {
    return this.rows.filter(([, m]) => name in m).map(([step, m]) => [step, m[name]]);
  }
}

describe('fit', () => {
  it('learns', async () => {
    const model = new Boring();
    const trainer = quiet({ maxEpochs: 20 });
    await trainer.fit(model, loaderOf(32, 8));
    const losses = model.lossValues();
    expect(losses).toHaveLength(80);
    expect(losses.at(-1)).toBeLessThan(losses[0] / 100);
    expect(trainer).toMatchObject({ currentEpoch: 20, globalStep: 80, stopReason: null, fitting: false });
  });

  it('runs the hooks in order, of callbacks first at a start and of the module first at an end', async () => {
    const order: string[] = [];
    const names = [
      'onFitStart',
      'onFitEnd',
      'onSanityCheckStart',
      'onSanityCheckEnd',
      'onTrainStart',
      'onTrainEnd',
      'onTrainEpochStart',
      'onTrainEpochEnd',
      'onTrainBatchStart',
      'onTrainBatchEnd',
      'onBeforeOptimizerStep',
      'onValidationStart',
      'onValidationBatchEnd',
      'onValidationEnd',
    ] as const;
    const callback = Object.fromEntries(names.map((name) => [name, () => void order.push(`callback ${name}`)])) as Callback;
    class Hooked extends BoringWithValidation {
      override onFitStart = () => void order.push('onFitStart');
      override onFitEnd = () => void order.push('onFitEnd');
      override onTrainStart = () => void order.push('onTrainStart');
      override onTrainEnd = () => void order.push('onTrainEnd');
      override onTrainEpochStart = () => void order.push('onTrainEpochStart');
      override onTrainEpochEnd = () => void order.push('onTrainEpochEnd');
      override onTrainBatchStart = () => void order.push('onTrainBatchStart');
      override onTrainBatchEnd = () => void order.push('onTrainBatchEnd');
      override onBeforeOptimizerStep = () => void order.push('onBeforeOptimizerStep');
      override onValidationEpochStart = () => void order.push('onValidationEpochStart');
      override onValidationEpochEnd = () => void order.push('onValidationEpochEnd');
    }
    await quiet({ numSanityValSteps: 1, callbacks: [callback] }).fit(new Hooked(), loaderOf(4, 4), loaderOf(8, 4));
    const validation = (batches: number) => [
      'callback onValidationStart',
      'onValidationEpochStart',
      ...Array<string>(batches).fill('callback onValidationBatchEnd'),
      'onValidationEpochEnd',
      'callback onValidationEnd',
    ];
    expect(order).toEqual([
      'callback onFitStart',
      'onFitStart',
      'callback onSanityCheckStart',
      ...validation(1),
      'callback onSanityCheckEnd',
      'callback onTrainStart',
      'onTrainStart',
      'callback onTrainEpochStart',
      'onTrainEpochStart',
      'callback onTrainBatchStart',
      'onTrainBatchStart',
      'callback onBeforeOptimizerStep',
      'onBeforeOptimizerStep',
      'onTrainBatchEnd',
      'callback onTrainBatchEnd',
      ...validation(2),
      'onTrainEpochEnd',
      'callback onTrainEpochEnd',
      'onTrainEnd',
      'callback onTrainEnd',
      'onFitEnd',
      'callback onFitEnd',
    ]);
  });

  it('takes an async trainingStep, and one that skips batches or returns more than the loss', async () => {
    class Slow extends Boring {
      override async trainingStep(batch: Batch): Promise<Tensor> {
        const loss = super.trainingStep(batch) as Tensor;
        await new Promise((resolve) => setTimeout(resolve, 1));
        return loss;
      }
    }
    const [fast, slow] = [seeded(() => new Boring()), seeded(() => new Slow())];
    await quiet().fit(fast, loaderOf(16, 4));
    await quiet().fit(slow, loaderOf(16, 4));
    expect(weightsOf(slow)).toEqual(weightsOf(fast));

    const outputs: unknown[] = [];
    class Picky extends Boring {
      override trainingStep(batch: Batch, index?: number): StepOutput {
        return index === 1 ? null : ({ loss: super.trainingStep(batch) as Tensor, extra: index } as { loss: Tensor });
      }
      override onTrainBatchEnd(output: StepOutput): void {
        outputs.push(output === null ? null : (output as unknown as { extra: number }).extra);
      }
    }
    await quiet().fit(new Picky(), loaderOf(12, 4));
    expect(outputs).toEqual([0, null, 2]);
  });

  it('accumulates gradients as if the batches were one, also in a shorter last window', async () => {
    // 6 batches of 4 in windows of 4 and 2 are batches of 16 and 8
    const accumulated = seeded(() => new Boring());
    const trainer = quiet({ accumulateGradBatches: 4, maxEpochs: 3 });
    await trainer.fit(accumulated, loaderOf(24, 4));
    expect(trainer.globalStep).toBe(6);
    const large = seeded(() => new Boring());
    await quiet({ maxEpochs: 3 }).fit(large, loaderOf(24, 16));
    const [a, b] = [accumulated, large].map((m) => m.net.weight.toArray() as number[][]);
    for (const [i, w] of a[0].entries()) expect(w).toBeCloseTo(b[0][i], 5);
  });

  it('clips gradients by norm and by value', async () => {
    const stepSize = async (options: object) => {
      const model = seeded(() => new Boring(1));
      const before = model.net.weight.detach().clone();
      await quiet({ maxSteps: 1, ...options }).fit(model, loaderOf(4, 4));
      return model.net.weight.detach().sub(before).flatten().toArray() as number[];
    };
    const free = await stepSize({});
    const byValue = await stepSize({ gradientClipVal: 0.01, gradientClipAlgorithm: 'value' });
    expect(Math.max(...free.map(Math.abs))).toBeGreaterThan(0.1);
    for (const d of byValue) expect(Math.abs(d)).toBeCloseTo(0.01, 6);
    const byNorm = await stepSize({ gradientClipVal: 0.01 });
    expect(Math.hypot(...byNorm)).toBeLessThan(0.0101);
    const ratio = byNorm[0] / free[0];
    for (const [i, d] of byNorm.entries()) expect(d / free[i]).toBeCloseTo(ratio, 4); // the direction stays
  });

  it('reads data of unknown length to its end, and uses the last gradients too', async () => {
    class Stream extends IterableDataset<Tensor[]> {
      *iterate() {
        const data = regressionData(10);
        for (let i = 0; i < 10; i++) yield data.get(i);
      }
    }
    const model = new Boring();
    const trainer = quiet({ maxEpochs: 2, accumulateGradBatches: 2 });
    await trainer.fit(model, new DataLoader(new Stream(), { batchSize: 2 }));
    expect(model.losses).toHaveLength(10);
    expect(trainer.globalStep).toBe(6);
  });

  it('keeps worker threads from epoch to epoch, and stops them at the end', async () => {
    const threads: Set<number>[] = [];
    class Watching extends BoringWithValidation {
      override onTrainEpochStart(): void {
        threads.push(new Set());
      }
      override trainingStep(batch: Batch): Tensor {
        const [x, y, thread] = batch as Tensor[];
        for (const id of thread.toArray() as number[]) threads.at(-1)?.add(id);
        return mseLoss(this.net(x), y);
      }
    }
    const loader = () => new DataLoader<unknown, Batch>(new ThreadIds(), { batchSize: 4, numWorkers: 2 });
    const [train, validation] = [loader(), loader()];
    await quiet({ maxEpochs: 3 }).fit(new Watching(), train, validation);
    expect(threads[0].size).toBe(2);
    expect(threads.slice(1)).toEqual([threads[0], threads[0]]);
  });

  it('ends when there is nothing to train on', async () => {
    const trainer = quiet({ maxEpochs: -1 });
    await trainer.fit(new Boring(), { async *[Symbol.asyncIterator]() {} });
    expect(trainer.stopReason).toBe('the training data has no batches');
  });

  it('begins anew when it is called again', async () => {
    const trainer = quiet({ maxEpochs: 2 });
    await trainer.fit(new Boring(), loaderOf(8, 4));
    const second = new Boring();
    await trainer.fit(second, loaderOf(8, 4));
    expect(second.losses).toHaveLength(4);
  });
});

describe('limits', () => {
  const run = async (options: object, samples = 40) => {
    const validated: number[] = [];
    const counter: Callback = {
      onValidationEnd: (trainer) => void (trainer.stage === 'validate' && validated.push(trainer.globalStep)),
    };
    const model = new BoringWithValidation();
    const trainer = quiet({ callbacks: [counter], ...options });
    await trainer.fit(model, loaderOf(samples, 4), loaderOf(8, 4));
    return { trainer, validated, batches: model.losses.length };
  };

  it('limitTrainBatches takes a number of batches or a share', async () => {
    expect(await run({ limitTrainBatches: 3, maxEpochs: 2 })).toMatchObject({ batches: 6, validated: [3, 6] });
    expect(await run({ limitTrainBatches: 0.25 })).toMatchObject({ batches: 2 });
    expect(await run({ limitTrainBatches: 100 })).toMatchObject({ batches: 10 });
    expect(await run({ limitTrainBatches: 0 })).toMatchObject({ batches: 0 });
    expect(await run({ limitValBatches: 0 })).toMatchObject({ batches: 10, validated: [] });
  });
  it('maxSteps ends in mid-epoch', async () => {
    const { trainer, batches, validated } = await run({ maxSteps: 13, maxEpochs: undefined });
    expect([batches, validated]).toEqual([13, [10, 13]]);
    expect(trainer).toMatchObject({ currentEpoch: 1, globalStep: 13 });
  });
  it('fastDevRun does one batch of everything', async () => {
    const { trainer, batches, validated } = await run({ fastDevRun: true, maxEpochs: 5 });
    expect([batches, validated]).toEqual([1, [1]]);
    expect(await trainer.test(new BoringWithValidation(), loaderOf(40, 4))).toHaveProperty('testLoss');
    expect(await trainer.predict(new Boring(), loaderOf(40, 4))).toHaveLength(1);
  });
  it('valCheckInterval and checkValEveryNEpoch say when to validate', async () => {
    expect((await run({ valCheckInterval: 4 })).validated).toEqual([4, 8, 10]);
    expect((await run({ valCheckInterval: 0.5, maxEpochs: 2 })).validated).toEqual([5, 10, 15, 20]);
    expect((await run({ checkValEveryNEpoch: 2, maxEpochs: 5 })).validated).toEqual([20, 40]);
    expect((await run({ checkValEveryNEpoch: 2, valCheckInterval: 5, maxEpochs: 2 })).validated).toEqual([15, 20]);
  });
  it('minEpochs puts stop() off', async () => {
    const stopper: Callback = { onTrainBatchEnd: (trainer) => trainer.stop('enough') };
    const model = new Boring();
    const trainer = quiet({ minEpochs: 2, maxEpochs: 9, callbacks: [stopper] });
    await trainer.fit(model, loaderOf(12, 4));
    expect([model.losses.length, trainer.stopReason]).toEqual([6, 'enough']);
    const atOnce = new Boring();
    await quiet({ maxEpochs: 9, callbacks: [stopper] }).fit(atOnce, loaderOf(12, 4));
    expect(atOnce.losses).toHaveLength(1);
  });
  it('the sanity check runs first and leaves no trace', async () => {
    const seen: string[] = [];
    let rng: unknown;
    class Watched extends BoringWithValidation {
      override validationStep(batch: Batch): void {
        seen.push(`${this.trainer.stage} ${rand([1]).shape}`); // draws
        super.validationStep(batch);
      }
      override onTrainStart(): void {
        seen.push(`${Object.keys(this.trainer.metrics.values).length} values`, `training ${this.training}`);
        rng = getRngState();
      }
    }
    const model = seeded(() => new Watched());
    const [train, validation] = [loaderOf(8, 4), loaderOf(12, 4)];
    const before = getRngState();
    await quiet({ limitTrainBatches: 0 }).fit(model, train, validation);
    expect(seen.slice(0, 4)).toEqual(['sanity 1', 'sanity 1', '0 values', 'training true']);
    expect(rng).toEqual(before);
  });
  it.each([
    [{ maxEpochs: 1.5 }, 'maxEpochs must be an integer of at least -1, got 1.5'],
    [{ accumulateGradBatches: 0 }, 'accumulateGradBatches'],
    [{ limitTrainBatches: 1.5 }, 'limitTrainBatches must be a share in [0, 1] or a number of batches, got 1.5'],
    [{ valCheckInterval: 0 }, 'valCheckInterval must be positive'],
    [{ gradientClipVal: -1 }, 'gradientClipVal must be positive'],
  ])('refuses %j', (options, message) => {
    expect(() => quiet(options)).toThrow(message);
  });
});

describe('Ctrl-C', () => {
  it.each([
    ['in the middle of an epoch', { onTrainBatchEnd: (t) => void (t.globalStep === 4 && process.emit('SIGINT')) }, 4],
    [
      'in the middle of a window of gradients',
      { onTrainBatchEnd: (t) => void (t.currentEpoch === 1 && t.batchIndex === 1 && process.emit('SIGINT')) },
      5,
    ],
    ['at the end of an epoch', { onTrainEpochEnd: (t) => void (t.currentEpoch === 0 && process.emit('SIGINT')) }, 3],
    [
      'in the validation at the end of an epoch',
      { onValidationBatchEnd: (t) => void (t.globalStep === 3 && process.emit('SIGINT')) },
      3,
    ],
  ] satisfies [string, Callback, number][])('%s: the saved run continues where it ended', async (where, callback, losses) => {
    const options = { maxEpochs: 3, accumulateGradBatches: where.includes('window') ? 2 : 1 };
    const data = () => [loaderOf(12, 4), loaderOf(4, 4)] as const;
    const whole = seeded(() => new BoringWithValidation());
    await quiet(options).fit(whole, ...data());
    const stopped = seeded(() => new BoringWithValidation());
    const trainer = quiet({ ...options, callbacks: [callback], defaultRootDir: temporaryFolder(), numSanityValSteps: 0 });
    const listeners = process.listenerCount('SIGINT');
    await trainer.fit(stopped, ...data());
    expect(process.listenerCount('SIGINT')).toBe(listeners);
    expect(stopped.losses).toHaveLength(losses);
    const resumed = new BoringWithValidation();
    await quiet(options).fit(resumed, ...data(), { ckptPath: trainer.interruptedCheckpoint as string });
    expect([...stopped.lossValues(), ...resumed.lossValues()]).toEqual(whole.lossValues());
    expect(weightsOf(resumed)).toEqual(weightsOf(whole));
  });
});

describe('schedulers', () => {
  class Scheduled extends BoringWithValidation {
    readonly lrs: number[] = [];
    constructor(readonly config: (optimizer: Optimizer) => OptimizerConfig['lrScheduler']) {
      super();
    }
    override onTrainBatchStart(): void {
      this.lrs.push(this.optimizers()[0].paramGroups[0].lr);
    }
    override configureOptimizers(): OptimizerConfig {
      const optimizer = new SGD(this.parameters(), { lr: 1 }) as unknown as Optimizer;
      return { optimizer, lrScheduler: this.config(optimizer) };
    }
    // the rate is what counts here
    override onBeforeOptimizerStep(optimizer: Optimizer): void {
      optimizer.zeroGrad();
    }
  }
  const lrs = async (config: Scheduled['config'], options = {}) => {
    const model = new Scheduled(config);
    await quiet({ maxEpochs: 3, ...options }).fit(model, loaderOf(12, 4), loaderOf(4, 4));
    return model.lrs;
  };
  it('step after each epoch, step, or so many of them', async () => {
    const halving = (o: Optimizer) => new StepLR(o, { stepSize: 1, gamma: 0.5 });
    expect(await lrs(halving)).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]);
    expect(await lrs((o) => ({ scheduler: halving(o), interval: 'step', frequency: 2 }))).toEqual([
      1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625,
    ]);
    expect(await lrs((o) => ({ scheduler: halving(o), frequency: 2 }))).toEqual([1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5]);
    expect(await lrs((o) => ({ scheduler: halving(o), interval: 'step' }), { accumulateGradBatches: 3 })).toEqual([
      1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25,
    ]);
  });
  it('a plateau scheduler watches a metric', async () => {
    const plateau = (o: Optimizer, monitor?: string) => ({
      scheduler: new ReduceLROnPlateau(o, { patience: 0, factor: 0.5 }),
      monitor,
    });
    // without optimizer steps the metric stays: the first look is the best, the second reduces
    expect(await lrs((o) => plateau(o, 'valLoss'))).toEqual([1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5]);
    await expect(lrs((o) => plateau(o, 'valAcc'))).rejects.toThrow(
      "the learning-rate scheduler: the metric 'valAcc' was not logged; logged are valLoss",
    );
    await expect(lrs((o) => plateau(o))).rejects.toThrow('ReduceLROnPlateau needs a metric');
  });
});

describe('manual optimization', () => {
  class TwoPlayers extends Boring {
    override automaticOptimization = false;
    override trainingStep([x, y]: Batch): StepOutput {
      const [first, second] = this.optimizers();
      for (const optimizer of [first, second]) {
        const loss = mseLoss(this.net(x), y);
        this.losses.push(loss.detach());
        optimizer.zeroGrad();
        this.manualBackward(loss);
        optimizer.step();
      }
      return null;
    }
    override configureOptimizers(): Optimizers {
      return [new SGD([this.net.weight], { lr: 0.05 }), new Adam([this.net.bias as Tensor], { lr: 0.05 })];
    }
  }
  it('is left to the step', async () => {
    const model = new TwoPlayers();
    const trainer = quiet({ maxEpochs: 10 });
    await trainer.fit(model, loaderOf(16, 4));
    expect(trainer.globalStep).toBe(40);
    const losses = model.lossValues();
    expect(losses.at(-1)).toBeLessThan(losses[0] / 5);
  });
  it('must be asked for, and excludes what the trainer would do', async () => {
    class Forgotten extends TwoPlayers {
      override automaticOptimization = true;
    }
    await expect(quiet().fit(new Forgotten(), loaderOf(4, 4))).rejects.toThrow(
      'Forgotten has several optimizers, which need manual optimization',
    );
    await expect(quiet({ accumulateGradBatches: 2 }).fit(new TwoPlayers(), loaderOf(4, 4))).rejects.toThrow(
      'accumulateGradBatches does not go with manual',
    );
    await expect(quiet({ gradientClipVal: 1 }).fit(new TwoPlayers(), loaderOf(4, 4))).rejects.toThrow(
      'gradientClipVal does not go with manual',
    );
    class Confused extends Boring {
      override trainingStep(batch: Batch): Tensor {
        const loss = super.trainingStep(batch) as Tensor;
        this.manualBackward(loss);
        return loss;
      }
    }
    await expect(quiet().fit(new Confused(), loaderOf(4, 4))).rejects.toThrow('set automaticOptimization = false first');
  });
});

describe('evaluation', () => {
  it('validate and test give the means over samples, predict what the steps return', async () => {
    const model = new BoringWithValidation();
    const data = regressionData(10);
    const [x, y] = data.tensors;
    const expected = Number(mseLoss(model(x), y).item());
    const loader = () => new DataLoader(data, { batchSize: 4 }); // 4, 4 and 2 samples
    expect((await quiet().validate(model, loader())).valLoss).toBeCloseTo(expected, 5);
    expect((await quiet().test(model, loader())).testLoss).toBeCloseTo(expected, 5);
    const outputs = (await quiet().predict(model, loader())) as Tensor[];
    expect(outputs.map((t) => t.shape)).toEqual([
      [4, 1],
      [4, 1],
      [2, 1],
    ]);
    expect(outputs[0].requiresGrad).toBe(false);
    expect(outputs[2].toArray()).toEqual(
      model(x.narrow(0, 8, 2))
        .detach()
        .toArray(),
    );
    expect(await quiet({ limitPredictBatches: 2 }).predict(model, loader())).toHaveLength(2);
    expect(await quiet({ limitTestBatches: 1 }).test(model, loader())).toHaveProperty('testLoss');
  });
  it('runs in evaluation mode and gives every module its mode back, also after an error', async () => {
    class Modal extends BoringWithValidation {
      override async testStep(): Promise<void> {
        expect([this.training, this.net.training]).toEqual([false, false]);
        throw new Error('on purpose');
      }
    }
    const model = new Modal();
    model.net.eval(); // frozen
    let seen: unknown;
    await expect(
      quiet({ callbacks: [{ onException: (_t, _m, e) => void (seen = e) }] }).test(model, loaderOf(4, 4)),
    ).rejects.toThrow('on purpose');
    expect([model.training, model.net.training]).toEqual([true, false]);
    expect(seen).toBeInstanceOf(Error);
  });
  it('keeps modules frozen that a hook froze', async () => {
    class Frozen extends BoringWithValidation {
      readonly modes: boolean[] = [];
      override onFitStart(): void {
        this.net.eval();
      }
      override onTrainBatchStart(): void {
        this.modes.push(this.training, this.net.training);
      }
    }
    const model = new Frozen();
    await quiet({ maxEpochs: 2 }).fit(model, loaderOf(4, 4), loaderOf(4, 4));
    expect(model.modes).toEqual([true, false, true, false]);
  });
});

describe('metrics', () => {
  class Logging extends LightningModule {
    readonly weight = new Boring().net;
    override trainingStep([x]: Batch, index: number): Tensor {
      this.log('plain', index);
      this.log('mean', index, { onEpoch: true, onStep: false });
      this.log('both', index, { onEpoch: true });
      this.log('sum', index, { onEpoch: true, onStep: false, reduceFx: 'sum' });
      this.log('min', index, { onEpoch: true, onStep: false, reduceFx: 'min' });
      this.log('max', x.sum().mul(0).add(index), { onEpoch: true, onStep: false, reduceFx: 'max' });
      this.log('weighted', x.sum().mul(0).add(index), { onEpoch: true, onStep: false, batchSize: index });
      this.log('hidden', 1, { logger: false });
      return this.weight(x).sum();
    }
    forward(x: Tensor): Tensor {
      return x;
    }
    override onTrainEpochEnd(): void {
      this.log('atEnd', 42);
    }
    override validationStep(_: Batch, index: number): void {
      this.log('val', index);
    }
    override onValidationEpochEnd(): void {
      this.logDict({ valA: 1, valB: 2 });
    }
    override configureOptimizers(): Optimizers {
      return new SGD(this.parameters(), { lr: 0.1 });
    }
  }
  it('are logged per step, and averaged over samples per epoch', async () => {
    const logger = new Recorder();
    const trainer = quiet({ logger, logEveryNSteps: 2 });
    // batches of 4, 4, 4, 2
    await trainer.fit(new Logging(), loaderOf(14, 4), loaderOf(6, 4));
    expect(logger.of('plain')).toEqual([
      [2, 1],
      [4, 3],
    ]);
    expect(logger.of('both_step')).toEqual([
      [2, 1],
      [4, 3],
    ]);
    const mean = (4 * 0 + 4 * 1 + 4 * 2 + 2 * 3) / 14;
    for (const name of ['mean', 'both_epoch']) expect(logger.of(name)).toEqual([[4, mean]]);
    expect(logger.of('sum')).toEqual([[4, 6]]);
    expect(logger.of('min')).toEqual([[4, 0]]);
    expect(logger.of('max')).toEqual([[4, 3]]);
    expect(logger.of('weighted')[0][1]).toBeCloseTo((1 + 4 + 9) / 6, 6);
    expect(logger.of('hidden')).toEqual([]);
    expect(logger.of('atEnd')).toEqual([[4, 42]]);
    expect(logger.of('val')[0][1]).toBeCloseTo(2 / 6, 6);
    expect(logger.of('valB')).toEqual([[4, 2]]);
    expect(trainer.metrics.values).toMatchObject({ plain: 3, both: mean, both_step: 3, both_epoch: mean, atEnd: 42 });
  });
  it('of an epoch are not disturbed by a validation in its middle', async () => {
    const logger = new Recorder();
    await quiet({ logger, valCheckInterval: 2 }).fit(new Logging(), loaderOf(16, 4), loaderOf(6, 4));
    expect(logger.of('mean')).toEqual([[4, 1.5]]);
    expect(logger.of('val').map(([step]) => step)).toEqual([2, 4]);
  });
  it('must be one number', async () => {
    class Bad extends Boring {
      override trainingStep(batch: Batch): Tensor {
        this.log('x', batch[0]);
        return super.trainingStep(batch) as Tensor;
      }
    }
    await expect(quiet().fit(new Bad(), loaderOf(4, 4))).rejects.toThrow(
      "log: 'x' must be one number, got a tensor of shape (4, 4)",
    );
  });
});

describe('mistakes', () => {
  it('are explained', async () => {
    await expect(quiet().fit(new Boring(), loaderOf(4, 4), loaderOf(4, 4))).rejects.toThrow(
      'Boring has no validationStep, but fit was given validation data',
    );
    await expect(quiet().validate(new Boring(), loaderOf(4, 4))).rejects.toThrow(
      'Boring has no validationStep; add one to use trainer.validate',
    );
    await expect(quiet().test(new Boring(), loaderOf(4, 4))).rejects.toThrow('Boring has no testStep');
    expect(() => new Boring().trainer).toThrow('Boring is not attached to a trainer; pass it to trainer.fit');
    class NoOptimizer extends Boring {
      override configureOptimizers(): Optimizers {
        return undefined as unknown as Optimizers;
      }
    }
    await expect(quiet().fit(new NoOptimizer(), loaderOf(4, 4))).rejects.toThrow(
      'NoOptimizer.configureOptimizers must return an optimizer',
    );
    class NoLoss extends Boring {
      override trainingStep(): StepOutput {
        return { loss: 3 } as unknown as StepOutput;
      }
    }
    await expect(quiet().fit(new NoLoss(), loaderOf(4, 4))).rejects.toThrow(
      'NoLoss.trainingStep must return the loss tensor, { loss } or null',
    );
    class Promising extends Boring {
      override trainingStep(batch: Batch): Tensor {
        return Promise.resolve(super.trainingStep(batch)) as unknown as Tensor;
      }
    }
    await expect(quiet().fit(new Promising(), loaderOf(4, 4))).rejects.toThrow(
      'Promising.trainingStep returned a promise; declare it as an async function',
    );
    const twins: Callback = { stateKey: 'twin', stateDict: () => ({}) };
    expect(() => quiet({ callbacks: [twins, { ...twins }] })).toThrow("two callbacks have the stateKey 'twin'");
  });
});
