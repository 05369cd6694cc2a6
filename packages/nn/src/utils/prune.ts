/** Sets parts of weights to zero for good. PyTorch: `torch.nn.utils.prune`. */
import { noGrad } from '@flambeau/autograd';
import { cat, formatShape, onesLike, rand, ShapeError, type Tensor, tensor, ValueError } from '@flambeau/core';
import { defineComputed, defineOrdinary, deleteField, fieldOf } from '../computed-property.js';
import { isModule } from '../is-module.js';
import type { Module } from '../module.js';
import { isParameter, type Parameter } from '../parameter.js';

/** A fraction in [0, 1), or a number of elements (or slices). */
export type PruneAmount = number;

const isFraction = (amount: PruneAmount): boolean => amount < 1;

function countOf(amount: PruneAmount, size: number): number {
  if (!(amount >= 0) || (!isFraction(amount) && !Number.isInteger(amount)))
    throw new ValueError(`prune: amount must be a fraction in [0, 1) or a count, got ${amount}`);
  const count = isFraction(amount) ? Math.round(amount * size) : amount;
  if (count > size) throw new ValueError(`prune: there are ${size} to prune, not ${amount}`);
  return count;
}

/** Ones but for zeros at the `count` smallest of `scores`. */
function maskSmallest(scores: Tensor, count: number): Tensor {
  const values = scores.detach().flatten().toArray() as number[];
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const mask = new Array<number>(values.length).fill(1);
  for (const i of order.slice(0, count)) mask[i] = 0;
  return tensor(mask).reshape([...scores.shape]);
}

/**
 * A way to choose what is pruned. Subclasses implement `computeMask`. PyTorch: `torch.nn.utils.prune.BasePruningMethod`.
 */
export abstract class BasePruningMethod {
  /** The dimension whose slices are pruned as a whole; null for single elements. */
  readonly dim: number | null = null;

  /**
   * 1 for what stays, 0 for what goes.
   *
   * @param scores - What is more important scores higher; usually the weight.
   */
  abstract computeMask(scores: Tensor): Tensor;

  /** The mask of a weight that is partly pruned: the method sees the rest only. */
  combine(scores: Tensor, mask: Tensor): Tensor {
    const { dim } = this;
    const left = dim === null ? mask.flatten() : mask.ne(0).to('float32').movedim(dim, 0).flatten(1).amax(1);
    const places = (left.toArray() as number[]).flatMap((value, i) => (value === 0 ? [] : [i]));
    const index = tensor(places, { dtype: 'int64' });
    const result = mask.clone();
    const rows = dim === null ? result.view([-1]) : result.movedim(dim, 0);
    const seen = dim === null ? scores.flatten() : scores.movedim(dim, 0);
    const chosen = seen.indexSelect(0, index);
    const partial = dim === null ? this.computeMask(chosen) : this.computeMask(chosen.movedim(0, dim)).movedim(dim, 0);
    rows.indexPut_([index], rows.indexSelect(0, index).mul(partial.to(mask.dtype)));
    return result;
  }

  /** Prunes a parameter of a module; what is pruned already stays so. */
  apply<M extends Module>(module: M, property: string, importanceScores: Tensor | null = null): M {
    const weight = fieldOf(module, property) as Tensor | undefined;
    const pruned = fieldOf(module, maskName(property)) as Tensor | undefined;
    if (weight === undefined || (pruned === undefined && !isParameter(weight)))
      throw new ValueError(`prune: ${module.constructor.name} has no parameter '${property}'`);
    const scores = (importanceScores ?? weight).detach();
    if (formatShape(scores.shape) !== formatShape(weight.shape))
      throw new ShapeError(
        `prune: importanceScores ${formatShape(scores.shape)} must have the shape ${formatShape(weight.shape)}`,
      );
    const mask = noGrad(() => this.combine(scores, pruned ?? onesLike(weight.detach())));
    if (pruned !== undefined) {
      pruned.copy_(mask);
      return module;
    }
    deleteField(module, property);
    module.registerParameter(originalName(property), weight as Parameter);
    module.registerBuffer(maskName(property), mask);
    defineComputed(
      module,
      property,
      (owner) => (fieldOf(owner, originalName(property)) as Tensor).mul(fieldOf(owner, maskName(property)) as Tensor),
      (owner, value) => noGrad(() => (fieldOf(owner, originalName(property)) as Tensor).copy_(value)),
    );
    return module;
  }
}

