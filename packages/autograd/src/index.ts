/**
 * Define-by-run reverse-mode differentiation. Importing it gives core's tensors `requiresGrad`, `backward()` and `grad`.
 *
 * @module
 * @example
 * const x = tensor([3], { requiresGrad: true });
 * x.square().sum().backward();
 * x.grad; // tensor([6.])
 */
import { installDerivatives } from './derivatives/index.js';
import { installLayer } from './layer.js';
import { installTensorMethods } from './tensor.js';

installTensorMethods();
installDerivatives();
installLayer();

export type {} from './tensor.js';
export { backward, type BackwardCallOptions, grad, type GradOptions } from './backward.js';
export { checkpoint } from './checkpoint.js';
export { Function, FunctionContext } from './function.js';
export { type GradcheckOptions, gradcheck, gradgradcheck } from './gradcheck.js';
export { enableGrad, isGradEnabled, noGrad, setGradEnabled } from './mode.js';
export { type Gradients, Node, type NodeHook, type TensorHook } from './node.js';
export type { Derivatives, InputRule, JointRule, Rule } from './rule.js';
