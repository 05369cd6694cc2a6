/** Weights that are computed from others by modules. PyTorch: `torch.nn.utils.parametrize`. */
import { noGrad } from '@flambeau/autograd';
import { FlambeauError, formatShape, isTensor, type Tensor, ValueError } from '@flambeau/core';
import { defineComputed, defineOrdinary, deleteField, fieldOf } from '../computed-property.js';
import type { Module } from '../module.js';
import { ModuleDict } from '../modules/module-dict.js';
import { ModuleList } from '../modules/module-list.js';
import { toStateKey } from '../names.js';
import { isParameter, Parameter } from '../parameter.js';

/** From the trained tensors to the weight. One with `rightInverse` can be assigned to. */
export interface Parametrization extends Module {
  /** The trained tensors for a weight: `forward(rightInverse(w))` is `w`. */
  rightInverse?(weight: Tensor): Tensor | readonly Tensor[];
}

const ORIGINAL = 'original';

/** The parametrizations of one weight, and the trained tensors. PyTorch: `torch.nn.utils.parametrize.ParametrizationList`. */
export class ParametrizationList extends ModuleList<Parametrization> {
  private readonly originalNames: string[] = [];

  constructor(
    parametrizations: Iterable<Parametrization>,
    weight: Tensor,
    /** Whether shape and dtype of the weight may change. */
    readonly unsafe: boolean,
  ) {
    super(parametrizations);
    const inverse = this.invert(weight);
    if (isTensor(inverse)) this.addOriginal(ORIGINAL, weight, inverse);
    else for (const [i, value] of inverse.entries()) this.addOriginal(`${ORIGINAL}${i}`, weight, value);
  }

  /** The trained tensors. */
  get originals(): Tensor[] {
    return this.originalNames.map((name) => fieldOf(this, name) as Tensor);
  }

  /** A single original is the weight itself, which optimizers may know already. */
  private addOriginal(name: string, weight: Tensor, value: Tensor): void {
    this.originalNames.push(name);
    if (!isParameter(weight)) this.registerBuffer(name, value);
    else if (name === ORIGINAL) {
      if (value !== weight) weight.setData(value.detach().clone());
      this.registerParameter(name, weight);
    } else this.registerParameter(name, new Parameter(value.detach(), { requiresGrad: weight.requiresGrad }));
  }

  /** The trained tensors for a weight. */
  private invert(weight: Tensor): Tensor | readonly Tensor[] {
    return noGrad(() => {
      let value: Tensor | readonly Tensor[] = weight;
      for (const parametrization of [...this].toReversed()) {
        if (parametrization.rightInverse === undefined) continue;
        if (!isTensor(value))
          throw new ValueError('registerParametrization: only the first parametrization may have several original tensors');
        value = parametrization.rightInverse(value);
      }
      return value;
    });
  }

  /** Sets the trained tensors so that the weight becomes `value`. */
  assign(value: Tensor): void {
    const without = [...this].find((p) => p.rightInverse === undefined);
    if (without !== undefined)
      throw new FlambeauError(
        `${without.constructor.name} has no rightInverse, so nothing can be assigned to the parametrized weight`,
      );
    const { originals } = this;
    const inverse = this.invert(value);
    noGrad(() => {
      for (const [i, part] of (isTensor(inverse) ? [inverse] : inverse).entries()) originals[i].copy_(part);
    });
  }

  /** The weight. */
  compute(): Tensor {
    const known = cache?.get(this);
    if (known !== undefined) return known;
    let [weight, ...rest] = this.originals;
    for (const parametrization of this) {
      weight = parametrization(weight, ...rest);
      rest = [];
    }
    cache?.set(this, weight);
    return weight;
  }

  protected override properties(): Iterable<[string, unknown]> {
    return [...(this.originalNames ?? []).map((name): [string, unknown] => [name, fieldOf(this, name)]), ...super.properties()];
  }
}

let cache: Map<ParametrizationList, Tensor> | null = null;

/** Computes every parametrized weight at most once during `fn`. PyTorch: `torch.nn.utils.parametrize.cached`. */
export function cached<R>(fn: () => R): R {
  const outer = cache;
  cache ??= new Map();
  try {
    return fn();
  } finally {
    cache = outer;
  }
}

const HOLDER = 'parametrizations';

function holderOf(module: Module): ModuleDict<ParametrizationList> | null {
  const holder = fieldOf(module, HOLDER);
  return holder instanceof ModuleDict ? (holder as ModuleDict<ParametrizationList>) : null;
}

/** The parametrizations of a weight, or null. */
export function parametrizationsOf(module: Module, property: string): ParametrizationList | null {
  const holder = holderOf(module);
  const key = keyOf(property);
  return holder?.has(key) ? holder.get(key) : null;
}

/** As the property's state-dict name: `inProjWeight` is kept under `in_proj_weight`. */
const keyOf = toStateKey;

export interface ParametrizationOptions {
  /** Accept a parametrization that changes the weight's shape or dtype. Default false. */
  readonly unsafe?: boolean;
}