const suffixed = (property: string, suffix: string): string =>
  property.includes('_') ? `${property}_${suffix.toLowerCase()}` : `${property}${suffix}`;
const originalName = (property: string): string => suffixed(property, 'Orig');
const maskName = (property: string): string => suffixed(property, 'Mask');

/** Prunes nothing, but makes the mask. PyTorch: `prune.Identity`. */
export class Identity extends BasePruningMethod {
  override computeMask(scores: Tensor): Tensor {
    return onesLike(scores);
  }
}

/** Elements at random. PyTorch: `prune.RandomUnstructured`. */
export class RandomUnstructured extends BasePruningMethod {
  constructor(readonly amount: PruneAmount) {
    super();
  }
  override computeMask(scores: Tensor): Tensor {
    return maskSmallest(rand(scores.shape), countOf(this.amount, scores.numel));
  }
}

/** The elements of least absolute value. PyTorch: `prune.L1Unstructured`. */
export class L1Unstructured extends BasePruningMethod {
  constructor(readonly amount: PruneAmount) {
    super();
  }
  override computeMask(scores: Tensor): Tensor {
    return maskSmallest(scores.abs(), countOf(this.amount, scores.numel));
  }
}

/** What methods share that prune whole slices along a dimension. */
abstract class Structured extends BasePruningMethod {
  constructor(
    readonly amount: PruneAmount,
    override readonly dim: number = -1,
  ) {
    super();
  }
  /** A score for each slice; dimension 0 of `slices` numbers them. */
  protected abstract score(slices: Tensor): Tensor;

  override combine(scores: Tensor, mask: Tensor): Tensor {
    if (scores.ndim < 2) throw new ShapeError(`prune: slices need at least 2 dimensions, got ${formatShape(scores.shape)}`);
    return super.combine(scores, mask);
  }

  override computeMask(scores: Tensor): Tensor {
    const dim = this.dim < 0 ? this.dim + scores.ndim : this.dim;
    const size = scores.shape[dim];
    const mask = maskSmallest(this.score(scores.movedim(dim, 0).flatten(1)), countOf(this.amount, size));
    const shape = scores.shape.map((_, i) => (i === dim ? size : 1));
    return mask.reshape(shape).expand([...scores.shape]);
  }
}

/** Slices at random. PyTorch: `prune.RandomStructured`. */
export class RandomStructured extends Structured {
  protected override score(slices: Tensor): Tensor {
    return rand([slices.shape[0]]);
  }
}

/** The slices of least norm. PyTorch: `prune.LnStructured`. */
export class LnStructured extends Structured {
  /** @param n - The p of the norm. */
  constructor(
    amount: PruneAmount,
    readonly n: number,
    dim = -1,
  ) {
    super(amount, dim);
  }
  protected override score(slices: Tensor): Tensor {
    return slices.norm(this.n, 1);
  }
}

/** What a mask of the weight's shape says. PyTorch: `prune.CustomFromMask`. */
export class CustomFromMask extends BasePruningMethod {
  constructor(readonly mask: Tensor) {
    super();
  }
  override computeMask(): Tensor {
    return this.mask;
  }
  override combine(scores: Tensor, mask: Tensor): Tensor {
    if (formatShape(this.mask.shape) !== formatShape(scores.shape))
      throw new ShapeError(`prune: a mask of shape ${formatShape(this.mask.shape)} does not fit ${formatShape(scores.shape)}`);
    return mask.mul(this.mask.to(mask.dtype));
  }
}

export interface ImportanceOptions {
  /** What is more important scores higher. Default: the weight. */
  readonly importanceScores?: Tensor | null;
}

