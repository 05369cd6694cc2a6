/** Losses that ask for a margin between scores. `reduction` is as in core's losses. */
import {
  formatShape,
  type Indices,
  type LossOptions,
  logSigmoid,
  ShapeError,
  type Tensor,
  ValueError,
  where,
} from '@flambeau/core';
import { autocasting, inFloat32, reduceLosses, toIndices } from '@flambeau/core/internal';

export interface MarginOptions extends LossOptions {
  /** The margin. Default: see the function. */
  readonly margin?: number;
}

/**
 * `max(0, -y (x1 - x2) + margin)`; y is 1 where x1 should be larger, else -1. Default margin 0.
 * PyTorch: `torch.nn.functional.margin_ranking_loss`.
 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  { margin = 0, reduction = 'mean' }: MarginOptions = {},
): Tensor {
  if (autocasting() !== null)
    return inFloat32([input1, input2, target], (a, b, y) => marginRankingLoss(a, b, y, { margin, reduction }));
  const losses = target.neg().mul(input1.sub(input2)).add(margin).clamp(0);
  return reduceLosses('marginRankingLoss', losses, reduction);
}

/**
 * The distance x where the target is 1, `max(0, margin - x)` where it is -1. Default margin 1.
 * PyTorch: `torch.nn.functional.hinge_embedding_loss`.
 */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  { margin = 1, reduction = 'mean' }: MarginOptions = {},
): Tensor {
  if (autocasting() !== null) return inFloat32([input, target], (x, y) => hingeEmbeddingLoss(x, y, { margin, reduction }));
  const far = where(target.ne(1), input.neg().add(margin).clamp(0), 0);
  const near = where(target.ne(-1), input, 0);
  return reduceLosses('hingeEmbeddingLoss', far.add(near), reduction);
}

/**
 * One minus the cosine of the angle where the target is 1, `max(0, cosine - margin)` where it is -1. Default margin 0.
 * PyTorch: `torch.nn.functional.cosine_embedding_loss`.
 *
 * @param input1 - Shape `(N, D)` or `(D)`, as `input2`.
 * @param target - Shape `(N)` or `()`.
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  { margin = 0, reduction = 'mean' }: MarginOptions = {},
): Tensor {
  if (autocasting() !== null)
    return inFloat32([input1, input2, target], (a, b, y) => cosineEmbeddingLoss(a, b, y, { margin, reduction }));
  if (target.ndim !== input1.ndim - 1 || input1.ndim !== input2.ndim)
    throw new ShapeError(
      `cosineEmbeddingLoss: expected inputs (N, D) and a target (N), or (D) and (), got ${formatShape(input1.shape)}, ${formatShape(input2.shape)} and ${formatShape(target.shape)}`,
    );
  const square = (x: Tensor): Tensor => x.square().sum(-1).add(1e-12);
  const cosine = input1
    .mul(input2)
    .sum(-1)
    .div(square(input1).mul(square(input2)).sqrt());
  const losses = where(target.eq(1), cosine.neg().add(1), 0).add(where(target.eq(-1), cosine.sub(margin).clamp(0), 0));
  return reduceLosses('cosineEmbeddingLoss', losses, reduction);
}

/** `log(1 + exp(-y x))` for targets y of 1 and -1. PyTorch: `torch.nn.functional.soft_margin_loss`. */
export function softMarginLoss(input: Tensor, target: Tensor, { reduction = 'mean' }: LossOptions = {}): Tensor {
  if (autocasting() !== null) return inFloat32([input, target], (x, y) => softMarginLoss(x, y, { reduction }));
  return reduceLosses('softMarginLoss', target.neg().mul(input).exp().log1p(), reduction);
}

export interface MultiMarginLossOptions extends MarginOptions {
  /** Exponent, 1 or 2. Default 1. */
  readonly p?: 1 | 2;
  /** Factor for each class, shape `(C)`. */
  readonly weight?: Tensor | null;
}

/**
 * `Σ max(0, margin - x[y] + x[i])ᵖ / C` over the classes i other than y. Default margin 1.
 * PyTorch: `torch.nn.functional.multi_margin_loss`.
 *
 * @param input - Scores, shape `(N, C)` or `(C)`.
 * @param target - Classes, shape `(N)` or `()`.
 */