/**
 * Computes a parameter or buffer by a module from now on: `module.weight` is `parametrization(original)`, and the original is what is
 * trained and saved, as `parametrizations.weight.original`. Several stack. PyTorch:
 * `torch.nn.utils.parametrize.register_parametrization`.
 *
 * @example
 * class Symmetric extends Module {
 *   forward(x: Tensor) {
 *     return x.triu().add(x.triu(1).T);
 *   }
 * }
 * registerParametrization(layer, 'weight', new Symmetric());
 *
 * @param property - The property, e.g. `'weight'`.
 * @throws {ValueError} If the result does not have the weight's shape and dtype.
 */
export function registerParametrization<M extends Module>(
  module: M,
  property: string,
  parametrization: Parametrization,
  { unsafe = false }: ParametrizationOptions = {},
): M {
  parametrization.train(module.training);
  const existing = parametrizationsOf(module, property);
  if (existing !== null) {
    append(existing, property, parametrization, unsafe);
    return module;
  }
  const member = module.members().find((m) => m.kind !== 'module' && m.property === property);
  if (member === undefined)
    throw new ValueError(`registerParametrization: ${module.constructor.name} has no parameter or buffer '${property}'`);
  const weight = member.value as Tensor;
  const { shape, dtype } = weight;
  const list = new ParametrizationList([parametrization], weight, unsafe);
  if (!unsafe) requireSame(list.compute(), shape, dtype, property, parametrization);
  if (holderOf(module) === null) module.registerModule(HOLDER, new ModuleDict<ParametrizationList>());
  holderOf(module)?.set(keyOf(property), list);
  deleteField(module, property);
  defineComputed(
    module,
    property,
    (owner) => (parametrizationsOf(owner, property) as ParametrizationList).compute(),
    (owner, value) => (parametrizationsOf(owner, property) as ParametrizationList).assign(value),
  );
  return module;
}

/** Another parametrization behind those of a weight; the trained tensors change so that the weight stays. */
function append(list: ParametrizationList, property: string, parametrization: Parametrization, unsafe: boolean): void {
  const weight = noGrad(() => list.compute().clone());
  if (!unsafe) {
    const probe = noGrad(() => parametrization(weight));
    requireSame(probe, weight.shape, weight.dtype, property, parametrization);
  }
  const invertible = parametrization.rightInverse !== undefined;
  list.append(parametrization);
  if (invertible && [...list].every((p) => p.rightInverse !== undefined)) list.assign(weight);
}

function requireSame(result: unknown, shape: readonly number[], dtype: string, property: string, by: Parametrization): void {
  if (isTensor(result) && result.dtype === dtype && formatShape(result.shape) === formatShape(shape)) return;
  const got = isTensor(result) ? `${result.dtype} of shape ${formatShape(result.shape)}` : typeof result;
  throw new ValueError(
    `registerParametrization: ${by.constructor.name} makes ${got} of ${property}, which is ${dtype} of shape ${formatShape(shape)}; pass { unsafe: true } if that is wanted`,
  );
}

/** Whether a module has parametrized weights, or this one. PyTorch: `torch.nn.utils.parametrize.is_parametrized`. */
export function isParametrized(module: Module, property?: string): boolean {
  return property === undefined ? (holderOf(module)?.size ?? 0) > 0 : parametrizationsOf(module, property) !== null;
}

export interface RemoveParametrizationsOptions {
  /** Keep the computed weight; otherwise the original one comes back. Default true. */
  readonly leaveParametrized?: boolean;
}

/**
 * Makes a parametrized weight an ordinary one again. PyTorch: `torch.nn.utils.parametrize.remove_parametrizations`.
 *
 * @throws {ValueError} If the weight is not parametrized, or should be left unparametrized and has several originals.
 */
export function removeParametrizations<M extends Module>(
  module: M,
  property: string,
  { leaveParametrized = true }: RemoveParametrizationsOptions = {},
): M {
  const list = parametrizationsOf(module, property);
  if (list === null)
    throw new ValueError(`removeParametrizations: ${property} of ${module.constructor.name} is not parametrized`);
  const { originals } = list;
  if (!leaveParametrized && originals.length > 1)
    throw new ValueError('removeParametrizations: a weight with several originals can only be left parametrized');
  const [original] = originals;
  const single = originals.length === 1;
  if (leaveParametrized) {
    const weight = noGrad(() => list.compute().clone());
    if (single) original.setData(weight);
    const requiresGrad = originals.some((t) => t.requiresGrad);
    restore(module, property, single ? original : new Parameter(weight, { requiresGrad }));
  } else restore(module, property, original);
  const holder = holderOf(module) as ModuleDict<ParametrizationList>;
  holder.delete(keyOf(property));
  if (holder.size === 0) deleteField(module, HOLDER);
  return module;
}

function restore(module: Module, property: string, weight: Tensor): void {
  defineOrdinary(module, property, weight);
  if (!isParameter(weight)) module.registerBuffer(property, weight);
}