/** Makes a mask without zeros. PyTorch: `prune.identity`. */
export const identity = <M extends Module>(module: M, property: string): M => new Identity().apply(module, property);
/** Prunes elements at random. PyTorch: `prune.random_unstructured`. */
export const randomUnstructured = <M extends Module>(module: M, property: string, amount: PruneAmount): M =>
  new RandomUnstructured(amount).apply(module, property);
/** Prunes the elements of least absolute value. PyTorch: `prune.l1_unstructured`. */
export const l1Unstructured = <M extends Module>(
  module: M,
  property: string,
  amount: PruneAmount,
  { importanceScores = null }: ImportanceOptions = {},
): M => new L1Unstructured(amount).apply(module, property, importanceScores);
/** Prunes slices along `dim` at random. PyTorch: `prune.random_structured`. */
export const randomStructured = <M extends Module>(module: M, property: string, amount: PruneAmount, dim: number): M =>
  new RandomStructured(amount, dim).apply(module, property);
/** Prunes the slices along `dim` of least n-norm. PyTorch: `prune.ln_structured`. */
export const lnStructured = <M extends Module>(
  module: M,
  property: string,
  amount: PruneAmount,
  n: number,
  dim: number,
  { importanceScores = null }: ImportanceOptions = {},
): M => new LnStructured(amount, n, dim).apply(module, property, importanceScores);
/** Prunes where `mask` is 0. PyTorch: `prune.custom_from_mask`. */
export const customFromMask = <M extends Module>(module: M, property: string, mask: Tensor): M =>
  new CustomFromMask(mask).apply(module, property);

/**
 * Prunes several weights together: those elements go that score least among all. PyTorch: `prune.global_unstructured`.
 *
 * @example
 * globalUnstructured([[model.fc1, 'weight'], [model.fc2, 'weight']], new L1Unstructured(0.2));
 *
 * @param parameters - Modules and the properties to prune.
 * @param method - One that prunes single elements.
 */
export function globalUnstructured(
  parameters: readonly (readonly [module: Module, property: string])[],
  method: BasePruningMethod,
  importanceScores: readonly Tensor[] | null = null,
): void {
  if (method.dim !== null) throw new ValueError('globalUnstructured: the method must prune single elements, not slices');
  const weights = parameters.map(([module, property]) => (fieldOf(module, property) as Tensor).detach());
  const scores = (importanceScores ?? weights).map((t) => t.detach().flatten());
  const masks = parameters.map(
    ([module, property], i) => (fieldOf(module, maskName(property)) as Tensor | undefined) ?? onesLike(weights[i]),
  );
  const combined = noGrad(() => method.combine(cat(scores), cat(masks.map((mask) => mask.flatten()))));
  let at = 0;
  for (const [i, [module, property]] of parameters.entries()) {
    customFromMask(module, property, combined.narrow(0, at, weights[i].numel).reshape([...weights[i].shape]));
    at += weights[i].numel;
  }
}

/**
 * Makes a pruned weight an ordinary parameter again, with its zeros. PyTorch: `prune.remove`.
 *
 * @throws {ValueError} If it is not pruned.
 */
export function remove<M extends Module>(module: M, property: string): M {
  const original = fieldOf(module, originalName(property)) as Tensor | undefined;
  if (original === undefined || fieldOf(module, maskName(property)) === undefined)
    throw new ValueError(`prune.remove: ${property} of ${module.constructor.name} is not pruned`);
  original.setData(noGrad(() => (fieldOf(module, property) as Tensor).clone()));
  deleteField(module, originalName(property));
  deleteField(module, maskName(property));
  defineOrdinary(module, property, original);
  return module;
}

/** Whether a weight of the module or of one below it is pruned. PyTorch: `prune.is_pruned`. */
export function isPruned(module: Module): boolean {
  if (!isModule(module)) throw new TypeError('prune.isPruned: expected a Module');
  return module.modules().some((m) => {
    const properties = m.members().map((member) => member.property);
    return properties.some((p) => /_?orig$/i.test(p) && properties.includes(p.replace(/orig$/, 'mask').replace(/Orig$/, 'Mask')));
  });
}
