/**
 * Define-by-run reverse-mode differentiation. Importing it gives core's tensors `requiresGrad`, `backward()` and `grad`.
 *
 * @module
 * @example
 * const x = tensor([3], { requiresGrad: true });
 * x.square().sum().backward();
 * x.grad; // tensor([6.])
 */
import { installAutocast } from './autocast.js';
import { installDerivatives } from './derivatives/index.js';
import { installLayer } from './layer.js';
import { installSparseMethods } from './sparse.js';
import { installTensorMethods } from './tensor.js';
import { installTransforms } from './transforms/layer.js';

installTensorMethods();
installSparseMethods();
installDerivatives();
installLayer();
installTransforms();
installAutocast();

export type {} from './tensor.js';
export { type AnomalyOptions, detectAnomaly, setDetectAnomaly } from './anomaly.js';
export { autocast, type AutocastOptions, getAutocastDtype, isAutocastEnabled } from './autocast.js';
export { backward, type BackwardCallOptions, grad, type GradOptions } from './backward.js';
export type { Randomness } from './batching/frame.js';
export { checkpoint, checkpointSequential } from './checkpoint.js';
export * as forwardAD from './forward/forward-ad.js';
export * as func from './func/index.js';
export { vmap, type VmapOptions } from './func/vmap.js';
export { Function, FunctionContext, onceDifferentiable } from './function.js';
export * as functional from './functional.js';
export { type GradcheckOptions, gradcheck, gradgradcheck } from './gradcheck.js';
export * as graph from './graph.js';
export { inferenceMode, isInferenceModeEnabled } from './inference.js';
export { enableGrad, isGradEnabled, noGrad, setGradEnabled } from './mode.js';
export { type Gradients, Node, type NodeHook, type NodePreHook, type TensorHook } from './node.js';
export type { Derivatives, InputRule, JointRule, Rule } from './rule.js';
export { type SavedTensorsHooks, savedTensorsHooks } from './saved-hooks.js';
export { TransformError } from './transforms/frame.js';
