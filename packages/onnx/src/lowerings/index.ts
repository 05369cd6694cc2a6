/** Joins each group's operators with their ONNX forms. */
import { type AnyOpDef, groups } from '@flambeau/core/internal';
import type { Entry, Lowerings } from '../lowering.js';
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
import { comparison } from './comparison.js';
import { complex } from './complex.js';
import { fft } from './fft.js';
import { conv } from './conv.js';
import { copying } from './copying.js';
import { distances } from './distances.js';
import { dropout } from './dropout.js';
import { elementwise } from './elementwise.js';
import { embedding } from './embedding.js';
import { extremum } from './extremum.js';
import { groupNorm } from './group-norm.js';
import { indexing } from './indexing.js';
import { integerProduct } from './integer-product.js';
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
import { searching } from './searching.js';
import { softmax } from './softmax.js';
import { special } from './special.js';
import { specialNamespace } from './special-namespace.js';
import { sparseProduct } from './sparse-product.js';
import { spectral } from './spectral.js';
import { splitting } from './splitting.js';
import { statistics } from './statistics.js';
import { view } from './view.js';
import { where } from './where.js';

type Groups = typeof groups;
/** No graph has random numbers of its own or backward passes. */
type Excluded = 'random' | 'elementwiseBackward' | 'softmaxBackward' | 'viewBackward';
/** The groups with operators: a group without a table does not compile. */
type Tables = {
  [G in Exclude<keyof Groups, Excluded> as keyof Lowerings<Groups[G]> extends never ? never : G]: Lowerings<Groups[G]>;
};

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
  batchNorm,
  comparison,
  complex,
  fft,
  conv,
  copying,
  distances,
  dropout,
  elementwise,
  embedding,
  extremum,
  groupNorm,
  indexing,
  integerProduct,
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
  searching,
  softmax,
  special,
  specialNamespace,
  sparseProduct,
  spectral,
  splitting,
  statistics,
  view,
  where,
} satisfies Tables;

const byDefinition = new Map<AnyOpDef, Entry<never>>();
for (const [group, table] of Object.entries(tables))
  for (const [name, entry] of Object.entries(table)) {
    const { def } = (groups[group as keyof Groups] as unknown as Record<string, { def: AnyOpDef }>)[name];
    byDefinition.set(def, entry as Entry<never>);
  }

/** The ONNX form of an operator; undefined if its decomposition is to be written, or if there is none. */
export function loweringOf(def: AnyOpDef): Exclude<Entry<never>, string> | undefined {
  const entry = byDefinition.get(def);
  return typeof entry === 'function' ? entry : undefined;
}
