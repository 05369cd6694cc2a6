/**
 * What the other packages of Flambeau use besides the public functions. No stable interface.
 *
 * @module
 */
export { borrowGrad } from './gradient.js';
