/** A model whose weights are the average of another's. */
import { noGrad } from '@flambeau/autograd';
import { FlambeauError, isTensor, type Tensor, ValueError } from '@flambeau/core';
import { dtypeInfo, persistentEmpty } from '@flambeau/core/internal';
import { type AvgFn, getSwaMultiAvgFn, type MultiAvgFn } from './averaging.js';

/** What is needed of a model: a `Module` has it. */
export interface AverageableModel {
  forward(...args: never[]): unknown;
  parameters(): Tensor[];
  buffers(): Tensor[];
  stateDict(): { [name: string]: Tensor };
  loadStateDict(state: { [name: string]: Tensor }): unknown;
  train(mode?: boolean): unknown;
}

export interface AveragedModelOptions {
  /** Averages one tensor. Default: equal weights for all values. */
  readonly avgFn?: AvgFn;
  /** Averages a list of tensors, in place of `avgFn`. */
  readonly multiAvgFn?: MultiAvgFn;
  /** Whether buffers are averaged, too, and not taken over from the model. Default false. */
  readonly useBuffers?: boolean;
}

/**
 * Keeps an average of a model's weights: equal weights (SWA), or with `multiAvgFn: getEmaMultiAvgFn(0.999)` an exponential
 * moving average (EMA). After SWA call `updateBn` for the batch norms' statistics. PyTorch: `torch.optim.swa_utils.AveragedModel`.
 *
 * @see Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization".
 * @example
 * const averaged = new AveragedModel(model, new Net(), { multiAvgFn: getEmaMultiAvgFn(0.99) });
 * optimizer.step();
 * averaged.updateParameters(model);
 * const y = averaged.module(x);
 */
export class AveragedModel<M extends AverageableModel> {
  /** The number of models in the average, int64 of shape (). */
  readonly nAveraged: Tensor<'int64'> = persistentEmpty([], dtypeInfo('int64'));
  readonly #avgFn: AvgFn | undefined;
  readonly #multiAvgFn: MultiAvgFn;
  readonly #useBuffers: boolean;

  /**
   * @param model - The model that is trained.
   * @param module - A second one of the same structure, `new Net()`, which takes over the values of `model` and then has the
   * averages. (Objects with private fields cannot be copied from outside.)
   * @throws {ValueError} If both functions are given, or if `module` is the model itself.
   */
  constructor(
    model: M,
    readonly module: M,
    { avgFn, multiAvgFn, useBuffers = false }: AveragedModelOptions = {},
  ) {
    if (avgFn !== undefined && multiAvgFn !== undefined)
      throw new ValueError('AveragedModel: only one of avgFn and multiAvgFn can be given');
    if (module === model)
      throw new ValueError('AveragedModel: the averages need a model of their own: new AveragedModel(model, new Net())');
    module.loadStateDict(model.stateDict());
    this.nAveraged.zero_();
    this.#avgFn = avgFn;
    this.#multiAvgFn = multiAvgFn ?? getSwaMultiAvgFn();
    this.#useBuffers = useBuffers;
  }

  /** What the averaged model computes. Call `module` itself where its hooks are to run. */
  forward(...args: Parameters<M['forward']>): ReturnType<M['forward']> {
    return this.module.forward(...(args as never[])) as ReturnType<M['forward']>;
  }

  /**
   * Takes the present weights of `model` into the average; the first ones are the average.
   *
   * @throws {FlambeauError} If `model` has another number of tensors.
   */
  updateParameters(model: M): void {
    noGrad(() => {
      const averaged = this.#averagedTensors(this.module);
      const current = this.#averagedTensors(model);
      checkSameLength(averaged, current);
      const count = Number(this.nAveraged.item());
      if (count === 0) for (const [i, t] of averaged.entries()) t.copy_(current[i]);
      else this.#average(averaged, current, count);
      if (!this.#useBuffers) {
        const buffers = this.module.buffers();
        const modelBuffers = model.buffers();
        checkSameLength(buffers, modelBuffers);
        for (const [i, buffer] of buffers.entries()) buffer.copy_(modelBuffers[i]);
      }
      this.nAveraged.add_(1);
    });
  }

  #averagedTensors(model: M): Tensor[] {
    return [...model.parameters(), ...(this.#useBuffers ? model.buffers() : [])].map((t) => t.detached());
  }

  #average(averaged: readonly Tensor[], current: readonly Tensor[], count: number): void {
    if (this.#avgFn !== undefined) {
      for (const [i, t] of averaged.entries()) t.copy_(this.#avgFn(t, current[i], count));
      return;
    }
    const byDtype = new Map<string, [Tensor[], Tensor[]]>();
    for (const [i, t] of averaged.entries()) {
      const lists = byDtype.get(t.dtype) ?? [[], []];
      byDtype.set(t.dtype, lists);
      lists[0].push(t);
      lists[1].push(current[i]);
    }
    for (const [own, others] of byDtype.values()) this.#multiAvgFn(own, others, count);
  }

  parameters(): Tensor[] {
    return this.module.parameters();
  }
  buffers(): Tensor[] {
    return [this.nAveraged, ...this.module.buffers()];
  }
  train(mode = true): this {
    this.module.train(mode);
    return this;
  }
  eval(): this {
    return this.train(false);
  }

  /** The averages under `module.…`, and `n_averaged`, as PyTorch names them. */
  stateDict(): { [name: string]: Tensor } {
    const own = Object.entries(this.module.stateDict()).map(([name, t]) => [PREFIX + name, t] as const);
    return { n_averaged: this.nAveraged, ...Object.fromEntries(own) };
  }
  /** @throws {ValueError} If `n_averaged` is missing; nothing is changed then. */
  loadStateDict(state: { [name: string]: Tensor }): unknown {
    const { n_averaged: count, ...rest } = state;
    if (!isTensor(count)) throw new ValueError('AveragedModel: the state dict has no n_averaged');
    const own = Object.entries(rest).map(([name, t]) => [name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name, t]);
    const result = this.module.loadStateDict(Object.fromEntries(own));
    this.nAveraged.copy_(count);
    return result;
  }
}

const PREFIX = 'module.';

function checkSameLength(averaged: readonly Tensor[], current: readonly Tensor[]): void {
  if (averaged.length !== current.length)
    throw new FlambeauError(
      `updateParameters: the model has ${current.length} tensors, the averaged one ${averaged.length}; they must be of one structure`,
    );
}
