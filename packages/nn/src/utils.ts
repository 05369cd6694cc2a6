/**
 * Gradient clipping, parameters as one vector, parametrizations, pruning, fusion. PyTorch: `torch.nn.utils`.
 *
 * @module
 */
export {
  type ClipGradNormOptions,
  clipGradNorm_,
  clipGradsWithNorm_,
  clipGradValue_,
  getTotalNorm,
} from './utils/clip-grad.js';
export { parametersToVector, vectorToParameters } from './utils/convert-parameters.js';
export {
  type BatchNormParts,
  type FuseOptions,
  fuseConvBnEval,
  fuseConvBnWeights,
  fuseLinearBnEval,
  fuseLinearBnWeights,
} from './utils/fusion.js';
export * as parametrizations from './utils/parametrizations.js';
export * as parametrize from './utils/parametrize.js';
export * as prune from './utils/prune.js';
export { type StackedState, stackModuleState } from './utils/stack-state.js';
export { functionalCall } from './utils/stateless.js';
export * as rnn from './utils/rnn.js';
