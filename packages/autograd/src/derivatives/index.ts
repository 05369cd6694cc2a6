/** Joins each group's operators with their derivatives. */
import { type AnyOpDef, groups } from '@flambeau/core/internal';
import { CompiledRule } from '../op-node.js';
import type { Derivatives } from '../rule.js';
import { attention } from './attention.js';
import { recurrentCells } from './recurrent-cells.js';
import { recurrentLayer } from './recurrent-layer.js';
import { ctcLoss } from './ctc-loss.js';
import { gridSample } from './grid-sample.js';
import { resampling } from './resampling.js';
import { fold } from './fold.js';
import { activation } from './activation.js';
import { arithmetic } from './arithmetic.js';
import { batchNorm } from './batch-norm.js';
import { complex } from './complex.js';
import { fft } from './fft.js';
import { conv } from './conv.js';
import { copying } from './copying.js';
import { distances } from './distances.js';
import { dropout } from './dropout.js';
import { elementwiseBackward } from './elementwise-backward.js';
import { elementwise } from './elementwise.js';
import { embedding } from './embedding.js';
import { extremum } from './extremum.js';
import { groupNorm } from './group-norm.js';
import { indexing } from './indexing.js';
import { joining } from './joining.js';
import { layerNorm } from './layer-norm.js';
import { linear } from './linear.js';
import { linearSolve } from './linear-solve.js';
import { loss } from './loss.js';
import { masking } from './masking.js';
import { matrixFunction } from './matrix-function.js';
import { matrixProduct } from './matrix-product.js';
import { nllLoss } from './nll-loss.js';
import { orthogonal } from './orthogonal.js';
import { padding } from './padding.js';
import { pool2d } from './pool2d.js';
import { randomInplace } from './random-inplace.js';
import { rearranging } from './rearranging.js';
import { pseudoInverse } from './pseudo-inverse.js';
import { reduction } from './reduction.js';
import { ordering } from './ordering.js';
import { scan } from './scan.js';
import { scatterReduction } from './scatter-reduction.js';
import { softmaxBackward } from './softmax-backward.js';
import { softmax } from './softmax.js';
import { special } from './special.js';
import { specialNamespace } from './special-namespace.js';
import { viewBackward } from './view-backward.js';
import { sparseProduct } from './sparse-product.js';
import { spectral } from './spectral.js';
import { splitting } from './splitting.js';
import { view } from './view.js';
import { where } from './where.js';

type Groups = typeof groups;
/** The groups with operators that have derivatives: a group without a table does not compile. */
type Tables = { [G in keyof Groups as keyof Derivatives<Groups[G]> extends never ? never : G]: Derivatives<Groups[G]> };

const tables = {
  fold,
  gridSample,
  resampling,
  ctcLoss,
  recurrentCells,
  recurrentLayer,
  attention,
  activation,
  arithmetic,
  complex,
  fft,
  batchNorm,
  groupNorm,
  conv,
  copying,
  distances,
  dropout,
  elementwise,
  elementwiseBackward,
  embedding,
  extremum,
  indexing,
  joining,
  layerNorm,
  linear,
  linearSolve,
  loss,
  masking,
  matrixFunction,
  matrixProduct,
  nllLoss,
  orthogonal,
  padding,
  pool2d,
  randomInplace,
  rearranging,
  pseudoInverse,
  reduction,
  ordering,
  scan,
  scatterReduction,
  softmax,
  softmaxBackward,
  special,
  specialNamespace,
  sparseProduct,
  spectral,
  splitting,
  view,
  viewBackward,
  where,
} satisfies Tables;

function install(group: object, table: object): void {
  for (const [name, rule] of Object.entries(table)) {
    if (rule === 'decompose') continue; // what the layer does without a rule
    const { def } = (group as Record<string, { def: AnyOpDef }>)[name];
    def.derivative = new CompiledRule(def, rule as object);
  }
}

export function installDerivatives(): void {
  for (const [name, table] of Object.entries(tables)) install(groups[name as keyof Tables], table);
}
