/** Scaling of losses so that small gradients survive in float16. PyTorch: `torch.amp.GradScaler`. */
import { noGrad } from '@flambeau/autograd';
import { borrowGrad } from '@flambeau/autograd/internal';
import { FlambeauError, isTensor, type Tensor, ValueError } from '@flambeau/core';
import { dtypeInfo, scalarTensor } from '@flambeau/core/internal';
import type { Optimizer } from './optimizer.js';

export interface GradScalerOptions {
  /** The scale to begin with. Default 65536. */
  readonly initScale?: number;
  /** Factor of the scale after `growthInterval` steps without an overflow; above 1. Default 2. */
  readonly growthFactor?: number;
  /** Factor of the scale after an overflow; below 1. Default 0.5. */
  readonly backoffFactor?: number;
  /** Steps without an overflow after which the scale grows. Default 2000. */
  readonly growthInterval?: number;
  /** Without, every method passes through. Default true. */
  readonly enabled?: boolean;
}

/** PyTorch's names; empty if the scaler is not enabled. */
export type GradScalerStateDict =
  | Record<string, never>
  | { scale: number; growth_factor: number; backoff_factor: number; growth_interval: number; _growth_tracker: number };

/** A tensor, or (nested) lists of tensors. */
export type Scalable = Tensor | readonly Scalable[];

/** What happened to an optimizer's gradients since the last `update`. */
interface Progress {
  readonly foundInf: boolean;
  readonly hasStepped: boolean;
}

/**
 * Scales the loss, so that gradients do not vanish in float16; takes the scale out of the gradients again before the step; skips
 * steps with infinite or NaN gradients; and adapts the scale.
 *
 * @see Micikevicius et al. 2017, "Mixed Precision Training". PyTorch: `torch.amp.GradScaler`.
 * @example
 * const scaler = new GradScaler();
 * const loss = autocast({ dtype: 'float16' }, () => crossEntropy(model(x), y));
 * scaler.scale(loss).backward();
 * scaler.step(optimizer);
 * scaler.update();
 */
export class GradScaler {
  #scale: number;
  #growthTracker = 0;
  #growthFactor: number;
  #backoffFactor: number;
  #growthInterval: number;
  readonly #enabled: boolean;
  #progress = new Map<Optimizer, Progress>();

  constructor({
    initScale = 65536,
    growthFactor = 2,
    backoffFactor = 0.5,
    growthInterval = 2000,
    enabled = true,
  }: GradScalerOptions = {}) {
    if (!(growthFactor > 1)) throw new ValueError(`GradScaler: growthFactor must be above 1, got ${growthFactor}`);
    if (!(backoffFactor < 1)) throw new ValueError(`GradScaler: backoffFactor must be below 1, got ${backoffFactor}`);
    this.#scale = Math.fround(initScale);
    this.#growthFactor = growthFactor;
    this.#backoffFactor = backoffFactor;
    this.#growthInterval = growthInterval;
    this.#enabled = enabled;
  }