export function multiMarginLoss(
  input: Tensor,
  target: Indices,
  { p = 1, margin = 1, weight = null, reduction = 'mean' }: MultiMarginLossOptions = {},
): Tensor {
  if (autocasting() !== null)
    return inFloat32([input, weight], (x, w) => multiMarginLoss(x, target, { p, margin, weight: w, reduction }));
  if (p !== 1 && p !== 2) throw new ValueError(`multiMarginLoss: p must be 1 or 2, got ${String(p)}`);
  const classes = toIndices('multiMarginLoss', 'target', target, input);
  if (input.ndim < 1 || input.ndim > 2 || classes.ndim !== input.ndim - 1)
    throw new ShapeError(
      `multiMarginLoss: expected scores (N, C) and classes (N), or (C) and (), got ${formatShape(input.shape)} and ${formatShape(classes.shape)}`,
    );
  const index = classes.unsqueeze(-1);
  const excess = input.sub(input.gather(-1, index)).add(margin).clamp(0);
  const powers = p === 1 ? excess : excess.square();
  const weighted = weight === null ? powers : powers.mul(weight.gather(0, classes.flatten()).reshape([...index.shape]));
  const losses = weighted
    .scatter(-1, index, 0)
    .sum(-1)
    .div(input.shape.at(-1) as number);
  return reduceLosses('multiMarginLoss', losses, reduction);
}

/**
 * `Σ max(0, 1 - (x[j] - x[i])) / C` over the target's classes j and all others i.
 * PyTorch: `torch.nn.functional.multilabel_margin_loss`.
 *
 * @param input - Scores, shape `(N, C)` or `(C)`.
 * @param target - Classes, the same shape; those after the first negative number do not count.
 */
export function multilabelMarginLoss(input: Tensor, target: Indices, { reduction = 'mean' }: LossOptions = {}): Tensor {
  if (autocasting() !== null) return inFloat32([input], (x) => multilabelMarginLoss(x, target, { reduction }));
  const classes = toIndices('multilabelMarginLoss', 'target', target, input);
  if (input.ndim < 1 || input.ndim > 2 || formatShape(input.shape) !== formatShape(classes.shape))
    throw new ShapeError(
      `multilabelMarginLoss: expected scores and classes of the same shape (N, C) or (C), got ${formatShape(input.shape)} and ${formatShape(classes.shape)}`,
    );
  const counts = classes.lt(0).long().cumsum(-1).eq(0);
  const index = classes.maskedFill(counts.logicalNot(), 0);
  const isTarget = input.newZeros(input.shape, { dtype: 'int64' }).scatterAdd(-1, index, counts.long()).gt(0);
  const excess = input.unsqueeze(-2).sub(input.gather(-1, index).unsqueeze(-1)).add(1).clamp(0);
  const pairs = counts.unsqueeze(-1).logicalAnd(isTarget.logicalNot().unsqueeze(-2));
  const losses = excess
    .mul(pairs.to(input.dtype))
    .sum([-2, -1])
    .div(input.shape.at(-1) as number);
  return reduceLosses('multilabelMarginLoss', losses, reduction);
}

export interface MultilabelSoftMarginLossOptions extends LossOptions {
  /** Factor for each class, shape `(C)`. */
  readonly weight?: Tensor | null;
}

/**
 * The binary cross-entropy of scores, averaged over the classes. PyTorch: `torch.nn.functional.multilabel_soft_margin_loss`.
 *
 * @param input - Scores, shape `(N, C)`.
 * @param target - 0 or 1, the same shape.
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  { weight = null, reduction = 'mean' }: MultilabelSoftMarginLossOptions = {},
): Tensor {
  const likelihood = target.mul(logSigmoid(input)).add(target.neg().add(1).mul(logSigmoid(input.neg())));
  const losses = (weight === null ? likelihood : likelihood.mul(weight)).neg().mean(-1);
  return reduceLosses('multilabelSoftMarginLoss', losses, reduction);
}
