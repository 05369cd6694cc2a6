import type { Workload } from '../workload.js';
import { attention } from './attention.js';
import { conv, depthwise } from './conv.js';
import { transforms } from './fft.js';
import { decompositions } from './linalg.js';
import { matmul } from './matmul.js';
import { moving } from './moving.js';
import { networks } from './networks.js';
import { norm } from './norm.js';
import { optim } from './optim.js';
import { pointwise } from './pointwise.js';
import { recurrent } from './recurrent.js';
import { reductions } from './reduction.js';
import { small } from './small.js';

/** Every workload, in the order of the table, by group. */
export const groups: Readonly<Record<string, readonly Workload[]>> = {
  matmul,
  linalg: decompositions,
  conv,
  depthwise,
  pointwise,
  reductions,
  norm,
  attention,
  moving,
  fft: transforms,
  recurrent,
  optim,
  small,
  networks,
};

export const workloads: readonly Workload[] = Object.values(groups).flat();
