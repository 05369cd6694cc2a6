/**
 * Where time goes. PyTorch: `torch.profiler`.
 *
 * @module
 */
export type { FunctionEventAvg, KeyAverages, TableOptions } from './profiler/key-averages.js';
export {
  OUTSIDE_OF_KERNELS,
  type Profile,
  type ProfileOptions,
  type ProfilerEvent,
  profile,
  recordFunction,
} from './profiler/profile.js';