  /** The loss (or several outputs) times the scale. */
  scale<T extends Scalable>(outputs: T): T {
    if (!this.#enabled) return outputs;
    const scaled = (value: Scalable): Scalable => {
      if (isTensor(value)) return value.mul(scalarTensor(this.#scale, dtypeInfo('float32')));
      if (Array.isArray(value)) return value.map(scaled);
      throw new TypeError('GradScaler.scale: expected a tensor or a list of tensors');
    };
    return scaled(outputs) as T;
  }

  /**
   * Divides the optimizer's gradients by the scale, so that they can be clipped or looked at before `step`.
   *
   * @throws {FlambeauError} If it was called since the last `update`, or `step` was.
   * @throws {ValueError} If a gradient is float16: the parameters of mixed-precision training are float32.
   */
  unscale_(optimizer: Optimizer): void {
    if (!this.#enabled) return;
    const progress = this.#progress.get(optimizer);
    if (progress !== undefined)
      throw new FlambeauError(
        progress.hasStepped
          ? 'GradScaler.unscale_: step was called already; call unscale_ before it'
          : 'GradScaler.unscale_: the gradients were unscaled already; call update() after each step',
      );
    const grads = optimizer.paramGroups.flatMap(({ params }) => params.flatMap((p) => borrowGrad(p) ?? []));
    if (grads.some((grad) => grad.dtype === 'float16'))
      throw new ValueError('GradScaler.unscale_: a gradient is float16; keep the parameters in float32 and use autocast');
    const inverse = Math.fround(1 / this.#scale);
    const foundInf = noGrad(() => {
      let allFinite = true;
      for (const grad of grads) {
        // the largest element; NaN wins over all
        if (grad.numel > 0 && !Number.isFinite(grad.norm(Number.POSITIVE_INFINITY).item())) allFinite = false;
        grad.mul_(inverse);
      }
      return !allFinite;
    });
    this.#progress.set(optimizer, { foundInf, hasStepped: false });
  }

  /**
   * Makes the optimizer's step, with gradients that the scale is taken out of, unless one of them is infinite or NaN.
   *
   * @returns What the step returned; undefined if it was skipped.
   * @throws {FlambeauError} If it was called since the last `update`.
   */
  step(optimizer: Optimizer): undefined {
    if (!this.#enabled) return optimizer.step();
    if (this.#progress.get(optimizer)?.hasStepped)
      throw new FlambeauError('GradScaler.step: the optimizer has stepped already; call update() after each step');
    if (!this.#progress.has(optimizer)) this.unscale_(optimizer);
    const { foundInf } = this.#progress.get(optimizer) as Progress;
    if (!foundInf) optimizer.step();
    this.#progress.set(optimizer, { foundInf, hasStepped: true });
  }

  /**
   * Adapts the scale to what the steps since the last call found. Call it once at the end of an iteration.
   *
   * @param newScale - The scale to set instead.
   * @throws {FlambeauError} If there was no step.
   */
  update(newScale?: number | Tensor): void {
    if (!this.#enabled) return;
    if (newScale !== undefined) this.#scale = Math.fround(isTensor(newScale) ? Number(newScale.item()) : newScale);
    else {
      const results = [...this.#progress.values()];
      if (results.length === 0) throw new FlambeauError('GradScaler.update: there was no step(optimizer) before it');
      this.#adapt(results.some(({ foundInf }) => foundInf));
    }
    this.#progress = new Map();
  }

  #adapt(foundInf: boolean): void {
    if (foundInf) {
      this.#scale = Math.fround(this.#scale * this.#backoffFactor);
      this.#growthTracker = 0;
      return;
    }
    this.#growthTracker++;
    if (this.#growthTracker < this.#growthInterval) return;
    const grown = Math.fround(this.#scale * this.#growthFactor);
    if (Number.isFinite(grown)) this.#scale = grown;
    this.#growthTracker = 0;
  }

  /** The present scale; 1 if the scaler is not enabled. */
  getScale(): number {
    return this.#enabled ? this.#scale : 1;
  }
  isEnabled(): boolean {
    return this.#enabled;
  }
  getGrowthFactor(): number {
    return this.#growthFactor;
  }
  setGrowthFactor(factor: number): void {
    this.#growthFactor = factor;
  }
  getBackoffFactor(): number {
    return this.#backoffFactor;
  }
  setBackoffFactor(factor: number): void {
    this.#backoffFactor = factor;
  }
  getGrowthInterval(): number {
    return this.#growthInterval;
  }
  setGrowthInterval(interval: number): void {
    this.#growthInterval = interval;
  }

  /** The scale and its settings, by PyTorch's names; empty if the scaler is not enabled. Take it after `update`. */
  stateDict(): GradScalerStateDict {
    if (!this.#enabled) return {};
    return {
      scale: this.#scale,
      growth_factor: this.#growthFactor,
      backoff_factor: this.#backoffFactor,
      growth_interval: this.#growthInterval,
      _growth_tracker: this.#growthTracker,
    };
  }
  /** @throws {ValueError} If the state dict is empty, as that of a scaler that was not enabled. */
  loadStateDict(saved: GradScalerStateDict): void {
    if (!this.#enabled) return;
    if (saved.scale === undefined)
      throw new ValueError('GradScaler: the state dict is empty; it was saved by a scaler that was not enabled');
    this.#scale = saved.scale;
    this.#growthFactor = saved.growth_factor;
    this.#backoffFactor = saved.backoff_factor;
    this.#growthInterval = saved.growth_interval;
    this.#growthTracker = saved._growth_tracker;
  }
}
