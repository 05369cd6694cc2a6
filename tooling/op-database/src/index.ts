/**
 * Samples for every operator and function of `@flambeau/core`, as plain data: what to call with what, what PyTorch calls it, and
 * what must be refused. Tests of every backend and every transformation are derived from it.
 *
 * @module
 */
import { attention } from './groups/attention.js';
import { recurrentCells } from './groups/recurrent-cells.js';
import { recurrentLayer } from './groups/recurrent-layer.js';
import { ctcLoss } from './groups/ctc-loss.js';
import { resampling } from './groups/resampling.js';
import { fold } from './groups/fold.js';
import { gridSample } from './groups/grid-sample.js';
import { activation } from './groups/activation.js';
import { arithmetic } from './groups/arithmetic.js';
import { batchNorm } from './groups/batch-norm.js';
import { closeness } from './groups/closeness.js';
import { comparison } from './groups/comparison.js';
import { contraction } from './groups/contraction.js';
import { complex } from './groups/complex.js';
import { complexFunctions } from './groups/complex-functions.js';
import { fft } from './groups/fft.js';
import { stft } from './groups/stft.js';
import { conv } from './groups/conv.js';
import { conv3d } from './groups/conv3d.js';
import { convTranspose } from './groups/conv-transpose.js';
import { copying } from './groups/copying.js';
import { creation } from './groups/creation.js';
import { dropout } from './groups/dropout.js';
import { elementwise } from './groups/elementwise.js';
import { embedding } from './groups/embedding.js';
import { extremum } from './groups/extremum.js';
import { filling } from './groups/filling.js';
import { gradient } from './groups/gradient.js';
import { groupNorm } from './groups/group-norm.js';
import { indexing } from './groups/indexing.js';
import { joining } from './groups/joining.js';
import { layerNorm } from './groups/layer-norm.js';
import { linalg } from './groups/linalg.js';
import { linear } from './groups/linear.js';
import { linearSolve } from './groups/linear-solve.js';
import { loss } from './groups/loss.js';
import { lowRank } from './groups/low-rank.js';
import { masking } from './groups/masking.js';
import { newLike } from './groups/new-like.js';
import { matrixFunction } from './groups/matrix-function.js';
import { matrixNorm } from './groups/matrix-norm.js';
import { orthogonal } from './groups/orthogonal.js';
import { padding } from './groups/padding.js';
import { pool } from './groups/pool.js';
import { pool3d } from './groups/pool3d.js';
import { products } from './groups/products.js';
import { pseudoInverse } from './groups/pseudo-inverse.js';
import { random } from './groups/random.js';
import { randomInplace } from './groups/random-inplace.js';
import { rearranging } from './groups/rearranging.js';
import { reduction } from './groups/reduction.js';
import { shaping } from './groups/shaping.js';
import { softmax } from './groups/softmax.js';
import { special } from './groups/special.js';
import { specialNamespace } from './groups/special-namespace.js';
import { sparseProduct } from './groups/sparse-product.js';
import { spectral } from './groups/spectral.js';
import { subscript } from './groups/subscript.js';
import { combining } from './groups/combining.js';
import { diagonals } from './groups/diagonals.js';
import { distances } from './groups/distances.js';
import { indexWriting } from './groups/index-writing.js';
import { integerProduct } from './groups/integer-product.js';
import { integration } from './groups/integration.js';
import { quantile } from './groups/quantile.js';
import { scan } from './groups/scan.js';
import { searching } from './groups/searching.js';
import { sorting } from './groups/sorting.js';
import { splitting } from './groups/splitting.js';
import { statistics } from './groups/statistics.js';
import { summaries } from './groups/summaries.js';
import { uniqueness } from './groups/uniqueness.js';
import { viewWriting } from './groups/view-writing.js';
import { view } from './groups/view.js';
import { viewInplace } from './groups/view-inplace.js';
import { where } from './groups/where.js';
import type { Group } from './sample.js';

/** By file of core's `ops/`. */
export const database = {
  gridSample,
  fold,
  resampling,
  ctcLoss,
  recurrentCells,
  recurrentLayer,
  attention,
  activation,
  arithmetic,
  batchNorm,
  closeness,
  comparison,
  contraction,
  complex,
  complexFunctions,
  fft,
  stft,
  conv,
  conv3d,
  convTranspose,
  copying,
  creation,
  dropout,
  elementwise,
  embedding,
  extremum,
  filling,
  gradient,
  groupNorm,
  indexing,
  joining,
  layerNorm,
  linalg,
  linear,
  linearSolve,
  loss,
  lowRank,
  masking,
  newLike,
  matrixFunction,
  matrixNorm,
  orthogonal,
  padding,
  pool,
  pool3d,
  products,
  pseudoInverse,
  random,
  randomInplace,
  rearranging,
  reduction,
  shaping,
  softmax,
  special,
  specialNamespace,
  sparseProduct,
  spectral,
  subscript,
  combining,
  diagonals,
  distances,
  indexWriting,
  integerProduct,
  integration,
  quantile,
  scan,
  searching,
  sorting,
  splitting,
  statistics,
  summaries,
  uniqueness,
  viewWriting,
  view,
  viewInplace,
  where,
} satisfies Record<string, Group>;
export type GroupName = keyof typeof database;

export * from './archive.js';
export * from './dtype.js';
export * from './generate.js';
export * from './request.js';
export * from './sample.js';
export * from './spec.js';
