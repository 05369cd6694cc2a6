/** Gates for gradients at the entrance and the exit of a module, where its backward hooks are called. */
import { Function as AutogradFunction, type FunctionContext, isGradEnabled } from '@flambeau/autograd';
import { AutogradError, isTensor, type Tensor } from '@flambeau/core';
import type { BackwardHook, BackwardPreHook, ModuleGradients } from './module-hooks.js';
import type { Module } from './module.js';

type Receive = (grads: ModuleGradients) => ModuleGradients;

/** Passes tensors on; their gradients go through `receive` on the way back. */
class Gate extends AutogradFunction {
  static forward(ctx: FunctionContext, receive: Receive, ...tensors: Tensor[]): Tensor[] {
    ctx.setMaterializeGrads(false);
    ctx.markNonDifferentiable(...tensors.filter((t) => !t.requiresGrad));
    ctx.receive = receive;
    return tensors;
  }
  static backward(ctx: FunctionContext, ...grads: (Tensor | null)[]): ModuleGradients {
    return [null, ...(ctx.receive as Receive)(grads)];
  }
}

/** The tensors among `values` behind a gate; null if none of them needs a gradient. */
function gated(values: readonly unknown[], receive: Receive): unknown[] | null {
  const tensors = values.filter((value) => isTensor(value));
  if (!isGradEnabled() || !tensors.some((t) => t.requiresGrad)) return null;
  // gradients are reported with a place for every value
  const places = values.flatMap((value, i) => (isTensor(value) ? [i] : []));
  const passed = Gate.apply(
    (grads: ModuleGradients) => {
      const all = Array<Tensor | null>(values.length).fill(null);
      places.forEach((place, i) => {
        all[place] = grads[i];
      });
      const changed = receive(all);
      return places.map((place) => changed[place]);
    },
    ...tensors,
  ) as readonly Tensor[];
  const result = [...values];
  places.forEach((place, i) => {
    result[place] = passed[i];
  });
  return result;
}

/** One call of a module with backward hooks. */
export class BackwardWatch {
  private gradOutputs: ModuleGradients | null = null;
  private inputsGated = false;
  private argumentCount = 0;

  constructor(
    private readonly module: Module,
    private readonly preHooks: readonly BackwardPreHook<Module>[],
    private readonly hooks: readonly BackwardHook<Module>[],
  ) {}

  /** The arguments of `forward`. */
  inputs(args: unknown[]): unknown[] {
    const result = gated(args, (gradInputs) => {
      if (this.gradOutputs === null) return gradInputs; // reached by another way than through the outputs
      const changed = this.callHooks(gradInputs, this.gradOutputs);
      this.gradOutputs = null;
      return changed;
    });
    this.inputsGated = result !== null;
    this.argumentCount = args.length;
    return result ?? args;
  }

  /** The result of `forward`: a tensor or a list of values; others pass as they are. */
  outputs(output: unknown): unknown {
    if (!isTensor(output) && !Array.isArray(output)) return output;
    const values: unknown[] = Array.isArray(output) ? output : [output];
    const result = gated(values, (grads) => this.receiveOutputs(grads));
    if (result === null) return output;
    return Array.isArray(output) ? result : result[0];
  }

  private receiveOutputs(given: ModuleGradients): ModuleGradients {
    const gradOutputs = this.preHooks.reduce(
      (grads, hook) => checked(hook(this.module, grads) ?? grads, grads, this.module, 'outputs'),
      given,
    );
    if (this.inputsGated) this.gradOutputs = gradOutputs;
    else {
      // no argument needs a gradient, so nothing comes later that could call the hooks
      const gradInputs = Array<null>(this.argumentCount).fill(null);
      for (const hook of this.hooks)
        if (hook(this.module, gradInputs, gradOutputs) !== undefined)
          throw new AutogradError(
            `${this.module.constructor.name}: a backward hook returned gradients of the arguments, but none of them needs any`,
          );
    }
    return gradOutputs;
  }

  private callHooks(gradInputs: ModuleGradients, gradOutputs: ModuleGradients): ModuleGradients {
    return this.hooks.reduce(
      (grads, hook) => checked(hook(this.module, grads, gradOutputs) ?? grads, grads, this.module, 'arguments'),
      gradInputs,
    );
  }
}

function checked(returned: ModuleGradients, given: ModuleGradients, module: Module, what: string): ModuleGradients {
  if (!Array.isArray(returned) || returned.length !== given.length)
    throw new AutogradError(
      `${module.constructor.name}: a backward hook must return a list of ${given.length} gradients, one for each of the ${what}, or nothing`,
    );
  return returned;
}
