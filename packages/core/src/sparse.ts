/**
 * Operations on sparse tensors under the names of `torch.sparse`.
 *
 * @module
 */
export { addmm, logSoftmax, mm, softmax, sum } from './sparse/functions.js';
