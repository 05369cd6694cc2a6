/**
 * Samples for every operator and function of `@flambeau/core`, as plain data: what to call with what, what PyTorch calls it, and
 * what must be refused. Tests of every backend and every transformation are derived from it.
 *
 * @module
 */
import { activation } from './groups/activation.js';
import { batchNorm } from './groups/batch-norm.js';
import { comparison } from './groups/comparison.js';
import { conv } from './groups/conv.js';
import { convTranspose } from './groups/conv-transpose.js';
import { copying } from './groups/copying.js';
import { creation } from './groups/creation.js';
import { dropout } from './groups/dropout.js';
import { elementwise } from './groups/elementwise.js';
import { embedding } from './groups/embedding.js';
import { extremum } from './groups/extremum.js';
import { groupNorm } from './groups/group-norm.js';
import { indexing } from './groups/indexing.js';
import { joining } from './groups/joining.js';
import { layerNorm } from './groups/layer-norm.js';
import { linalg } from './groups/linalg.js';
import { linear } from './groups/linear.js';
import { loss } from './groups/loss.js';
import { masking } from './groups/masking.js';
import { padding } from './groups/padding.js';
import { pool } from './groups/pool.js';
import { random } from './groups/random.js';
import { randomInplace } from './groups/random-inplace.js';
import { rearranging } from './groups/rearranging.js';
import { reduction } from './groups/reduction.js';
import { softmax } from './groups/softmax.js';
import { subscript } from './groups/subscript.js';
import { view } from './groups/view.js';
import { where } from './groups/where.js';
import type { Group } from './sample.js';

/** By file of core's `ops/`. */
export const database = {
  activation,
  batchNorm,
  comparison,
  conv,
  convTranspose,
  copying,
  creation,
  dropout,
  elementwise,
  embedding,
  extremum,
  groupNorm,
  indexing,
  joining,
  layerNorm,
  linalg,
  linear,
  loss,
  masking,
  padding,
  pool,
  random,
  randomInplace,
  rearranging,
  reduction,
  softmax,
  subscript,
  view,
  where,
} satisfies Record<string, Group>;
export type GroupName = keyof typeof database;

export * from './archive.js';
export * from './dtype.js';
export * from './generate.js';
export * from './request.js';
export * from './sample.js';
export * from './spec.js';
