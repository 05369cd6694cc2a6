/**
 * Transforms of functions, which nest in any order: `vmap(grad(f))`, `jacfwd(jacrev(f))`, … PyTorch: `torch.func`.
 *
 * @module
 */
export type { Argnums, GradOptions } from './arguments.js';
export { grad, gradAndValue, valueAndGrad } from './grad.js';
export { hessian, jacfwd, type JacobianOptions, jacrev } from './jacobians.js';
export { type AuxOptions, jvp, linearize, vjp, type VjpResult } from './products.js';
export { type Dims, vmap, type VmapOptions } from './vmap.js';
