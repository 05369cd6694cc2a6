import type { Workload } from '../workload.js';
import { conv } from './conv.js';
import { matmul } from './matmul.js';
import { norm } from './norm.js';
import { optim } from './optim.js';
import { pointwise } from './pointwise.js';
import { small } from './small.js';
import { trainingSteps } from './training.js';

/** Every workload, in the order of the table. */
export const workloads: readonly Workload<string>[] = [
  ...matmul,
  ...conv,
  ...small,
  ...pointwise,
  ...norm,
  ...trainingSteps,
  ...optim,
] as Workload<string>[];
