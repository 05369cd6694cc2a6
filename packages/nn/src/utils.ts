/**
 * Gradient clipping, and parameters as one vector. PyTorch: `torch.nn.utils`.
 *
 * @module
 */
export { type ClipGradNormOptions, clipGradNorm_, clipGradValue_ } from './utils/clip-grad.js';
export { parametersToVector, vectorToParameters } from './utils/convert-parameters.js';
