/**
 * Modules: layers, containers, losses, initialisation. PyTorch: `torch.nn`.
 *
 * @example
 * const model = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
 * const logits = model(randn([64, 784])); // (64, 10)
 *
 * @module
 */
export {
  type BufferOptions,
  type ForwardHook,
  type ForwardPreHook,
  isModule,
  Module,
  type NamedOptions,
} from './module.js';
export { isParameter, Parameter, type ParameterOptions } from './parameter.js';
export type { ModuleJSON } from './repr.js';
export { type LoadResult, type LoadStateDictOptions, type StateDict, StateDictError } from './state-dict.js';

// containers
export { ModuleDict } from './modules/module-dict.js';
export { ModuleList } from './modules/module-list.js';
export { ParameterList } from './modules/parameter-list.js';
export { Sequential } from './modules/sequential.js';

// layers
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './modules/batch-norm.js';
export { Conv1d, Conv2d, type ConvOptions } from './modules/conv.js';
export { Dropout, Dropout2d } from './modules/dropout.js';
export { Embedding, type EmbeddingOptions } from './modules/embedding.js';
export { Flatten, Unflatten } from './modules/flatten.js';
export { Identity } from './modules/identity.js';
export { Linear, type LinearOptions } from './modules/linear.js';
export {
  GroupNorm,
  type GroupNormOptions,
  LayerNorm,
  type LayerNormOptions,
  RMSNorm,
  type RMSNormOptions,
} from './modules/normalization.js';
export {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  MaxPool1d,
  MaxPool2d,
} from './modules/pooling.js';

// activations
export {
  ELU,
  GELU,
  type GELUOptions,
  GLU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  type InplaceOptions,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  PReLU,
  type PReLUOptions,
  ReLU,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  type SoftplusOptions,
  Softsign,
  Tanh,
} from './modules/activation.js';

// losses
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
} from './modules/loss.js';

export * as F from './functional.js';
export * as init from './init.js';
export { type LayerSummary, type ModelSummary, summary } from './summary.js';
export * as utils from './utils.js';
